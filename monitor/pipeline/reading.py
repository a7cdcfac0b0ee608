"""A page read by whoever knows it: the recruitment platform whose data it is, else the readers."""

from __future__ import annotations

from monitor import readers
from monitor.models import DeadlineKind, Hints, Kind, Page, Posting, Reading
from monitor.platforms import Record, ad_of, board_of
from monitor.platforms.data import day
from monitor.readers import READERS
from monitor.values import replace


def read(page: Page, hints: Hints) -> Reading:
    """What a page shows. A platform's own data is a feed that shows all there is: kind `feed`, complete at its end.

    Another kind, stated by the user, is kept to.
    """
    found = board_of(page) if hints.kind in (None, Kind.FEED) else None
    if found is None:
        return _ad_of_platform(page, hints) or readers.read(page, hints)
    platform, board = found
    return Reading(
        kind=Kind.FEED,
        postings=tuple(_posting(record, hints) for record in board.records),
        next_page=board.next_page,
        complete=board.next_page is None,
        none_open=not board.records and board.next_page is None,
        platform=platform.name,
    )


def read_ad(page: Page, hints: Hints) -> Reading:
    """What a position's own page says of it."""
    return _ad_of_platform(page, hints) or READERS[Kind.AD](page, hints)


def _ad_of_platform(page: Page, hints: Hints) -> Reading | None:
    record = ad_of(page) if hints.kind in (None, Kind.AD) else None
    return Reading(kind=Kind.AD, postings=(_posting(record, hints),)) if record else None


def _posting(record: Record, hints: Hints) -> Posting:
    """With what its ad says; the data's last day only where the ad names none."""
    from monitor.readers.completed import completed  # late, as it loads the fields of ads

    posting = completed(record.posting, record.markup, hints)
    if record.closes is None or posting.deadline_kind is not DeadlineKind.UNKNOWN:
        return posting
    evidence = {**posting.evidence, "deadline": record.closes}
    return replace(posting, deadline=day(record.closes), deadline_kind=DeadlineKind.FIXED, evidence=evidence)
