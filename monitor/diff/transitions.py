"""What a check makes of one position: its new state, and what of it is to be told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from monitor.diff.evidence import Check, Word
from monitor.diff.prose import text_change
from monitor.diff.rereading import UNSTORED
from monitor.diff.values import Layer, carried, damped, filled, follow
from monitor.identity import canonical_url, host_of, sighting_of
from monitor.models import EventKind, FieldChange, Kind, Position, Posting, Sighting, Status, Update
from monitor.values import replace

COPIES_LINGER = timedelta(days=14)  # a job board goes on showing what the employer has closed
_REFUSED_PATIENCE = timedelta(days=14)  # off the list for so long, while its own page answered with 403 or 503 only


def appeared(check: Check, posting: Posting, keys: tuple[str, ...], event: EventKind | None) -> Update:
    """A posting that belongs to no known position. One that says it is closed is kept, and is no news."""
    ad = check.ad_of(posting)
    opened = ad.posting if ad else None
    closed = posting.closed or bool(opened and opened.closed)
    whole = replace(filled(posting, opened) if opened else posting, closed=closed)
    sighting = Sighting(
        source=check.source.url,
        keys=keys,
        listed=posting,
        ad=opened,
        ad_checked_at=check.now if opened else None,
        first_seen=check.now,
        last_seen=check.now,
    )
    return Update(
        position=None,
        posting=whole,
        status=Status.CLOSED if closed else check.by_deadline(whole),
        sighting=sighting,
        event=None if closed else event,
    )


def shown(check: Check, position: Position, posting: Posting, keys: tuple[str, ...], kind: Kind | None) -> Update:
    """A position that the list shows. kind: None where the list was not read again and only its ad may have news."""
    own = sighting_of(position, check.source.url)
    ad = check.ad_of(posting) or (check.ad_of(own.listed) if own else None)
    opened = check.own_words(ad, posting, own) if ad else None
    answered = ad is not None and (opened is not None or ad.not_modified or ad.gone)

    standing, changes = position.posting, dict[str, FieldChange]()
    for layer in _layers(check, own, posting if kind else None, opened):
        standing, moved = _followed(check, standing, layer)
        changes |= {n: FieldChange(changes[n].before, c.after) if n in changes else c for n, c in moved.items()}
    changes, past = damped(changes, own.past if own else ())
    sighting = Sighting(
        source=check.source.url,
        keys=tuple(dict.fromkeys((*(own.keys if own else ()), *keys))),
        listed=carried(own.listed if own else None, posting),
        ad=carried(own.ad if own else None, opened) if opened else own.ad if own else None,
        ad_checked_at=check.now if answered else own.ad_checked_at if own else None,
        first_seen=own.first_seen if own else check.now,
        last_seen=check.now if kind or not own else own.last_seen,
        past=past,
    )
    words_closed = posting.closed or bool(sighting.ad and sighting.ad.closed)
    gone = kind is Kind.FEED and ad is not None and ad.gone  # a feed goes on showing what is no more
    standing = replace(standing, closed=words_closed, url=_main_url(standing, posting))
    status, event = _turn(check, position, own, standing, closed=words_closed or gone, reads_open=opened is not None)
    if position.id <= UNSTORED:
        event = EventKind.BASELINE if status is not Status.CLOSED else None
    elif event is None and changes and status is not Status.CLOSED:
        event = EventKind.CHANGED
    return Update(
        position=position.id if position.id > UNSTORED else None,
        posting=standing,
        status=status,
        sighting=sighting,
        event=event,
        fields=changes if event in (EventKind.CHANGED, EventKind.REOPENED) else {},
    )


def missing(
    check: Check, position: Position, sighting: Sighting, *, counts: bool, limit: int, data: bool = False
) -> Update | None:
    """A position that the list does not show. None: nothing is new.

    counts: the list is whole and to be trusted, so that absence is a fact. limit: such absences in a row that close
    what has no page of its own to be asked, or one that was opened time and again and never showed an ad (a script's
    empty shell, a wall). data: the list is a platform's own data, against which a page that refuses says nothing.
    """
    if position.status is Status.CLOSED:
        return None if sighting.misses else _state(position, replace(sighting, misses=1))
    word = check.word(position, sighting)
    misses = sighting.misses + counts
    mute = word is Word.REFUSED and (data or (check.source.follow and sighting.ad is None))
    absent = counts and (
        (misses >= limit and (mute or word in (Word.NOTHING, Word.NO_PAGE)))
        or (misses >= limit and check.status(position) is Status.EXPIRED)
        or (misses >= 3 * limit and word is Word.REFUSED and check.now - sighting.last_seen >= _REFUSED_PATIENCE)
    )
    if word is Word.CLOSED or ((absent or word is Word.GONE) and not check.shown_elsewhere(position, sighting)):
        return closing(check, position, sighting)
    ad = check.ad_of(sighting.listed)
    opened = ad.posting if ad and word is Word.ALIVE else None
    posting, changes, past = position.posting, dict[str, FieldChange](), sighting.past
    for layer in _layers(check, sighting, None, opened):
        posting, moved = _followed(check, posting, layer)
        changes, past = damped(moved, past)
    known = replace(
        sighting,
        misses=misses,
        ad=carried(sighting.ad, opened) if opened else sighting.ad,
        ad_checked_at=check.now if word in (Word.ALIVE, Word.GONE) else sighting.ad_checked_at,
        past=past,
    )
    status = check.by_deadline(posting)
    if known == sighting and status is position.status:
        return None
    event = EventKind.CHANGED if changes else None
    return Update(position=position.id, posting=posting, status=status, sighting=known, event=event, fields=changes)


def closing(check: Check, position: Position, sighting: Sighting) -> Update:
    """Closed; no news once its deadline has come."""
    asked = check.now if check.ad_of(sighting.listed) else sighting.ad_checked_at
    return Update(
        position=position.id,
        posting=position.posting,
        status=Status.CLOSED,
        sighting=replace(sighting, misses=sighting.misses + 1, ad_checked_at=asked),
        event=None if check.is_due(position.posting) else EventKind.CLOSED,
    )


def _state(position: Position, sighting: Sighting) -> Update:
    """The same position, seen otherwise by its source; nothing to tell."""
    return Update(position=position.id, posting=position.posting, status=position.status, sighting=sighting)


def _layers(check: Check, own: Sighting | None, listed: Posting | None, ad: Posting | None) -> Iterable[Layer]:
    if listed:
        yield Layer(own.listed if own else None, listed, own.last_seen if own else check.now, check.now)
    if ad:
        asked = own.ad_checked_at if own and own.ad_checked_at else check.now
        yield Layer(own.ad if own else None, ad, asked, check.now)


def _followed(check: Check, standing: Posting, layer: Layer) -> tuple[Posting, dict[str, FieldChange]]:
    standing, changes = follow(standing, layer)
    if layer.old and layer.old.text and layer.new.text and layer.old.text != layer.new.text:
        text = text_change(layer.old.text, layer.new.text, check.template)
        changes |= {"text": text} if text else {}
    return standing, changes


def _turn(
    check: Check, position: Position, own: Sighting | None, standing: Posting, *, closed: bool, reads_open: bool
) -> tuple[Status, EventKind | None]:
    """The status of a position that is shown, and the event that led to it."""
    if closed:
        expected = position.status is Status.CLOSED or check.is_due(standing)
        return Status.CLOSED, None if expected else EventKind.CLOSED
    by_deadline = check.by_deadline(standing)
    if position.status is not Status.CLOSED:
        return by_deadline, None
    if own is None and position.closed_at and check.now - position.closed_at < COPIES_LINGER:
        return Status.CLOSED, None  # another source closed it, and a copy proves nothing
    moved = standing.deadline != position.posting.deadline
    if own and not (own.misses or own.listed.closed or reads_open or moved):
        return Status.CLOSED, None  # a feed goes on showing it
    return by_deadline, EventKind.REOPENED if by_deadline is Status.OPEN else None


def _main_url(standing: Posting, posting: Posting) -> str | None:
    """The employer's own page rather than a job board's copy: its host is that of the ad's e-mail addresses."""
    if not standing.url or not posting.url:
        return standing.url or posting.url
    if host_of(standing.url) == host_of(posting.url):
        return standing.url if canonical_url(standing.url) == canonical_url(posting.url) else posting.url
    mails = {_site(c.email.rpartition("@")[2]) for c in standing.contacts if c.email}
    better = _site(host_of(posting.url)) in mails and _site(host_of(standing.url)) not in mails
    return posting.url if better else standing.url


def _site(host: str) -> str:
    """`jobs.example.edu` -> `example.edu`; three labels where the second last is as short as in `example.ac.uk`."""
    labels = host.casefold().partition(":")[0].split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2:])
