"""Which positions' own pages are opened in a check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from monitor.diff.values import TOLD, same
from monitor.identity import canonical_url, distinct, match, normal, sighting_of
from monitor.models import Kind, Known, Position, Posting, Reading, Sighting, Status
from monitor.settings import Source

MOST_ADS = 40  # a check
MOST_ADS_AT_FIRST = 100
RECHECK_AFTER = timedelta(hours=20)  # a day, with room for a check that comes early
_WHOLE_TEXT = 600  # characters; a feed entry of that length is the ad itself


def ads_to_open(known: Known, reading: Reading | None, source: Source, now: datetime) -> tuple[str, ...]:
    """The URLs to ask, the most telling first. reading: None when the list was not modified.

    First the positions that a list no longer shows (only their own pages can prove that they are closed), then new
    ones, those whose row changed, and open ones not asked for a day: a deadline may move on the ad's page alone, unless
    the list has the whole ad.
    """
    own = [(p, s) for p in known.positions if (s := sighting_of(p, source.url))]
    if reading is None:
        missing = [(p, s) for p, s in own if s.misses]
        shown = [(p, s) for p, s in own if not s.misses]
        fresh: list[Posting] = []
        touched: list[str | None] = []
        leads_to: dict[int, str | None] = {}
    else:
        postings = distinct(reading.postings)
        matching = match(postings, known.positions, source.url, now, complete=reading.complete)
        gone = {p.id for p in matching.missing}
        missing = [(p, s) for p, s in own if p.id in gone]
        shown = [(p, s) for p, s in own if p.id not in gone]
        fresh = [postings[i] for i in matching.new]
        leads_to = {p.id: postings[i].url for i, p in matching.pairs}  # a site built anew moves its pages
        touched = [
            postings[i].url
            for i, p in matching.pairs
            if (s := sighting_of(p, source.url)) is None
            or p.status is Status.CLOSED  # back again: what its page says now is not what it said then
            or _row_changed(s.listed, postings[i])
        ]
    wanted: list[str | None] = []
    last_read = max((s.last_seen for _, s in own), default=now)
    wanted += [
        s.listed.url
        for p, s in _oldest_first(missing)
        if p.status is Status.OPEN and _is_due(s, _shown_until(s, last_read, known.good_at), now)
    ]
    if source.follow:
        wanted += [p.url for p in fresh if not _tells_all(p, reading)]
        wanted += touched
        wanted += [leads_to.get(p.id) or s.listed.url for p, s in _oldest_first(shown) if _is_stale(p, s, now)]
    shared = shared_urls(known, reading)
    askable = [u for u in dict.fromkeys(wanted) if u and is_own_page(u, source.url, shared)]
    return tuple(askable[: MOST_ADS if known.baseline_at else MOST_ADS_AT_FIRST])


def is_own_page(url: str | None, source_url: str, shared: Collection[str] = ()) -> bool:
    """Whether a URL is a page of the position itself: on the web, no place in the list's own page, not `shared`."""
    if not url or not url.startswith(("http://", "https://")):
        return False
    the_list = canonical_url(url.partition("#")[0]) == canonical_url(source_url.partition("#")[0])
    return not the_list and canonical_url(url) not in shared


def shared_urls(known: Known, reading: Reading | None) -> frozenset[str]:
    """Canonical URLs to which several positions link: one form, one page for all says nothing of any of them."""
    users: dict[str, set[object]] = defaultdict(set)
    for position in known.positions:
        if position.status is not Status.CLOSED:
            for sighting in position.sightings:
                users[canonical_url(sighting.listed.url or "")].add(position.id)
    rows: dict[str, set[object]] = defaultdict(set)
    for posting in reading.postings if reading else ():
        rows[canonical_url(posting.url or "")].add(normal(posting.title))
    return frozenset(url for side in (users, rows) for url, found in side.items() if url and len(found) > 1)


def _shown_until(sighting: Sighting, last_read: datetime, good_at: datetime | None) -> datetime:
    """When the list showed it last: a list that is as it was is not read again, and what it shows is not noted."""
    if good_at and not sighting.misses and sighting.last_seen == last_read:
        return max(good_at, sighting.last_seen)
    return sighting.last_seen


def _is_due(sighting: Sighting, shown_until: datetime, now: datetime) -> bool:
    """Not asked since the list dropped it, or not for a day; ever more rarely, the longer its page outlives that."""
    asked = sighting.ad_checked_at
    if asked is None or asked <= shown_until:
        return True
    return not _within(max(RECHECK_AFTER, (asked - shown_until) / 3), asked, now)


def _is_stale(position: Position, sighting: Sighting, now: datetime) -> bool:
    asked = sighting.ad_checked_at
    return is_asked_daily(position, sighting) and (asked is None or not _within(RECHECK_AFTER, asked, now))


def is_asked_daily(position: Position, sighting: Sighting) -> bool:
    """Whether the page of a position that the list shows may say tomorrow what neither it nor the list says today."""
    if position.status is Status.CLOSED:
        return sighting.ad is not None and sighting.ad.closed  # by its own words, and it may be open again
    return not _is_whole(sighting.listed)


def _within(pause: timedelta, asked: datetime, now: datetime) -> bool:
    """False, too, where a clock since set back says that it was asked in time to come."""
    return timedelta(0) <= now - asked < pause


def _row_changed(old: Posting, new: Posting) -> bool:
    values = ((name, getattr(old, name), getattr(new, name)) for name in TOLD)
    return any(b is not None and a is not None and not same(name, a, b) for name, a, b in values) or (
        new.deadline is not None and old.deadline is None
    )


def _tells_all(posting: Posting, reading: Reading | None) -> bool:
    """A feed entry with the whole ad in it, deadline and all."""
    return reading is not None and reading.kind is Kind.FEED and _is_whole(posting)


def _is_whole(posting: Posting) -> bool:
    """What stands in a list with its text comes from data: a feed, an API, a page's JobPostings."""
    return posting.deadline is not None and len(posting.text or "") >= _WHOLE_TEXT


def _oldest_first(positions: list[tuple[Position, Sighting]]) -> list[tuple[Position, Sighting]]:
    """Those never asked first, the newest of them before the others; then by when they were asked last."""

    def order(entry: tuple[Position, Sighting]) -> tuple[float, float]:
        asked = entry[1].ad_checked_at
        return (asked.timestamp() if asked else 0.0, -entry[1].first_seen.timestamp())

    return sorted(positions, key=order)
