"""Digests as files: an .eml that any mail program opens, and its .html to look at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from monitor.errors import DeliveryError
from monitor.settings import Settings
from monitor.values import Value

_BESIDE = {"text/html": ".html", "text/calendar": ".ics"}  # parts that are of use by themselves


def deliver(message: bytes, folder: Path, name: str) -> Path:
    """Writes NAME.eml, and beside it NAME.html and NAME.ics if it has them. The path of the .eml.

    Each file is written whole or not at all; a repeat replaces them.
    """
    file = folder / f"{name}.eml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in message_from_bytes(message, policy=default).walk():
            if suffix := _BESIDE.get(part.get_content_type()):
                _write(file.with_name(name + suffix), str(part.get_content()).encode())
        _write(file, message)
    except OSError as error:
        raise DeliveryError(
            f"{file} could not be written: {error.strerror or error}.", tip="Is there room, and may it be written?"
        ) from error
    return file


class Outbox(Value):
    folder: Path

    def deliver(self, message: bytes, *, sender: str, recipient: str, name: str) -> str:
        return str(deliver(message, self.folder, name))


@contextmanager
def session(settings: Settings, password: str | None = None) -> Iterator[Outbox]:
    yield Outbox(settings.outbox)


def _write(file: Path, content: bytes) -> None:
    """A crash leaves the old file or the new one: written beside it, on the disk, then renamed."""
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
