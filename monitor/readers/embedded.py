"""State that a page embeds for its scripts (`__NEXT_DATA__`, `window.__INITIAL_STATE__`, `data-page`) -> postings.

Such data is any JSON at all: a list of objects is one of positions where they have a title and something that only
positions have. What a key means is asked of the labels that are known for people ("closingDate" -> "closing date").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.fields.dates import find_dates
from monitor.fields.labels import role
from monitor.fields.level import level_of
from monitor.models import DeadlineKind, Posting
from monitor.readers.snippet import one_line
from monitor.readers.words import is_bare, is_generic, names_no_position, names_positions, says

MAX_SCRIPT = 4_000_000  # characters
MAX_DEPTH = 40
MAX_ITEMS = 5000
MAX_TRIES = 50  # assignments in one script

_ASSIGNED = re.compile(r"(?<=[\w\]\"'.])\s?=\s?(?=[{\[][\s\[{\"])")
_TITLE_KEY = re.compile(r"""(?:title|Title|name|heading|headline|label)["']?\s*:""")
_DATA_NAMES = "page props state jobs vacancies positions items".split()
_DATA_ATTRIBUTES = ", ".join(f"[data-{name}]" for name in _DATA_NAMES)
_DATA_NAME = re.compile(rf"-(?:{'|'.join(_DATA_NAMES)})(?=[\s=/>])", re.I)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.\s]+")
_TITLES = "title, job title, position title, vacancy title, posting title, heading, headline, name, label, text".split(
    ", "
)
_LINKS = (
    "url, link, href, absolute url, canonical url, permalink, job url, detail url, page url, path, uri, apply url, "
    "external url".split(", ")
)
_POSITION_KEYS = re.compile(
    r"deadline|closing|closes|expir|valid through|apply|vacanc|job|position|employment|requisition|department|faculty|"
    r"contract|salary|work(?:ing)? hours|location|fte|stelle|bewerbung|ansok|last application"
)
_MOMENT = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?:[T ]|$)")


def embedded_postings(states: Sequence[str], base: str, as_of: date) -> tuple[Posting, ...]:
    """The positions in a page's embedded state (`states_of`), in its order; () if there are none. Never raises."""
    best: list[Posting] = []
    for text in states:
        for state in _json(text) if text[:1] in "{[" else _assigned(text):
            for name, items in _lists(state, "", 0):
                found = _postings(name, items, base, as_of)
                if len(found) > len(best):
                    best = found
    return tuple(best)


def states_of(parser: LexborHTMLParser, html: str) -> list[str]:
    """The texts of a page that may hold state, to be taken before scripts are removed from the tree. html: its
    source.
    """
    texts = []
    for node in parser.css("script"):
        kind = (node.attributes.get("type") or "").lower()
        if "ld+json" in kind or kind in ("text/html", "text/template") or "src" in node.attributes:
            continue
        text = (node.text() or "").strip()
        if 40 < len(text) <= MAX_SCRIPT and _TITLE_KEY.search(text):
            texts.append(text)
    named = _DATA_NAME.search(html) is not None  # which few pages have, and to look for in the tree takes its time
    for node in parser.css(_DATA_ATTRIBUTES) if named else ():
        texts += [v for v in node.attributes.values() if v and v[:1] in "[{" and len(v) > 40 and _TITLE_KEY.search(v)]
    return texts


def _json(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return


def _assigned(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(strict=False)
    end = tries = 0
    for match in _ASSIGNED.finditer(text):
        if tries > MAX_TRIES:
            return
        tries += 1
        if match.end() < end:
            continue
        try:
            value, end = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, (dict, list)) and value:
            yield value


def _lists(value: Any, name: str, depth: int) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Every list of objects, with the name under which it stands."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        objects = [v for v in value[:MAX_ITEMS] if isinstance(v, Mapping)]
        if objects and len(objects) == len(value[:MAX_ITEMS]):
            yield name, [_unwrapped(o) for o in objects]
        for item in value[:MAX_ITEMS]:
            yield from _lists(item, name, depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _lists(item, str(key), depth + 1)


def _unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{"node": {...}}`, `{"attributes": {...}, "id": 1}`, `{"_source": {...}}`: the object that matters."""
    for key in ("node", "attributes", "_source", "fields", "data"):
        inner = item.get(key)
        if isinstance(inner, Mapping) and len(item) <= 6:
            return {**item, **inner}
    return item


def _postings(name: str, items: list[Mapping[str, Any]], base: str, as_of: date) -> list[Posting]:
    words = frozenset(_words(name).split())
    named = names_positions(words)
    found = [p for item in items if (p := _posting(item, base, as_of))]
    if len(found) < 0.8 * len(items):
        return []
    keys = {_words(k) for item in items[:5] for k in item}
    known = sum(bool(_POSITION_KEYS.search(k)) for k in keys)
    roles = sum(says("listing.roles", p.title) for p in found) / len(found)
    never = sum(names_no_position(p.title) or (known < 2 and is_bare(p.title)) for p in found) / len(found)
    if never > 0.4 or not (named or roles >= 0.5) or (known < 2 and roles < 0.5) or (not known and not named):
        return []
    return found


def _posting(item: Mapping[str, Any], base: str, as_of: date) -> Posting | None:
    fields = {_words(str(key)): value for key, value in item.items()}
    title = next((t for key in _TITLES if (t := _said(fields.get(key)))), "")
    if len(title) < 3 or len(title) > 300 or is_generic(title):
        return None
    values: dict[str, Any] = {}
    evidence = {"title": title}
    for key, value in fields.items():
        name = role(key) or role(
            " ".join(
                w for w in key.split() if w not in ("date", "name", "job", "application", "at", "text", "formatted")
            )
        )
        words = _said(value)
        if not name or not words:
            continue
        if name in ("deadline", "posted"):
            field = "deadline" if name == "deadline" else "posted_on"
            if field not in values and (day := _day(value, as_of)):
                values[field], evidence[field] = day, f"{key}: {words}"
        elif (
            name in ("department", "organization", "location", "reference") and name not in values and len(words) <= 200
        ):
            values[name], evidence[name] = words, words
    if "deadline" in values:
        values["deadline_kind"] = DeadlineKind.FIXED
    if level := level_of(title):
        values["level"], evidence["level"] = level.value, level.words
    identifier = next(
        (
            str(fields[k])
            for k in ("id", "job id", "vacancy id", "uuid", "guid")
            if isinstance(fields.get(k), (str, int))
        ),
        None,
    )
    return Posting(title=title, url=_url(fields, base), identifier=identifier, evidence=evidence, **values)


def _words(key: str) -> str:
    """ "closingDate", "closing_date" -> "closing date"."""
    return " ".join(_CAMEL.sub(" ", key).lower().split())


def _said(value: Any) -> str:
    """The words of a value: a string, or what a small object or list says of itself."""
    if isinstance(value, str):
        return one_line(value)[:400]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        return next(
            (
                t
                for k in ("rendered", "name", "title", "label", "value", "text", "en", "city")
                if (t := _said(value.get(k)))
            ),
            "",
        )
    if isinstance(value, list):
        return ", ".join(t for v in value[:5] if (t := _said(v)))
    return ""


def _day(value: Any, as_of: date) -> date | None:
    if isinstance(value, Mapping):
        value = next((value[k] for k in ("date", "iso", "value", "raw") if k in value), None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        return datetime.fromtimestamp(seconds, UTC).date() if 9e8 < seconds < 4.2e9 else None
    if not isinstance(value, str):
        return None
    if match := _MOMENT.match(value):
        try:
            return date(*(int(g) for g in match.groups()))
        except ValueError:
            return None
    found = find_dates(value, as_of=as_of)
    return found[0].value if found else None


def _url(fields: Mapping[str, Any], base: str) -> str | None:
    for key in _LINKS:
        value = fields.get(key)
        if isinstance(value, Mapping):
            value = value.get("url") or value.get("href")
        if isinstance(value, str) and value.strip() and " " not in value.strip():
            value = value.strip()
            try:
                url = urljoin(base, value)
                if urlsplit(url).scheme in ("http", "https") and ("/" in value or "?" in value or "." in value):
                    return url
            except ValueError:
                continue
    return None
