"""RSS and Atom feeds that are plain: well-formed, in UTF-8, with nothing but the usual elements.

feedparser reads any feed, and takes eight times as long for one of these. Whatever is unusual is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from monitor.models import Page
from monitor.readers.feed_items import (
    KNOWN_NAMES,
    MAX_TEXT,
    Feed,
    Item,
    absolute,
    distinct,
    joined,
    language_code,
    opening,
)
from monitor.readers.snippet import one_line, plain_text

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_MEANINGS = {  # of elements, named without the namespace of Atom
    name: meaning
    for meaning, names in {
        "title": "title",
        "summary": "description",
        "content": "content {http://purl.org/rss/1.0/modules/content/}encoded",
        "id": "id guid",
        "tag": f"category {_DC}subject",
        "author": f"author managingEditor {_DC}creator",
        "published": "published pubDate",
        "updated": f"updated lastBuildDate {_DC}date",
        "language": "language",
    }.items()
    for name in names.split()
}
_OF_FEED = _MEANINGS | {"subtitle": "summary"}
_OF_ENTRY = _MEANINGS | {"summary": "summary"}
_IDLE = frozenset(
    "comments copyright docs enclosure generator icon logo rights ttl"
    " {http://purl.org/rss/1.0/modules/syndication/}updatePeriod"
    " {http://purl.org/rss/1.0/modules/syndication/}updateFrequency"
    " {http://purl.org/rss/1.0/modules/slash/}comments {http://wellformedweb.org/CommentAPI/}commentRss".split()
)
_OWN = KNOWN_NAMES - {"expirationdate", "valid"}  # but for what feedparser reads in its own way
_ATTRIBUTES = frozenset("domain href hreflang isPermaLink label length rel scheme term title type".split())
_TEXT = ("html", "text", "text/html", "text/plain")
_WEB_PAGE = ("html", "xhtml", "text/html", "application/xhtml+xml")

_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.I)
_DISTORTED = re.compile("[\x80-\x9f]|[\xc2-\xf4][\x80-\xbf]")  # letters of another charset, which feedparser puts right


class _UnusualError(Exception):
    """Something that feedparser should see."""


def plain_feed(page: Page) -> Feed | None:
    """None for a feed that is not plain, and for what is none."""
    declaration = page.text[:200].partition("?>")[0]
    charsets = {name.lower() for name in _CHARSET.findall(f"{page.content_type} {declaration}")}
    if charsets != {"utf-8"} or b"\0" in page.body or b"<!DOCTYPE" in page.body:  # a zero: it is in UTF-16 after all
        return None
    try:
        root = ElementTree.fromstring(page.body)  # noqa: S314 (without a document type nothing can unfold)
        whole = "".join(root.itertext())
        return None if not whole.isascii() and _DISTORTED.search(whole) else _feed(root, page.url)
    except (ElementTree.ParseError, ValueError, _UnusualError):
        return None


def _feed(root: Element, base: str) -> Feed:
    is_atom = root.tag == f"{_ATOM}feed"
    is_rss = [root.tag, *(e.tag for e in root)] == ["rss", "channel"] and not root[0].attrib
    if not (is_atom or is_rss) or not root.attrib.keys() <= {"version", _LANGUAGE}:
        raise _UnusualError
    channel, tag = (root, f"{_ATOM}entry") if is_atom else (root[0], "item")
    told, _, extras = _tell((e for e in channel if e.tag != tag), _OF_FEED, base)
    authors = (extras.get("publisher"), told.get("author"))
    return Feed(
        title=one_line(f"{told.get('title', '')} {told.get('summary', '')}"),
        items=distinct(_item(entry, base, authors, is_atom) for entry in channel.iterfind(tag)),
        language=language_code(told.get("language", root.get(_LANGUAGE, "").replace("_", "-"))),
    )


def _item(entry: Element, base: str, authors: tuple[str | None, ...], is_atom: bool) -> Item:
    if entry.attrib:
        raise _UnusualError
    told, tags, extras = _tell(entry, _OF_ENTRY, base)
    markup = max(told.get("content", ""), told.get("summary", ""), key=len)
    return Item(
        identifier=told.get("id") or None,
        url=absolute(base, told.get("link") or told.get("permalink")),
        title=one_line(told.get("title", "")) or opening(plain_text(markup), 120),
        markup=markup[:MAX_TEXT],
        published=told.get("published") or ("" if is_atom else told.get("updated", "")),
        authors=tuple(one_line(author) for author in (told.get("author"), *authors) if author),
        tags=frozenset(one_line(tag) for tag in tags),
        extras={name: one_line(words) for name, words in extras.items()},
    )


def _tell(
    elements: Iterable[Element], meanings: Mapping[str, str], base: str
) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """What the elements of a feed or an entry tell, by meaning; the tags; what recruitment systems add."""
    told: dict[str, str] = {}
    tags: list[str] = []
    extras: dict[str, str] = {}
    for element in elements:
        name = element.tag.removeprefix(_ATOM)
        text = (element.text or "").strip()
        meaning = meanings.get(name)
        if not element.attrib.keys() <= _ATTRIBUTES and name not in _IDLE:
            raise _UnusualError
        if len(element):
            text = _person(element)
        if name == "link":
            told |= _link(element, text, base)
        elif meaning == "tag":
            tags += filter(None, (element.get("term"), text))
        elif meaning and meaning not in told and element.get("type", "text") in _TEXT:
            if meaning == "id" and text and element.get("isPermaLink", "true") == "true":
                text = told["permalink"] = _resolved(base, text)
            told[meaning] = text
        elif (own := name.rpartition("}")[2].lower()) in _OWN - extras.keys() and not element.attrib:
            extras[own] = text
        elif name not in _IDLE:
            raise _UnusualError
    return told, tags, extras


def _link(element: Element, text: str, base: str) -> dict[str, str]:
    """`<link>address</link>` or `<link href="address"/>`."""
    address = element.get("href") or ("" if element.attrib or ";" in text else text)
    relation = element.get("rel", "alternate").lower()
    if not address or relation == "next":  # a feed of several pages
        raise _UnusualError
    is_page = relation == "alternate" and element.get("type", "html").lower() in _WEB_PAGE
    return {"link": _resolved(base, address)} if is_page else {}


def _person(author: Element) -> str:
    parts = {part.tag.removeprefix(_ATOM): (part.text or "").strip() for part in author if not len(part)}
    if author.tag != f"{_ATOM}author" or len(parts) < len(author) or not parts.keys() <= {"name", "email", "uri"}:
        raise _UnusualError
    name, email = parts.get("name"), parts.get("email")
    return f"{name} ({email})" if name and email else name or email or ""


def _resolved(base: str, address: str) -> str:
    if ":///" in address:  # which feedparser repairs
        raise _UnusualError
    return joined(base, address)
