"""A copy of the database while it is in use: whole, of one moment, and in one file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from monitor.errors import StoreError
from monitor.store.connection import open_to_read, told


def back_up(database: Path, target: Path) -> int:
    """Copy the database to `target`, and give the copy's bytes. No writer waits for it.

    An earlier backup there is replaced once the new one is whole. StoreError: it cannot be written, or `target` is
    something else.
    """
    _refuse_others(database, target)
    draft = target.with_name(f".{target.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600, exist_ok=False)  # as long as it grows nobody else reads it
        with told(draft), closing(sqlite3.connect(draft)) as copy:
            with told(database), closing(open_to_read(database)) as original:
                original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read from a read-only disk too
            faults = [words for (words,) in copy.execute("PRAGMA quick_check(1)") if words != "ok"]
        if faults:
            raise StoreError(
                f"{database} is damaged ({faults[0]}), so there is no new backup; the one before stays",
                tip="`monitor doctor` says more",
            )
        shutil.copymode(database, draft)
        _flush(draft)
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StoreError(
            f"{error.filename or target} cannot be written: {error.strerror}",
            tip="does its folder exist, may you write to it, and has the disk room?",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _refuse_others(database: Path, target: Path) -> None:
    if not target.exists():
        return
    if target.samefile(database):
        raise StoreError(f"{target} is the database itself", tip="name another file for the backup")
    if not _is_ours(target):
        raise StoreError(
            f"{target} is there already, and no backup of the monitor", tip="name another file, or move that one away"
        )


def _is_ours(file: Path) -> bool:
    """Whether it is a database of the monitor."""
    try:
        with closing(open_to_read(file)) as connection:
            return bool(
                connection.execute("SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'monitor'").fetchone()
            )
    except sqlite3.Error:
        return False


def _flush(file: Path) -> None:
    with file.open("r+b") as opened:
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    """So that the new name outlives a power cut, too; not every system opens a folder, or has more to write for it."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
