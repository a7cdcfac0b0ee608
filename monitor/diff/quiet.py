"""Until when an unchanged list has nothing to conclude, so that a check of it need not look at its positions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from monitor.diff.asking import is_own_page, recheck_after, shared_urls
from monitor.diff.evidence import ANYWHERE
from monitor.diff.rereading import UNSTORED
from monitor.identity import sighting_of
from monitor.models import Known, Position, Status, Verdict
from monitor.values import replace

_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def concluded(known: Known, verdict: Verdict) -> Known:
    """What is known after a check: every update of the verdict applied."""
    updates = {u.position: u for u in verdict.updates if u.position is not None}
    positions = []
    for position in known.positions:
        if position.id <= UNSTORED:
            continue
        if update := updates.get(position.id):
            others = tuple(s for s in position.sightings if s.source != known.source)
            sightings = (*others, update.sighting)
            position = replace(position, posting=update.posting, status=update.status, sightings=sightings)
        positions.append(position)
    new = (u for u in verdict.updates if u.position is None)
    for number, update in enumerate(new, 1):
        seen = update.sighting
        positions.append(
            Position(
                id=-number,
                posting=update.posting,
                status=update.status,
                first_seen=seen.first_seen,
                last_seen=seen.last_seen,
                sightings=(seen,),
            )
        )
    return replace(known, positions=tuple(positions))


def settled_until(known: Known) -> datetime:
    """Before this moment the list, unchanged, says nothing by itself: nothing is missing, no deadline passes."""
    return min(_turns(known), default=_NEVER)


def _turns(known: Known) -> Iterator[datetime]:
    for position in known.positions:
        sighting = sighting_of(position, known.source)
        if sighting is None or position.status is Status.CLOSED:
            continue
        if sighting.misses:
            yield _LONG_AGO
        elif position.status is Status.OPEN and (deadline := position.posting.deadline):
            day_after = min(deadline, _NEVER.date() - timedelta(days=2)) + timedelta(days=1)
            yield datetime.combine(day_after, time(), UTC) + ANYWHERE


def ads_until(known: Known) -> datetime:
    """Before this moment no position's own page is to be opened again."""
    shared = shared_urls(known, None)
    due = (
        asked + pause if (asked := sighting.ad_checked_at) else _LONG_AGO
        for position in known.positions
        if (sighting := sighting_of(position, known.source))
        and (pause := recheck_after(position, sighting))
        and is_own_page(sighting.listed.url, known.source, shared)
    )
    return min(due, default=_NEVER)
