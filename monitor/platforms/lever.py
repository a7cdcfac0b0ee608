"""Lever: a job site at jobs.lever.co/NAME, in Europe jobs.eu.lever.co/NAME.

The Postings API gives its published postings as a JSON array: GET api.lever.co/v0/postings/NAME?mode=json, with skip
and limit. https://github.com/lever/postings-api
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import (
    address,
    inside,
    items,
    json_of,
    mentions,
    number,
    path,
    record,
    with_query,
    words,
)

_NAMED = re.compile(r"(?<![\w.-])(?:jobs|api)(\.eu)?\.lever\.co/(?:v0/postings/)?([\w.-]+)", re.I)
_API = re.compile(r"/v0/postings/[\w.-]+/?$")
_PAGE = 100


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_NAMED, url, html):
        region = (found[1] or "").lower()
        yield f"https://api{region}.lever.co/v0/postings/{found[2]}?mode=json&skip=0&limit={_PAGE}"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    if not isinstance(data, list):
        return None
    jobs = items(data)
    if not _API.search(path(page.url)) and not (jobs and all("hostedUrl" in job for job in jobs)):
        return None
    limit, skip = number(page.url, "limit", 0), number(page.url, "skip", 0)
    following = with_query(page.url, skip=skip + limit) if limit and len(jobs) >= limit else None
    made = (
        record(
            title=job.get("text"),
            url=address(page.url, job.get("hostedUrl")),
            identifier=job.get("id"),
            department=words(inside(job, "categories", "department") or inside(job, "categories", "team")),
            location=words(inside(job, "categories", "location")),
            markup=_ad(job),
        )
        for job in jobs
    )
    return Board(tuple(filter(None, made)), following)


def _ad(job: Mapping[str, Any]) -> str:
    lists = [
        f"<h3>{part.get('text') or ''}</h3><ul>{part.get('content') or ''}</ul>" for part in items(job.get("lists"))
    ]
    return "\n".join([str(job.get("description") or ""), *lists, str(job.get("additional") or "")])


PLATFORM = Platform("Lever", _leads, _read)
