"""Values as a mail words them: one line, in English, harmless whatever a page puts into them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from monitor.digest import Delta, Entry
from monitor.models import DeadlineKind, Level, Pay
from monitor.words import one_line, web_address

_LEVELS = {
    Level.PHD: "PhD",
    Level.POSTDOC: "Postdoc",
    Level.FACULTY: "Faculty",
    Level.STAFF: "Staff",
    Level.MASTER: "Master",
    Level.OTHER: "Other",
}
_FIELDS = {
    "deadline": "Deadline",
    "deadline_time": "Deadline, time",
    "deadline_kind": "Deadline",
    "title": "Title",
    "url": "Address",
    "organization": "Employer",
    "duration_months": "Duration",
    "posted_on": "Posted",
    "funded": "Funding",
    "reference": "Reference",
    "text": "Text",
}


def clean(text: object, length: int = 200) -> str:
    """A foreign text on one line, without control and direction characters, no longer than `length`."""
    return "" if text is None else one_line(str(text), length)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def day(value: date | None, weekday: bool = False) -> str:
    """`27 Feb 2026`; with weekday `Fri 27 Feb 2026`."""
    if value is None:
        return ""
    return f"{value:%a} {value.day} {value:%b %Y}" if weekday else f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """`Monday 23 November 2026, 07:00`, in the value's own zone."""
    return f"{value:%A} {value.day} {value:%B %Y, %H:%M}"


def days_left(days: int | None) -> str:
    if days is None:
        return ""
    if days < 0:
        return "passed"
    return ("today", "tomorrow")[days] if days < 2 else f"{days} days left"


def deadline(entry: Entry) -> str:
    """`Fri 27 Feb 2026, 23:59 CET`, `open until filled`, or nothing."""
    posting = entry.posting
    if posting.deadline:
        return ", ".join(p for p in (day(posting.deadline, weekday=True), clean(posting.deadline_time, 40)) if p)
    return "open until filled" if posting.deadline_kind is DeadlineKind.ROLLING else ""


def held(entry: Entry) -> str:
    """Who offers it, and where."""
    posting = entry.posting
    parts = [clean(part, 90) for part in (posting.organization, posting.department, posting.location)]
    return " · ".join(dict.fromkeys(part for part in parts if part)) or clean(entry.source, 90)


def facts(entry: Entry) -> list[str]:
    """What else is known, a few words each."""
    posting = entry.posting
    people = ", ".join(clean(name, 60) for name in posting.supervisors[:4])
    more = f" and {len(posting.supervisors) - 4} more" if len(posting.supervisors) > 4 else ""
    found = (
        _LEVELS[posting.level] if posting.level else "",
        pay_words(posting.pay) if posting.pay else "",
        "funded" if posting.funded and not posting.pay else "",
        f"starts {start_words(posting.start)}" if posting.start else "",
        duration_words(posting.duration_months) if posting.duration_months else "",
        f"{posting.openings} positions" if posting.openings and posting.openings > 1 else "",
        f"supervised by {people}{more}" if people else "",
    )
    return [words for words in found if words]


def pay_words(pay: Pay) -> str:
    """`34,500–38,000 SEK a month`; the ad's own words where no amount is known."""
    if pay.minimum is None and pay.maximum is None:
        return clean(pay.text, 80)
    amounts = [f"{a:,.0f}" if a == int(a) else f"{a:,.2f}" for a in (pay.minimum, pay.maximum) if a is not None]
    period = {"year": "a year", "month": "a month", "week": "a week", "hour": "an hour"}.get(pay.period or "", "")
    return " ".join(p for p in ("–".join(dict.fromkeys(amounts)), clean(pay.currency, 8), period) if p)


def start_words(start: str) -> str:
    """`October 2026` for 2026-10."""
    if start == "asap":
        return "as soon as possible"
    try:
        whole = date.fromisoformat((start + "-01-01")[:10]) if len(start) != 7 else date.fromisoformat(start + "-01")
    except ValueError:
        return clean(start, 40)
    return {4: f"{whole.year}", 7: f"{whole:%B %Y}"}.get(len(start), day(whole))


def duration_words(months: float) -> str:
    if months >= 24 and months % 6 == 0:
        return f"{months / 12:g} years"
    return count(int(months), "month") if months == int(months) else f"{months:g} months"


def field_name(name: str) -> str:
    return _FIELDS.get(name, name.replace("_", " ").capitalize())


def value(delta: Delta, side: Any) -> str:
    """One side of a change, in words."""
    if side is None or side in ("", [], ()):
        return "not stated"
    if isinstance(side, date):
        return day(side, weekday=True)
    if isinstance(side, bool):
        return "yes" if side else "no"
    if delta.field == "level":
        return _LEVELS[Level(side)] if side in list(Level) else clean(side)
    if delta.field == "deadline_kind":
        return {"rolling": "open until filled", "fixed": "a fixed date"}.get(str(side), "not stated")
    if delta.field == "pay" and isinstance(side, Mapping):
        names = ("minimum", "maximum", "currency", "period")
        return pay_words(Pay(str(side.get("text") or ""), *(side.get(n) for n in names)))
    if delta.field == "start":
        return start_words(str(side))
    if delta.field == "duration_months" and isinstance(side, (int, float)):
        return duration_words(side)
    if isinstance(side, Mapping):
        return clean(" ".join(str(v) for v in side.values() if v))
    if isinstance(side, Iterable) and not isinstance(side, str):
        return ", ".join(value(delta, item) for item in side)
    return clean(side)


def shift(delta: Delta) -> str:
    """`14 days later` for a date that moved."""
    if not (isinstance(delta.before, date) and isinstance(delta.after, date)):
        return ""
    moved: timedelta = delta.after - delta.before
    return f"{count(abs(moved.days), 'day')} {'later' if moved.days > 0 else 'earlier'}"


def href(url: str | None) -> str:
    """A web address that is safe to link, or nothing."""
    return web_address(url) or ""


def evidence_href(entry: Entry, words: str) -> str:
    """The ad, scrolled to the words (a text fragment; WICG Scroll To Text Fragment)."""
    url = href(entry.url)
    if not url or "#" in url:
        return url
    fragment = quote(clean(words, 300).removesuffix("…"), safe="").replace("-", "%2D")  # a hyphen has a meaning there
    return f"{url}#:~:text={fragment}"


def wrap(text: str, width: int = 72, indent: str = "", first: str | None = None) -> str:
    """Lines of at most `width` characters; an address is never broken."""
    return textwrap.fill(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
