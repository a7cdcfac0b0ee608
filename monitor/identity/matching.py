"""Which posting is which position."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.identity.addresses import canonical_url
from monitor.identity.keys import ADDRESSES, STRENGTH, keys_of
from monitor.identity.titles import alike, extended_title, near_title, normal
from monitor.models import Position, Posting, Sighting, Status
from monitor.values import Value

REPOST_DAYS = 120  # an ad that comes back under another address after a longer time is another position
_NEAR_TITLES_COMPARED = 4_000  # pairs; beyond it, only equal titles count as moved


class Matching(Value):
    """One to one. pairs: (index of the posting, its position). new: indices. missing: this source's others.

    keys: those of each posting (`keys_of`).
    """

    pairs: tuple[tuple[int, Position], ...]
    new: tuple[int, ...]
    missing: tuple[Position, ...]
    keys: tuple[tuple[str, ...], ...]


def sighting_of(position: Position, source: str) -> Sighting | None:
    """The position as one source knows it."""
    return next((s for s in position.sightings if s.source == source), None)


def match(
    postings: Sequence[Posting],
    positions: Sequence[Position],
    source: str,
    now: datetime,
    *,
    complete: bool = True,
) -> Matching:
    """Which position each posting is about; `postings` without repetitions (`distinct`).

    By keys, the strongest first; then a posting without a known key and a position of this source that the list no
    longer shows are one, moved, if their titles are near-equal and nothing speaks against it. complete: the list shows
    everything, so that what it does not show has gone; in a window it may have slid out.
    """
    found = keys_of(postings, source)
    held = {p.id: frozenset(k for s in p.sightings for k in s.keys) for p in positions}
    holders: dict[str, list[Position]] = defaultdict(list)
    for position in positions:
        for key in held[position.id]:
            holders[key].append(position)
    pairs: dict[int, Position] = {}
    taken: set[int] = set()

    def take(i: int, candidates: Iterable[Position], fits: Callable[[int, Position], bool]) -> None:
        free = [c for c in candidates if c.id not in taken and fits(i, c)] if i not in pairs else []
        if free:
            best = free[0] if len(free) == 1 else min(free, key=lambda c: _preference(c, postings[i], source))
            pairs[i] = best
            taken.add(best.id)

    def same_address(i: int, position: Position) -> bool:
        return True

    def same_id(i: int, position: Position) -> bool:
        """A guid that stands for the whole feed outlives its items: then neither address nor title agrees."""
        old, new = position.posting, postings[i]
        other_address = old.url and new.url and canonical_url(old.url) != canonical_url(new.url)
        return not (other_address and not alike(old.title, new.title))

    def same_elsewhere(i: int, position: Position) -> bool:
        return not _numbers_differ(found[i], held[position.id])

    repeated = {t for t, n in Counter(normal(p.posting.title) for p in positions).items() if n > 1}
    repeated |= {t for t, n in Counter(normal(p.title) for p in postings).items() if n > 1}

    def moved(i: int, position: Position) -> bool:
        return _moved(postings[i], found[i], position, held[position.id], source, now, complete, repeated)

    def retitled(i: int, position: Position) -> bool:
        """A longer or shorter title needs the deadline for a witness, and no number against it."""
        same_deadline = postings[i].deadline is not None and postings[i].deadline == position.posting.deadline
        return same_deadline and not _numbers_differ(found[i], held[position.id]) and moved(i, position)

    tests = {"id": same_id, "ref": same_id, "same": same_elsewhere, "title": moved, "anchor": moved}
    order = sorted(range(len(postings)), key=lambda i: (found[i], postings[i].title))
    ranked: dict[str, list[tuple[int, str]]] = {prefix: [] for prefix in STRENGTH}
    for i in order:
        for key in found[i]:
            ranked[key.partition(":")[0]].append((i, key))
    for prefix, claims in ranked.items():
        for i, key in claims:
            take(i, holders.get(key, ()), tests.get(prefix, same_address))
    own = [p for p in positions if sighting_of(p, source)]
    free = [p for p in own if p.id not in taken and p.status is not Status.CLOSED]
    left = [i for i in order if i not in pairs]
    if len(free) * len(left) <= _NEAR_TITLES_COMPARED:
        for i in left:
            near = [p for p in free if near_title(p.posting.title, postings[i].title)]
            take(i, near, moved)
        for i in left:
            rest = [p for p in free if p.id not in taken and extended_title(p.posting.title, postings[i].title)]
            take(i, rest if len(rest) == 1 else (), retitled)
    return Matching(
        pairs=tuple(sorted(pairs.items())),
        new=tuple(i for i in range(len(postings)) if i not in pairs),
        missing=tuple(p for p in own if p.id not in taken),
        keys=tuple(found),
    )


def _preference(position: Position, posting: Posting, source: str) -> tuple[object, ...]:
    """Smallest first: this source's own, open, of the same title, place and deadline, the latest."""
    old = position.posting
    return (
        sighting_of(position, source) is None,
        position.status is Status.CLOSED,
        normal(old.title) != normal(posting.title),
        normal(old.department) != normal(posting.department),
        normal(old.location) != normal(posting.location),
        old.deadline != posting.deadline,
        -position.last_seen.timestamp(),
        sorted(k for s in position.sightings for k in s.keys),  # before the id, which tells the order of a list
        position.id,
    )


def _numbers_differ(one: Collection[str], two: Collection[str]) -> bool:
    """Both have a number within the same scope, and it is not the same."""
    numbers: tuple[dict[str, set[str]], dict[str, set[str]]] = (defaultdict(set), defaultdict(set))
    for side, held in zip(numbers, (one, two), strict=True):
        for key in held:
            if key.startswith(("job:", "id:", "ref:")):
                scope, _, number = key.rpartition(":")
                side[scope].add(number)
    return any(numbers[0][scope].isdisjoint(numbers[1][scope]) for scope in numbers[0].keys() & numbers[1].keys())


def _siblings(one: str | None, two: str | None) -> bool:
    """Two addresses in one folder of one host, or of one script: the site tells them apart by name."""
    a, b = (urlsplit(canonical_url(u or "")) for u in (one, two))
    if not a.netloc or a.netloc != b.netloc:
        return False
    return posixpath.dirname(a.path) == posixpath.dirname(b.path) and (a.path, a.query) != (b.path, b.query)


def _moved(
    posting: Posting,
    keys: Collection[str],
    position: Position,
    held: Collection[str],
    source: str,
    now: datetime,
    complete: bool,
    repeated: Collection[str],
) -> bool:
    """Whether a posting of (nearly) the same title, under another address or none, is this position."""
    sighting = sighting_of(position, source)
    if sighting is None:
        return False
    old = position.posting
    if old.organization and posting.organization and normal(old.organization) != normal(posting.organization):
        return False
    if old.department and posting.department and normal(old.department) != normal(posting.department):
        return False
    addressed = any(k.startswith(ADDRESSES) for k in keys) and any(k.startswith(ADDRESSES) for k in held)
    same_deadline = old.deadline is not None and old.deadline == posting.deadline
    over = position.status is not Status.OPEN
    if over and now - (position.closed_at or sighting.last_seen) > timedelta(days=REPOST_DAYS):
        return False
    if not addressed:
        return complete or same_deadline or not (old.deadline and posting.deadline)
    if not complete and not same_deadline:
        return False
    if _numbers_differ(keys, held) or _siblings(sighting.listed.url, posting.url):
        telling = len(normal(posting.title).split()) >= 4 and normal(posting.title) not in repeated
        return same_deadline or telling
    return True
