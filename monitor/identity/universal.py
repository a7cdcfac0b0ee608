"""Names that are the same in every feed and calendar, today and next year (RFC 9562 UUIDs, version 5)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

from monitor.models import Event, Position


def position_uuid(position: Position) -> UUID:
    """Numbers begin anew in a new database; when a position was first seen, to the microsecond, does not repeat."""
    return uuid5(NAMESPACE_URL, f"position {position.id} {position.first_seen.isoformat()}")


def event_uuid(event: Event) -> UUID:
    return uuid5(NAMESPACE_URL, f"event {event.id} {event.at.isoformat()} {event.source}")


def feed_uuid(title: str, first: Iterable[Event]) -> UUID:
    """first: the first event of the log, once there is one; it tells databases apart."""
    return uuid5(NAMESPACE_URL, " ".join(["feed", title, *(str(event_uuid(event)) for event in first)]))
