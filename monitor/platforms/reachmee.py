"""ReachMee: a list at webNNN.reachmee.com/ext/..., often in a frame of the employer's page.

Its RSS feed, siteNNN.reachmee.com/Public/rssfeed/external.ashx?id=..., holds all positions, with elements of its own:
pubDateTo (the last day to apply), Area1 (place), Org1 (department), CommAdSeqNo (number). Its address has a customer's
name and a host's number in it that the list does not show, so it is found only where a page names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import address, mentions, path, record, words, xml_items

_FEED = re.compile(r"https?://[\w-]+\.reachmee\.com/Public/rssfeed/external\.ashx\?[^\"'\s<>]+", re.I)


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_FEED, html):
        yield found[0]


def _read(page: Page) -> Board | None:
    found = xml_items(page.text, "item") if "<rss" in page.text[:2000] else None
    ours = path(page.url).lower().endswith("/rssfeed/external.ashx")
    if found is None or not (ours or (found and all("CommAdSeqNo" in item for item in found))):
        return None
    made = (
        record(
            title=item.get("title"),
            url=address(page.url, item.get("link")),
            identifier=item.get("CommAdSeqNo"),
            department=words(item.get("Org1")),
            location=words(item.get("Area1"), item.get("country")),
            posted=item.get("pubDate"),
            deadline=item.get("pubDateTo"),
            markup=item.get("description", ""),
        )
        for item in found
    )
    return Board(tuple(filter(None, made)))


PLATFORM = Platform("ReachMee", _leads, _read)
