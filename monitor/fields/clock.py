"""The time of day beside a date: "23:59 CET", "5 p.m. (GMT)", "at noon", "à minuit", "kl. 12"."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, fold_all

_ABBREVIATIONS = (
    "CET CEST MEZ MESZ MET GMT BST UTC EST EDT ET PST PDT PT CST CDT CT MST MDT EET EEST WET WEST IST JST AEST AEDT"
    " AWST NZST NZDT SAST HKT SGT BRT AoE"
)
_ABBREVIATED = "|".join(_ABBREVIATIONS.split())
_ZONE = (
    r"(?:Z(?![A-Za-z])|[+-][0-9]{2}:?[0-9]{2}(?![0-9])|(?:UTC|GMT|CET|CEST)\s?[+-]\s?[0-9]{1,2}(?::[0-9]{2})?|[+-]\s?[0-9]{1,2}\s?(?:GMT|UTC)"
    rf"|(?:{_ABBREVIATED})(?:/(?:{_ABBREVIATED}))?(?![A-Za-z])"
    r"|(?i:anywhere on earth|[a-z]+(?: [a-z]+){0,2} time(?: zone)?(?![a-z])"
    r"|(?:heure|hora|ora) (?:de |di |locale|local|peninsular)[\w ]{0,20}|ortszeit"
    r"|(?:belgische|nederlandse|lokale) tijd|(?:lokal|svensk|norsk|dansk) tid|suomen aikaa))"
)
_DIGIT = re.compile(r"[0-9]")
_HOURS = "Uhr|uur|h|hrs|hours|heures|horas|hores|ore|hodin"


@cache
def _zone_after() -> re.Pattern[str]:
    return re.compile(rf"\s?[(\[,]?(?:\s?[-–]\s)?\s?({_ZONE})")


@cache
def _clock() -> re.Pattern[str]:
    noon, midnight = _any("dates.noon"), _any("dates.midnight")
    return re.compile(
        rf"(?:(?:[0-9]{{1,2}}(?:[:.]00)?\s?)?(?:(?P<noon>{noon})|(?P<night>{midnight}))(?!\w)"
        rf"|(?P<h>[0-2]?[0-9])(?:[:.hH]\s?(?P<m>[0-5][0-9])(?::[0-5][0-9])?(?![0-9%]|[.,/][0-9])"
        rf"|(?=\s?(?:[ap]\.?\s?m\b|(?:{_HOURS})\b)))(?:(?P<half>\s?[ap]\.?\s?m\b\.?)|\s?(?:{_HOURS})\b)?)",
        re.I,
    )


@cache
def _free_clock() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,:/-]){_clock().pattern}", re.I)


@cache
def _before_clock() -> re.Pattern[str]:
    at = _any("dates.at")
    return re.compile(
        rf"(?:T(?=[0-9])|[\s,.;:|()\[\]\-–*_]*(?:\([^()\n]{{1,12}}\)\s?)?(?:(?:{at})[\s.:]{{1,2}}){{0,2}}\(?)", re.I
    )


@cache
def _names() -> tuple[str, ...]:
    """Of times that need no digits: "noon"."""
    return tuple(fold_all(name for topic in ("dates.noon", "dates.midnight") for name in all_phrases(topic)))


def _any(topic: str) -> str:
    return "|".join(re.escape(p) for p in all_phrases(topic))


@lru_cache(maxsize=256)
def _may_tell(words: str) -> bool:
    """Whether a time may stand in the words beside a day; in most there is none, and many days have the same words."""
    if _DIGIT.search(words):
        return True
    folded = fold(words)
    return any(name in folded for name in _names())


def clock_after(text: str, start: int) -> tuple[str, int] | None:
    """The time that follows a date which ends at `start`, and where it ends."""
    if not _may_tell(text[start : start + 80]):
        return None
    lead = _before_clock().match(text, start, start + 40)
    match = _clock().match(text, lead.end(), lead.end() + 40) if lead else None
    if not lead or not match or "\n\n" in text[start : match.start()]:
        return None
    value = _value(match)
    if not value:
        return None
    zone = _zone_after().match(text, match.end(), match.end() + 45)
    if zone:
        return f"{value} {zone[1].strip()}", zone.end()
    return value, match.end()


def clock_before(text: str, end: int) -> str | None:
    """The time that stands before a date which begins at `end`: "by 11:59 p.m. (Eastern Time) on", "noon on"."""
    begin = max(text.rfind("\n", 0, end) + 1, end - 60)
    if not _may_tell(text[begin:end]):
        return None
    for match in _free_clock().finditer(text, begin, end):
        value = _value(match)
        if not value:
            continue
        zone = _zone_after().match(text, match.end(), end)
        rest = text[zone.end() if zone else match.end() : end]
        if len(rest) <= 30 and not re.search(r"[0-9;!?]|\.\s+\w", rest):
            return f"{value} {zone[1].strip()}" if zone else value
    return None


def _value(match: re.Match[str]) -> str | None:
    if match["noon"]:
        return "12:00"
    if match["night"]:
        return "23:59"
    hour, minute = int(match["h"]), int(match["m"] or 0)
    half = (match["half"] or "").strip()[:1].lower()
    if half:
        if not 1 <= hour <= 23:
            return None
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    if hour == 24 and not minute:
        return "23:59"
    return f"{hour:02d}:{minute:02d}" if hour < 24 else None
