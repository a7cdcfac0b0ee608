"""Greenhouse: a board at boards.greenhouse.io/NAME or job-boards.greenhouse.io/NAME, or embedded by a script.

The Job Board API gives all of a board as JSON in one answer: GET boards-api.greenhouse.io/v1/boards/NAME/jobs; with
content=true each job has its ad, its HTML escaped. https://developers.greenhouse.io/job-board.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import address, inside, items, json_of, mentions, path, record, words

_NAMED = re.compile(
    r"(?<![\w.-])(?:job-boards|boards)(?:\.eu)?\.greenhouse\.io/(?:embed/job_(?:board|app)(?:/js)?\?(?:[^\"'\s<>]*&)?for=)?"
    r"(?!embed\b)([\w-]+)|boards-api\.greenhouse\.io/v1/boards/([\w-]+)",
    re.I,
)
_API = re.compile(r"/v1/boards/[\w-]+/jobs/?$")


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_NAMED, url, html):
        yield f"https://boards-api.greenhouse.io/v1/boards/{found[1] or found[2]}/jobs?content=true"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    jobs = items(inside(data, "jobs"))
    if not (isinstance(inside(data, "jobs"), list) and _API.search(path(page.url))) and not (
        jobs and all("absolute_url" in job for job in jobs)
    ):
        return None
    made = (
        record(
            title=job.get("title"),
            url=address(page.url, job.get("absolute_url")),
            identifier=job.get("id"),
            reference=words(job.get("requisition_id")),
            organization=words(job.get("company_name")),
            language=words(job.get("language")),
            department=words(*(department.get("name") for department in items(job.get("departments")))),
            location=words(inside(job, "location", "name")),
            posted=job.get("first_published"),
            deadline=job.get("application_deadline"),
            markup=str(job.get("content") or ""),
        )
        for job in jobs
    )
    return Board(tuple(filter(None, made)))


PLATFORM = Platform("Greenhouse", _leads, _read)
