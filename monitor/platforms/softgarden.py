"""softgarden: a career site at NAME.career.softgarden.de, NAME.softgarden.io or on the employer's own host.

/jobs.feed.json is a schema.org DataFeed: `dataFeedElement`, each with a JobPosting as its `item`, all in one answer.
Older sites have none; theirs is read as any page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import host, inside, job_posting, json_of, mentions, origin

_NAMED = re.compile(
    r"https?://(?!(?:www|app|api|static|cdn|assets)\.)[\w-]+\.(?:career\.softgarden\.de|softgarden\.io)(?![\w-]|\.\w)",
    re.I,
)


def _leads(url: str, html: str) -> Iterator[str]:
    if host(url).endswith((".softgarden.de", ".softgarden.io")) or "softgarden" in html:
        yield f"{origin(url)}/jobs.feed.json"
    for found in mentions(_NAMED, html):
        yield f"{found[0].lower()}/jobs.feed.json"


def _read(page: Page) -> Board | None:
    data = json_of(page.text)
    elements = inside(data, "dataFeedElement")
    if not isinstance(elements, list):
        return None
    things = (inside(element, "item") for element in elements)
    return Board(tuple(filter(None, (job_posting(thing, page.url) for thing in things if isinstance(thing, dict)))))


PLATFORM = Platform("softgarden", _leads, _read)
