"""Interfolio: an institution's faculty positions at apply.interfolio.com/INSTITUTION/positions.

The page is filled in by a script that asks GET logic.interfolio.com/byc-search/INSTITUTION/public_job_boards, with
limit and page; `results` are the positions with their ads. A position's own page is apply.interfolio.com/ID, ID being
its `legacy_position_id`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record
from monitor.platforms.data import inside, items, json_of, mentions, number, path, record, with_query, words

_NAMED = re.compile(r"(?<![\w.-])apply\.interfolio\.com/(\d+)/positions|/byc-search/(\d+)/public_job_boards", re.I)
_API = re.compile(r"/byc-search/\d+/public_job_boards/?$")
_PAGE = 100


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_NAMED, url, html):
        board = f"https://logic.interfolio.com/byc-search/{found[1] or found[2]}/public_job_boards"
        yield f"{board}?limit={_PAGE}&page=1&sort_by=date&sort_order=desc"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    results = inside(data, "results")
    if not isinstance(results, list) or not _API.search(path(page.url)):
        return None
    limit, at, total = number(page.url, "limit", 0), number(page.url, "page", 1), inside(data, "total_count")
    more = limit and len(results) >= limit and (not isinstance(total, int) or at * limit < total)
    following = with_query(page.url, page=at + 1) if more else None
    return Board(tuple(filter(None, map(_record, items(results)))), following)


def _record(position: Mapping[str, Any]) -> Record | None:
    identifier = position.get("legacy_position_id")
    parts = (position.get(name) for name in ("description", "qualifications", "instructions"))
    return record(
        title=position.get("name"),
        url=f"https://apply.interfolio.com/{identifier}" if identifier else None,
        identifier=identifier,
        department=words(position.get("unit_name")),
        location=words(position.get("location")),
        posted=position.get("open_date_raw"),
        markup="\n".join(str(part) for part in parts if part),
    )


PLATFORM = Platform("Interfolio", _leads, _read)
