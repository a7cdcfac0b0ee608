"""Page -> postings. One registry of readers by kind; `read` finds the kind out unless it is stated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.ad import read_ad
from monitor.readers.feed import looks_like_feed, read_feed
from monitor.readers.listing import read_listing
from monitor.readers.plain import read_page

Reader: TypeAlias = Callable[[Page, Hints], Reading]

READERS: dict[Kind, Reader] = {
    Kind.FEED: read_feed,
    Kind.LISTING: read_listing,
    Kind.AD: read_ad,
    Kind.PAGE: read_page,
}


def read(page: Page, hints: Hints) -> Reading:
    """What a page shows. Pure, picklable in and out; never raises on any bytes."""
    if hints.kind:
        return READERS[hints.kind](page, hints)
    if looks_like_feed(page):
        return read_feed(page, hints)
    return read_html(page, hints)


def read_html(page: Page, hints: Hints) -> Reading:
    """An HTML page or plain text of unknown kind: a list of positions, one position's ad, or neither."""
    if page.content_type.startswith("text/plain"):
        return read_ad(page, hints)
    listing = read_listing(page, hints)
    linked = len(listing.postings) > 1 and any(posting.url for posting in listing.postings)
    if listing.trouble or listing.none_open or linked:
        return listing
    ad = read_ad(page, hints)
    # records without links, none of them the page's own title, are the parts of one ad
    titles = {posting.title for posting in listing.postings} if len(listing.postings) > 1 else set()
    if ad.kind is Kind.AD and (not titles or (ad.postings[0].level and ad.postings[0].title not in titles)):
        return ad
    return listing if listing.postings else ad
