"""What is kept of the pages that were seen: enough to replay, to compare and to read them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zlib_ng import zlib_ng

from monitor.identity import canonical_url
from monitor.plain import dump
from monitor.store.connection import Connection
from monitor.store.records import stamp
from monitor.values import Value

LEAST_STATES = 10  # of each list, however old: a clock that was wrong for a day must not cost the past


class Pruned(Value):
    """How many bodies of lists, bodies of positions' own pages, and mails were let go."""

    lists: int
    ads: int
    mails: int


def moments(store: Connection, source: str) -> list[str]:
    """When the list of a source was stored, oldest first: all of its pages can be read as they stood at each."""
    rows = store.rows(
        "SELECT DISTINCT max(n.at, coalesce(s.kept_from, '')) AS at FROM snapshots n JOIN sources s ON s.url = n.source"
        " WHERE n.source = ? AND n.listed > 0 ORDER BY 1",
        [source],
    )
    return [row["at"] for row in rows]


def prune(store: Connection, before: datetime) -> Pruned:
    """Let go what is older, in one transaction; positions and their log stay for ever. Once for each day of `before`.

    Of a list there stays how it stood at `before`, and all since; of a position's own page the last body, until the
    position has been closed for so long; of a digest that was sent, that it was sent.
    """
    edge = stamp(before)
    assert edge
    day = before.toordinal()
    if store.rows("PRAGMA user_version")[0]["user_version"] == day:
        return Pruned(lists=0, ads=0, mails=0)
    with store.transaction():
        store.execute(f"PRAGMA user_version = {day}")  # to look at all bodies takes longer the more there are
        sources = store.rows("SELECT DISTINCT source FROM snapshots WHERE at < ? AND listed > 0", [edge])
        return Pruned(
            lists=sum(_prune_list(store, row["source"], edge) for row in sources),
            ads=_prune_ads(store, edge),
            mails=_prune_mails(store, edge),
        )


def _prune_list(store: Connection, source: str, edge: str) -> int:
    first = first_kept(moments(store, source), edge)
    if first is None:
        return 0
    gone = store.rows(
        "DELETE FROM snapshots WHERE source = :source AND listed > 0 AND at < :first AND id NOT IN"
        " (SELECT max(id) FROM snapshots WHERE source = :source AND listed > 0 AND at <= :first GROUP BY url)"
        " RETURNING id",
        {"source": source, "first": first},
    )
    store.execute("UPDATE sources SET kept_from = ? WHERE url = ?", [first, source])
    return len(gone)


def first_kept(moments: Sequence[str], edge: str) -> str | None:
    """The moment from which on a list is kept whole: the last one by `edge`; None where nothing may go."""
    old = [at for at in moments[: 1 - LEAST_STATES] if at <= edge] if len(moments) >= LEAST_STATES else []
    return old[-1] if len(old) > 1 else None


def _prune_ads(store: Connection, edge: str) -> int:
    sightings = store.rows(
        "SELECT DISTINCT g.source, json_extract(g.listed, '$.url') AS url FROM sightings g"
        " JOIN positions p ON p.id = g.position WHERE (p.closed_at IS NULL OR p.closed_at >= :edge)"
        " AND g.source IN (SELECT source FROM snapshots WHERE listed = 0 AND at < :edge)",
        {"edge": edge},
    )
    wanted = dump([[row["source"], canonical_url(row["url"])] for row in sightings if row["url"]])
    gone = store.rows(
        "DELETE FROM snapshots WHERE listed = 0 AND at < :edge AND (source, url) NOT IN"
        " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:wanted))"
        " RETURNING source, url",
        {"edge": edge, "wanted": wanted},
    )
    pages = dump([[row["source"], row["url"]] for row in gone])
    store.execute(  # without its body, a page that comes back must be fetched whole
        "DELETE FROM pages WHERE listed = 0 AND (source, url) IN"
        " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
        [pages],
    )
    return len(gone)


def _prune_mails(store: Connection, edge: str) -> int:
    nothing = zlib_ng.compress(b"")
    gone = store.rows(
        "UPDATE deliveries SET message = :nothing"
        " WHERE state = 'sent' AND settled_at < :edge AND message <> :nothing RETURNING id",
        {"nothing": nothing, "edge": edge},
    )
    return len(gone)
