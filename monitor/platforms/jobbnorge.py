"""Jobbnorge: the board of Norway's universities and public employers.

Its search page is filled in by a script that asks GET publicapi.jobbnorge.no/v3/jobs with the same query, language=1
for Norwegian and 2 for English; employer=NUMBER, once or several times, keeps one employer's. The answer is
{"jobs": [...], "meta": {"jobCountTotal": n}}, all of it unless page and results are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

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
    path,
    query,
    record,
    with_query,
    words,
)

_API = re.compile(r"https://publicapi\.jobbnorge\.no/v3/jobs\?[^\"'\s<>]+", re.I)
_PATH = re.compile(r"/v3/jobs/?$", re.I)


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_API, html):
        yield found[0]
    parts = urlsplit(url)
    if host(url).removeprefix("www.") == "jobbnorge.no" and parts.path.startswith("/search"):
        language = 2 if re.match(r"/search/en\b", parts.path) else 1
        asked = parts._replace(scheme="https", netloc="publicapi.jobbnorge.no", path="/v3/jobs", fragment="")
        yield f"{asked.geturl()}{'&' if parts.query else '?'}language={language}"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    jobs = items(inside(data, "jobs"))
    if not (isinstance(inside(data, "jobs"), list) and _PATH.search(path(page.url))) and not (
        jobs and all("employer" in job and "link" in job for job in jobs)
    ):
        return None
    return Board(tuple(filter(None, (_record(job, page.url) for job in jobs))), _next(page.url, data, len(jobs)))


def _record(job: Mapping[str, Any], base: str) -> Record | None:
    employer, department = words(job.get("employer")), words(job.get("department"))
    if job.get("regardDepartmentAsEmployer"):  # what the site shows as the employer
        employer, department = department, None
    places = sorted(items(job.get("locations")), key=lambda place: not place.get("isPrimary"))
    return record(
        title=job.get("title"),
        url=address(base, job.get("link")),
        identifier=job.get("id"),
        organization=employer,
        department=department,
        location=words(*(place.get("municipality") for place in places)),
        posted=job.get("publicationDate"),
        deadline=job.get("deadline"),
        openings=job.get("positionCount"),
        markup=str(job.get("summary") or ""),
    )


def _next(url: str, data: Any, shown: int) -> str | None:
    if "results" not in query(url):
        return None
    number_of_page, size = number(url, "page", 1), number(url, "results", shown)
    total = inside(data, "meta", "jobCountTotal")
    more = isinstance(total, int) and shown and number_of_page * size < total
    return with_query(url, page=number_of_page + 1) if more else None


PLATFORM = Platform("Jobbnorge", _leads, _read)
