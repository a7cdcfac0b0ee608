"""A check, written down whole: the source's state, its pages, its positions, and what is to be told."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import datetime

from monitor.models import EventKind, Observation, Page, Sighting, Status, Update, Verdict
from monitor.store.connection import Connection
from monitor.store.records import dump, dump_posting, stamp


def write_check(
    store: Connection,
    observation: Observation,
    verdict: Verdict,
    *,
    name: str,
    fingerprint: str,
    next_check_at: datetime,
) -> None:
    """One transaction: never validators without the postings that they vouch for."""
    with store.transaction():
        _write_source(store, observation, verdict, name, fingerprint, next_check_at)
        _write_pages(store, observation, trusted=verdict.trouble is None)
        for update in verdict.updates:
            _write_update(store, observation, update)
        if verdict.notice:
            words = verdict.trouble or "the source can be read again"
            _write_event(store, observation, verdict.notice, text=words)


def _write_source(
    store: Connection, seen: Observation, verdict: Verdict, name: str, fingerprint: str, next_check_at: datetime
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
    store.upsert("sources", row, pk="url")
    store.execute(
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


def _write_pages(store: Connection, seen: Observation, *, trusted: bool) -> None:
    if seen.pages and trusted:
        store.execute("DELETE FROM pages WHERE source = ? AND listed > 0", [seen.source])
        for number, (url, page) in enumerate(seen.pages.items(), 1):
            _write_page(store, seen, url, page, listed=number)
    for ad in seen.ads:
        if ad.page and not ad.trouble:
            _write_page(store, seen, ad.url, ad.page, listed=0)


def _write_page(store: Connection, seen: Observation, url: str, page: Page, *, listed: int) -> None:
    store.upsert(
        "pages",
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
    last = store.rows(
        "SELECT sha256 FROM snapshots WHERE source = ? AND url = ? ORDER BY id DESC LIMIT 1", [seen.source, url]
    )
    if last and last[0]["sha256"] == digest:
        return
    if not listed:  # of an ad only the last body is of use
        store.execute("DELETE FROM snapshots WHERE source = ? AND url = ?", [seen.source, url])
    store.insert(
        "snapshots",
        {
            "source": seen.source,
            "url": url,
            "final_url": page.url,
            "at": stamp(seen.at),
            "listed": listed,
            "content_type": page.content_type,
            "sha256": digest,
            "body": zlib.compress(page.body, 6),
        },
    )


def _write_update(store: Connection, seen: Observation, update: Update) -> None:
    at = stamp(seen.at)
    row = {
        "status": update.status.value,
        "posting": dump_posting(update.posting),
        "last_seen": stamp(update.sighting.last_seen),
        "closed_at": at if update.status is Status.CLOSED else None,
    }
    if update.position is None:
        position = store.insert("positions", {**row, "first_seen": at})
    else:
        position = update.position
        store.execute(
            "UPDATE positions SET status = :status, posting = :posting, last_seen = max(last_seen, :last_seen),"
            " closed_at = CASE WHEN :closed_at IS NULL THEN NULL ELSE coalesce(closed_at, :closed_at) END"
            " WHERE id = :id",
            {**row, "id": position},
        )
    _write_sighting(store, position, update.sighting)
    if update.event:
        _write_event(store, seen, update.event, position=position, update=update)


def _write_sighting(store: Connection, position: int, sighting: Sighting) -> None:
    store.upsert(
        "sightings",
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
            "past": dump(sighting.past),
        },
        pk=("source", "position"),
    )
    store.execute_many(
        "INSERT OR IGNORE INTO keys (key, position) VALUES (?, ?)", [(key, position) for key in sighting.keys]
    )


def _write_event(
    store: Connection,
    seen: Observation,
    kind: EventKind,
    *,
    position: int | None = None,
    update: Update | None = None,
    text: str | None = None,
) -> None:
    store.insert(
        "events",
        {
            "at": stamp(seen.at),
            "kind": kind.value,
            "source": seen.source,
            "position": position,
            "title": update.posting.title if update else None,
            "url": update.posting.url if update else None,
            "fields": dump(update.fields) if update else "{}",
            "text": text,
        },
    )
