"""RSS, Atom and JSON Feed (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from email.utils import parsedate_tz
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from monitor.errors import ReadError
from monitor.fields.closed import find_closed
from monitor.fields.dates import day_order, find_dates
from monitor.fields.deadline import find_deadline
from monitor.fields.level import find_level, level_of
from monitor.fields.lexicon import all_phrases
from monitor.fields.location import find_location
from monitor.fields.organization import find_organization
from monitor.fields.phrase import Pattern, fold
from monitor.fields.reference import find_reference
from monitor.fields.text import AdText
from monitor.models import DeadlineKind, Found, Hints, Kind, Page, Posting, Reading
from monitor.readers.feed_items import (
    FIELD_NAMES,
    KNOWN_NAMES,
    MAX_TEXT,
    Feed,
    Item,
    absolute,
    bare,
    distinct,
    language_code,
    opening,
)
from monitor.readers.feed_plain import plain_feed
from monitor.readers.plain import obstacle
from monitor.readers.snippet import one_line, plain_text

SMALLEST_WINDOW = 5  # entries; whoever cuts a feed off leaves at least so many
SUMMARY = 300  # characters

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_ELEMENT = re.compile(r"<([a-z][\w.-]*:)?([a-z]\w*)", re.I)
_JSON_FEED = re.compile(r'\s*\{.{0,2000}?"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org', re.S)
_ENTITIES = re.compile(rb"<!DOCTYPE[^\[>]*\[.*?\]\s*>", re.S | re.I)
_FEED_LINK = re.compile(r"<link\b[^>]{0,500}type=[\"']?application/(?:rss|atom|feed)\+(?:xml|json)[^>]{0,500}>", re.I)
_HREF = re.compile(r"href=[\"']?([^\"' >]+)", re.I)

_FROM_TEXT: Mapping[str, Callable[[AdText], Found[Any] | None]] = {
    "level": find_level,
    "organization": find_organization,
    "location": find_location,
    "reference": find_reference,
    "closed": find_closed,
}


def looks_like_feed(page: Page) -> bool:
    """Whether the body is a feed, whatever its content type says."""
    start = page.text[:8000].lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return bool(_JSON_FEED.match(start))
    root = _ELEMENT.search(_COMMENT.sub("", start))
    return bool(root and root[2].lower() in ("rss", "feed", "rdf"))


def read_feed(page: Page, hints: Hints) -> Reading:
    """Kind `feed`, a posting an entry that advertises a position; not complete, since a feed is a window, unless it
    says so or is too short to have pushed anything out.

    none_open: the feed is sound and has none. trouble: what came instead of a feed, or how it is broken.
    """
    is_json = page.text.lstrip("\ufeff \t\r\n").startswith("{")
    feed = _json_feed(page) if is_json else plain_feed(page) or xml_feed(page)
    if feed is None:
        return _failed(_not_a_feed(page))
    named = tuple(item for item in feed.items if item.title)
    if feed.damage and not named:
        return _failed(f"the feed at {page.url} is broken ({feed.damage})")
    kept = _positions(feed, named, page.url)
    warnings = [f"the feed is damaged ({feed.damage}); what could be read of it was"] if feed.damage else []
    if len(kept) < len(named):
        warnings.append(f"{len(named) - len(kept)} of {len(named)} items advertise no position and were left out")
    if len(named) < len(feed.items):
        nameless = len(feed.items) - len(named)
        warnings.append(f"{nameless} item{'s' * (nameless > 1)} without title or text left out")
    language = hints.language or feed.language
    return Reading(
        kind=Kind.FEED,
        postings=tuple(_posting(item, hints, language) for item in kept),
        next_page=feed.next_page,
        complete=feed.complete or _is_short(feed, len(kept)),
        none_open=not kept,
        warnings=tuple(warnings),
    )


def _is_short(feed: Feed, positions: int) -> bool:
    whole = not feed.damage and not feed.next_page
    return whole and 0 < positions == len(feed.items) < SMALLEST_WINDOW


def _failed(trouble: str) -> Reading:
    return Reading(kind=Kind.FEED, complete=False, trouble=trouble, warnings=(trouble,))


def _not_a_feed(page: Page) -> str:
    if not page.body.strip():
        return f"{page.url} sent nothing where a feed was expected"
    if not re.search(r"<html|<body|<!doctype html", page.text[:4000], re.I):
        return f"what {page.url} sent is no feed that can be read"
    try:
        if trouble := obstacle(page):
            return trouble
    except ReadError as error:
        return str(error)
    link = _FEED_LINK.search(page.text)
    href = _HREF.search(link[0]) if link else None
    hint = f"; that page names {urljoin(page.url, href[1])} as its feed" if href else ""
    return f"{page.url} is a web page and no feed{hint}"


# RSS and Atom


def xml_feed(page: Page) -> Feed | None:
    """Any RSS or Atom feed, as feedparser reads it; None if it is none. Of a broken one what comes before the fault."""
    import feedparser

    try:
        parsed = feedparser.parse(  # bytes: as str it would be taken for an address or a file
            _without_entities(page.body),
            response_headers={"content-type": page.content_type or "application/xml", "content-location": page.url},
            sanitize_html=False,  # it becomes plain text, and reading it safely takes three times as long
            resolve_relative_uris=False,
        )
    except (RecursionError, ValueError, AssertionError, LookupError):  # of its fallback for broken markup
        return None
    channel: Mapping[str, Any] = parsed.get("feed") or {}
    if not parsed.get("version") and not parsed.entries:
        return None
    prefixes = tuple(f"{prefix.lower()}_" for prefix in parsed.get("namespaces", {}) if prefix)
    fault = parsed.get("bozo_exception") if parsed.get("bozo") else None
    is_atom = str(parsed.get("version")).startswith("atom")
    return Feed(
        title=one_line(f"{channel.get('title', '')} {channel.get('subtitle', '')}"),
        items=distinct(_xml_item(entry, channel, prefixes, page.url, is_atom) for entry in parsed.entries),
        language=language_code(channel.get("language")),
        next_page=next((link["href"] for link in channel.get("links", ()) if link.get("rel") == "next"), None),
        complete="fh_complete" in channel,  # RFC 5005 section 2
        damage=re.sub(r"<unknown>:(\d+):\d+", r"line \1", str(fault)) if type(fault).__name__ in _FAULTS else None,
    )


_FAULTS = ("SAXParseException", "CharacterEncodingUnknown", "UndeclaredNamespace")


def _without_entities(body: bytes) -> bytes:
    """Entity declarations have no place in a feed, and can unfold a kilobyte to gigabytes."""
    start = body.find(b"<!DOCTYPE", 0, 10_000)
    declared = _ENTITIES.match(body, start) if start >= 0 else None
    return body[:start] + body[declared.end() :] if declared else body


def _xml_item(
    entry: Mapping[str, Any], channel: Mapping[str, Any], prefixes: tuple[str, ...], base: str, is_atom: bool
) -> Item:
    texts = [c.get("value") or "" for c in entry.get("content", ())] + [entry.get("summary") or ""]
    markup = max(texts, key=len)
    # dict.get: feedparser's own falls back from `published` to `updated`, with a warning
    published = dict.get(entry, "published") or (None if is_atom else dict.get(entry, "updated")) or ""  # type: ignore[call-overload]
    source = entry.get("source") or {}
    authors = [entry.get("author"), source.get("title"), channel.get("publisher"), channel.get("author")]
    return Item(
        identifier=entry.get("id") or None,
        url=absolute(base, entry.get("feedburner_origlink") or entry.get("link")),
        title=one_line(entry.get("title") or "") or opening(plain_text(markup), 120),
        markup=markup[:MAX_TEXT],
        published=str(published),
        authors=tuple(one_line(str(a)) for a in authors if a),
        tags=frozenset(one_line(str(tag["term"])) for tag in entry.get("tags", ()) if tag.get("term")),
        extras={
            name: one_line(v)
            for key, v in entry.items()
            if isinstance(v, str) and (name := bare(key, prefixes)) in KNOWN_NAMES
        },
    )


# JSON Feed


def _json_feed(page: Page) -> Feed | None:
    try:
        data = json.loads(page.text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return None
    entries = [e for e in data["items"] if isinstance(e, dict)]
    return Feed(
        title=f"{data.get('title', '')} {data.get('description', '')}",
        items=distinct(_json_item(entry, page.url) for entry in entries),
        language=language_code(data.get("language")),
        next_page=absolute(page.url, data.get("next_url")),
    )


def _json_item(entry: Mapping[str, Any], base: str) -> Item:
    markup = next((str(entry[k]) for k in ("content_html", "content_text", "summary") if entry.get(k)), "")
    authors = [*_list(entry.get("authors")), entry.get("author")]
    own = {k: v for name in entry if str(name).startswith("_") for k, v in _object(entry[name]).items()}
    return Item(
        identifier=str(entry["id"]) if entry.get("id") not in (None, "") else None,
        url=absolute(base, entry.get("url") or entry.get("external_url")),
        title=one_line(str(entry.get("title") or "")) or opening(plain_text(markup), 120),
        markup=markup[:MAX_TEXT],
        published=str(entry.get("date_published") or ""),
        authors=tuple(str(n) for a in authors if (n := _object(a).get("name"))),
        tags=frozenset(str(tag) for tag in _list(entry.get("tags"))),
        extras={bare(str(k), ()): one_line(str(v)) for k, v in own.items() if isinstance(v, (str, int))},
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


# which items are positions


@cache
def _words(topic: str) -> Pattern:
    return Pattern(all_phrases(f"feed.{topic}"))


def _says(topic: str, *texts: str) -> bool:
    return any(_words(topic).search(fold(text)) for text in texts)


def _positions(feed: Feed, items: tuple[Item, ...], url: str) -> tuple[Item, ...]:
    """Every item of a feed of vacancies; of a feed of news those that advertise a position."""
    path = re.sub(r"[/_.&=?+-]+", " ", unquote(urlsplit(url).path + " " + urlsplit(url).query))
    if _says("vacancies", feed.title, path) and not _says("news", feed.title):
        return items
    advertising = tuple(item for item in items if _advertises(item))
    return items if len(advertising) * 3 >= len(items) * 2 else advertising


def _advertises(item: Item) -> bool:
    """Whether an item among news is a position: a field or tag says so, or two signs of three against none of news."""
    if any(name in item.extras for name in FIELD_NAMES["deadline"]):
        return True
    if any(_says("vacancies", tag) for tag in item.tags):
        return True
    signs = (
        level_of(item.title) is not None,
        _says("vacancies", item.title),
        _says("apply", item.title, plain_text(item.markup[:4000])),
    )
    return sum(signs) - _says("news", item.title) >= 2


# an item -> Posting


def _posting(item: Item, hints: Hints, language: str | None) -> Posting:
    evidence = {"title": item.title}
    posted_on = _written_day(item.published)
    if posted_on:
        evidence["posted_on"] = item.published
    stated = {name: words for name, keys in FIELD_NAMES.items() if (words := _first(item.extras, keys))}
    stated.setdefault("organization", next((a for a in item.authors if _is_institution(a, hints.as_of)), ""))
    text = plain_text(item.markup)
    ad = AdText(
        text=f"{item.title}\n{text}",
        as_of=posted_on or hints.as_of,  # a date without a year is near the day on which it was written
        language=language,
        title=item.title,
        url=item.url,
    )
    values: dict[str, Any] = {name: words for name, words in stated.items() if words and name != "deadline"}
    evidence.update(values)
    for name, find in _FROM_TEXT.items():
        if name not in values and (found := find(ad)):
            values[name] = found.value
            evidence[name] = found.words
    return Posting(
        title=item.title,
        url=item.url,
        identifier=item.identifier,
        posted_on=posted_on,
        language=language,
        summary=opening(text, SUMMARY) or None,
        text=text or None,
        **values,
        **_deadline(ad, stated.get("deadline", ""), evidence),
        evidence=evidence,
    )


@lru_cache(maxsize=256)
def _is_institution(author: str, as_of: date) -> bool:
    """An author is a person, an editorial office or the employer."""
    return find_organization(AdText(text=author, as_of=as_of)) is not None


def _first(extras: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next(filter(None, map(extras.get, names)), None)


def _deadline(ad: AdText, stated: str, evidence: dict[str, str]) -> dict[str, Any]:
    """The deadline of the feed's own element for it, else of the words of the item."""
    days = find_dates(stated, as_of=ad.as_of, language=ad.language, day_first=day_order(ad.url)) if stated else []
    if len(days) == 1:
        evidence["deadline"] = stated
        return {"deadline": days[0].value, "deadline_time": days[0].time, "deadline_kind": DeadlineKind.FIXED}
    found = find_deadline(ad)
    if not found:
        return {}
    evidence["deadline"] = found.words
    return {
        "deadline": found.value.day,
        "deadline_time": found.value.time,
        "deadline_kind": found.value.kind,
    }


def _written_day(words: str) -> date | None:
    """The day as it is written there (RFC 822, RFC 3339), not as it is in UTC."""
    iso = re.match(r"\s*(\d{4})-(\d{2})-(\d{2})(?!\d)", words)
    if re.match(r"\D*\d{1,2} \w{3} 0\d{3}\b|0\d{3}-", words):
        return None  # the year 1 is how some systems write "unknown"
    parts = tuple(map(int, iso.groups())) if iso else (parsedate_tz(words) or ())[:3]
    try:
        day = date(*parts) if len(parts) == 3 else None
    except ValueError:
        return None
    return day if day and day.year > 1990 else None
