"""Every read and write of the database. Writes are whole: one transaction a check, one a digest, one a delivery."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.decoding import decode
from monitor.errors import StoreError
from monitor.models import (
    Event,
    EventKind,
    Known,
    Observation,
    Page,
    Position,
    Sighting,
    Status,
    Update,
    Validators,
    Verdict,
)
from monitor.store.migrations import steps
from monitor.store.records import (
    Delivery,
    DigestRecord,
    SourceState,
    dump,
    dump_posting,
    load_event,
    load_posting,
    load_sighting,
    moment,
    some_moment,
    stamp,
)

BUSY_SECONDS = 10


class Store:
    """The open database. All methods raise StoreError, in a sentence, when it cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._path = path
        self._db = Database(connection)

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Store]:
        """The database at `path`, made if it is not there, brought to today's schema if it is older."""
        with _told(path):
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        store = cls(connection, path)
        try:
            with _told(path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA foreign_keys = ON")
                store._migrate()
            yield store
        finally:
            store._db.close()

    def _migrate(self) -> None:
        with self._transaction():
            unknown = {m.name for m in steps.applied(self._db)} - {m.name for m in steps._migrations}
            if unknown:
                raise StoreError(
                    f"{self._path} was written by a newer version of the monitor (it has {', '.join(sorted(unknown))})",
                    tip="upgrade the monitor, or name another database in [store]",
                )
            if steps.pending(self._db):
                steps.apply(self._db)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE waits for another writer; the library's own deferred BEGIN fails at once in its place."""
        with _told(self._path):
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.conn.rollback()
                raise
            self._db.conn.execute("COMMIT")

    def _rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        with _told(self._path):
            return list(self._db.query(sql, values if isinstance(values, dict) else list(values)))

    # ---------------------------------------------------------------- sources

    def state(self, source: str) -> SourceState | None:
        """What is kept of a source; None before its first check."""
        found = self._rows("SELECT * FROM sources WHERE url = ?", [source])
        if not found:
            return None
        pages = self._rows("SELECT * FROM pages WHERE source = ? ORDER BY listed", [source])
        bodies = self._rows(
            "SELECT url, sha256 FROM snapshots"
            " WHERE id IN (SELECT max(id) FROM snapshots WHERE source = ? GROUP BY url)",
            [source],
        )
        return _state(
            found[0],
            validators={p["url"]: Validators(p["etag"], p["last_modified"]) for p in pages},
            bodies={b["url"]: b["sha256"] for b in bodies},
            listed=tuple(p["url"] for p in pages if p["listed"]),
        )

    def states(self) -> list[SourceState]:
        """Every source that was ever checked, without its pages."""
        return [_state(row) for row in self._rows("SELECT * FROM sources ORDER BY name")]

    def due_times(self) -> dict[str, datetime]:
        """When each known source is to be checked next."""
        rows = self._rows("SELECT url, next_check_at FROM sources WHERE next_check_at IS NOT NULL")
        return {row["url"]: some_moment(row["next_check_at"]) for row in rows}

    def known(self, source: str, keys: Iterable[str] = ()) -> Known:
        """The old state of every decision about a source: its own positions, and others' that have one of `keys`."""
        found = self._rows("SELECT * FROM sources WHERE url = ?", [source])
        if not found:
            return Known(source=source, positions=tuple(self._positions_with(source, keys)))
        row = found[0]
        return Known(
            source=source,
            baseline_at=moment(row["baseline_at"]),
            good_at=moment(row["good_at"]),
            counts=tuple(json.loads(row["counts"])),
            failures=row["failures"],
            trouble=row["trouble"],
            trouble_since=moment(row["trouble_since"]),
            trouble_told=bool(row["trouble_told"]),
            signature=tuple(json.loads(row["signature"])),
            positions=tuple(self._positions_with(source, keys)),
        )

    def _positions_with(self, source: str, keys: Iterable[str]) -> Iterator[Position]:
        return self._positions(
            "id IN (SELECT position FROM sightings WHERE source = :source"
            " UNION SELECT position FROM keys WHERE key IN (SELECT value FROM json_each(:keys)))",
            {"source": source, "keys": json.dumps(list(keys))},
        )

    def snapshots(self, source: str, *, listed: bool) -> list[tuple[str, Page]]:
        """The last stored body of each page, by the URL it was asked for: of the list itself, in order, or of the ads."""
        rows = self._rows(
            "SELECT s.* FROM snapshots s JOIN pages p ON p.source = s.source AND p.url = s.url"
            " WHERE s.id IN (SELECT max(id) FROM snapshots WHERE source = ? GROUP BY url) AND (p.listed > 0) = ?"
            " ORDER BY p.listed, s.id",
            [source, listed],
        )
        return [(row["url"], _page(row)) for row in rows]

    def history(self, source: str, since: datetime | None = None) -> Iterator[tuple[datetime, Page]]:
        """Every stored body of a source's list, oldest first."""
        rows = self._rows(
            "SELECT * FROM snapshots WHERE source = ? AND listed > 0 AND at >= ? ORDER BY id",
            [source, stamp(since) or ""],
        )
        return ((some_moment(row["at"]), _page(row)) for row in rows)

    # ---------------------------------------------------------------- a check, stored whole

    def record(
        self,
        observation: Observation,
        verdict: Verdict,
        *,
        name: str,
        fingerprint: str,
        next_check_at: datetime,
    ) -> None:
        """Everything a check saw and concluded, in one transaction: never validators without their postings."""
        with self._transaction():
            self._write_source(observation, verdict, name, fingerprint, next_check_at)
            self._write_pages(observation, trusted=verdict.trouble is None)
            for update in verdict.updates:
                self._write_update(observation, update)
            if verdict.notice:
                words = verdict.trouble or "the source can be read again"
                self._write_event(observation, verdict.notice, text=words)

    def _write_source(
        self, seen: Observation, verdict: Verdict, name: str, fingerprint: str, next_check_at: datetime
    ) -> None:
        good = verdict.trouble is None
        row = {
            "url": seen.source,
            "name": name,
            "checked_at": stamp(seen.at),
            "next_check_at": stamp(next_check_at),
            "outcome": verdict.outcome.value,
            "trouble": verdict.trouble,
            "counts": json.dumps(verdict.counts),
        }
        if good:
            row |= {"fingerprint": fingerprint, "good_at": stamp(seen.at)}
        if seen.reading and seen.reading.signature and good:
            row["signature"] = json.dumps(seen.reading.signature)
        self._db.table("sources").upsert(row, pk="url")
        self._db.execute(
            "UPDATE sources SET failures = CASE WHEN :good THEN 0 ELSE failures + 1 END,"
            " trouble_since = CASE WHEN :good THEN NULL ELSE coalesce(trouble_since, :at) END,"
            " trouble_told = CASE WHEN :good THEN 0 WHEN :told THEN 1 ELSE trouble_told END,"
            " baseline_at = CASE WHEN :good THEN coalesce(baseline_at, :at) ELSE baseline_at END WHERE url = :url",
            {
                "good": good,
                "told": verdict.notice is EventKind.TROUBLE,
                "at": stamp(seen.at),
                "url": seen.source,
            },
        )

    def _write_pages(self, seen: Observation, *, trusted: bool) -> None:
        if seen.pages and trusted:
            self._db.execute("DELETE FROM pages WHERE source = ? AND listed > 0", [seen.source])
            for number, (url, page) in enumerate(seen.pages.items(), 1):
                self._write_page(seen, url, page, listed=number)
        for ad in seen.ads:
            if ad.page and not ad.trouble:
                self._write_page(seen, ad.url, ad.page, listed=0)

    def _write_page(self, seen: Observation, url: str, page: Page, *, listed: int) -> None:
        self._db.table("pages").upsert(
            {
                "source": seen.source,
                "url": url,
                "etag": page.validators.etag,
                "last_modified": page.validators.last_modified,
                "listed": listed,
            },
            pk=("source", "url"),
        )
        digest = hashlib.sha256(page.body).hexdigest()
        last = self._rows(
            "SELECT sha256 FROM snapshots WHERE source = ? AND url = ? ORDER BY id DESC LIMIT 1", [seen.source, url]
        )
        if last and last[0]["sha256"] == digest:
            return
        if not listed:  # of an ad only the last body is of use
            self._db.execute("DELETE FROM snapshots WHERE source = ? AND url = ?", [seen.source, url])
        self._db.table("snapshots").insert(
            {
                "source": seen.source,
                "url": url,
                "final_url": page.url,
                "at": stamp(seen.at),
                "listed": listed,
                "content_type": page.content_type,
                "sha256": digest,
                "body": zlib.compress(page.body, 6),
            }
        )

    def _write_update(self, seen: Observation, update: Update) -> None:
        at = stamp(seen.at)
        row = {
            "status": update.status.value,
            "posting": dump_posting(update.posting),
            "last_seen": stamp(update.sighting.last_seen),
            "closed_at": at if update.status is Status.CLOSED else None,
        }
        if update.position is None:
            inserted = self._db.table("positions").insert({**row, "first_seen": at})
            position = _key(inserted.last_pk)
        else:
            position = update.position
            self._db.execute(
                "UPDATE positions SET status = :status, posting = :posting, last_seen = max(last_seen, :last_seen),"
                " closed_at = CASE WHEN :closed_at IS NULL THEN NULL ELSE coalesce(closed_at, :closed_at) END"
                " WHERE id = :id",
                {**row, "id": position},
            )
        self._write_sighting(position, update.sighting)
        if update.event:
            self._write_event(seen, update.event, position=position, update=update)

    def _write_sighting(self, position: int, sighting: Sighting) -> None:
        self._db.table("sightings").upsert(
            {
                "source": sighting.source,
                "position": position,
                "keys": dump(sighting.keys),
                "listed": dump_posting(sighting.listed),
                "ad": dump_posting(sighting.ad) if sighting.ad else None,
                "ad_checked_at": stamp(sighting.ad_checked_at),
                "first_seen": stamp(sighting.first_seen),
                "last_seen": stamp(sighting.last_seen),
                "misses": sighting.misses,
            },
            pk=("source", "position"),
        )
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO keys (key, position) VALUES (?, ?)", [(key, position) for key in sighting.keys]
        )

    def _write_event(
        self,
        seen: Observation,
        kind: EventKind,
        *,
        position: int | None = None,
        update: Update | None = None,
        text: str | None = None,
    ) -> None:
        self._db.table("events").insert(
            {
                "at": stamp(seen.at),
                "kind": kind.value,
                "source": seen.source,
                "position": position,
                "title": update.posting.title if update else None,
                "url": update.posting.url if update else None,
                "fields": dump(update.fields) if update else "{}",
                "text": text,
            }
        )

    # ---------------------------------------------------------------- what is known

    def positions(self, status: Status | None = None) -> Iterator[Position]:
        """All positions, oldest first, or those of one stored status."""
        return self._positions("status = :status" if status else "1", {"status": status.value if status else None})

    def _positions(self, where: str, values: Mapping[str, Any]) -> Iterator[Position]:
        sightings: dict[int, list[Sighting]] = {}
        for row in self._rows(
            f"SELECT * FROM sightings WHERE position IN (SELECT id FROM positions WHERE {where})",  # noqa: S608
            values,
        ):
            sightings.setdefault(row["position"], []).append(load_sighting(row))
        for row in self._rows(f"SELECT * FROM positions WHERE {where} ORDER BY id", values):  # noqa: S608
            yield Position(
                id=row["id"],
                posting=load_posting(row["posting"]),
                status=Status(row["status"]),
                first_seen=some_moment(row["first_seen"]),
                last_seen=some_moment(row["last_seen"]),
                closed_at=moment(row["closed_at"]),
                sightings=tuple(sorted(sightings.get(row["id"], []), key=lambda s: s.first_seen)),
            )

    def events(self, after: int = 0, *, since: datetime | None = None, through: int | None = None) -> list[Event]:
        """The log after an event (and at or after a moment), oldest first, each with its position's present state."""
        rows = self._rows(
            "SELECT e.*, s.name AS source_name FROM events e JOIN sources s ON s.url = e.source"
            " WHERE e.id > ? AND e.at >= ? AND e.id <= ? ORDER BY e.id",
            [after, stamp(since) or "", through if through is not None else 2**62],
        )
        wanted = json.dumps(sorted({row["position"] for row in rows if row["position"]}))
        positions = {p.id: p for p in self._positions("id IN (SELECT value FROM json_each(:ids))", {"ids": wanted})}
        return [replace(load_event(row), position=positions.get(row["position"])) for row in rows]

    def last_event(self) -> int:
        return int(self._rows("SELECT coalesce(max(id), 0) AS id FROM events")[0]["id"])

    # ---------------------------------------------------------------- digests: the outbox

    def last_digest(self, subscriber: str) -> DigestRecord | None:
        rows = self._rows("SELECT * FROM digests WHERE subscriber = ? ORDER BY id DESC LIMIT 1", [subscriber])
        if not rows:
            return None
        row = rows[0]
        return DigestRecord(
            id=row["id"],
            subscriber=row["subscriber"],
            at=some_moment(row["at"]),
            through_event=row["through_event"],
            subject=row["subject"],
        )

    def message_ids(self, subscriber: str, recipient: str, limit: int = 10) -> list[str]:
        """The last Message-IDs that went to a recipient, oldest first: the thread of their digests."""
        rows = self._rows(
            "SELECT v.message_id FROM deliveries v JOIN digests d ON d.id = v.digest"
            " WHERE d.subscriber = ? AND v.recipient = ? ORDER BY v.id DESC LIMIT ?",
            [subscriber, recipient, limit],
        )
        return [row["message_id"] for row in reversed(rows)]

    def bind_digest(
        self,
        subscriber: str,
        *,
        at: datetime,
        through_event: int,
        subject: str | None,
        messages: Callable[[int], Iterable[tuple[str, str, bytes]]],
    ) -> int:
        """Bind the events up to `through_event` to a new digest and its messages, in one transaction.

        messages: digest id -> (recipient, Message-ID, message) each; none of them for a digest with nothing to tell.
        """
        with self._transaction():
            digest = _key(
                self._db.table("digests")
                .insert({"subscriber": subscriber, "at": stamp(at), "through_event": through_event, "subject": subject})
                .last_pk
            )
            for recipient, message_id, message in messages(digest):
                self._db.table("deliveries").insert(
                    {
                        "digest": digest,
                        "recipient": recipient,
                        "message_id": message_id,
                        "message": zlib.compress(message),
                        "next_try_at": stamp(at),
                    }
                )
        return digest

    def pending_deliveries(self, now: datetime | None = None) -> list[Delivery]:
        """What is still to be sent, oldest first; with `now`, only what may be tried by then."""
        rows = self._rows(
            "SELECT v.*, d.subscriber, d.at FROM deliveries v JOIN digests d ON d.id = v.digest"
            " WHERE v.state = 'pending' AND v.next_try_at <= ? ORDER BY v.id",
            [stamp(now) if now else "9"],
        )
        return [
            Delivery(
                id=row["id"],
                digest=row["digest"],
                subscriber=row["subscriber"],
                recipient=row["recipient"],
                message_id=row["message_id"],
                message=zlib.decompress(row["message"]),
                attempts=row["attempts"],
                at=some_moment(row["at"]),
            )
            for row in rows
        ]

    def settle_delivery(self, delivery: int, *, at: datetime, error: str | None = None) -> None:
        """Sent, or given up for good with the reason."""
        self._settle(delivery, state="failed" if error else "sent", settled_at=stamp(at), error=error)

    def postpone_delivery(self, delivery: int, *, until: datetime, error: str) -> None:
        self._settle(delivery, next_try_at=stamp(until), error=error)

    def _settle(self, delivery: int, **columns: Any) -> None:
        with self._transaction():
            self._db.table("deliveries").update(delivery, columns)
            self._db.execute("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?", [delivery])


def _key(last: Any) -> int:
    """The integer primary key of an inserted row."""
    return int(last)


def _state(row: Mapping[str, Any], **pages: Any) -> SourceState:
    return SourceState(
        url=row["url"],
        name=row["name"],
        fingerprint=row["fingerprint"],
        baseline_at=moment(row["baseline_at"]),
        good_at=moment(row["good_at"]),
        checked_at=moment(row["checked_at"]),
        next_check_at=moment(row["next_check_at"]),
        outcome=row["outcome"],
        failures=row["failures"],
        trouble=row["trouble"],
        trouble_since=moment(row["trouble_since"]),
        **pages,
    )


def _page(row: Mapping[str, Any]) -> Page:
    body = zlib.decompress(row["body"])
    return Page(
        url=row["final_url"],
        body=body,
        text=decode(body, row["content_type"]),
        content_type=row["content_type"],
        fetched_at=some_moment(row["at"]),
    )


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
