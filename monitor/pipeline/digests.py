"""Digests: composed, bound to the outbox, delivered. What is bound is sent until it is accepted or refused for good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from itertools import islice

from monitor.cadence import due_slot, next_slot
from monitor.calendar import calendar, deadlines
from monitor.delivery import (
    CHANNELS,
    build_message,
    channel_of,
    file_name,
    list_id,
    message_id,
    read_password,
    retry_at,
)
from monitor.digest import LOOK_BACK, Digest, Rendered, compose
from monitor.errors import DeliveryError, RenderError
from monitor.models import Event, EventKind, Known, Position, Status
from monitor.pipeline.interests import best_matcher
from monitor.render import render
from monitor.settings import DigestSettings, Settings
from monitor.store import Delivery, SourceState, Store
from monitor.values import Value

REMINDERS = timedelta(days=1)  # how often an instant digest looks at deadlines that come near
MOST_DEADLINES = 500  # attached to one mail; a first digest may know of more than a mail server takes
OUTBOX_SENDER = "Position monitor <monitor@localhost>"


class Prepared(Value, kw_only=True):
    """A digest as it would go out now.

    calendar: the deadlines in it, as iCalendar; None where there are none. through_event: the last event it covers.
    """

    subscriber: DigestSettings
    digest: Digest
    rendered: Rendered
    calendar: str | None
    through_event: int


class Sent(Value, kw_only=True):
    """What became of one try to deliver. state: sent, postponed (it is tried again) or failed (given up)."""

    subscriber: str
    recipient: str
    message_id: str
    state: str
    where: str
    error: str | None = None


def is_due(store: Store, subscriber: DigestSettings, now: datetime) -> bool:
    """Whether a slot of this digest has come since the last one; an instant one waits for something that happened."""
    last = store.outbox.last(subscriber.key)
    if last and subscriber.every.period == "instant" and now - last.at < REMINDERS:
        return store.last_event() > last.through_event
    return due_slot(subscriber.every, subscriber.zone, last.at if last else None, now) is not None


def prepare(settings: Settings, store: Store, subscriber: DigestSettings, now: datetime) -> Prepared:
    """The digest of everything since the subscriber's last one; nothing is written. RenderError for a bad template."""
    last = store.outbox.last(subscriber.key)
    through = store.last_event()
    events = store.events(last.through_event, through=through) if last else store.events(since=now - LOOK_BACK)
    watched = {source.url for source in settings.source}  # of a source that was taken out, no deadline is told
    open_positions = [p for p in store.positions(Status.OPEN) if any(s.source in watched for s in p.sightings)]
    digest = compose(
        subscriber,
        events,
        open_positions,
        since=last.at if last else None,
        now=now,
        next_at=next_slot(subscriber.every, subscriber.zone, now),
        due_at=next_slot(subscriber.every, subscriber.zone, last.at) if last else None,
        matcher=best_matcher(),
        names={source.url: source.name for source in settings.source},
        known=_troubled(settings, store, events),
    )
    return Prepared(
        subscriber=subscriber,
        digest=digest,
        rendered=render(digest, folders=[settings.folder / "templates"]),
        calendar=calendar_for(
            settings, digest, [*open_positions, *(e.position for e in events if e.position)], store.events_of
        ),
        through_event=through,
    )


def _troubled(settings: Settings, store: Store, events: Iterable[Event]) -> dict[str, Known]:
    """What is known of the sources that are in trouble, and of those that recovered, besides their positions."""
    watched = {source.url for source in settings.source if source.enabled}
    told = {event.source for event in events if event.kind in (EventKind.TROUBLE, EventKind.RECOVERED)}
    states = {state.url: state for state in store.states()}
    told |= {url for url in watched if url in states and states[url].trouble}
    return {url: _known(states[url]) for url in sorted(told) if url in states}


def _known(state: SourceState) -> Known:
    return Known(
        source=state.url,
        good_at=state.good_at,
        counts=state.counts,
        trouble=state.trouble,
        trouble_since=state.trouble_since,
        trouble_told=state.trouble_told,
    )


def calendar_for(
    settings: Settings, digest: Digest, positions: Iterable[Position], log: Callable[[Iterable[int]], Iterable[Event]]
) -> str | None:
    """The deadlines to come of the positions that the subscriber asked for, moved and cancelled ones with them.

    positions: at least those of the digest. log: position ids -> all their events, oldest first.
    """
    asked_for = (
        entry.position
        for entry in digest.entries
        if (entry.matching or not digest.interests) and not entry.passing and (entry.days_left or 0) >= 0
    )
    chosen = set(islice(asked_for, MOST_DEADLINES))
    told = {position.id: position for position in positions if position.id in chosen}
    events = deadlines(told.values(), log(chosen), now=digest.at)
    return calendar(events, organizer=parseaddr(sender_of(settings))[1]) if events else None


def sender_of(settings: Settings) -> str:
    return settings.mail.sender if settings.mail else OUTBOX_SENDER


def send_digests(
    settings: Settings,
    store: Store,
    now: datetime,
    *,
    force: bool = False,
    report: Callable[[Sent], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Sent]:
    """Bind every digest whose slot has come (all of them with `force`), then deliver all that is pending and due.

    `stop` ends it after the delivery in hand; the others wait.

    A digest that a broken template stops is bound by a later run, and its events wait; it stops no other digest.
    """
    broken: RenderError | None = None
    for subscriber in settings.digest:
        if force or is_due(store, subscriber, now):
            try:
                bind(settings, store, prepare(settings, store, subscriber, now), now)
            except RenderError as error:
                broken = error
    results = []
    for sent in deliver_pending(settings, store, now):
        report(sent)
        results.append(sent)
        if stop():
            break
    if broken:
        raise broken
    return results


def bind(settings: Settings, store: Store, prepared: Prepared, now: datetime) -> None:
    """Write the digest and its messages into the outbox; with nothing to tell, only that its slot has passed."""
    subscriber = prepared.subscriber

    def messages(digest: int) -> Iterator[tuple[str, str, bytes]]:
        for recipient in subscriber.to:
            references = store.outbox.message_ids(subscriber.key, recipient)
            yield (recipient, *message_for(settings, prepared, str(digest), recipient, now, references))

    silent = prepared.digest.is_empty and not subscriber.empty
    store.outbox.bind(
        subscriber.key,
        at=now,
        through_event=prepared.through_event,
        subject=None if silent else prepared.rendered.subject,
        messages=(lambda _: ()) if silent else messages,
    )


def message_for(
    settings: Settings, prepared: Prepared, digest: str, recipient: str, now: datetime, references: Sequence[str] = ()
) -> tuple[str, bytes]:
    """Message-ID and message. The moment in it keeps ids apart from those of a database that was begun anew."""
    sender = sender_of(settings)
    this_id = message_id(f"{digest}.{now:%Y%m%d%H%M%S}", recipient, parseaddr(sender)[1].rpartition("@")[2])
    message = build_message(
        prepared.rendered,
        sender=sender,
        recipient=recipient,
        message_id=this_id,
        date=now,
        list_id=list_id(prepared.subscriber.key, sender),
        references=references,
        calendar=prepared.calendar,
    )
    return this_id, message


def deliver_pending(settings: Settings, store: Store, now: datetime) -> Iterator[Sent]:
    """Try every delivery that may be tried now, and note what became of each before the next one."""
    pending = store.outbox.pending(now)
    if not pending:
        return
    sender = sender_of(settings)
    with CHANNELS[channel_of(settings)](settings, password(settings)) as channel:
        for delivery in pending:
            name = file_name(delivery.at.date(), delivery.digest, delivery.recipient)
            try:
                where = channel.deliver(delivery.message, sender=sender, recipient=delivery.recipient, name=name)
            except DeliveryError as error:
                yield _refused(store, delivery, error, now)
            else:
                store.outbox.settle(delivery.id, at=now)
                yield _sent(delivery, "sent", where)


def password(settings: Settings) -> str | None:
    """The mail password, from the environment or its file. DeliveryError if that cannot be read."""
    if settings.mail is None:
        return None
    return read_password(settings.mail, settings.folder, os.environ).value


def _refused(store: Store, delivery: Delivery, error: DeliveryError, now: datetime) -> Sent:
    words = error.in_full()
    again = None if error.final else retry_at(delivery.attempts + 1, now)
    if again is None:
        store.outbox.settle(delivery.id, at=now, error=words)
        return _sent(delivery, "failed", "", words)
    store.outbox.postpone(delivery.id, until=again, error=words)
    return _sent(delivery, "postponed", "", f"{words} It is tried again after {again:%Y-%m-%d %H:%M} UTC.")


def _sent(delivery: Delivery, state: str, where: str, error: str | None = None) -> Sent:
    return Sent(
        subscriber=delivery.subscriber,
        recipient=delivery.recipient,
        message_id=delivery.message_id,
        state=state,
        where=where,
        error=error,
    )
