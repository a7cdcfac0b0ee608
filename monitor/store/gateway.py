"""Every read and write of the database. Writes are whole: one transaction a check with news, a digest, a delivery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from zlib_ng import zlib_ng

from monitor.decoding import decode
from monitor.identity import canonical_url
from monitor.models import (
    Event,
    Kind,
    Known,
    Observation,
    Page,
    Position,
    RobotsFile,
    Sighting,
    Status,
    Validators,
    Verdict,
)
from monitor.plain import dump, load, load_posting
from monitor.store.checks import write_check, write_quiet, write_robots
from monitor.store.connection import Connection, Row
from monitor.store.outbox import Outbox
from monitor.store.records import QuietCheck, SourceState, load_event, load_sighting, moment, some_moment, stamp
from monitor.store.retention import Pruned, moments, prune
from monitor.store.search import Hit, ranked_ids
from monitor.values import replace


class Store:
    """The open database. All methods raise StoreError, in a sentence, when it cannot be used.

    recorded: how many checks with something to conclude have been stored since it was opened.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows = connection.rows
        self.outbox = Outbox(connection)
        self.recorded = 0

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, read_only: bool = False) -> Iterator[Store]:
        """read_only: for what only looks; it waits for no writer, and none waits for it."""
        connection = Connection(path, read_only=read_only)
        try:
            yield cls(connection)
        finally:
            connection.close()

    def state(self, source: str) -> SourceState | None:
        """What is kept of a source; None before its first check."""
        return next(self._with_pages([source]), None)

    def states_of_lists(self, sources: Iterable[str]) -> dict[str, SourceState]:
        """What is kept of some sources, but for their positions' own pages; those never checked are left out."""
        return {state.url: state for state in self._with_pages(sources, " AND p.listed > 0")}

    def _with_pages(self, sources: Iterable[str], only: str = "") -> Iterator[SourceState]:
        rows = self._rows(
            "SELECT s.*, p.url AS page, p.etag, p.last_modified, p.gist, p.listed FROM sources s"  # noqa: S608
            f" LEFT JOIN pages p ON p.source = s.url{only} WHERE s.url IN (SELECT value FROM json_each(?))"
            " ORDER BY s.url",
            [dump(list(sources))],
        )
        for _, found in groupby(rows, key=itemgetter("url")):
            first, *_ = of_source = list(found)
            pages = sorted((row for row in of_source if row["page"]), key=itemgetter("listed"))
            yield _state(
                first,
                validators={p["page"]: Validators(p["etag"], p["last_modified"]) for p in pages},
                gists={p["page"]: p["gist"] for p in pages if p["gist"]},
                listed=tuple(p["page"] for p in pages if p["listed"]),
            )

    def states(self) -> list[SourceState]:
        """Every source that was ever checked, without its pages."""
        return [_state(row) for row in self._rows("SELECT * FROM sources ORDER BY name")]

    def size(self) -> int:
        """Bytes on disk, what is not yet merged (the -wal file) included."""
        path = self._connection.path
        files = (path, path.with_name(f"{path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def size_of_pages(self) -> int:
        """Bytes of the bodies that were seen, compressed."""
        return int(self._rows("SELECT coalesce(sum(length(body)), 0) AS bytes FROM snapshots")[0]["bytes"])

    def prune(self, before: datetime) -> Pruned:
        """Let go the pages and mails that are older and of no use any more; their room in the file is used again."""
        return prune(self._connection, before)

    def compact(self) -> None:
        """Give the room of what is gone back to the disk; for a while it takes as much again."""
        self._connection.compact()

    def schema_version(self) -> str:
        """The name of the last step of the schema."""
        return self._connection.schema_version()

    def faults(self) -> list[str]:
        """What SQLite finds wrong in the file (PRAGMA integrity_check and foreign_key_check), a line each."""
        found = [row["integrity_check"] for row in self._rows("PRAGMA integrity_check(20)")]
        lost = [f"a row of {row['table']} belongs to nothing" for row in self._rows("PRAGMA foreign_key_check")]
        return [line for line in found if line != "ok"] + lost[:20]

    def due_times(self) -> dict[str, tuple[datetime, datetime]]:
        """When each known source is to be checked next, and when it was checked last."""
        rows = self._rows("SELECT url, next_check_at, checked_at FROM sources WHERE next_check_at IS NOT NULL")
        return {row["url"]: (some_moment(row["next_check_at"]), some_moment(row["checked_at"])) for row in rows}

    def known(self, source: str, keys: Iterable[str] = (), *, past: Iterable[str] | None = None) -> Known:
        """The old state of every decision about a source: its own positions, and others' that have one of `keys`.

        past: of its own that are closed and off its list, of which there are ever more, only the newest, and those with
        one of these keys; all of them unless given.
        """
        found = self._rows("SELECT * FROM sources WHERE url = ?", [source])
        positions = tuple(self._positions_with(source, keys, past))
        if not found:
            return Known(source=source, positions=positions)
        row = found[0]
        return Known(
            source=source,
            baseline_at=moment(row["baseline_at"]),
            good_at=moment(row["good_at"]),
            counts=tuple(load(row["counts"])),
            failures=row["failures"],
            trouble=row["trouble"],
            trouble_since=moment(row["trouble_since"]),
            trouble_told=bool(row["trouble_told"]),
            signature=tuple(load(row["signature"])),
            positions=positions,
        )

    def _positions_with(self, source: str, keys: Iterable[str], past: Iterable[str] | None) -> Iterator[Position]:
        values = {"source": source, "keys": dump(list(keys)), "past": dump(list(past or ()))}
        found = self._rows(f"{_ALL_OWN if past is None else _PRESENT_OWN} UNION {_WITH_KEY}", values)
        return self._positions_of(row["position"] for row in found)

    def snapshots(self, source: str, *, listed: bool) -> list[tuple[str, Page]]:
        """Each page's last stored body: of the list, in order, by the URL asked, or of the ads, by canonical URL."""
        rows = self._rows(
            "SELECT s.* FROM snapshots s JOIN pages p ON p.source = s.source AND p.url = s.url"
            " WHERE s.id IN (SELECT max(id) FROM snapshots WHERE source = ? GROUP BY url) AND (p.listed > 0) = ?"
            " ORDER BY p.listed, s.id",
            [source, listed],
        )
        return [(row["url"], _page(row)) for row in rows]

    def moments(self, source: str) -> list[datetime]:
        """When a body of the source's list was stored, oldest first: whenever it differed from the one before."""
        return [some_moment(at) for at in moments(self._connection, source)]

    def page_at(self, source: str, url: str, at: datetime) -> Page | None:
        """A page of the source's list as it stood at a moment."""
        rows = self._rows(
            "SELECT * FROM snapshots WHERE source = ? AND url = ? AND listed > 0 AND at <= ? ORDER BY id DESC LIMIT 1",
            [source, url, stamp(at)],
        )
        return _page(rows[0]) if rows else None

    def ad_page(self, source: str, url: str) -> Page | None:
        """The last stored body of a position's own page."""
        rows = self._rows(
            "SELECT * FROM snapshots WHERE source = ? AND url = ? AND listed = 0", [source, canonical_url(url)]
        )
        return _page(rows[0]) if rows else None

    def record(
        self,
        observation: Observation,
        verdict: Verdict,
        *,
        name: str,
        fingerprint: str,
        next_check_at: datetime,
        settled_until: datetime | None = None,
        ads_until: datetime | None = None,
        known: Known | None = None,
    ) -> None:
        """Everything that a check saw and concluded, in one transaction.

        name to ads_until: become SourceState's. known: what is stored by now, so that what the check found as it was
        is not written again; all is written unless given.
        """
        write_check(
            self._connection,
            observation,
            verdict,
            name=name,
            fingerprint=fingerprint,
            next_check_at=next_check_at,
            settled_until=settled_until,
            ads_until=ads_until,
            known=known,
        )
        self.recorded += 1

    def record_quiet(self, checks: Iterable[QuietCheck]) -> None:
        """Checks of sources without trouble, in one transaction: one for each would be most of their cost."""
        write_quiet(self._connection, checks)

    def robots(self, origin: str) -> RobotsFile | None:
        """The robots.txt that was last fetched of an origin."""
        found = self._rows("SELECT * FROM robots WHERE origin = ?", [origin])
        if not found:
            return None
        body = found[0]["body"]
        return RobotsFile(origin, None if body is None else zlib_ng.decompress(body), some_moment(found[0]["at"]))

    def keep_robots(self, file: RobotsFile) -> None:
        write_robots(self._connection, file)

    def positions(self, status: Status | None = None) -> Iterator[Position]:
        """All positions, oldest first, or those of one stored status."""
        return self._positions("status = :status" if status else "1", {"status": status.value if status else None})

    def position(self, number: int) -> Position | None:
        return next(self._positions("id = :id", {"id": number}), None)

    def search(self, words: str, *, column: str | None = None, limit: int = 50) -> list[Hit]:
        """The positions that have all of `words`, the last one perhaps only begun; the best first. Any words will do.

        column: title, organization, department, supervisors, summary or text; all of them unless given.
        """
        found = ranked_ids(self._connection, words, column=column, limit=limit)
        positions = {p.id: p for p in self._positions_of(number for number, _, _ in found)}
        return [Hit(position=positions[n], score=score, excerpt=excerpt) for n, score, excerpt in found]

    def _positions_of(self, numbers: Iterable[int]) -> Iterator[Position]:
        return self._positions("id IN (SELECT value FROM json_each(:ids))", {"ids": dump(list(numbers))})

    def _positions(self, where: str, values: Mapping[str, Any]) -> Iterator[Position]:
        sightings: dict[int, list[Sighting]] = {}
        posting = lru_cache(maxsize=1_000)(load_posting)  # a position and its sighting mostly say the same
        for row in self._rows(
            f"SELECT * FROM sightings WHERE position IN (SELECT id FROM positions WHERE {where})",  # noqa: S608
            values,
        ):
            sightings.setdefault(row["position"], []).append(load_sighting(row, posting))
        for row in self._rows(f"SELECT * FROM positions WHERE {where} ORDER BY id", values):  # noqa: S608
            yield Position(
                id=row["id"],
                posting=posting(row["posting"]),
                status=Status(row["status"]),
                first_seen=some_moment(row["first_seen"]),
                last_seen=some_moment(row["last_seen"]),
                closed_at=moment(row["closed_at"]),
                sightings=tuple(sorted(sightings.get(row["id"], []), key=lambda s: s.first_seen)),
            )

    def events(self, after: int = 0, *, since: datetime | None = None, through: int | None = None) -> list[Event]:
        """The log after an event (and at or after a moment), oldest first, each with its position's present state."""
        return self._events(
            "e.id > ? AND e.at >= ? AND e.id <= ?", after, stamp(since) or "", through if through is not None else 2**62
        )

    def events_of(self, positions: Iterable[int]) -> list[Event]:
        """All that ever happened to some positions, oldest first."""
        return self._events("e.position IN (SELECT value FROM json_each(?))", dump(list(positions)))

    def _events(self, where: str, *values: Any) -> list[Event]:
        rows = self._rows(
            "SELECT e.*, s.name AS source_name FROM events e JOIN sources s ON s.url = e.source"  # noqa: S608
            f" WHERE {where} ORDER BY e.id",
            values,
        )
        wanted = sorted({row["position"] for row in rows if row["position"]})
        positions = {p.id: p for p in self._positions_of(wanted)}
        return [replace(load_event(row), position=positions.get(row["position"])) for row in rows]

    def last_event(self) -> int:
        return int(self._rows("SELECT coalesce(max(id), 0) AS id FROM events")[0]["id"])


_WITH_KEY = "SELECT position FROM keys WHERE key IN (SELECT value FROM json_each(:keys))"
_ALL_OWN = "SELECT position FROM sightings WHERE source = :source"
_PRESENT_OWN = """
    SELECT position FROM sightings WHERE source = :source AND misses = 0
    UNION SELECT position FROM sightings s WHERE source = :source AND misses > 0 AND EXISTS
        (SELECT 1 FROM positions INDEXED BY positions_not_closed WHERE id = s.position AND status <> 'closed')
    UNION SELECT * FROM (SELECT position FROM sightings WHERE source = :source ORDER BY position DESC LIMIT 50)
    UNION SELECT k.position FROM keys k CROSS JOIN sightings s ON s.source = :source AND s.position = k.position
        WHERE k.key IN (SELECT value FROM json_each(:past))"""


def _state(row: Row, **pages: Any) -> SourceState:
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
        trouble_told=bool(row["trouble_told"]),
        counts=tuple(load(row["counts"])),
        signature=tuple(load(row["signature"])),
        settled_until=moment(row["settled_until"]),
        ads_until=moment(row["ads_until"]),
        kind=Kind(row["kind"]) if row["kind"] else None,
        platform=row["platform"],
        **pages,
    )


def _page(row: Row) -> Page:
    body = zlib_ng.decompress(row["body"])
    return Page(
        url=row["final_url"],
        body=body,
        text=decode(body, row["content_type"]),
        content_type=row["content_type"],
        fetched_at=some_moment(row["at"]),
    )
