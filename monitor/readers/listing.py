"""A page that lists positions, read without selectors."""

from __future__ import annotations

from monitor.errors import ReadError
from monitor.models import Hints, Kind, Page, Posting, Reading
from monitor.readers.html import parse
from monitor.readers.judge import positions
from monitor.readers.tree import Tree
from monitor.readers.zones import Zones


def read_listing(page: Page, hints: Hints) -> Reading:
    """Kind `listing` with the postings found."""
    try:
        tree = Tree(parse(page.text), page.url)
    except ReadError as error:
        return Reading(kind=Kind.LISTING, complete=False, trouble=str(error), warnings=(str(error),))
    zones = Zones(tree)
    records = positions(tree, zones)
    postings = tuple(Posting(title=r.title, url=r.url) for r in records)
    return Reading(kind=Kind.LISTING, postings=postings)
