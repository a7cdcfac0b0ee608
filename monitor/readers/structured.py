"""schema.org JobPosting in a page: JSON-LD, microdata, RDFa Lite -> postings.

Much of it in the wild is damaged (raw control characters, trailing commas, entity-encoded blocks, CDATA guards); what
can be understood is. Terms: https://schema.org/JobPosting.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from html import unescape
from typing import Any

from selectolax.lexbor import LexborNode

from monitor.errors import ReadError
from monitor.models import Posting
from monitor.readers.html import parse
from monitor.readers.job_posting import Thing, posting_of
from monitor.values import Value, replace

MAX_REPAIRED = 256 * 1024  # bytes; repairing hostile input of 100 KB takes a second
MAX_DEPTH = 60

_COMMENT_OR_SCRIPT = re.compile(r"<!--.*?(?:-->|\Z)|<script\b([^>]{0,2000})>(.*?)(?:</script|\Z)", re.S | re.I)
_GUARD = re.compile(r"<!--|-->|(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?|(?://|/\*)?\s*\]\]>(?:\s*\*/)?")
_MARKED_UP = re.compile(r"(?:itemtype|typeof)\s*=\s*[\"']?[^\"'>]{0,300}JobPosting", re.I)


def structured_postings(html: str, base_url: str, as_of: date | None = None) -> tuple[Posting, ...]:
    """The JobPostings of a page in its order; () if it has none. Never raises.

    `deadline` comes from validThrough, unless that is evidently computed by the site and no one's decision (see
    `_is_synthetic`); then its words are kept as evidence under "validThrough" alone. `url` is absolute, None where
    the data has none. `level` and `summary` are left to the caller. as_of: the day the page was fetched.
    """
    if "jobposting" not in html and "JobPosting" not in html:
        return ()
    embedded = [p for t in _guarded(lambda: _json_ld(html)) if (p := posting_of(t, base_url, as_of))]
    marked = [p for t in _guarded(lambda: _marked_up(html)) if (p := posting_of(t, base_url, as_of))]
    titles = {p.title.casefold() for p in embedded}
    found = embedded + [p for p in marked if p.title.casefold() not in titles]
    return _without_shared_identifiers(_distinct(found))


def _guarded(things: Callable[[], list[Thing]]) -> list[Thing]:
    try:
        return things()
    except (RecursionError, ReadError, ValueError):  # nested beyond reading, a number of 5000 digits
        return []


def _distinct(postings: list[Posting]) -> list[Posting]:
    kept: list[Posting] = []
    seen: set[tuple[str | None, ...]] = set()
    for posting in postings:
        key = (posting.title, posting.url, posting.identifier, posting.location, posting.text)
        if key not in seen:
            seen.add(key)
            kept.append(posting)
    return kept


def _without_shared_identifiers(postings: list[Posting]) -> tuple[Posting, ...]:
    """An identifier that several postings have is the employer's, not theirs."""
    count = Counter(p.identifier for p in postings)
    return tuple(
        replace(p, identifier=None, reference=None, evidence={k: v for k, v in p.evidence.items() if k != "reference"})
        if p.identifier and count[p.identifier] > 1
        else p
        for p in postings
    )


# JSON-LD


def _json_ld(html: str) -> list[Thing]:
    blocks = [
        _canonical(value)
        for attributes, body in _COMMENT_OR_SCRIPT.findall(html)
        if "ld+json" in unescape(attributes).lower()
        for value in _values(body)
    ]
    known = {t["@id"]: t for t in _things(blocks) if isinstance(t.get("@id"), str) and len(t) > 1}
    return [_resolved(thing, known) for thing in _job_postings(blocks)]


def _values(block: str) -> list[Any]:
    """The JSON values of a script block, repaired where it must be; [] if nothing can be made of it."""
    text = block.strip().lstrip("\ufeff")
    if "&quot;" in text and '"' not in text:
        text = unescape(text)
    for candidate in (text, _GUARD.sub("", text).strip().rstrip(";")):
        try:
            return [json.loads(candidate, strict=False)]
        except ValueError:
            continue
    if "jobposting" not in text.lower() or len(text) > MAX_REPAIRED:
        return []
    import json_repair

    repaired: Any = json_repair.loads(_GUARD.sub("", text))
    return [repaired]


def _canonical(value: Any, depth: int = 0) -> Any:
    """Keys without namespace and in lower case, so that schema:title, Title and title are one."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {_name(str(k)): _canonical(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_canonical(v, depth + 1) for v in value]
    return value


def _name(key: str) -> str:
    return re.split(r"[/:#]", key)[-1].lower()


def _things(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for member in value:
            yield from _things(member)
    elif isinstance(value, dict):
        yield value
        for member in value.values():
            if isinstance(member, (dict, list)):
                yield from _things(member)


def _job_postings(value: Any, url: Any = None) -> Iterator[Thing]:
    """url: that of the ListItem around a posting, for the one that has none itself."""
    if isinstance(value, list):
        for member in value:
            yield from _job_postings(member, url)
    elif isinstance(value, dict):
        types = value.get("@type", value.get("type"))
        if any(isinstance(t, str) and _name(t) == "jobposting" for t in _many(types)):
            yield {"url": url, **value} if url else value
            return
        inherited = value.get("url") if "item" in value else None
        for member in value.values():
            if isinstance(member, (dict, list)):
                yield from _job_postings(member, inherited)


def _resolved(thing: Thing, known: Mapping[str, Thing]) -> Thing:
    """References by @id replaced by what they refer to, one level deep."""

    def lookup(value: Any) -> Any:
        if isinstance(value, list):
            return [lookup(v) for v in value]
        if isinstance(value, dict) and set(value) <= {"@id", "@type"}:
            return known.get(str(value.get("@id")), value)
        return value

    return {key: lookup(value) for key, value in thing.items()}


# Microdata (HTML section 5) and RDFa Lite 1.1: the same idea under other attribute names


class _Syntax(Value):
    item: str
    type: str
    property: str


_SYNTAXES = (_Syntax("itemscope", "itemtype", "itemprop"), _Syntax("typeof", "typeof", "property"))
_VALUE_ATTRIBUTES = {"meta": "content", "a": "href", "link": "href", "time": "datetime", "data": "value", "img": "src"}


def _marked_up(html: str) -> list[Thing]:
    if not _MARKED_UP.search(html):
        return []
    tree = parse(html)
    return [
        {"url": _title_link(node, syntax), **_item(node, syntax)}
        for syntax in _SYNTAXES
        for node in tree.css(f'[{syntax.type}*="JobPosting" i]')
        if _name((node.attributes.get(syntax.type) or "").split(" ")[0]) == "jobposting"
    ]


def _title_link(node: LexborNode, syntax: _Syntax) -> str | None:
    """Where a list's item has its address in the link of its title, and does not mark it up."""
    title = node.css_first(f"[{syntax.property}$=title i], [{syntax.property}$=name i]")
    link = title and (title.css_first("a[href]") or next((n for n in _ancestors(title) if n.tag == "a"), None))
    return link.attributes.get("href") if link else None


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _item(node: LexborNode, syntax: _Syntax, depth: int = 0) -> dict[str, Any]:
    """The properties of an item. A name that occurs several times has a list as its value."""
    thing: dict[str, Any] = {"@type": _name(node.attributes.get(syntax.type) or "")}
    pending = list(node.iter())[::-1]
    while pending and depth < MAX_DEPTH:
        child = pending.pop()
        attributes = child.attributes
        is_item = syntax.item in attributes
        names = (attributes.get(syntax.property) or "").split()
        if names:
            value = _item(child, syntax, depth + 1) if is_item else _value(child, names)
            for name in map(_name, names):
                thing[name] = [*_many(thing[name]), value] if name in thing else value
        if not is_item:
            pending.extend(list(child.iter())[::-1])
    return thing


def _value(node: LexborNode, names: list[str]) -> str:
    """The value as the author means it: a title within a link is its words, although the rule says its address."""
    attributes = node.attributes
    name = "content" if attributes.get("content") else _VALUE_ATTRIBUTES.get(node.tag or "", "")
    if name == "href" and not {"url", "sameas", "id"}.intersection(map(_name, names)):
        name = ""
    return attributes.get(name) or node.html or ""


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
