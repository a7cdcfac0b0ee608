"""Handing a digest over. A channel is a module with `session(settings, password)`, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from monitor.delivery import outbox, smtp
from monitor.delivery.message import Channel, build_message, file_name, list_id, message_id
from monitor.delivery.retry import retry_at
from monitor.delivery.smtp import read_password
from monitor.settings import Settings

CHANNELS: dict[str, Callable[[Settings, str | None], AbstractContextManager[Channel]]] = {
    "smtp": smtp.session,
    "outbox": outbox.session,
}


def channel_of(settings: Settings) -> str:
    """The name of the channel that the settings ask for: without [mail], the outbox."""
    return "smtp" if settings.mail else "outbox"


__all__ = [
    "CHANNELS",
    "Channel",
    "build_message",
    "channel_of",
    "file_name",
    "list_id",
    "message_id",
    "read_password",
    "retry_at",
]
