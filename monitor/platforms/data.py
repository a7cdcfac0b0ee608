"""What several platforms' data have in common: JSON, XML, days, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from email.utils import parsedate_tz
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from monitor.models import DeadlineKind, Posting
from monitor.platforms.base import Record
from monitor.values import replace

_ISO = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NORDIC = re.compile(r"\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\b")


def json_of(text: str) -> Any:
    """The JSON value of a body; None if it is none."""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] not in ("{", "["):
        return None
    try:
        return json.loads(start, strict=False)
    except (ValueError, RecursionError):
        return None


def items(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none of anything else."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def inside(value: Any, *keys: str) -> Any:
    """value[a][b]...; None where there is no such thing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def words(*values: Any) -> str | None:
    """The texts and numbers among the values as one line, joined by commas, nothing twice; None for none."""
    said = (v for v in values if isinstance(v, (str, int)) and not isinstance(v, bool))
    lines = (" ".join(unescape(str(v)).split()) for v in said)
    return ", ".join(dict.fromkeys(line for line in lines if line)) or None


def xml_items(text: str, name: str) -> list[dict[str, str]] | None:
    """The elements of that name, each as its children's texts by local name (the first of several); None: no XML.

    A document with a DOCTYPE is refused: no platform needs one, and its entities could unfold to gigabytes.
    """
    if "<!DOCTYPE" in text[:10_000] or "<!ENTITY" in text:
        return None
    from xml.etree import ElementTree as ET  # for the few platforms that answer so

    body = re.sub(r"^[\s\ufeff]*<\?xml[^>]*\?>", "", text)
    try:
        root = ET.fromstring(body)  # noqa: S314 no entities, see above
    except (ET.ParseError, ValueError, RecursionError):
        return None
    found = []
    for element in root.iter():
        if _local(element.tag) == name:
            record: dict[str, str] = {}
            for child in element:
                texts = (text.strip() for text in child.itertext())
                record.setdefault(_local(child.tag), "\n".join(text for text in texts if text))
            found.append(record)
    return found


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def day(value: Any) -> date | None:
    """The day as it is written: 2026-03-08, 08.03.2026, or as in a mail (Sun, 08 Mar 2026 23:59:00 +0100)."""
    if not isinstance(value, str):
        return None
    try:
        if match := _ISO.match(value):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NORDIC.match(value):
            return date(int(match[3]), int(match[2]), int(match[1]))
        parts = parsedate_tz(value)
        return date(*parts[:3]) if parts and parts[0] > 1990 else None
    except ValueError:  # 0000-00-00
        return None


def record(
    *,
    title: Any,
    url: str | None,
    identifier: Any = None,
    markup: str = "",
    posted: Any = None,
    deadline: Any = None,
    openings: Any = None,
    closes: Any = None,
    **names: str | None,
) -> Record | None:
    """A position from values as they stand in the data; None without a title.

    deadline: what the data says stands; closes: it holds where the ad's own words give none.

    names: organization, department, location, reference, language (ISO 639-1; anything else is left out).
    """
    line = words(title)
    if not line:
        return None
    values: dict[str, Any] = {name: value for name, value in names.items() if value}
    if not re.fullmatch("[a-z]{2}", values.get("language", "en")):
        del values["language"]
    evidence = {"title": line, **values}
    for name, said in (("posted_on", posted), ("deadline", deadline)):
        if when := day(said):
            values[name] = when
            evidence[name] = str(said)
    if isinstance(openings, int) and not isinstance(openings, bool) and openings > 0:
        values["openings"] = openings
        evidence["openings"] = str(openings)
    kind = DeadlineKind.FIXED if "deadline" in values else DeadlineKind.UNKNOWN
    posting = Posting(
        title=line, url=url, identifier=words(identifier), deadline_kind=kind, evidence=evidence, **values
    )
    return Record(posting, markup, closes if day(closes) else None)


def rolling(made: Record | None, said: str) -> Record | None:
    """The same without a last day: it is open until filled. said: how the data says so."""
    if made is None:
        return None
    evidence = {**made.posting.evidence, "deadline": said}
    return replace(made, posting=replace(made.posting, deadline_kind=DeadlineKind.ROLLING, evidence=evidence))


def job_posting(thing: Mapping[str, Any], base: str) -> Record | None:
    """A schema.org JobPosting as platforms write it into their feeds (https://schema.org/JobPosting).

    validThrough is left to the ad's own page: systems fill it in where nobody chose a day.
    """
    places = thing.get("jobLocation")
    addresses = [inside(place, "address") for place in (places if isinstance(places, list) else [places])]
    return record(
        title=thing.get("title"),
        url=address(base, thing.get("url")),
        identifier=inside(thing, "identifier", "value"),
        organization=words(inside(thing, "hiringOrganization", "name")),
        location=words(*(part for a in addresses for part in _town(a))),
        posted=thing.get("datePosted"),
        markup=str(thing.get("description") or ""),
    )


def _town(place: Any) -> Sequence[str]:
    if isinstance(place, str):
        return (place,)
    named = (inside(place, key) for key in ("addressLocality", "addressCountry"))
    return [name for name in named if isinstance(name, str) and name.strip(" -")]


def address(base: str, value: Any) -> str | None:
    """An absolute web address; None if the value is none."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, value.strip())
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None


def origin(url: str) -> str:
    """Scheme, host and port: https://jobs.example.org."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def path(url: str) -> str:
    return urlsplit(url).path


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_query(url: str, **values: object) -> str:
    """The address with these values in its query, in the place of those it had."""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in values]
    return parts._replace(query=urlencode([*kept, *((k, str(v)) for k, v in values.items())])).geturl()


def number(url: str, name: str, default: int) -> int:
    """A whole number of the address's query."""
    said = query(url).get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else default


def mentions(pattern: re.Pattern[str], *texts: str) -> Iterator[re.Match[str]]:
    """Every place at which a platform's address stands in an address or in HTML; the same words once."""
    seen: set[str] = set()
    for text in texts:
        for match in pattern.finditer(unescape(text) if "&" in text else text):
            if match[0].lower() not in seen:
                seen.add(match[0].lower())
                yield match
