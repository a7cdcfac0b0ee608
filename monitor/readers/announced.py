"""Where a page says that its content can be had otherwise: feeds that it announces, frames that it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.errors import ReadError
from monitor.models import Page
from monitor.readers.html import parse
from monitor.readers.walls import marks_of
from monitor.readers.words import address_words, is_bare, says
from monitor.values import Value

_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/(?:json\+)?feed", re.I)
_FEED_ADDRESS = re.compile(
    r"\.(?:rss|atom|rdf)$|(?<![a-z])(?:rss|atom|feeds?|rssfeed)(?:\.xml|\.php|\.ashx)?(?![a-z])", re.I
)
_XML = ("text/xml", "application/xml")
_COMMENTS = re.compile(r"comment|kommentar", re.I)


class Announced(Value):
    """Absolute addresses, once each, in the page's order; of `feeds` those that seem to be of positions first.

    forward: where it sends a reader at once. lists: where links called "Vacancies" and the like lead.
    """

    feeds: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    forward: str | None = None
    lists: tuple[str, ...] = ()


def announced(page: Page) -> Announced:
    """What an HTML page announces; nothing for what cannot be parsed."""
    try:
        parser = parse(page.text)
    except ReadError:
        return Announced()
    base, marks = _base(parser, page.url), marks_of(parser, page.text)
    feeds = sorted(_feeds(parser, base), key=lambda found: not _of_positions(*found))
    frames = (_absolute(base, address) for address in marks.frames)
    return Announced(
        feeds=tuple(dict.fromkeys(url for url, _ in feeds if url != page.url)),
        frames=tuple(dict.fromkeys(url for url in frames if url and url != page.url)),
        forward=_absolute(base, marks.forward),
        lists=tuple(dict.fromkeys(url for url in _lists(parser, base) if url != page.url)),
    )


def _lists(parser: LexborHTMLParser, base: str) -> Iterator[str]:
    for node in parser.css("a[href]"):
        words = " ".join(node.text().split())
        url = _absolute(base, node.attributes.get("href"))
        if url and len(words) <= 60 and is_bare(words) and says("listing.jobs", words):
            yield url


def _feeds(parser: LexborHTMLParser, base: str) -> Iterator[tuple[str, str]]:
    """(address, how it is called)"""
    for node in parser.css("link[rel][href]"):
        rel, kind = (node.attributes.get("rel") or "").lower(), node.attributes.get("type") or ""
        title, url = node.attributes.get("title") or "", _absolute(base, node.attributes.get("href"))
        is_feed = "alternate" in rel.split() and (_FEED_TYPE.search(kind) or kind in _XML)
        if is_feed and url and not _COMMENTS.search(title + url):
            yield url, title
    for node in parser.css("a[href]"):
        url, title = _absolute(base, node.attributes.get("href")), " ".join(node.text().split())[:200]
        if not url:
            continue
        parts = urlsplit(url)
        named = _FEED_ADDRESS.search(f"{parts.path}?{parts.query}") or _FEED_TYPE.search(
            node.attributes.get("type") or ""
        )
        if named and not _COMMENTS.search(title + url):
            yield url, title


def _of_positions(url: str, title: str) -> bool:
    return address_words(url)[0] or says("listing.jobs", title)


def _base(parser: LexborHTMLParser, url: str) -> str:
    node = parser.css_first("base[href]")
    return (_absolute(url, node.attributes.get("href")) if node else None) or url


def _absolute(base: str, href: str | None) -> str | None:
    try:
        url = urljoin(base, (href or "").strip()).partition("#")[0] if href and href.strip() else ""
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None
