"""AcademicJobsOnline: lists at academicjobsonline.org/ajo?joblist-A-B-C-D-..., an ad at /ajo/jobs/NUMBER.

A list whose address ends in ----rss-- is an RSS 1.0 feed with elements of its own: Univ, Dept, City, State, Country,
Deadline, PostDate, ID. The numbers A to D are the list's filter; all zero is the whole board.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record
from monitor.platforms.data import address, host, origin, record, words, xml_items

_LIST = re.compile(r"joblist-(\d*)-(\d*)-(\d*)-(\d*)-")
_FORMAT = 'xmlns:ads="https://academicjobsonline.org/ajo/ads.rss"'


def _leads(url: str, html: str) -> Iterator[str]:
    parts = urlsplit(url)
    if host(url).removeprefix("www.") != "academicjobsonline.org" or parts.path.rstrip("/") != "/ajo":
        return
    asked = _LIST.match(parts.query)
    chosen = "-".join(part or "0" for part in asked.groups()) if asked else "0-0-0-0"
    if asked or not parts.query:
        yield f"{origin(url)}/ajo?joblist-{chosen}----rss--"


def _read(page: Page) -> Board | None:
    if _FORMAT not in page.text[:5000]:
        return None
    found = xml_items(page.text, "item")
    return None if found is None else Board(tuple(filter(None, (_record(item, page.url) for item in found))))


def _record(item: Mapping[str, str], base: str) -> Record | None:
    number = item.get("ID")
    own = urljoin(item.get("link") or base, f"/ajo/jobs/{number}") if number else item.get("link")
    return record(
        title=item.get("title"),
        url=address(base, own),
        identifier=number,
        organization=words(item.get("Univ")),
        department=words(item.get("Dept")),
        location=words(item.get("City"), item.get("State"), item.get("Country")),
        posted=item.get("PostDate"),
        deadline=item.get("Deadline"),
        markup=item.get("description", ""),
    )


PLATFORM = Platform("AcademicJobsOnline", _leads, _read)
