"""When a source or a digest is due. Moments are aware datetimes; results are in UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.settings import Slot, Source

LONGEST_PAUSE = timedelta(days=1)  # a source in trouble is asked at least so often, unless its own interval is longer
LONGEST_WAIT = timedelta(days=7)  # for what a server asks in Retry-After, or says of its freshness
SET_BACK = timedelta(days=1)  # a clock set back by less has its digests wait so long
_JITTER = 0.1  # of the interval, so that sources of one interval do not all fall due together


def next_check_at(
    source: Source,
    now: datetime,
    *,
    failures: int = 0,
    retry_after: float | None = None,
    fresh_until: datetime | None = None,
) -> datetime:
    """When a source that was just checked is due again.

    failures: checks in a row that proved nothing, this one included; the pause doubles with each, up to a day.
    retry_after: seconds that the server asked to wait (RFC 9110 section 10.2.3). fresh_until: the page does not
    change before (RFC 9111 section 4.2). The jitter is the same for the same URL and number of failures.
    """
    pause = source.every
    if failures:
        longest = max(LONGEST_PAUSE, source.every)
        pause = min(source.every * 2 ** min(failures - 1, 10), longest)
    due = now + pause * (1 + _JITTER * _fraction(f"{source.url} {failures}"))
    waits = [now + timedelta(seconds=min(retry_after, LONGEST_WAIT.total_seconds()))] if retry_after else []
    if fresh_until and not failures:
        waits.append(min(fresh_until, now + min(LONGEST_PAUSE, 2 * source.every)))
    return max(due, *waits).astimezone(UTC) if waits else due.astimezone(UTC)


def falls_due(next_check_at: datetime, checked_at: datetime, now: datetime) -> datetime:
    """When a known source is due. A last check that is still to come was timed by a clock since set back: then now."""
    return now if checked_at > now else next_check_at


def _fraction(seed: str) -> float:
    """A number in [0, 1) that is always the same for one text."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") / 2**32


def due_slot(slot: Slot, zone: ZoneInfo, last: datetime | None, now: datetime) -> datetime | None:
    """The latest slot in (last, now], or None; however many were missed, one is made up for.

    last: the slot (or moment) of the digest before; None if there was none, then the latest slot there ever was. One
    that is still to come, by more than a day, was timed by a clock since set back, and counts as none.
    For `instant` that is `now`, whenever something is to be told.
    """
    if last and last - now > SET_BACK:
        last = None
    if slot.period == "instant":
        return now.astimezone(UTC) if last is None or last < now else None
    latest = max(at for at in _around(slot, zone, now) if at <= now)
    return latest if last is None or latest > last else None


def next_slot(slot: Slot, zone: ZoneInfo, now: datetime) -> datetime:
    """The first slot after `now`; for `instant` that is `now`."""
    if slot.period == "instant":
        return now.astimezone(UTC)
    return min(at for at in _around(slot, zone, now) if at > now)


def _around(slot: Slot, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Slots before and after a moment, at least one of each."""
    today = now.astimezone(zone).date()
    if slot.period == "day":
        days = [today + timedelta(days=n) for n in (-1, 0, 1)]
    elif slot.period == "week":
        this = today - timedelta(days=today.weekday()) + timedelta(days=slot.weekday)
        days = [this + timedelta(weeks=n) for n in (-1, 0, 1)]
    else:
        days = [_first_of_month(today, n) for n in (-1, 0, 1)]
    return [_moment(day, slot, zone) for day in days]


def _first_of_month(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _moment(day: date, slot: Slot, zone: ZoneInfo) -> datetime:
    """A wall clock time in UTC. One that a clock change skips comes an hour later; one that it repeats, the first time.

    PEP 495: with fold=0 a time in the gap is read with the offset before it, which is what is wanted.
    """
    return datetime.combine(day, slot.at, zone).astimezone(UTC)
