"""Teamtailor: a career site at NAME.teamtailor.com or on the employer's own host, which its assets give away.

/jobs.json is a JSON Feed of all positions, a page at a time (`next_url`); each item holds a schema.org JobPosting as
`_jobposting`. /jobs.rss is the same as RSS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record
from monitor.platforms.data import address, host, inside, items, job_posting, json_of, mentions, origin

_NAMED = re.compile(
    r"https?://(?!(?:www|app|api|tt|docs|support|help|go|career)\.)([\w-]+(?:\.[\w-]+)*)\.teamtailor\.com(?![\w-]|\.\w)",
    re.I,
)
_ASSETS = re.compile(r"\bteamtailor-cdn\.com/assets|careersite--", re.I)


def _leads(url: str, html: str) -> Iterator[str]:
    if host(url).endswith(".teamtailor.com") or _ASSETS.search(html):
        sites = [origin(url)]
    else:
        sites = [found[0].lower() for found in mentions(_NAMED, html)]
    for site in sites:
        yield f"{site}/jobs.json"
        yield f"{site}/jobs.rss"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    entries = items(inside(data, "items"))
    if not any("_jobposting" in entry for entry in entries):
        return None  # an empty one is a JSON Feed like any other
    return Board(
        tuple(filter(None, (_record(entry, page.url) for entry in entries))),
        address(page.url, inside(data, "next_url")),
    )


def _record(entry: Mapping[str, Any], base: str) -> Record | None:
    thing = entry.get("_jobposting")
    known = {"title": entry.get("title"), "description": entry.get("content_html"), "url": entry.get("url")}
    whole = known | (dict(thing) if isinstance(thing, Mapping) else {}) | {"url": entry.get("url")}
    return job_posting({**whole, "identifier": {"value": entry.get("id")}}, base)


PLATFORM = Platform("Teamtailor", _leads, _read)
