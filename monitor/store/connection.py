"""The open file: transactions, queries, and SQLite's errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from monitor.errors import StoreError
from monitor.store.migrations import NAMES, migrate

BUSY_SECONDS = 10
Row: TypeAlias = sqlite3.Row


class Connection:
    """The database at a path, in today's schema.

    To write, it is made if it is not there, and brought to today's schema if it is older. To read, it must be there
    and is left as it is: all that is read is one state of it, which no writer waits for and no writer changes. An
    older one is read as a copy in memory.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with told(path):
            self._sqlite = open_to_read(path) if read_only else _connect(path)
        try:
            if read_only:
                self._begin_reading()
            else:
                with told(path):
                    self._sqlite.execute("PRAGMA journal_mode = WAL")
                    self._sqlite.execute("PRAGMA synchronous = NORMAL")
                    self._sqlite.execute("PRAGMA foreign_keys = ON")
                self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._sqlite.close()

    def _begin_reading(self) -> None:
        with told(self.path):
            if self._is_older():
                copy = _connect(Path(":memory:"))
                self._sqlite.backup(copy)
                self.close()
                self._sqlite = copy
                self._migrate()
            self._sqlite.execute("BEGIN")

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """BEGIN IMMEDIATE waits for another writer; a deferred BEGIN fails at once in its place.

        durable: on the disk, with all before it, when this returns. Without, a power cut (no crash of the program) may
        take the last ones back, whole and in order: a check is then made again.
        """
        with told(self.path):
            if durable:
                self._sqlite.execute("PRAGMA synchronous = FULL")
            try:
                self._sqlite.execute("BEGIN IMMEDIATE")
                yield
                self._sqlite.execute("COMMIT")  # where a disk that is full shows
            except BaseException:
                self._sqlite.rollback()
                raise
            finally:
                if durable:
                    self._sqlite.execute("PRAGMA synchronous = NORMAL")

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        try:
            return self._sqlite.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _in_words(error, self.path) from error

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """The integer primary key of the new row."""
        number = self._sqlite.execute(_insertion(table, row), row).lastrowid
        assert number is not None
        return number

    def upsert(self, table: str, row: Mapping[str, Any], pk: Sequence[str]) -> None:
        """A new row, or its columns written over those of the row that has its primary key already."""
        changes = ", ".join(f"{column} = :{column}" for column in row if column not in pk)
        self._sqlite.execute(f"{_insertion(table, row)} ON CONFLICT ({', '.join(pk)}) DO UPDATE SET {changes}", row)

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> None:
        self._sqlite.execute(sql, values)

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._sqlite.executemany(sql, rows)

    def compact(self) -> None:
        with told(self.path):
            self._sqlite.execute("VACUUM")
            self._sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def schema_version(self) -> str:
        return self._applied()[-1]

    def _migrate(self) -> None:
        with self.transaction():
            if self._is_older():
                migrate(self._sqlite)

    def _is_older(self) -> bool:
        """Whether steps are missing. StoreError: it is newer."""
        applied = self._applied()
        if unknown := set(applied) - set(NAMES):
            raise StoreError(
                f"{self.path} was written by a newer version of the monitor (it has {', '.join(sorted(unknown))})",
                tip="upgrade the monitor, or name another database in [store]",
            )
        return len(applied) < len(NAMES)

    def _applied(self) -> list[str]:
        """The names of the steps that made this database, in order."""
        if not self.rows("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'"):
            return []
        rows = self.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor' ORDER BY rowid")
        return [row["name"] for row in rows]


def _connect(database: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None, uri=uri)
    connection.row_factory = Row
    return connection


def _insertion(table: str, row: Mapping[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{column}' for column in row)})"  # noqa: S608


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. sqlite3.Error if there is no database."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    log = path.with_name(f"{path.name}-wal")
    unmerged = log.exists() and log.stat().st_size > 0
    connection = _connect(address, uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError:
        connection.close()
        if unmerged or not path.exists():
            raise
        # on a disk that is read-only or full SQLite cannot make its -shm file; but there nobody else writes either
        connection = _connect(f"{address}&immutable=1", uri=True)
    return connection


@contextmanager
def told(path: Path) -> Iterator[None]:
    """SQLite's errors as sentences."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _in_words(error, path) from error


def _in_words(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    words = str(error)
    if not isinstance(error, sqlite3.OperationalError):
        return StoreError(
            f"{path} is damaged or no database of the monitor: {words}",
            tip="restore a backup, or move the file away to start afresh",
        )
    if "locked" in words or "busy" in words:
        return StoreError(f"{path} is locked by another program", tip="close what has it open, then try again")
    if "unable to open" in words:
        return StoreError(f"{path} cannot be opened", tip="does its folder exist, and may you write to it?")
    if "readonly" in words:
        return StoreError(f"{path} cannot be written", tip="check who owns it, and whether the disk is read-only")
    if "full" in words:
        return StoreError(f"{path} cannot grow: the disk is full", tip="free some space; nothing is lost")
    return StoreError(f"{path}: {words}", tip="is its disk full or failing? `monitor doctor` says more")
