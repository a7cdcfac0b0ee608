"""What a check of a source concludes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from monitor.diff.asking import is_own_page
from monitor.diff.evidence import Check, Word
from monitor.diff.rereading import UNSTORED
from monitor.diff.transitions import appeared, closing, missing, shown
from monitor.diff.trust import counted, is_suspicious, recovered, troubled
from monitor.diff.values import widespread
from monitor.identity import Matching, distinct, match, sighting_of
from monitor.models import (
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
from monitor.values import replace

SHORT_LIST = 5  # positions; a longer list that is empty from one day to the next is a fault, whatever its ads say


def compare(known: Known, observation: Observation, source: Source, now: datetime) -> Verdict:
    """What one check of a source means, given what was known before.

    Every Update is the whole new state of one position as this source knows it; a position that is not mentioned
    stays as it is. What closes, what is damped and what raises suspicion: `evidence`, `values`, `trust`.
    """
    check = Check.of(known, observation, source, now)
    reading = observation.reading
    if observation.trouble:
        return _failed(check, observation)
    if reading is None:
        return _unchanged(check, observation)
    if reading.trouble:
        return troubled(known, Outcome.SUSPECT, reading.trouble, now, patience=2, updates=_expiries(check))
    return _seen(check, reading)


def _failed(check: Check, observation: Observation) -> Verdict:
    """No page. A source that is itself one ad was that position's own page: it is closed when the page is gone."""
    own = check.own
    if observation.gone and len(own) == 1 and own[0][1].listed.url:
        position, sighting = own[0]
        if not is_own_page(sighting.listed.url, check.source.url):
            if position.status is Status.CLOSED:
                return _good(check, Outcome.UNCHANGED, ())
            return _good(check, Outcome.OK, (closing(check, position, sighting),))
    patience = 3 if observation.transient else 2 if check.known.baseline_at else 1
    sentence = observation.trouble or "no page came back"
    return troubled(check.known, Outcome.FAILED, sentence, check.now, patience=patience, updates=_expiries(check))


def _unchanged(check: Check, observation: Observation) -> Verdict:
    """The list is as at the last good check: what was missing is missing once more, and ads may have news."""
    updates: list[Update | None] = []
    for position, sighting in check.own:
        if sighting.misses:
            limit = check.source.closed_after
            updates.append(missing(check, position, sighting, counts=True, limit=limit))
        elif (ad := check.ad_of(sighting.listed)) and (ad.posting or ad.not_modified):
            updates.append(shown(check, position, sighting.listed, (), None))
    told = _news(check, updates, compared=len(check.own))
    if any(u.event for u in told):
        outcome = Outcome.OK
    else:
        outcome = Outcome.NOT_MODIFIED if observation.not_modified else Outcome.UNCHANGED
    return _good(check, outcome, told)


def _seen(check: Check, reading: Reading) -> Verdict:
    """The list was read."""
    postings = distinct(reading.postings)
    if check.source.kind is Kind.PAGE:  # what is watched is the page itself
        postings = (Posting(title=check.source.name or check.source.url, url=check.source.url, text=reading.text),)
    elif reading.kind is Kind.AD and any(is_own_page(s.listed.url, check.source.url) for _, s in check.own):
        postings = ()  # what has led to ads is no ad: it is a list that shows nothing but its own words
    matching = match(postings, check.known.positions, check.source.url, check.now, complete=reading.complete)
    lost = _lost(check, matching)
    if lost and not postings and not reading.none_open:
        return _emptied(check, lost)
    odd = reading.complete and not reading.none_open and _is_odd(check, len(postings), lost)
    suspect = odd and _is_unexplained(check, lost)
    replaced = suspect and len(matching.new) >= max(4, len(postings) / 2)  # rows are read wrongly, or it is a new site

    updates: list[Update | None]
    updates = [shown(check, p, postings[i], matching.keys[i], reading.kind) for i, p in matching.pairs]
    if not replaced:
        first = check.known.baseline_at is None
        event: EventKind | None
        event = EventKind.BASELINE if first or (odd and reading.drifted) else EventKind.NEW
        if check.source.kind is Kind.PAGE:
            event = None  # what is watched for its text is no position that is open
        older = EventKind.BASELINE if event is EventKind.NEW else event
        for i in matching.new:
            slid_in = _slid_in(reading, matching, postings, i)
            updates.append(appeared(check, postings[i], matching.keys[i], older if slid_in else event))
    limit = check.source.closed_after + odd
    data = reading.kind is Kind.FEED and reading.complete
    for position in matching.missing:
        sighting = sighting_of(position, check.source.url)
        if position.id <= UNSTORED or sighting is None:
            continue  # overlooked then, and gone by now
        counts = reading.complete or _was_taken_out(check, reading, matching, sighting)
        updates.append(missing(check, position, sighting, counts=counts, limit=limit, data=data))
    told = _news(check, updates, compared=len(matching.pairs))
    if suspect:
        sentence = (
            f"the list shows {len(postings)} positions, and {len(lost)} that were open are missing;"
            " until that is confirmed, none counts as closed for being absent"
        )
        patience = check.source.closed_after + 2  # longer than it takes to believe it
        return troubled(check.known, Outcome.SUSPECT, sentence, check.now, patience=patience, updates=told)
    if check.known.baseline_at is None:
        return _good(check, Outcome.BASELINE, told, listed=len(postings))
    outcome = Outcome.OK if any(u.event for u in told) else Outcome.UNCHANGED
    return _good(check, outcome, told, listed=len(postings))


def _was_taken_out(check: Check, reading: Reading, matching: Matching, gone: Sighting) -> bool:
    """Absence from a feed proves nothing, as it pushes out its oldest entries; but that it does only when it is full.

    An entry that is not there, while an older one is and there is room for more, was taken out.
    """
    if reading.kind is not Kind.FEED or len(matching.pairs) + len(matching.new) >= max(check.known.counts, default=0):
        return False
    shown = [s for _, p in matching.pairs if (s := sighting_of(p, check.source.url))]
    if gone.listed.posted_on and all(s.listed.posted_on for s in shown):
        return any(s.listed.posted_on < gone.listed.posted_on for s in shown if s.listed.posted_on)
    return any(s.first_seen < gone.first_seen for s in shown)


def _slid_in(reading: Reading, matching: Matching, postings: Sequence[Posting], i: int) -> bool:
    """Whether an entry at the end of a feed, older than all that are known, shows because another was taken out."""
    if reading.kind is not Kind.FEED or reading.complete or not matching.missing or not matching.pairs:
        return False
    posted, known = postings[i].posted_on, [postings[j].posted_on for j, _ in matching.pairs]
    return all(i > j for j, _ in matching.pairs) and all(posted and day and posted < day for day in known)


def _lost(check: Check, matching: Matching) -> list[tuple[Position, Sighting]]:
    """Open positions that the list showed until lately and shows no more."""
    gone = {p.id for p in matching.missing}
    return [(p, s) for p, s in _lately_open(check) if p.id in gone]


def _lately_open(check: Check) -> list[tuple[Position, Sighting]]:
    still = check.source.closed_after
    return [(p, s) for p, s in check.own if check.status(p) is Status.OPEN and s.misses <= still]


def _is_odd(check: Check, listed: int, lost: Sequence[tuple[Position, Sighting]]) -> bool:
    return is_suspicious(check.known, listed, len(lost), len(_lately_open(check)))


def _is_unexplained(check: Check, lost: Sequence[tuple[Position, Sighting]]) -> bool:
    """Neither the ads themselves (most are gone) nor persistence (absent once more than usual) explain it."""
    still = check.source.closed_after
    open_questions = [p for p, s in lost if check.word(p, s) not in (Word.GONE, Word.CLOSED) and s.misses + 1 <= still]
    return len(open_questions) * 2 > len(lost)


def _emptied(check: Check, lost: Sequence[tuple[Position, Sighting]]) -> Verdict:
    """Nothing where there was something, and no word that nothing is open: a fault of the source, not news.

    The ads of a short list may still prove their closing one by one; those of a long one prove that the site moved.
    """
    updates = [
        closing(check, position, sighting)
        for position, sighting in lost
        if (word := check.word(position, sighting)) is Word.CLOSED or (word is Word.GONE and len(lost) <= SHORT_LIST)
    ]
    if len(updates) == len(lost):
        return _good(check, Outcome.OK, updates, listed=0)
    words = f"the list is empty, where {len(lost)} positions were open"
    told = (*updates, *_expiries(check, besides={u.position for u in updates}))
    return troubled(check.known, Outcome.SUSPECT, words, check.now, patience=2, updates=told)


def _good(check: Check, outcome: Outcome, updates: Sequence[Update], *, listed: int | None = None) -> Verdict:
    """listed: how many postings the list showed, None if it was not read again."""
    mentioned = {u.position for u in updates}
    return Verdict(
        outcome=outcome,
        updates=(*updates, *_expiries(check, besides=mentioned)),
        notice=recovered(check.known),
        counts=check.known.counts if listed is None else counted(check.known, listed),
    )


def _expiries(check: Check, besides: Collection[int | None] = ()) -> list[Update]:
    """Positions whose deadline has passed meanwhile: a state, not an event."""
    return [
        Update(position=p.id, posting=p.posting, status=Status.EXPIRED, sighting=s)
        for p, s in check.own
        if p.status is Status.OPEN and check.status(p) is Status.EXPIRED and p.id not in besides
    ]


def _news(check: Check, updates: Sequence[Update | None], *, compared: int) -> list[Update]:
    """The updates, without the changes that a whole list shows at once."""
    made = [u for u in updates if u]
    changed = Counter(name for u in made for name in u.fields)
    texts = sum(bool(u.sighting.listed.text) or u.sighting.ad_checked_at == check.now for u in made)
    silent = widespread(changed.keys() - {"text"}, changed, compared)
    silent |= widespread(changed.keys() & {"text"}, changed, texts)
    return [_without(u, silent) for u in made]


def _without(update: Update, silent: frozenset[str]) -> Update:
    fields: Mapping[str, FieldChange] = {n: c for n, c in update.fields.items() if n not in silent}
    if len(fields) == len(update.fields):
        return update
    event = None if update.event is EventKind.CHANGED and not fields else update.event
    return replace(update, fields=fields, event=event)
