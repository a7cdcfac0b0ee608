"""The best way to watch what a person means by an address.

In this order: the machine-readable list of the recruitment platform behind the page, a feed that the page announces,
the page's structured data, the list on it, a list in a frame of it, the one ad that it is, its text. A feed or a
platform's list is taken only after it was fetched and found to hold the page's positions, neither far fewer nor far
more.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from monitor.errors import FetchError
from monitor.identity import canonical_url, near_title, normal
from monitor.models import Hints, Kind, Page, Posting, Reading
from monitor.pipeline.check import Web
from monitor.pipeline.reading import read
from monitor.platforms import board_of, leads
from monitor.readers.announced import Announced, announced
from monitor.readers.structured import structured_postings
from monitor.values import Value, replace

MOST_FEEDS = 4  # of one page are looked at
MOST_LISTS = 3  # that a page links to are told
_ENOUGH = 0.8  # of the page's positions; what has fewer would miss some of them
_MOST = 1.5  # times the page's positions, and `_SLACK` more: what has more is wider than what was meant
_SLACK = 2
_MOST_TITLES = 300  # that one is compared with
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")


class Way(StrEnum):
    PLATFORM = "platform"
    FEED = "feed"
    STRUCTURED = "structured"
    LISTING = "listing"
    FRAME = "frame"
    AD = "ad"
    PAGE = "page"


class Candidate(Value):
    """An address that may be better than the page's own. name: what or where it is ("the data of Lever")."""

    way: Way
    url: str
    name: str


class Rejected(Value):
    """why: words that follow the candidate's address and a colon."""

    candidate: Candidate
    why: str


class Discovery(Value, kw_only=True):
    """What is best watched.

    asked: the address that the person gave. url: the one to watch. why: one sentence. reading: what `url` shows.
    skipped: what of it is left out, and why. rejected: what was looked at besides. advice: what can be done where no
    position is seen, None where some are.
    """

    asked: str
    url: str
    way: Way
    why: str
    reading: Reading
    skipped: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    advice: str | None = None


async def discover(url: str, web: Web, as_of: date) -> Discovery:
    """Fetches the page and what it leads to. FetchError: neither the page nor a platform behind its address answers."""
    first = await _look(url, web, as_of)
    if isinstance(first, FetchError):
        return await _by_address_alone(url, web, as_of, first)
    page, shown = first
    besides = announced(page)
    rejected: dict[str, Rejected] = {}
    waiting = deque(_candidates(page, shown, besides))
    done, led_to = {url}, set[str]()
    while waiting:
        candidate = waiting.popleft()
        if candidate.url in (*done, *rejected):
            continue
        looked = await _look(candidate.url, web, as_of)
        if candidate.url not in led_to and (further := _further(candidate, looked)):
            done.add(candidate.url)
            led_to.update(one.url for one in further)
            waiting.extendleft(reversed(further))
            continue
        why_not = _reason(looked) if isinstance(looked, FetchError) else _objection(candidate, *looked, shown)
        if why_not is None and not isinstance(looked, FetchError):
            seen = looked[1]
            why = _praise(candidate, seen, shown)
            return _discovery(url, candidate.url, candidate.way, why, seen, tuple(rejected.values()))
        rejected[candidate.url] = Rejected(candidate, why_not or "")
    way, why = own_way(page, shown, as_of)
    found = _discovery(url, url, way, why, shown, tuple(rejected.values()))
    if way is Way.PAGE and besides.lists:
        lists = " or ".join(besides.lists[:MOST_LISTS])
        return replace(found, advice=f"If you meant the list of positions, add {lists}")
    return found


def own_way(page: Page, shown: Reading, as_of: date) -> tuple[Way, str]:
    """How a page is watched under its own address, and why so."""
    if (found := board_of(page)) and shown.kind is Kind.FEED:
        return Way.PLATFORM, f"it is the data of {found[0].name}"
    if shown.kind is Kind.FEED:
        return Way.FEED, "it is a feed"
    if shown.kind is Kind.AD:
        return Way.AD, "the page is one position's own"
    if shown.postings and len(structured_postings(page.text, page.url, as_of)) >= len(shown.postings):
        return Way.STRUCTURED, "the page describes its positions in data (schema.org JobPosting)"
    if shown.postings:
        return Way.LISTING, "the page lists its positions"
    if shown.trouble:
        return Way.LISTING, f"no position can be seen: {shown.trouble}"
    if shown.none_open:
        said = next(iter(shown.warnings), "the page says that nothing is open")
        return Way.LISTING, f"{said}; what it lists later will be new"
    return Way.PAGE, "no position is on the page"


def _candidates(page: Page, shown: Reading, besides: Announced) -> Iterator[Candidate]:
    if shown.kind is Kind.FEED or (shown.kind is Kind.AD and shown.postings):
        return  # nothing better, or something wider than what was meant
    yield from _of_platforms(page.url, page.text)
    for address in besides.feeds[:MOST_FEEDS]:
        yield Candidate(Way.FEED, address, "a feed that the page announces")
    if not shown.postings:
        if besides.forward:
            yield Candidate(Way.FRAME, besides.forward, "on the page that this one sends on to")
        for address in besides.frames[:MOST_FEEDS]:
            yield Candidate(Way.FRAME, address, "in a frame of the page")


def _of_platforms(url: str, html: str) -> Iterator[Candidate]:
    for platform, address in leads(url, html):
        yield Candidate(Way.PLATFORM, address, f"the data of {platform.name}")


def _further(candidate: Candidate, looked: tuple[Page, Reading] | FetchError) -> list[Candidate]:
    """What a platform's script leads to, which itself is no data."""
    if (
        candidate.way is not Way.PLATFORM
        or isinstance(looked, FetchError)
        or "javascript" not in looked[0].content_type
    ):
        return []
    return list(_of_platforms(looked[0].url, looked[0].text))


async def _look(url: str, web: Web, as_of: date) -> tuple[Page, Reading] | FetchError:
    try:
        page = await web.get(url)
    except FetchError as error:
        return error
    assert page is not None, "an unconditional GET is never answered by 304"
    return page, read(page, Hints(as_of=as_of))


async def _by_address_alone(url: str, web: Web, as_of: date, fault: FetchError) -> Discovery:
    """A page that cannot be fetched may lie on a platform whose data can."""
    for candidate in _of_platforms(url, ""):
        looked = await _look(candidate.url, web, as_of)
        if isinstance(looked, FetchError) or looked[1].trouble or not looked[1].postings:
            continue
        why = f"{candidate.name} can be read, the page itself cannot: {_reason(fault)}"
        return _discovery(url, candidate.url, candidate.way, why, looked[1], ())
    raise fault


def _reason(fault: FetchError) -> str:
    return str(fault).removeprefix(f"{fault.url}: ").rstrip(".")


# ------------------------------------------------------------------------------------------------ judging, pure
def _objection(candidate: Candidate, page: Page, seen: Reading, shown: Reading) -> str | None:
    entries = len(_ENTRY.findall(page.text)) if candidate.way is Way.FEED else len(seen.postings)
    return objection(candidate.way, seen, shown, entries)


def objection(way: Way, seen: Reading, shown: Reading, entries: int) -> str | None:
    """Why what an address shows (`seen`) is not what the page shows (`shown`); None if it is.

    entries: how many entries the feed has, be they positions or not.
    """
    there, here = seen.postings, shown.postings
    if seen.trouble:
        return seen.trouble
    if way is Way.FEED and seen.kind is not Kind.FEED:
        return "it is no feed"
    if not there:
        if way is Way.FEED and entries:
            return "it announces news and no position"
        empty_list = way is Way.PLATFORM and seen.kind is Kind.FEED and seen.none_open
        return None if empty_list and not here else "it holds no position"
    if not here:
        if way is Way.FEED and len(there) * 2 < entries:
            return f"it announces mostly other news: {len(there)} of its {entries} entries are positions"
        return None
    both = _in_both(here, there)
    if both * 2 < min(len(here), len(there)):
        return f"it holds {both or 'none'} of the {len(here)} positions on the page"
    if both < _ENOUGH * len(here) and not (seen.next_page or shown.next_page):
        return f"it holds only {both} of the {len(here)} positions on the page"
    if len(there) > _MOST * len(here) + _SLACK and shown.complete:
        return f"it holds {len(there)} positions, the page only {len(here)} of them"
    return None


def _in_both(here: tuple[Posting, ...], there: tuple[Posting, ...]) -> int:
    """How many positions of the page are there too: under the same address, or by title."""
    addresses = {canonical_url(p.url) for p in there if p.url}
    titles = {normal(p.title): p.title for p in there}

    def known(posting: Posting) -> bool:
        if (posting.url and canonical_url(posting.url) in addresses) or normal(posting.title) in titles:
            return True
        return any(near_title(posting.title, title) for title in list(titles.values())[:_MOST_TITLES])

    return sum(map(known, here))


def _praise(candidate: Candidate, seen: Reading, shown: Reading) -> str:
    if candidate.way is Way.FRAME:
        return f"the list stands {candidate.name}"
    if not seen.postings:
        return f"{candidate.name} stands behind the page; nothing is open now"
    if not shown.postings:
        return f"{candidate.name} holds the positions, which the page itself does not show"
    both = _in_both(shown.postings, seen.postings)
    return f"{candidate.name} holds {both} of the {len(shown.postings)} positions on the page, as data"


def _discovery(asked: str, url: str, way: Way, why: str, reading: Reading, rejected: tuple[Rejected, ...]) -> Discovery:
    return Discovery(
        asked=asked,
        url=url,
        way=way,
        why=why,
        reading=reading,
        skipped=tuple(_skipped(reading)),
        rejected=rejected,
        advice=advice_for(reading.trouble) if reading.trouble else None,
    )


def _skipped(reading: Reading) -> Iterator[str]:
    if not reading.postings:
        return  # nothing is watched of it as yet, and `why` says so
    if reading.closed:
        yield f"{len(reading.closed)} that the page itself shows as closed"
    yield from (warning for warning in reading.warnings if warning != reading.trouble)


_ADVICE = (
    (r"in a frame", "Add the address of the frame"),
    (
        r"login",
        "Watch a page that is open to all; or, if you may, send what your browser sends: headers = "
        '{ Cookie = "env:NAME" } takes it from the environment',
    ),
    (
        r"JavaScript|script|loading|placeholder|shell",
        "In a browser, look for the address that the list itself comes from (a frame, a feed, a recruitment system), "
        "and add that one",
    ),
    (r"challenge|captcha|consent", "Ask the site for a feed, or watch another of its pages"),
    (r"out of service", "Try again when the site is back"),
    (r"does not exist", "Look for the page's new address"),
)


def advice_for(trouble: str) -> str:
    """What a person can do about a page that proves nothing."""
    return next(
        (advice for pattern, advice in _ADVICE if re.search(pattern, trouble)),
        "Open the address in a browser, and add the one at which the positions stand",
    )
