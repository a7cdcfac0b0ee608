"""Personio: a career site at NAME.jobs.personio.de or NAME.jobs.personio.com.

Its XML feed at /xml holds all positions with their ads, in the language that `language` names; a position's own page is
/job/ID. https://developer.personio.de/docs/retrieving-open-job-positions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import host, mentions, query, record, words, xml_items

_NAMED = re.compile(r"(?<![\w-])([\w-]+)\.jobs\.personio\.(?:de|com)(?![\w-]|\.\w)", re.I)
_ROOT = re.compile(r"^[\s\ufeff]*(?:<\?xml[^>]*\?>\s*)?<workzag-jobs\b")


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_NAMED, host(url), html):
        language = query(url).get("language", "")
        asked = f"?language={language}" if re.fullmatch("[a-z]{2}", language) else ""
        yield f"https://{found[0].lower()}/xml{asked}"


def _read(page: Page) -> Board | None:
    if not _ROOT.match(page.text):
        return None
    positions = xml_items(page.text, "position")
    if positions is None:
        return None
    made = (
        record(
            title=position.get("name"),
            url=urljoin(page.url, f"/job/{position['id']}") if position.get("id") else None,
            identifier=position.get("id"),
            organization=words(position.get("subcompany")),
            department=words(position.get("department")),
            location=words(position.get("office")),
            posted=position.get("createdAt"),
            markup=position.get("jobDescriptions", ""),
        )
        for position in positions
    )
    return Board(tuple(filter(None, made)))


PLATFORM = Platform("Personio", _leads, _read)
