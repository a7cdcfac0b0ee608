"""MathJobs: the board of the American Mathematical Society at www.mathjobs.org/jobs.

It links its positions "in reusable JSON format", all of them at /jobs/public_job_boards and an employer's at
/jobs/EMPLOYER/public_job_boards; with limit and page. A deadline of 0000-00-00 means: open until filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record
from monitor.platforms.data import (
    address,
    host,
    inside,
    items,
    json_of,
    mentions,
    number,
    origin,
    path,
    record,
    rolling,
    with_query,
    words,
)

_LINK = re.compile(r"/jobs/(?:\d+/)?public_job_boards", re.I)
_PAGE = 200


def _leads(url: str, html: str) -> Iterator[str]:
    if host(url).removeprefix("www.") != "mathjobs.org":
        return
    boards = [found[0] for found in mentions(_LINK, html)]
    if path(url).rstrip("/") == "/jobs" and "?" not in url:
        boards.append("/jobs/public_job_boards")
    for board in dict.fromkeys(boards):
        yield f"{origin(url)}{board}?limit={_PAGE}&page=1"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    results = inside(data, "results")
    if not isinstance(results, list) or not re.search(r"^/jobs/(?:\d+/)?public_job_boards/?$", path(page.url)):
        return None
    limit, at = number(page.url, "limit", 0), number(page.url, "page", 1)
    following = with_query(page.url, page=at + 1) if limit and len(results) >= limit else None
    return Board(tuple(filter(None, (_record(position, page.url) for position in items(results)))), following)


def _record(position: Mapping[str, Any], base: str) -> Record | None:
    last_day = str(position.get("deadline_raw") or "")
    towns = words(position.get("city"), position.get("state"), position.get("country"))
    parts = (position.get(name) for name in ("description", "qualifications"))
    made = record(
        title=position.get("name"),
        url=address(base, position.get("url")),
        identifier=position.get("id"),
        organization=words(position.get("univ")),
        department=words(position.get("unit_name")),
        location=words(position.get("location")) or towns,
        posted=position.get("open_date_raw"),
        deadline=last_day,
        markup="\n".join(str(part) for part in parts if part),
    )
    return rolling(made, last_day) if last_day.startswith("0000") else made


PLATFORM = Platform("MathJobs", _leads, _read)
