"""A check, written down whole: the source's state, its pages, its positions, and what is to be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from zlib_ng import zlib_ng

from monitor.identity import canonical_url, near_title, sighting_of
from monitor.models import (
    AdSeen,
    EventKind,
    Known,
    Observation,
    Page,
    Position,
    RobotsFile,
    Sighting,
    Status,
    Update,
    Verdict,
)
from monitor.plain import dump
from monitor.store.connection import Connection
from monitor.store.records import QuietCheck, stamp
from monitor.values import replace


def write_check(
    store: Connection,
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
    """One transaction: never validators without the postings that they vouch for."""
    with store.transaction():
        _write_source(store, observation, verdict, name, fingerprint, next_check_at)
        _write_pages(store, observation, verdict)
        _write_updates(store, observation, verdict.updates, known)
        if verdict.notice:
            words = verdict.trouble or "the source can be read again"
            _write_event(store, observation, verdict.notice, text=words)
        store.execute(
            "UPDATE sources SET settled_until = ?, ads_until = ? WHERE url = ?",
            [stamp(settled_until), stamp(ads_until), observation.source],
        )


def write_quiet(store: Connection, checks: Iterable[QuietCheck]) -> None:
    """As little as a check can leave: when it was, and validators that are new though the page is not."""
    with store.transaction():
        for check in checks:
            at = stamp(check.at)
            store.execute(
                "UPDATE sources SET name = ?, checked_at = ?, good_at = ?, next_check_at = ?, outcome = ?"
                " WHERE url = ?",
                [check.name, at, at, stamp(check.next_check_at), check.outcome.value, check.source],
            )
            for url, validators in check.validators.items():
                etag, modified = validators.etag, validators.last_modified
                store.execute(
                    "UPDATE pages SET etag = ?, last_modified = ?"
                    " WHERE source = ? AND url = ? AND (etag IS NOT ? OR last_modified IS NOT ?)",
                    [etag, modified, check.source, url, etag, modified],
                )


def write_robots(store: Connection, file: RobotsFile) -> None:
    body = None if file.body is None else zlib_ng.compress(file.body)
    with store.transaction():
        store.upsert("robots", {"origin": file.origin, "at": stamp(file.at), "body": body}, pk=["origin"])


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
        "counts": dump(verdict.counts),
    }
    if good:
        row |= {"fingerprint": fingerprint, "good_at": stamp(seen.at)}
    if seen.reading and good:
        row |= {"kind": str(seen.reading.kind), "platform": seen.reading.platform}
    if seen.reading and seen.reading.signature and good:
        row["signature"] = dump(seen.reading.signature)
    store.upsert("sources", row, pk=["url"])
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


def _write_pages(store: Connection, seen: Observation, verdict: Verdict) -> None:
    """A page that shows what it showed leaves its new validators, but no second body.

    The pages of a list lie under the URLs that were asked. An ad lies under its canonical one, so that a session in the
    links to it makes no second page of it; what was really fetched is the body's final_url.
    """
    if seen.pages and verdict.trouble is None:
        store.execute("DELETE FROM pages WHERE source = ? AND listed > 0", [seen.source])
        for number, (url, page) in enumerate(seen.pages.items(), 1):
            _write_page(store, seen, url, page, listed=number, vouches=True)
            if seen.reading:
                _write_body(store, seen, url, page, listed=number)
    told = {u.sighting.listed.url: (u.posting.title, u.sighting.listed.title) for u in verdict.updates}
    for ad in seen.ads:
        if ad.page and not ad.trouble:
            address = canonical_url(ad.url)
            vouches = ad.not_modified or _is_open_ad_of(ad, told.get(ad.url, ()))
            _write_page(store, seen, address, ad.page, listed=0, vouches=vouches)
            if not ad.not_modified:
                _write_body(store, seen, address, ad.page, listed=0)


def _is_open_ad_of(ad: AdSeen, titles: Iterable[str]) -> bool:
    """Whether the page, should it stay as it is, proves the position to be open; any other is read again each time."""
    return ad.posting is not None and not ad.posting.closed and any(near_title(ad.posting.title, t) for t in titles)


def _write_page(store: Connection, seen: Observation, url: str, page: Page, *, listed: int, vouches: bool) -> None:
    """vouches: whether the next check may go by this page's validators and gist."""
    store.upsert(
        "pages",
        {
            "source": seen.source,
            "url": url,
            "etag": page.validators.etag if vouches else None,
            "last_modified": page.validators.last_modified if vouches else None,
            "gist": seen.gists.get(url) if vouches else None,
            "listed": listed,
        },
        pk=["source", "url"],
    )


def _write_body(store: Connection, seen: Observation, url: str, page: Page, *, listed: int) -> None:
    digest = hashlib.sha256(page.body).hexdigest()
    last = store.rows(
        "SELECT sha256 FROM snapshots WHERE source = ? AND url = ? ORDER BY id DESC LIMIT 1", [seen.source, url]
    )
    if last and last[0]["sha256"] == digest:
        return
    if not listed:  # of an ad only the last body is of use
        store.execute("DELETE FROM snapshots WHERE source = ? AND url = ? AND listed = 0", [seen.source, url])
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
            "body": zlib_ng.compress(page.body, 6),
        },
    )


def _write_updates(store: Connection, seen: Observation, updates: Sequence[Update], known: Known | None) -> None:
    """Of what is seen as it was, most of a list, only the time is written."""
    stored = {p.id: p for p in known.positions} if known else {}
    as_it_was = []
    for update in updates:
        if update.position is not None and _is_as_stored(update, stored.get(update.position)):
            as_it_was.append((stamp(update.sighting.last_seen), update.position, update.sighting.source))
        else:
            _write_update(store, seen, update)
    store.execute_many(
        "UPDATE positions SET last_seen = max(last_seen, ?) WHERE id = ?", [row[:2] for row in as_it_was]
    )
    store.execute_many("UPDATE sightings SET last_seen = ? WHERE position = ? AND source = ?", as_it_was)
    mentioned = dump([update.position for update in updates if update.position is not None])
    store.execute(  # what their other sources would conclude may be another thing now
        "UPDATE sources SET settled_until = NULL, ads_until = NULL WHERE url IN"
        " (SELECT source FROM sightings WHERE position IN (SELECT value FROM json_each(?)) AND source <> ?)",
        [mentioned, seen.source],
    )


def _is_as_stored(update: Update, position: Position | None) -> bool:
    """But for when it was seen."""
    if position is None or update.event or update.status is not position.status or update.posting != position.posting:
        return False
    sighting = sighting_of(position, update.sighting.source)
    return sighting is not None and replace(sighting, last_seen=update.sighting.last_seen) == update.sighting


def _write_update(store: Connection, seen: Observation, update: Update) -> None:
    at = stamp(seen.at)
    row = {
        "status": update.status.value,
        "posting": dump(update.posting),
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
            "listed": dump(sighting.listed),
            "ad": dump(sighting.ad) if sighting.ad else None,
            "ad_checked_at": stamp(sighting.ad_checked_at),
            "first_seen": stamp(sighting.first_seen),
            "last_seen": stamp(sighting.last_seen),
            "misses": sighting.misses,
            "past": dump(sighting.past),
        },
        pk=["source", "position"],
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
