"""b-ite: a list that a script puts into a page at an element with data-bite-jobs-api-listing="CUSTOMER:LISTING".

The listing's own script, cs-assets.b-ite.com/CUSTOMER/jobs-api/LISTING.min.js, holds the key (40 hexadecimal digits)
with which POST jobs.b-ite.com/api/v1/postings/search answers. Here the search's address has the body's values as its
query. What is asked of a position (deadline, pay) stands on its own page; `endsOn` is when the ad is taken down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record, Request
from monitor.platforms.data import (
    address,
    host,
    inside,
    items,
    json_of,
    mentions,
    number,
    path,
    query,
    record,
    with_query,
    words,
)

_LISTING = re.compile(r"data-bite-jobs-api-listing=[\"']?([\w-]+):([\w-]+)", re.I)
_KEY = re.compile(r"[\"']([0-9a-f]{40})[\"']")
_SEARCH = re.compile(r"/api/v1/postings/search/?$")
_PAGE = 100


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_LISTING, html):
        yield f"https://cs-assets.b-ite.com/{found[1]}/jobs-api/{found[2]}.min.js"
    if host(url) == "cs-assets.b-ite.com" and (key := _KEY.search(html)):
        yield f"https://jobs.b-ite.com/api/v1/postings/search?key={key[1]}&locale=de&offset=0"


def _request(url: str) -> Request | None:
    if "/postings/search" not in url or not _SEARCH.search(path(url)):
        return None
    asked = query(url)
    if not re.fullmatch("[0-9a-f]{40}", asked.get("key", "")):
        return None
    page = {"offset": number(url, "offset", 0), "num": _PAGE}
    body = {"key": asked["key"], "channel": 0, "locale": asked.get("locale", "de"), "page": page}
    return Request(urlsplit(url)._replace(query="", fragment="").geturl(), json.dumps(body))


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    found = inside(data, "jobPostings")
    if not _SEARCH.search(path(page.url)) or not isinstance(found, list):
        return None
    end, total = number(page.url, "offset", 0) + len(found), inside(data, "page", "total")
    more = bool(found) and isinstance(total, int) and end < total
    made = (_record(posting, page.url) for posting in items(found))
    return Board(tuple(filter(None, made)), with_query(page.url, offset=end) if more else None)


def _record(posting: Mapping[str, Any], base: str) -> Record | None:
    began = (posting.get(name) for name in ("activatedOn", "startsOn", "createdOn"))
    return record(
        title=posting.get("title"),
        url=address(base, posting.get("url")),
        organization=words(inside(posting, "employer", "name")),
        location=words(inside(posting, "address", "city")),
        posted=next(filter(None, began), None),
    )


PLATFORM = Platform("b-ite", _leads, _read, request=_request)
