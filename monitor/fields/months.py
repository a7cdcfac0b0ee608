"""Months: their names in every language of the lexicon, and months with a year but no day ("September 2026")."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from monitor.fields.lexicon import phrases
from monitor.values import Value


class MonthSeen(Value):
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
    plain = unicodedata.normalize("NFKD", plain)
    for mark in filter(unicodedata.combining, set(plain)):
        plain = plain.replace(mark, "")
    return plain


@cache
def _forms(language: str) -> dict[str, int]:
    """Every written form of a month in one language, folded, and its number."""
    rows = phrases("dates.months").get(language, ())
    return {form: number for number, forms in enumerate(rows, 1) for form in fold(forms).split()}


@cache
def month_names() -> dict[str, int]:
    """Every written form of a month, folded, and its number: that of most languages where they do not agree, as
    "listopad" is October in Croatian and November in Czech and Polish.
    """
    meanings: dict[str, Counter[int]] = {}
    for language in phrases("dates.months"):
        for form, number in _forms(language).items():
            meanings.setdefault(form, Counter())[number] += 1
    return {form: numbers.most_common(1)[0][0] for form, numbers in meanings.items()}


@cache
def names_in(language: str) -> frozenset[str]:
    """The folded names of one language."""
    return frozenset(_forms(language))


def month_number(word: str, language: str | None = None) -> int | None:
    """The month that a word names: in the language where it is known and has the word, else in any."""
    if not 2 <= len(word) <= 14:
        return None
    folded = fold(word)
    own = _forms(language).get(folded) if language else None
    return own or month_names().get(folded)


def find_months(text: str, language: str | None = None) -> list[MonthSeen]:
    """Months with a year and no day ("September 2026", "09/2026", "2026-09"), in order of appearance.

    "octobre - décembre 2023" gives both.
    """
    found: list[MonthSeen] = []
    for match in _NAMED.finditer(text):
        for group in (1, 2):
            if match[group] and (month := month_number(match[group], language)):
                found.append(MonthSeen(int(match[3]), month, match.start(group), match.end()))
    for match in _NUMERIC.finditer(text):
        year, number = (match[2], match[1]) if match[1] else (match[3], match[4])
        found.append(MonthSeen(int(year), int(number), match.start(), match.end()))
    return sorted(found, key=lambda seen: seen.start)
