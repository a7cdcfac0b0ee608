"""SuccessFactors: a career site of SAP's Career Site Builder, on the employer's own host; its assets give it away.

/sitemal.xml is an RSS feed of all positions with the elements of Google Base (g:id, g:location, g:employer). It may be
switched off. g:expiration_date is not taken for a deadline: nothing says that anybody chose it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.models import Page
from monitor.platforms.base import Board, Platform
from monitor.platforms.data import address, origin, path, record, words, xml_items

_ASSETS = re.compile(r"\brmkcdn\.successfactors\.com|/platform/js/j2w/", re.I)


def _leads(url: str, html: str) -> Iterator[str]:
    if _ASSETS.search(html):
        yield f"{origin(url)}/sitemal.xml"


def _read(page: Page) -> Board | None:
    if not path(page.url).endswith("/sitemal.xml"):
        return None
    found = xml_items(page.text, "item")
    if found is None:
        return None
    made = (
        record(
            title=_title(item.get("title", ""), item.get("location", "")),
            url=address(page.url, item.get("link")),
            identifier=item.get("id") or item.get("guid"),
            organization=words(item.get("employer")),
            location=words(item.get("location")),
            posted=item.get("pubDate"),
            markup=item.get("description", ""),
        )
        for item in found
    )
    return Board(tuple(filter(None, made)))


def _title(title: str, location: str) -> str:
    """Without the place that the feed puts behind it: "Research engineer (Porto, PT)"."""
    bare, _, place = title.removesuffix(")").rpartition(" (")
    town = place.partition(",")[0].strip()
    return bare if title.endswith(")") and town and location.startswith(town) else title


PLATFORM = Platform("SuccessFactors", _leads, _read)
