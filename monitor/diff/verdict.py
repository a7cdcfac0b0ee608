"""What a check of a source concludes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.diff.asking import is_own_page
from monitor.diff.prose import shared_lines, text_change
from monitor.diff.rereading import UNSTORED
from monitor.diff.trust import counted, is_suspicious, recovered, troubled
from monitor.diff.values import Layer, carried, damped, filled, follow, widespread
from monitor.identity import Matching, alike, canonical_url, distinct, host_of, keys_of, match, normal, sighting_of
from monitor.models import (
    AdSeen,
    EventKind,
    FieldChange,
    Kind,
    Known,
    Observation,
    Outcome,
    Position,
    Posting,
    Reading,
    Sighting,
    Status,
    Update,
    Verdict,
)
from monitor.settings import Source

SHORT_LIST = 5  # positions; a longer list that is empty from one day to the next is a fault, whatever its ads say
REFUSED_PATIENCE = timedelta(days=14)  # off the list for so long, and its own page answers with 403 or 503 all along
ELSEWHERE = timedelta(days=7)  # another source that showed it within this time still vouches for it
_ANYWHERE = timedelta(hours=12)  # a deadline has passed when its day is over at UTC-12, "anywhere on earth"


def compare(known: Known, observation: Observation, source: Source, now: datetime) -> Verdict:
    """What one check of a source means, given what was known before. See "Rules of change" in the documentation.

    Every Update is the whole new state of one position as this source knows it; a position that is not mentioned
    stays as it is.
    """
    check = _Check(known, observation, source, now)
    reading = observation.reading
    if observation.trouble:
        return check.failed(observation.trouble)
    if reading is None:
        return check.unchanged()
    if reading.trouble:
        return troubled(known, Outcome.SUSPECT, reading.trouble, now, patience=2, updates=check.expiries())
    return check.seen(reading)


@dataclass(frozen=True, slots=True)
class _Told:
    """One update before it is decided whether its changes are news; layers: which fields each comparison covered."""

    update: Update
    compared_text: bool = False


class _Check:
    """One comparison: what it is given, and what follows from that alone."""

    def __init__(self, known: Known, observation: Observation, source: Source, now: datetime) -> None:
        self.known, self.observation, self.source, self.now = known, observation, source, now
        self.ads = {ad.url: ad for ad in observation.ads}
        self.own = [(p, s) for p in known.positions if (s := sighting_of(p, source.url))]

    # ------------------------------------------------------------ checks that show no list

    def failed(self, sentence: str) -> Verdict:
        """No page. A source that is one ad, and is no more, was that position's own page: it is closed."""
        single = [(p, s) for p, s in self.own if s.listed.url and not is_own_page(s.listed.url, self.source.url)]
        if self.observation.gone and len(self.own) == 1 and single:
            position, sighting = single[0]
            if position.status is Status.CLOSED:
                return self._good(Outcome.UNCHANGED, ())
            return self._good(Outcome.OK, (self._close(position, sighting),))
        patience = 3 if self.observation.transient else 2 if self.known.baseline_at else 1
        return troubled(self.known, Outcome.FAILED, sentence, self.now, patience=patience, updates=self.expiries())

    def unchanged(self) -> Verdict:
        """The list is as it was at the last good check: what was missing is missing once more; ads may have news."""
        updates: list[_Told] = []
        for position, sighting in self.own:
            ad = self.ads.get(sighting.listed.url or "")
            if sighting.misses:
                updates += self._told(self._missing(position, sighting, counts=True, limit=self.source.closed_after))
            elif ad and (ad.posting or ad.not_modified):
                updates.append(self._shown(position, sighting.listed, (), None))
        told = self._news(updates, compared=len(self.own))
        expired = self.expiries(besides={u.position for u in told})
        outcome = Outcome.NOT_MODIFIED if self.observation.not_modified else Outcome.UNCHANGED
        if any(u.event for u in told):
            outcome = Outcome.OK
        return self._good(outcome, (*told, *expired), shown=None)

    def expiries(self, besides: Iterable[int | None] = ()) -> list[Update]:
        """Positions whose deadline has passed since; that is a state, not an event."""
        return [
            Update(position=p.id, posting=p.posting, status=Status.EXPIRED, sighting=s)
            for p, s in self.own
            if p.status is Status.OPEN and self._status(p) is Status.EXPIRED and p.id not in set(besides)
        ]

    # ------------------------------------------------------------ a check that shows the list

    def seen(self, reading: Reading) -> Verdict:
        postings = distinct(reading.postings)
        matching = match(postings, self.known.positions, self.source.url, self.now, complete=reading.complete)
        first = self.known.baseline_at is None
        empty = not postings and not reading.none_open
        lost = self._lost(matching)
        if empty and lost:
            return self._emptied(lost)
        suspicion = None if reading.none_open or not reading.complete else self._suspicion(len(postings), lost)
        limit = self.source.closed_after + (1 if suspicion is not None else 0)
        suspect = bool(suspicion)
        replaced = suspect and len(matching.new) >= max(4, len(postings) / 2)

        keys = keys_of(postings, self.source.url)
        updates = [self._shown(p, postings[i], keys[i], reading.kind) for i, p in matching.pairs]
        if not replaced:
            event = EventKind.BASELINE if first or (reading.drifted and suspicion is not None) else EventKind.NEW
            updates += [_Told(self._new(postings[i], keys[i], event)) for i in matching.new]
        for position in matching.missing:
            sighting = sighting_of(position, self.source.url)
            assert sighting is not None
            updates += self._told(self._missing(position, sighting, counts=reading.complete, limit=limit))
        told = self._news(updates, compared=len(matching.pairs))
        if suspicion:
            return troubled(
                self.known, Outcome.SUSPECT, suspicion, self.now, patience=self.source.closed_after + 2, updates=told
            )
        if first:
            return self._good(Outcome.BASELINE, told, shown=len(postings))
        outcome = Outcome.OK if any(u.event for u in told) else Outcome.UNCHANGED
        return self._good(outcome, told, shown=len(postings))

    def _lost(self, matching: Matching) -> list[tuple[Position, Sighting]]:
        """Open positions that the list showed until lately and shows no more."""
        found = []
        for position in matching.missing:
            sighting = sighting_of(position, self.source.url)
            if sighting and self._status(position) is Status.OPEN and sighting.misses <= self.source.closed_after:
                found.append((position, sighting))
        return found

    def _suspicion(self, shown: int, lost: Sequence[tuple[Position, Sighting]]) -> str | None:
        """None: nothing odd. Empty: odd, but proven by the ads or by persistence. Else the sentence of the trouble."""
        open_before = sum(self._status(p) is Status.OPEN and s.misses <= self.source.closed_after for p, s in self.own)
        if not is_suspicious(self.known, shown, len(lost), open_before):
            return None
        unexplained = [p for p, s in lost if self._ad_word(p, s) != "gone" and s.misses + 1 <= self.source.closed_after]
        if len(unexplained) * 2 <= len(lost):
            return ""
        return (
            f"the list shows {shown} positions and {len(lost)} of {open_before} open ones are missing;"
            " until that is confirmed, nothing counts as closed for being absent"
        )

    def _emptied(self, lost: Sequence[tuple[Position, Sighting]]) -> Verdict:
        """Nothing where there was something, and no word that nothing is open: a fault of the source, not news.

        The ads of a short list may still prove their closing one by one. Of a long one they prove that the site moved.
        """
        updates: list[Update] = []
        for position, sighting in lost:
            word = self._ad_word(position, sighting)
            if word == "closed" or (word == "gone" and len(lost) <= SHORT_LIST):
                updates.append(self._close(position, sighting))
        if len(updates) == len(lost):
            return self._good(Outcome.OK, (*updates, *self.expiries()), shown=0)
        words = f"the list is empty, where {len(lost)} positions were open"
        told = (*updates, *self.expiries(besides={u.position for u in updates}))
        return troubled(self.known, Outcome.SUSPECT, words, self.now, patience=2, updates=told)

    def _good(self, outcome: Outcome, updates: Sequence[Update], *, shown: int | None = None) -> Verdict:
        return Verdict(
            outcome=outcome,
            updates=tuple(updates),
            notice=recovered(self.known),
            counts=self.known.counts if shown is None else counted(self.known, shown),
        )

    # ------------------------------------------------------------ one position

    def _new(self, posting: Posting, keys: tuple[str, ...], event: EventKind) -> Update:
        ad = self.ads.get(posting.url or "")
        opened = ad.posting if ad else None
        whole = filled(posting, opened) if opened else posting
        closed = posting.closed or bool(opened and opened.closed)
        whole = replace(whole, closed=closed)
        sighting = Sighting(
            source=self.source.url,
            keys=keys,
            listed=posting,
            ad=opened,
            ad_checked_at=self.now if opened else None,
            first_seen=self.now,
            last_seen=self.now,
        )
        status = Status.CLOSED if closed else self._by_deadline(whole)
        return Update(position=None, posting=whole, status=status, sighting=sighting, event=None if closed else event)

    def _shown(self, position: Position, posting: Posting, keys: tuple[str, ...], kind: Kind | None) -> _Told:
        """A position that the list shows. kind: None when the list itself was not read again."""
        own = sighting_of(position, self.source.url)
        ad = self.ads.get(posting.url or "") or (self.ads.get(own.listed.url or "") if own else None)
        opened = ad.posting if ad and (own is None or self._is_its_ad(ad, position)) else None
        standing, changes = position.posting, dict[str, FieldChange]()
        text_compared = False
        for layer in self._layers(own, posting if kind else None, opened):
            standing, moved = follow(standing, layer)
            changes |= {n: c for n, c in moved.items() if n not in changes} | {
                n: FieldChange(changes[n].before, c.after) for n, c in moved.items() if n in changes
            }
            if layer.old and layer.old.text and layer.new.text:
                text_compared = True
                text = text_change(layer.old.text, layer.new.text, self._template(position))
                if text and "text" not in changes:
                    changes["text"] = text
        closed = (posting.closed or bool(opened and opened.closed)) if kind or opened else position.posting.closed
        if opened is None and own and own.ad and own.ad.closed and not posting.closed:
            closed = True  # its page was not asked again
        changes, past = damped(changes, own.past if own else ())
        sighting = Sighting(
            source=self.source.url,
            keys=tuple(dict.fromkeys((*(own.keys if own else ()), *keys))),
            listed=carried(own.listed if own else None, posting),
            ad=carried(own.ad, opened) if own and opened else opened or (own.ad if own else None),
            ad_checked_at=self.now
            if ad and (opened or ad.not_modified or ad.gone)
            else own.ad_checked_at
            if own
            else None,
            first_seen=own.first_seen if own else self.now,
            last_seen=self.now if kind or not own else own.last_seen,
            past=past,
        )
        gone = kind is Kind.FEED and ad is not None and ad.gone  # a feed goes on showing what is no more
        status, event = self._turn(position, own, standing, closed=closed or gone, reads_open=bool(opened))
        if position.id <= UNSTORED:
            event = EventKind.BASELINE if event is not EventKind.CLOSED else None
        elif own is None and event is EventKind.REOPENED:
            status, event = position.status, None  # another source closed it; a copy proves nothing
        if event is None and changes and status is not Status.CLOSED:
            event = EventKind.CHANGED
        standing = replace(standing, closed=closed, url=self._main_url(standing, posting))
        update = Update(
            position=position.id if position.id > UNSTORED else None,
            posting=standing,
            status=status,
            sighting=sighting,
            event=event,
            fields=changes if event in (EventKind.CHANGED, EventKind.REOPENED) else {},
        )
        return _Told(update, text_compared)

    def _layers(self, own: Sighting | None, listed: Posting | None, ad: Posting | None) -> Iterable[Layer]:
        if listed:
            yield Layer(own.listed if own else None, listed, own.last_seen if own else self.now, self.now)
        if ad:
            asked = own.ad_checked_at if own and own.ad_checked_at else self.now
            yield Layer(own.ad if own else None, ad, asked, self.now)

    def _turn(
        self, position: Position, own: Sighting | None, standing: Posting, *, closed: bool, reads_open: bool
    ) -> tuple[Status, EventKind | None]:
        """The status of a position that is shown, and the event that led to it."""
        if closed:
            expected = position.status is Status.CLOSED or self._is_due(standing)
            return Status.CLOSED, None if expected else EventKind.CLOSED
        by_deadline = self._by_deadline(standing)
        if position.status is not Status.CLOSED:
            return by_deadline, None
        back = (
            own is None
            or own.misses > 0
            or reads_open
            or own.listed.closed
            or standing.deadline != position.posting.deadline
        )
        if not back:
            return Status.CLOSED, None  # a feed goes on showing it
        return by_deadline, EventKind.REOPENED if by_deadline is Status.OPEN else None

    def _missing(self, position: Position, sighting: Sighting, *, counts: bool, limit: int) -> Update | None:
        """A position that the list does not show. counts: the list is whole, so that its absence is a fact."""
        if position.status is Status.CLOSED:
            if sighting.misses:
                return None
            missed = replace(sighting, misses=1)
            return Update(position=position.id, posting=position.posting, status=Status.CLOSED, sighting=missed)
        word = self._ad_word(position, sighting)
        misses = sighting.misses + counts
        if word == "closed" or (word == "gone" and not self._shown_elsewhere(position, sighting)):
            return self._close(position, sighting)
        absent = counts and misses >= limit and word in ("nothing", "no page")
        refused = counts and misses >= 3 * limit and word == "refused"
        if refused and self.now - sighting.last_seen >= REFUSED_PATIENCE:
            absent = True
        over = self._status(position) is Status.EXPIRED and counts and misses >= limit
        if (absent or over) and not self._shown_elsewhere(position, sighting):
            return self._close(position, sighting)
        asked = word in ("alive", "gone")
        ad = self.ads.get(sighting.listed.url or "")
        known = replace(
            sighting,
            misses=misses,
            ad=carried(sighting.ad, ad.posting) if ad and ad.posting and self._is_its_ad(ad, position) else sighting.ad,
            ad_checked_at=self.now if asked else sighting.ad_checked_at,
        )
        if known == sighting and self._status(position) is position.status:
            return None
        posting, changes = position.posting, dict[str, FieldChange]()
        if ad and known.ad is not sighting.ad and known.ad:
            layer = Layer(sighting.ad, known.ad, sighting.ad_checked_at or self.now, self.now)
            posting, changes = follow(posting, layer)
            changes, past = damped(changes, sighting.past)
            known = replace(known, past=past)
        return Update(
            position=position.id,
            posting=posting,
            status=self._by_deadline(posting),
            sighting=known,
            event=EventKind.CHANGED if changes else None,
            fields=changes,
        )

    def _close(self, position: Position, sighting: Sighting) -> Update:
        """Closed; no news when its deadline has come."""
        expected = self._is_due(position.posting)
        ad = self.ads.get(sighting.listed.url or "")
        return Update(
            position=position.id,
            posting=position.posting,
            status=Status.CLOSED,
            sighting=replace(
                sighting, misses=max(1, sighting.misses + 1), ad_checked_at=self.now if ad else sighting.ad_checked_at
            ),
            event=None if expected else EventKind.CLOSED,
        )

    def _ad_word(self, position: Position, sighting: Sighting) -> str:
        """What the position's own page says of it: gone, closed, alive, refused, nothing, unasked, or "no page"."""
        if not is_own_page(sighting.listed.url, self.source.url):
            return "no page"
        ad = self.ads.get(sighting.listed.url or "")
        if ad is None:
            return "unasked"
        if ad.gone:
            return "gone"
        if ad.trouble:
            return "nothing" if ad.unreachable else "refused"
        if ad.not_modified:
            return "alive"
        if ad.posting and ad.posting.closed:
            return "closed"
        return "alive" if self._is_its_ad(ad, position) else "nothing"

    def _is_its_ad(self, ad: AdSeen, position: Position) -> bool:
        """The page still speaks of this position, and does not lead to the next best one."""
        title = position.posting.title
        if ad.posting and alike(ad.posting.title, title):
            return True
        sighting = sighting_of(position, self.source.url)
        before = sighting.ad.title if sighting and sighting.ad else None
        if ad.posting and (before is None or alike(ad.posting.title, before)):
            return True
        return ad.posting is None and ad.page is not None and normal(title) in normal(ad.page.text)

    def _shown_elsewhere(self, position: Position, sighting: Sighting) -> bool:
        """Another source still lists it, at another address than the one that was asked."""
        asked = canonical_url(sighting.listed.url or "")
        return any(
            s.source != self.source.url
            and s.misses == 0
            and self.now - s.last_seen < ELSEWHERE
            and canonical_url(s.listed.url or "") != asked
            for s in position.sightings
        )

    # ------------------------------------------------------------ small things

    def _status(self, position: Position) -> Status:
        return position.status if position.status is Status.CLOSED else self._by_deadline(position.posting)

    def _by_deadline(self, posting: Posting) -> Status:
        passed = posting.deadline and posting.deadline < (self.now - _ANYWHERE).date()
        return Status.EXPIRED if passed else Status.OPEN

    def _is_due(self, posting: Posting) -> bool:
        """The last day has come, somewhere: that it disappears now was to be expected."""
        return posting.deadline is not None and posting.deadline <= self.now.date()

    def _template(self, position: Position) -> frozenset[str]:
        """Lines that the ads of this source share."""
        if not hasattr(self, "_shared"):
            texts = [s.ad.text for p, s in self.own if s.ad and s.ad.text]
            texts += [ad.posting.text for ad in self.ads.values() if ad.posting and ad.posting.text]
            self._shared = shared_lines(texts)
        return self._shared

    def _main_url(self, standing: Posting, shown: Posting) -> str | None:
        """The employer's own page rather than a job board's copy: the host that the ad's e-mail addresses are of."""
        if not standing.url or not shown.url:
            return standing.url or shown.url
        if host_of(standing.url) == host_of(shown.url):
            return standing.url if canonical_url(standing.url) == canonical_url(shown.url) else shown.url
        mails = [c.email.rpartition("@")[2].casefold() for c in standing.contacts if c.email]
        of_employer = [u for u in (standing.url, shown.url) if any(_same_site(host_of(u), m) for m in mails)]
        return of_employer[0] if len(of_employer) == 1 else standing.url

    @staticmethod
    def _told(update: Update | None) -> list[_Told]:
        return [_Told(update)] if update else []

    def _news(self, told: Sequence[_Told], *, compared: int) -> list[Update]:
        """The updates, without the changes that a whole list shows at once."""
        changed = Counter(name for t in told for name in t.update.fields)
        texts = sum(t.compared_text for t in told)
        silent = widespread(changed.keys() - {"text"}, changed, compared)
        silent |= widespread({"text"} & changed.keys(), changed, texts)
        return [_without(t.update, silent) for t in told]


def _without(update: Update, silent: frozenset[str]) -> Update:
    fields: Mapping[str, FieldChange] = {n: c for n, c in update.fields.items() if n not in silent}
    if len(fields) == len(update.fields):
        return update
    event = None if update.event is EventKind.CHANGED and not fields else update.event
    return replace(update, fields=fields, event=event)


def _same_site(host: str, mail: str) -> bool:
    """`jobs.example.edu` and `cs.example.edu`: the last two labels, or three where the second is as short as "ac"."""

    def site(name: str) -> str:
        labels = urlsplit(f"//{name}").hostname or ""
        parts = labels.split(".")
        return ".".join(parts[-3:] if len(parts) > 2 and len(parts[-2]) <= 3 else parts[-2:])

    return bool(host) and site(host) == site(mail)
