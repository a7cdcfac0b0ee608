"""Sources from what other programs keep: OPML, the YAML of urlwatch and webchanges, a list of addresses; and as OPML.

Everything here comes from outside: nothing is fetched, resolved or executed, and no entity is expanded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import yaml

from monitor.config import SOURCE_KEYS, read_table
from monitor.decoding import decode
from monitor.errors import ConfigError
from monitor.identity import canonical_url
from monitor.settings import Source, source_address
from monitor.values import Value, replace
from monitor.words import one_line

_PREFIX = "monitor:"  # of the attributes that hold a source's other keys, as JSON
_NAMESPACE = "urn:position-monitor:source"
_NOT_SHARED = ("name", "url", "headers")  # headers may hold a secret
_JOB = re.compile(r"^\s*(?:-\s+)?(?:url|navigate|command|kind|name)\s*:(?:\s|$)", re.M)
_FEED = re.compile(r"\b(?:rss|atom|feeds?)\b|\.xml$", re.I)
_KNOWN_TO_JOBS = {"url", "navigate", "name", "kind", "enabled", "use_browser", "note", "index_number", "guid"}


class Candidate(Value):
    """A source that a file names. keys: of its [[source]] table. left_out: what the file says of it besides."""

    keys: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


class Skipped(Value):
    """An entry that is not taken. what: its name or address."""

    what: str
    why: str


Entry = Candidate | Skipped


def read_sources(data: bytes, file: str) -> list[Entry]:
    """The entries of a file, in its order; what kind of file it is, is seen from its contents.

    file: its name, for messages. ConfigError: it is none of the three kinds.
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
    if start.startswith(b"<") or start in (b"\xff\xfe", b"\xfe\xff"):
        return [_checked(entry) for entry in _outlines(data, file)]
    text = decode(data, "text/plain")
    entries = _jobs(text, file) if _JOB.search(text) else _lines(text)
    return [_checked(entry) for entry in entries]


def not_yet_watched(entries: Iterable[Entry], sources: Iterable[Source]) -> list[Entry]:
    """The same entries, those skipped whose page is watched already or stands in the file twice.

    A name that another source bears is left out: the source is then called by its address.
    """
    watched = {canonical_url(source.url): source.name for source in sources}
    names = set(watched.values())
    found: list[Entry] = []
    for entry in entries:
        if isinstance(entry, Skipped):
            found.append(entry)
            continue
        url, name = entry.keys["url"], entry.keys.get("name")
        if (page := canonical_url(url)) in watched:
            found.append(Skipped(name or url, f'it is watched already, as "{watched[page]}"'))
            continue
        if name in names:
            entry = replace(entry, keys={key: value for key, value in entry.keys.items() if key != "name"})
        watched[page] = name or url
        names.add(name or url)
        found.append(entry)
    return found


def opml(tables: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """OPML 2.0 of [[source]] tables, for feed readers and for `read_sources`; their headers are left out.

    names: what each source is called.
    """
    root = ElementTree.Element("opml", {"version": "2.0", "xmlns:monitor": _NAMESPACE})
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Sources of the position monitor"
    body = ElementTree.SubElement(root, "body")
    for table, name in zip(tables, names, strict=True):
        feed = table.get("kind") == "feed" or ("kind" not in table and bool(_FEED.search(table["url"])))
        address = {"type": "rss", "xmlUrl": table["url"]} if feed else {"type": "link", "url": table["url"]}
        others = {f"{_PREFIX}{key}": json.dumps(value) for key, value in table.items() if key not in _NOT_SHARED}
        ElementTree.SubElement(body, "outline", {"text": one_line(name), **address, **others})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _outlines(data: bytes, file: str) -> list[Entry]:
    """OPML 2.0 (opml.org/spec2.opml): the outlines with an address; folders have none."""
    entries: list[Entry] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        url = attributes.get("xmlUrl") or attributes.get("url") or attributes.get("htmlUrl")
        if name == "outline" and url:
            entries.append(_outline(url, attributes))

    def refuse(*_: object) -> None:
        raise ConfigError([f"{file}:{parser.CurrentLineNumber}: it defines entities, which no list of sources needs"])

    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        line = parser.CurrentLineNumber
        raise ConfigError([f"{file}:{line}: not well-formed XML: {str(error).partition(':')[0]}"]) from None
    return entries


def _outline(url: str, attributes: Mapping[str, str]) -> Entry:
    name = attributes.get("text") or attributes.get("title")
    keys = {**({"name": name} if name else {}), "url": url}
    for attribute, value in attributes.items():
        key = attribute.removeprefix(_PREFIX)
        if key != attribute and key in SOURCE_KEYS and key not in _NOT_SHARED:
            try:
                keys[key] = json.loads(value)
            except (ValueError, RecursionError):
                return Skipped(name or url, f"its {attribute} is no JSON")
    return Candidate(keys)


def _jobs(text: str, file: str) -> Iterator[Entry]:
    """Jobs of urlwatch and webchanges, a YAML document each. BaseLoader makes nothing but text, lists and tables."""
    try:
        documents = list(yaml.load_all(text, Loader=yaml.BaseLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise ConfigError([f"{file}{line}: not valid YAML: {problem}"]) from None
    except (RecursionError, ValueError):
        raise ConfigError([f"{file}: this YAML cannot be read"]) from None
    for number, job in enumerate(documents, 1):
        for one in job if isinstance(job, list) else [job]:
            if one:
                yield _job(one, number)


def _job(job: Any, number: int) -> Entry:
    if not isinstance(job, dict):
        return Skipped(f"entry {number}", "it is no job")
    texts = {key: value for key, value in job.items() if isinstance(key, str) and isinstance(value, str)}
    url = texts.get("url") or texts.get("navigate")
    what = texts.get("name") or url or texts.get("command") or f"entry {number}"
    if not url:
        command = "command" in texts or "command" in job
        return Skipped(what, "it runs a command, and a source is a page" if command else "it has no url")
    if "data" in job or texts.get("method", "GET").upper() != "GET":
        return Skipped(what, "it sends a form (POST), and a source is a page that is only read")
    browser = "navigate" in texts or _is_on(texts.get("use_browser", ""))
    keys = {
        **({"name": texts["name"]} if texts.get("name") else {}),
        "url": url,
        **({"render": True} if browser else {}),
        **({"enabled": False} if "enabled" in texts and not _is_on(texts["enabled"]) else {}),
    }
    return Candidate(keys, tuple(str(key) for key in job if key not in _KNOWN_TO_JOBS))


def _is_on(word: str) -> bool:
    return word.casefold() in ("true", "yes", "on")  # YAML 1.1


def _lines(text: str) -> Iterator[Entry]:
    """An address a line, perhaps its name behind it; # begins a comment."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            url, _, name = line.strip().partition(" ")
            yield Candidate({**({"name": name.strip()} if name.strip() else {}), "url": url})


def _checked(entry: Entry) -> Entry:
    """With a name that fits on a line, or skipped when its address cannot be one."""
    if isinstance(entry, Skipped):
        return Skipped(one_line(entry.what, 80), entry.why)
    url = entry.keys["url"].strip()
    name = one_line(entry.keys.get("name", ""))
    try:
        source_address(url)
    except ValueError as error:
        return Skipped(one_line(name or url, 80), one_line(str(error)))
    rest = {key: value for key, value in entry.keys.items() if key not in ("name", "url")}
    keys = {**({"name": name} if name else {}), "url": url, **rest}
    try:
        read_table(keys, Source)
    except ConfigError:
        return Skipped(one_line(name or url, 80), f"a setting of it is not right: {', '.join(rest)}")
    return replace(entry, keys=keys)
