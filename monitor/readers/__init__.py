"""Page -> postings. One registry of readers by kind; `read` finds the kind out unless it is stated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from monitor.fields.phrase import fold
from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.feed import looks_like_feed, read_feed
from monitor.readers.listing import Survey, read_listing, survey
from monitor.readers.plain import read_page
from monitor.readers.words import is_bare, says
from monitor.values import replace

Reader: TypeAlias = Callable[[Page, Hints], Reading]

_SHORT = 1500  # characters of a page; an ad of its own has more


def read_ad(page: Page, hints: Hints) -> Reading:
    """One position's own page. What only ads take is loaded with the first: most rounds read lists and feeds alone."""
    from monitor.readers import ad

    return ad.read_ad(page, hints)


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
    seen = survey(page, hints)
    listing = seen.reading
    if is_list(seen):
        return listing
    ad = read_ad(page, hints)
    if (
        ad.kind is Kind.AD
        and not listing.postings
        and _names_many(seen.heading)
        and not _names_one(ad.postings[0].title)
    ):
        return listing if listing.trouble or listing.none_open else replace(listing, kind=Kind.PAGE)
    if ad.kind is Kind.AD and (not listing.postings or is_one_position(seen, ad.postings[0].title)):
        return ad
    if listing.postings or listing.trouble or listing.none_open:
        return listing
    return replace(ad, warnings=(*ad.warnings, *listing.warnings))


def is_list(seen: Survey) -> bool:
    """Surely a list, whatever an ad reader would make of it: several items that are most of the page, or many."""
    count, one = len(seen.reading.postings), _names_one(seen.heading)
    if not count:
        return bool(seen.reading.trouble or seen.reading.none_open) and seen.declared != 1 and not one
    if seen.declared == 1 or count < 2:
        return False
    linked = any(posting.url for posting in seen.reading.postings)
    days = {posting.deadline for posting in seen.reading.postings}
    if count >= 3 and len(days - {None}) >= 2 and seen.covered >= 0.2 and not one:
        return True
    if seen.covered >= 0.35 and (linked or _names_many(seen.heading) or seen.headed):
        return True
    return linked and count >= (8 if one else 5)


def is_one_position(seen: Survey, title: str) -> bool:
    """Whether a page that reads like an ad is one, though something on it looks like an item ("Related jobs").

    title: what the ad reader takes for its title.
    """
    postings = seen.reading.postings
    if seen.declared == 1 or _names_one(seen.heading) or not any(posting.url for posting in postings):
        return True
    if [fold(posting.title) for posting in postings] == [fold(seen.heading)]:
        return True  # the only item is what the page is headed by; its link leads to the application
    if not says("listing.roles", title) and not says("listing.occupations", title):
        return False
    if _names_many(seen.heading) and seen.length < _SHORT:
        return False
    if seen.covered < 0.2 and any(fold(posting.title) == fold(title) for posting in postings if posting.url):
        return False  # the ad reader took an item for the whole
    if len(postings) <= 2 and seen.covered < 0.2:
        return True
    return seen.covered < 0.35 and not _names_many(seen.heading)


def _names_one(heading: str) -> bool:
    """A first heading that names one position, and neither a kind of them nor a page of them."""
    return says("listing.roles", heading) and not is_bare(heading) and not says("listing.jobs", heading)


def _names_many(heading: str) -> bool:
    """A first heading such as "Vacancies" or "PhD positions"."""
    return bool(heading) and (says("listing.jobs", heading) or is_bare(heading))
