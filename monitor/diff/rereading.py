"""What is known, as today's reader would have read it: an upgrade or a changed setting is no news."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monitor.diff.values import DEADLINE, TOLD, filled
from monitor.identity import canonical_url, distinct, match, sighting_of
from monitor.models import AdSeen, Known, Position, Posting, Sighting, Status
from monitor.values import replace

UNSTORED = 0  # the id of a position that the stored pages show, but the reader of that time did not


def refresh(known: Known, listed: Sequence[Posting], ads: Iterable[AdSeen]) -> Known:
    """`known` with its layers read anew from the stored pages, for `compare` to start from.

    listed: the postings of the stored pages of the list. ads: the stored pages of positions. A posting that was
    overlooked comes in as a position with the id UNSTORED; one that is no posting to today's reader is closed, and
    neither is told as a change.
    """
    own = [p for p in known.positions if sighting_of(p, known.source)]
    last = max((s.last_seen for p in own if (s := sighting_of(p, known.source))), default=known.good_at)
    if not listed or last is None:
        return known
    postings = distinct(listed)
    matching = match(postings, own, known.source, last)
    opened = {canonical_url(ad.url): ad.posting for ad in ads if ad.posting}
    anew: dict[int, Position] = {}
    for i, position in matching.pairs:
        anew[position.id] = _reread(position, known.source, postings[i], matching.keys[i], opened)
    for position in matching.missing:
        sighting = sighting_of(position, known.source)
        if (
            sighting
            and sighting.last_seen == last
            and position.status is not Status.CLOSED
            and len(position.sightings) == 1
        ):
            anew[position.id] = replace(position, status=Status.CLOSED)
    overlooked = []
    for i in matching.new:
        sighting = Sighting(
            source=known.source, keys=matching.keys[i], listed=postings[i], first_seen=last, last_seen=last
        )
        overlooked.append(
            Position(id=UNSTORED - i, posting=postings[i], first_seen=last, last_seen=last, sightings=(sighting,))
        )
    return replace(known, positions=(*(anew.get(p.id, p) for p in known.positions), *overlooked))


def _reread(
    position: Position, source: str, listed: Posting, keys: tuple[str, ...], opened: dict[str, Posting]
) -> Position:
    sighting = sighting_of(position, source)
    assert sighting is not None
    pages = (canonical_url(p.url or "") for p in (listed, sighting.listed))
    ad = next((opened[page] for page in pages if page in opened), sighting.ad)
    posting = _moved_along(position.posting, sighting.listed, listed)
    if sighting.ad and ad:
        posting = _moved_along(posting, sighting.ad, ad)
    anew = replace(sighting, listed=listed, ad=ad, keys=tuple(dict.fromkeys((*sighting.keys, *keys))))
    others = tuple(anew if s.source == source else s for s in position.sightings)
    return replace(position, posting=filled(posting, listed), sightings=others)


def _moved_along(standing: Posting, before: Posting, after: Posting) -> Posting:
    """The standing words that came from a layer give way to what is read in it today."""
    values: dict[str, Any] = {
        name: getattr(after, name)
        for name in (*TOLD, *DEADLINE, "organization", "department", "level", "summary", "text", "url")
        if getattr(standing, name) == getattr(before, name)
    }
    return replace(standing, **values) if values.get("title", standing.title) else standing
