"""Months: their names in every language of the lexicon, and months with a year but no day ("September 2026")."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from monitor.fields.lexicon import phrases


@dataclass(frozen=True, slots=True)
class MonthSeen:
    """A month and its year, without a day. str() of it is ISO 8601: "2026-09"."""

    year: int
    month: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


_LETTER = r"[^\W\d_]"
_YEAR = r"((?:19|20)[0-9]{2})(?![0-9]|[-/.][0-9])"
_NAMED = re.compile(
    rf"(?<![0-9.] )(?<!{_LETTER})"
    rf"(?:({_LETTER}{{3,14}})\.?(?:\s?[-–—/&,]\s?|\s(?:to|or|and|oder|bis|und|och|og|et|e|y|o|ja|en|of)\s))?"
    rf"({_LETTER}{{3,14}})\.?,?\s?(?:(?:de|del|of)\s)?{_YEAR}",
    re.I,
)
_NUMERIC = re.compile(
    r"(?<![0-9./\-])(?:(0[1-9]|1[0-2])[/.]((?:19|20)[0-9]{2})|((?:19|20)[0-9]{2})-(0[1-9]|1[0-2]))(?![0-9]|[./\-][0-9])"
)


def fold(word: str) -> str:
    """Without case and accents, which writers leave out."""
    plain = word.casefold()
    if plain.isascii():
        return plain
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


@cache
def month_names() -> dict[str, int]:
    """Every written form of a month, folded, and its number."""
    lists = phrases("dates.months").values()
    return {fold(form): number for months in lists for number, forms in enumerate(months, 1) for form in forms.split()}


@cache
def names_in(language: str) -> frozenset[str]:
    """The folded names of one language."""
    return frozenset(fold(form) for forms in phrases("dates.months").get(language, ()) for form in forms.split())


def month_number(word: str) -> int | None:
    """The month that a word names, in any language."""
    return month_names().get(fold(word)) if 2 <= len(word) <= 14 else None


def find_months(text: str) -> list[MonthSeen]:
    """Months with a year and no day ("September 2026", "09/2026", "2026-09"), in order of appearance.

    "octobre - décembre 2023" gives both.
    """
    found: list[MonthSeen] = []
    for match in _NAMED.finditer(text):
        for group in (1, 2):
            if match[group] and (month := month_number(match[group])):
                found.append(MonthSeen(int(match[3]), month, match.start(group), match.end()))
    for match in _NUMERIC.finditer(text):
        year, number = (match[2], match[1]) if match[1] else (match[3], match[4])
        found.append(MonthSeen(int(year), int(number), match.start(), match.end()))
    return sorted(found, key=lambda seen: seen.start)
