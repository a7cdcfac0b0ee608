"""The open file: transactions, queries, and SQLite's errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.errors import StoreError
from monitor.store.migrations import steps

BUSY_SECONDS = 10


class Connection:
    """The database at a path, made if it is not there and brought to today's schema if it is older."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told(path):
            self._sqlite = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self.db = Database(self._sqlite)
        try:
            with _told(path):
                self._sqlite.execute("PRAGMA journal_mode = WAL")
                self._sqlite.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE waits for another writer; the library's own deferred BEGIN fails at once in its place."""
        with _told(self.path):
            self._sqlite.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._sqlite.rollback()
                raise
            self._sqlite.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        with _told(self.path):
            return list(self.db.query(sql, dict(values) if isinstance(values, Mapping) else list(values)))

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """The integer primary key of the new row."""
        last: Any = self.db.table(table).insert(dict(row)).last_pk
        return int(last)

    def upsert(self, table: str, row: Mapping[str, Any], pk: str | tuple[str, ...]) -> None:
        self.db.table(table).upsert(dict(row), pk=pk)

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> None:
        self.db.execute(sql, dict(values) if isinstance(values, Mapping) else list(values))

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._sqlite.executemany(sql, rows)

    def schema_version(self) -> str:
        return str(steps.applied(self.db)[-1].name)

    def _migrate(self) -> None:
        with self.transaction():
            unknown = {step.name for step in steps.applied(self.db)} - {step.name for step in steps._migrations}
            if unknown:
                raise StoreError(
                    f"{self.path} was written by a newer version of the monitor (it has {', '.join(sorted(unknown))})",
                    tip="upgrade the monitor, or name another database in [store]",
                )
            if steps.pending(self.db):
                steps.apply(self.db)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """SQLite's errors as sentences."""
    try:
        yield
    except sqlite3.OperationalError as error:
        words = str(error)
        if "locked" in words or "busy" in words:
            raise StoreError(
                f"{path} is locked by another program", tip="close what has it open, then try again"
            ) from error
        if "unable to open" in words:
            raise StoreError(
                f"{path} cannot be opened", tip="does its folder exist, and may you write to it?"
            ) from error
        if "readonly" in words:
            raise StoreError(
                f"{path} cannot be written", tip="check who owns it, and whether the disk is read-only"
            ) from error
        if "full" in words:
            raise StoreError(f"{path} cannot grow: the disk is full", tip="free some space; nothing is lost") from error
        raise StoreError(f"{path}: {words}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is damaged or no database of the monitor: {error}",
            tip="restore a backup, or move the file away to start afresh",
        ) from error
