"""A sample digest to each subscriber: the inbox shows whether [mail] and [[digest]] are right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from monitor.delivery import CHANNELS, channel_of, file_name
from monitor.digest.sample import sample, sample_scene
from monitor.errors import DeliveryError
from monitor.models import Position
from monitor.pipeline.digests import Prepared, Sent, calendar_for, message_for, password, sender_of
from monitor.pipeline.interests import by_words
from monitor.render import render
from monitor.settings import DigestSettings, Settings
from monitor.values import replace


def send_samples(settings: Settings, now: datetime) -> Iterator[Sent]:
    """Each recipient gets a digest of an invented week, marked as one. Nothing is stored, nothing is tried again."""
    prepared = [_sample(settings, subscriber, now) for subscriber in settings.digest]
    with CHANNELS[channel_of(settings)](settings, password(settings)) as channel:
        for one in prepared:
            for recipient in one.subscriber.to:
                this_id, message = message_for(settings, one, "sample", recipient, now)
                sent = Sent(
                    subscriber=one.subscriber.key, recipient=recipient, message_id=this_id, state="sent", where=""
                )
                name = file_name(now.date(), "sample", recipient)
                try:
                    where = channel.deliver(message, sender=sender_of(settings), recipient=recipient, name=name)
                except DeliveryError as error:
                    yield replace(sent, state="failed", error=error.in_full())
                else:
                    yield replace(sent, where=where)


def _sample(settings: Settings, subscriber: DigestSettings, now: datetime) -> Prepared:
    scene = sample_scene(now)
    digest = replace(sample(subscriber, now, by_words), name=f"Sample (invented): {subscriber.name or 'Positions'}")
    positions = [*scene.open_positions, *(event.position for event in scene.events if event.position)]
    return Prepared(
        subscriber=subscriber,
        digest=digest,
        rendered=render(digest, folders=[settings.folder / "templates"]),
        calendar=calendar_for(settings, digest, map(_marked, positions), lambda _: scene.events),
        through_event=0,
    )


def _marked(position: Position) -> Position:
    """Once it is in a calendar, nothing else tells where it came from."""
    return replace(position, posting=replace(position.posting, title=f"Sample: {position.posting.title}"))
