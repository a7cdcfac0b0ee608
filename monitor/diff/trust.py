"""Whether a check proves anything, and when the reader is told that it does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.models import EventKind, Known, Outcome, Update, Verdict

FEWEST_MISSING = 4  # of a short list, all but a few may go at once
FEWEST_SHOWN = 0.7  # of the median of the recent good checks
MOST_MISSING = 0.5  # of the open positions
RECENT_CHECKS = 10
TELL_AFTER = timedelta(days=1)


def is_suspicious(known: Known, shown: int, missing: int, open_before: int) -> bool:
    """Whether so much is missing from a list that is said to be whole, that it may well not be whole."""
    if missing < FEWEST_MISSING:
        return False
    import statistics  # which brings decimals and fractions

    usual = statistics.median(known.counts) if known.counts else shown
    return shown < FEWEST_SHOWN * usual or missing > MOST_MISSING * open_before


def counted(known: Known, shown: int) -> tuple[int, ...]:
    return (*known.counts, shown)[-RECENT_CHECKS:]


def troubled(
    known: Known,
    outcome: Outcome,
    sentence: str,
    now: datetime,
    *,
    patience: int,
    updates: Sequence[Update] = (),
) -> Verdict:
    """The verdict of a check that proves nothing. patience: such checks in a row until the reader is told, once."""
    lasting = known.trouble_since is not None and not timedelta(0) <= now - known.trouble_since < TELL_AFTER
    tell = not known.trouble_told and (known.failures + 1 >= patience or lasting)
    return Verdict(
        outcome=outcome,
        updates=tuple(updates),
        trouble=sentence,
        notice=EventKind.TROUBLE if tell else None,
        counts=known.counts,
    )


def recovered(known: Known) -> EventKind | None:
    return EventKind.RECOVERED if known.trouble_told else None
