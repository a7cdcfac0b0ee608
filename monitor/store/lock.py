"""One writer per database: a lock that dies with its holder, and names it."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from monitor.errors import StoreError


class WriterLock:
    """Held by a poll, a digest or the daemon while it runs. StoreError names the holder when it is taken."""

    def __init__(self, database: Path, *, purpose: str, now: datetime) -> None:
        self._lock = FileLock(database.with_name(f"{database.name}.lock"))
        self._holder = database.with_name(f"{database.name}.holder")
        self._words = (
            f"`monitor {purpose}`, process {os.getpid()} on {socket.gethostname()}, since {now:%Y-%m-%d %H:%M} UTC"
        )

    def __enter__(self) -> WriterLock:
        try:
            self._lock.acquire(timeout=0)
            self._holder.write_text(self._words, encoding="utf-8")
        except Timeout:
            try:
                holder = self._holder.read_text(encoding="utf-8")
            except OSError:
                holder = "another process"
            raise StoreError(f"the database is in use by {holder}", tip="it is free when that one has ended") from None
        except OSError as error:
            self._lock.release()
            raise StoreError(
                f"{error.filename or self._lock.lock_file} cannot be written: {error.strerror}",
                tip="check who owns its folder, and whether the disk is full",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder.unlink(missing_ok=True)
        self._lock.release()
