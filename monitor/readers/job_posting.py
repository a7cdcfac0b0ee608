"""A schema.org JobPosting, found in a page -> Posting (https://schema.org/JobPosting)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any, TypeAlias
from urllib.parse import urljoin

from monitor.models import Contact, DeadlineKind, Pay, Posting
from monitor.readers.snippet import one_line, plain_text
from monitor.values import Struct, field

Thing: TypeAlias = Mapping[str, Any]  # a schema.org thing; keys without prefix, in lower case

_TEMPLATE = re.compile(r"\{\{|\$\{|<%|\[\[|%%")  # filled in by a script that has not run
_MOMENT = re.compile(
    r"\s*(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2}))?(?:[.,]\d+)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_UTC = ("Z", "UTC", "GMT", "+00:00", "+0000")
_SPANS = (30, 45, 60, 90, 180, 365, 366)  # days by which systems fill in validThrough
_LONGEST = timedelta(days=548)
_PERIODS = {"HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month", "YEAR": "year", "ANNUAL": "year"}


class _Words(Struct):
    """Collects the words that each field comes from."""

    evidence: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, words: str | None) -> str | None:
        if words:
            self.evidence[name] = words
        return words or None


def posting_of(job: Thing, base_url: str, as_of: date | None) -> Posting | None:
    """None without a title. See `structured_postings`."""
    title = _text(job.get("title") or job.get("name"))
    if not title or _TEMPLATE.search(title):
        return None
    words = _Words()
    words.note("title", title)
    organization, department = _employer(job)
    identifier = _identifier(job.get("identifier"))
    posted_on = _day(job.get("dateposted"))
    if posted_on:
        words.note("posted_on", _text(job.get("dateposted")))
    deadline, deadline_time = _deadline(job.get("validthrough"), job.get("dateposted"), as_of, words)
    start = _start(job)
    if start:
        words.note("start", _text(job.get("jobstartdate")) or "jobImmediateStart")
    pay = _pay(job)
    contacts = _contacts(job.get("applicationcontact"))
    openings = _number(job.get("totaljobopenings"))
    reference = identifier if identifier and not re.search(r"://|^\W*$|.{33}", identifier) else None
    return Posting(
        title=title,
        url=_url(job, base_url),
        organization=words.note("organization", organization),
        department=words.note("department", department),
        location=words.note("location", _location(job.get("joblocation"))),
        deadline=deadline,
        deadline_time=deadline_time,
        deadline_kind=DeadlineKind.FIXED if deadline else DeadlineKind.UNKNOWN,
        posted_on=posted_on,
        start=start,
        pay=pay if pay and words.note("pay", pay.text) else None,
        contacts=contacts if words.note("contacts", ", ".join(c.email or c.name or "" for c in contacts)) else (),
        openings=int(openings) if openings and openings >= 1 else None,
        reference=words.note("reference", reference),
        language=_language(job.get("inlanguage")),
        identifier=identifier,
        text=_description(job),
        evidence=words.evidence,
    )


def _first(value: Any) -> Any:
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    """One line of plain text of whatever stands there: a string, a number, a thing with a name, a list of them."""
    value = _first(value)
    if isinstance(value, dict):
        value = _first(next((value[k] for k in ("@value", "name", "value") if value.get(k)), None))
    if value is None or isinstance(value, (bool, dict, list)):
        return ""
    words = one_line(str(value))
    return "" if words.lower() in ("null", "none", "undefined", "n/a", "-") else words


def _employer(job: Thing) -> tuple[str, str]:
    """(organization, department)"""
    employer = _first(job.get("hiringorganization"))
    department = _text(job.get("employmentunit")) or _text(job.get("department"))
    if isinstance(employer, dict):
        parent = _text(employer.get("parentorganization"))
        if parent:
            return parent, department or _text(employer)
        department = department or _text(employer.get("department"))
    organization = _text(employer)
    return ("" if organization.startswith(("http:", "https:")) else organization), department


def _location(places: Any) -> str:
    found: list[str] = []
    for place in _many(places):
        address = _first(place.get("address", place)) if isinstance(place, dict) else place
        if isinstance(address, dict):
            town = _text(address.get("addresslocality"))
            country = _text(address.get("addresscountry"))
            parts = [town or _text(address.get("addressregion")), country if len(country) > 3 or not town else ""]
            words = ", ".join(dict.fromkeys(p for p in parts if p))
        else:
            words = _text(address)
        if words and words not in found and not _TEMPLATE.search(words):
            found.append(words)
    return "; ".join(found)


def _url(job: Thing, base_url: str) -> str | None:
    for key in ("url", "mainentityofpage", "@id", "sameas"):
        value = _first(job.get(key))
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if not isinstance(value, str) or not value.strip():
            continue
        if key == "@id" and not value.startswith(("http://", "https://")):
            continue
        try:
            url = urljoin(base_url, unescape(value.strip()))
        except ValueError:
            continue
        if url.startswith(("http://", "https://")):
            return url
    return None


def _identifier(value: Any) -> str | None:
    value = _first(value)
    if isinstance(value, dict):  # PropertyValue: its name is often the employer's
        value = _first(value.get("value") or value.get("@value") or value.get("@id"))
    return _text(value)[:200] or None


def _day(value: Any) -> date | None:
    words = _text(value)
    if re.fullmatch(r"1\d{9}(\d{3})?", words):  # seconds or milliseconds since 1970
        return datetime.fromtimestamp(int(words[:10]), UTC).date()
    match = _MOMENT.match(words)
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
    return day if day and day.year > 1990 else None  # 0001-01-01 and 1970-01-01 mean nothing


def _deadline(value: Any, posted: Any, as_of: date | None, words: _Words) -> tuple[date | None, str | None]:
    """(day, time of day and zone where they were chosen)"""
    day, match = _day(value), _MOMENT.match(_text(value))
    if not day:
        return None, None
    hour, minute, zone = (int(match[4]), int(match[5]), match[7]) if match and match[4] else (0, 0, None)
    if zone in _UTC and hour in (21, 22, 23) and minute == 0:
        day += timedelta(days=1)  # a European midnight: the start of a day that was chosen as a date
        hour = 0
    if _is_synthetic(match, day, _day(posted), as_of):
        words.note("validThrough", _text(value))
        return None, None
    words.note("deadline", _text(value))
    if (hour, minute) == (0, 0) or minute == 59:  # the whole day
        return day, None
    zone = "UTC" if zone in _UTC else f"UTC{zone}" if zone else ""
    return day, f"{hour:02}:{minute:02} {zone}".strip()


def _is_synthetic(match: re.Match[str] | None, day: date, posted: date | None, as_of: date | None) -> bool:
    """Whether validThrough was filled in by the system: Google's job search asks for one even where there is none.

    A person chooses a day or a whole minute, not 14:07:33. A span of exactly 30, 60 or 90 days from the posting is
    a default more often than a choice; if it is the deadline after all, the ad's text says so as well.
    """
    if match and match[6] and match[6] not in ("00", "59"):
        return True
    if posted and ((day - posted).days in _SPANS or day < posted):
        return True
    origin = posted or as_of
    return bool(origin and day - origin > _LONGEST)


def _start(job: Thing) -> str | None:
    words = _text(job.get("jobstartdate"))
    if day := _day(words):
        return day.isoformat()
    if re.fullmatch(r"\d{4}(-\d{2})?", words):
        return words
    immediate = job.get("jobimmediatestart")
    if str(immediate).lower() in ("true", "http://schema.org/true", "https://schema.org/true"):
        return "asap"
    return "asap" if re.search(r"as soon as possible|\basap\b|immediate", words, re.I) else None


def _number(value: Any) -> float | None:
    value = _first(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d+([.,]\d{1,2})?\s*", value):
        value = float(value.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < 1e9 else None


def _pay(job: Thing) -> Pay | None:
    salary = _first(job.get("basesalary"))
    if isinstance(salary, str) and _number(salary) is None:
        return Pay(text=words) if re.search(r"\d", words := one_line(salary)) else None
    amount: dict[str, Any] = salary if isinstance(salary, dict) else {"value": salary}
    inner = _first(amount.get("value"))
    value: dict[str, Any] = inner if isinstance(inner, dict) else {**amount, "value": inner}
    single = _number(value.get("value"))
    minimum, maximum = _number(value.get("minvalue")) or single, _number(value.get("maxvalue")) or single
    if minimum is None and maximum is None:
        return None
    currency = (
        _text(amount.get("currency")) or _text(value.get("currency")) or _text(job.get("salarycurrency"))
    ).upper()
    unit = (_text(value.get("unittext")) or _text(amount.get("unittext"))).upper()
    currency = currency.upper()
    period = next((name for key, name in _PERIODS.items() if unit.startswith(key)), None)
    amounts = "-".join(f"{n:g}" if n < 1e5 else f"{n:.0f}" for n in dict.fromkeys(n for n in (minimum, maximum) if n))
    words = " ".join(filter(None, [amounts, currency, f"per {period}" if period else ""]))
    return Pay(
        text=words,
        minimum=minimum,
        maximum=maximum,
        currency=currency if re.fullmatch("[A-Z]{3}", currency) else None,
        period=period,
    )


def _contacts(value: Any) -> tuple[Contact, ...]:
    found = []
    for point in _many(value):
        if isinstance(point, dict):
            email = re.search(r"[^@\s:<>]+@[^@\s<>]+\.\w+", _text(point.get("email")))
            contact = Contact(_text(point.get("name")) or None, email[0] if email else None)
            if contact.name or contact.email:
                found.append(contact)
    return tuple(dict.fromkeys(found))


def _language(value: Any) -> str | None:
    first = _first(value)
    words = _text(first.get("alternatename") or first) if isinstance(first, dict) else _text(first)
    match = re.fullmatch(r"([a-z]{2})(?:[-_]\w+)?", words.lower())
    return match[1] if match else None


def _description(job: Thing) -> str | None:
    """The description, then what other text properties say that it does not."""
    text = ""
    for key in ("description", "responsibilities", "qualifications", "skills", "educationrequirements"):
        for value in _many(job.get(key)):
            words = plain_text(str(value.get("@value", "") if isinstance(value, dict) else value))
            if words and words not in text:
                text = f"{text}\n{words}" if text else words
    return text or None
