"""What one check has to go by, and what it says of one position."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import islice

from monitor.diff.asking import is_own_page, shared_urls
from monitor.diff.prose import shared_lines
from monitor.diff.rereading import UNSTORED
from monitor.identity import alike, canonical_url, near_title, normal, sighting_of
from monitor.models import AdSeen, Known, Observation, Position, Posting, Sighting, Status
from monitor.settings import Source
from monitor.values import Value, replace

_ELSEWHERE = timedelta(days=7)  # another source that showed it within this time still vouches for it
_TEMPLATE_SAMPLE = 30  # ads; what is a host's template stands in any few of them
ANYWHERE = timedelta(hours=12)  # a deadline has passed when its day is over at UTC-12, "anywhere on earth"


class Word(Enum):
    """What a position's own page says of it."""

    GONE = auto()  # the server: there is no such page
    CLOSED = auto()  # the page, or the list: it is closed
    ALIVE = auto()
    REFUSED = auto()  # 401, 403, 429, 5xx, a wall: nothing, but there is someone to ask
    NOTHING = auto()  # no server, or a page that speaks of something else
    UNASKED = auto()
    NO_PAGE = auto()  # there is none to ask


class Check(Value):
    """One check of one source.

    own: the positions this source has shown. template: lines that its ads share. shared: `shared_urls`.
    over: canonical URLs of what the list itself shows as closed.
    """

    known: Known
    source: Source
    now: datetime
    ads: Mapping[str, AdSeen]
    own: tuple[tuple[Position, Sighting], ...]
    template: frozenset[str]
    shared: frozenset[str]
    over: frozenset[str] = frozenset()

    @classmethod
    def of(cls, known: Known, observation: Observation, source: Source, now: datetime) -> Check:
        own = tuple((p, s) for p in known.positions if p.id > UNSTORED and (s := sighting_of(p, source.url)))
        texts = [ad.posting.text for ad in observation.ads if ad.posting and ad.posting.text]
        if texts:
            texts += islice((s.ad.text for _, s in own if s.ad and s.ad.text), _TEMPLATE_SAMPLE)
        ads = {ad.url: ad for ad in observation.ads}
        shared = shared_urls(known, observation.reading)
        over = frozenset(map(canonical_url, observation.reading.closed)) if observation.reading else frozenset()
        return cls(known, source, now.astimezone(UTC), ads, own, shared_lines(texts), shared, over)

    def ad_of(self, posting: Posting) -> AdSeen | None:
        return self.ads.get(posting.url or "")

    def word(self, position: Position, sighting: Sighting) -> Word:
        """What the list says of a position that it no longer offers, else the page that was opened in this check."""
        if not is_own_page(sighting.listed.url, self.source.url, self.shared):
            return Word.NO_PAGE
        if canonical_url(sighting.listed.url or "") in self.over:
            return Word.CLOSED
        ad = self.ad_of(sighting.listed)
        if ad is None:
            return Word.UNASKED
        if ad.gone:
            return Word.GONE
        if ad.trouble:
            return Word.NOTHING if ad.unreachable else Word.REFUSED
        if ad.not_modified:
            return Word.ALIVE
        if ad.posting and ad.posting.closed:
            return Word.CLOSED
        return Word.ALIVE if self.is_its_ad(ad, position) else Word.NOTHING

    def is_its_ad(self, ad: AdSeen, position: Position) -> bool:
        """Whether the page speaks of this position; a site may show its list, or the next best ad, in its place."""
        sighting = sighting_of(position, self.source.url)
        postings = [position.posting, *((sighting.listed, sighting.ad) if sighting else ())]
        titles = [p.title for p in postings if p]
        if ad.posting and any(near_title(ad.posting.title, title) for title in titles):
            return True
        texts = [normal(ad.posting.text) if ad.posting else "", normal(ad.page.text) if ad.page else ""]
        return any(normal(title) in text for title in titles for text in texts)

    def own_words(self, ad: AdSeen, posting: Posting, own: Sighting | None) -> Posting | None:
        """What the page says of a position that the list shows as `posting`; None if it speaks of something else."""
        said = ad.posting
        if said is None or own is None or own.ad is None:
            return said
        if alike(said.title, posting.title) or alike(said.title, own.ad.title):
            return said
        return replace(own.ad, closed=True) if said.closed else None  # "This position is no longer available"

    def shown_elsewhere(self, position: Position, sighting: Sighting) -> bool:
        """Another source still lists it, at another address than the one that was asked."""
        asked = canonical_url(sighting.listed.url or "")
        return any(
            s.source != self.source.url
            and s.misses == 0
            and self.now - s.last_seen < _ELSEWHERE
            and canonical_url(s.listed.url or "") != asked
            for s in position.sightings
        )

    def status(self, position: Position) -> Status:
        """Its status by now: a deadline may have passed since it was stored."""
        return position.status if position.status is Status.CLOSED else self.by_deadline(position.posting)

    def by_deadline(self, posting: Posting) -> Status:
        passed = posting.deadline and posting.deadline < (self.now - ANYWHERE).date()
        return Status.EXPIRED if passed else Status.OPEN

    def is_due(self, posting: Posting) -> bool:
        """The last day has come: that it disappears now was to be expected."""
        return posting.deadline is not None and posting.deadline <= self.now.date()
