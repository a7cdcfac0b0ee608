"""Dates in running text, in every language of the lexicon, found around its digits: without digits it is free.

A year that is not written is that of the date it is joined to ("1 April or 1 October 2026"), else the one that makes it
the next such day, where the last `RECENT` days still count as next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from monitor.fields.clock import clock_after, clock_before
from monitor.fields.months import fold, month_number, names_in
from monitor.values import Value, replace

RECENT = 61
"""Days for which a date without a year still counts as the one just past."""


class DateSeen(Value):
    """A day in a text. time: "HH:MM" and the zone as written; noon is 12:00, midnight the end of the day, 23:59.

    start, end: its span in the text, with a time that follows it. year_given: the text says the year.
    """

    value: date
    start: int
    end: int
    time: str | None = None
    year_given: bool = True


_LETTER = r"[^\W\d_]"
_YEAR = r"(?:19|20)[0-9]{2}(?![0-9])"
_NUMBER = re.compile(r"[0-9][0-9]*")  # a digit first: found faster
_ORDINAL = rf"(?:\s?(?:st|nd|rd|th)(?-i:(?![a-z]))|(?:er|re|e|a|o|ste|de|è|:e|:a|\.?[º°ª])(?!{_LETTER}))?"
_DAY = rf"([0-3]?[0-9]){_ORDINAL}\.?"
_MONTH = rf"(?:(?:of(?:\s+the)?|de|del|di)\s+(?:mes\s+de\s+)?|d['’]\s?)?({_LETTER}{{2,14}})(?!{_LETTER})"
_TO = (
    r"(?:[-–—/&+]|to|till|til|until|bis|au|al|à|a|até|ao|ate|tot|t/m|do"
    r"|and|und|och|og|et|en|ja|e|y|i|or|oder|eller|tai|ou|o)"
)
_ARTICLE = r"(?:(?:the|den|dem|der|die|le|el|il|zum|am|on|by|dia|o|from)\s+)?"
_YEAR_AFTER = re.compile(
    rf"(?:\.?,?[\s.,\-–/]{{0,3}}(?:\([^()\n]{{1,40}}\)\s?,?\s?(?:of\s)?)?(?:(?:de|del|d['’])\s?)?({_YEAR})"
    r"|\.?(?:[-/]|\s?['’])([0-9]{2})(?![0-9]|[:.,][0-9]))"
)
_DAY_MONTH = re.compile(rf"{_DAY}[\s.\-–/]{{0,3}}{_MONTH}", re.I)
_DAYS_MONTH = re.compile(rf"{_DAY}\s{{0,2}}{_TO}\s{{0,2}}{_ARTICLE}{_DAY}[\s.\-]{{0,3}}{_MONTH}", re.I)
_MONTH_BEFORE = re.compile(rf"({_LETTER}{{3,}})[.,]?[\s.\-]{{0,3}}(?:the\s)?$", re.I)
_GLUED = re.compile(rf"(?<={_LETTER})[A-Z][a-zà-ž]{{2,}}$")
_DAY_AFTER_MONTH = re.compile(
    rf"([0-3]?[0-9]){_ORDINAL}(?:\s?(?:[-–—]|to|and|or)\s?([0-3]?[0-9]){_ORDINAL}(?![0-9:]|\.[0-9]))?"
    r"(?![0-9%]|[.:][0-9]|[, ][0-9]{3}(?![0-9]))",
    re.I,
)
_DAY_LIKE = re.compile(rf"[0-9]{{1,2}}\s?(?:[./\-–—º°ª:'’&+]|\s*{_LETTER})")  # cheap: most numbers are no days
_MONTH_ENDS = re.compile(rf"{_LETTER}[.,]?[\s.\-]{{0,3}}$")
_NEXT_DAY = re.compile(r"\.?\s[0-3]?[0-9](?![0-9:])")
_NO_MORE = r"(?![0-9]|[./:][0-9]|-[0-9]+(?![0-9./\-]))"  # a further number belongs only to a second date
_NUMERIC = re.compile(
    r"([0-3]?[0-9])(?:(\s?\.\s?|\s?/\s?|-|–)([0-3]?[0-9])\2|([./])([01]?[0-9])-)((?:19|20)[0-9]{2}|[0-9]{2})" + _NO_MORE
)
_DOTTED_RANGE = re.compile(
    r"([0-3]?[0-9])\.?\s?[-–—]\s?([0-3]?[0-9])\.\s?([01]?[0-9])\.(?:\s?((?:19|20)[0-9]{2})(?![0-9]))?(?!\s?[0-9])"
)
_DOTTED = re.compile(r"([0-3]?[0-9])\.\s?([01]?[0-9])\.(?!\s?[0-9])")
_DASH_DAY = re.compile(r"\s?[-–—]\s?[0-9]")
_YEAR_FIRST = re.compile(
    rf"({_YEAR})(?:\s?[年년]\s?([01]?[0-9])\s?[月월]\s?([0-3]?[0-9])\s?[日일]"
    r"|([-–/]|\s?\.\s?)([01]?[0-9])\4([0-3]?[0-9])(?![0-9]|[-/][0-9]+(?![0-9./\-])))"
)
_YEAR_MONTH_DAY = re.compile(
    rf"({_YEAR})[.,]?\s({_LETTER}{{3,14}})\.?\s([0-3]?[0-9])(?![0-9:]|,?\s?(?:19|20)[0-9]{{2}})"
)
_EIGHT = re.compile(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])(?![0-9\-/_.]|,[0-9])")
_SIX = re.compile(r"([0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])(?![0-9\-/_]|[.,][0-9])")
_NUMBER_LABEL = re.compile(
    r"(?:\b(?:tel|telefon|telephone|tlf|tfn|puh|fax|phone|mobile|version|ver|v|room|raum|isbn|issn|doi|ip|id|ref|reference"
    r"|refnr|nr|no|num|dnr|diarienummer|section|sect|chapter|kap|art)|[§№])[.:]?\s?$",
    re.I,
)
_JOINED = re.compile(rf"[\s,.]*(?:{_TO}|thru|through|,)\s*{_ARTICLE}(?:{_LETTER}{{2,12}},?\s+)?", re.I)
_SLASHED = re.compile(r"(?<![0-9./])([0-3]?[0-9])/([0-3]?[0-9])/(?:20)?[0-9]{2}(?![0-9])")
_MONTH_FIRST = re.compile(r"\b[A-Z][a-z]{2,8}\.? [0-3]?[0-9](?:st|nd|rd|th)?, (?:19|20)[0-9]{2}\b")
_DAY_FIRST = re.compile(r"\b[0-3]?[0-9](?:st|nd|rd|th)?\.? [A-Z][a-z]{2,8} (?:19|20)[0-9]{2}\b")
_AMERICAN = re.compile(r"\b(?:EST|EDT|PST|PDT|CDT|USA|U\.S\.|Equal Opportunity|[A-Z]{2} [0-9]{5})\b")
_AMERICAN_DOMAINS = frozenset("edu gov us mil".split())
_DOMAINS_OF_NO_COUNTRY = frozenset("com org net info int jobs io eu ca ai me co".split())


def find_dates(
    text: str,
    *,
    as_of: date,
    language: str | None = None,
    day_first: bool | None = None,
    six_digits: bool = False,
) -> list[DateSeen]:
    """The days that `text` names, in order of appearance; both ends of a range.

    day_first: how 3/4/2026 is meant, where that is known (`day_order`); else `language` and the text itself decide, and
    at last the habit of most countries. six_digits: read YYMMDD too, in a text that is known to be a date.
    """
    order = _DayOrder(text, language, day_first)
    found: list[DateSeen] = []
    end = 0
    for number in _NUMBER.finditer(text):
        start, length = number.start(), number.end() - number.start()
        if start < end or not _free_before(text, start, end):
            continue
        if length <= 2:
            if not _DAY_LIKE.match(text, start) and not _MONTH_ENDS.search(text, max(0, start - 4), start):
                continue
            seen = list(_from_day(text, start, end, language, order, as_of))
        elif length == 4:
            seen = list(_from_year(text, start, language))
        elif length == 8 or (length == 6 and six_digits):
            seen = list(_compact(text, start, length, as_of))
        else:
            continue
        if seen:
            found += seen
            end = seen[-1].end
    return [_with_time(seen, text) for seen in _with_joined_years(found, text)]


def day_order(url: str | None) -> bool | None:
    """Whether the country of a site writes the day first, by its top-level domain; None where that does not tell."""
    try:
        ending = (urlsplit(url or "").hostname or "").rpartition(".")[2]
    except ValueError:
        return None
    if ending in _AMERICAN_DOMAINS:
        return False
    return True if len(ending) == 2 and ending not in _DOMAINS_OF_NO_COUNTRY else None


def next_such_day(month: int, day: int, as_of: date) -> date | None:
    """The first such day, where the last `RECENT` days still count; None if there is none (31 February)."""
    earliest = as_of - timedelta(days=min(RECENT, as_of.toordinal() - 1))
    days = (_date(year, month, day) for year in range(earliest.year, earliest.year + 9))
    return next((d for d in days if d and d >= earliest), None)


class _DayOrder:
    """How 3/4/2026 is meant in one text; found out once, and only where it matters."""

    def __init__(self, text: str, language: str | None, known: bool | None) -> None:
        self._text, self._language, self._known = text, language, known

    def day_first(self) -> bool:
        if self._known is None:
            self._known = self._language not in (None, "en") or self._by_evidence()
        return self._known

    def _by_evidence(self) -> bool:
        pairs = _SLASHED.findall(self._text)
        proof = sum(int(a) > 12 for a, _ in pairs) - sum(int(b) > 12 for _, b in pairs)
        if proof:
            return proof > 0
        american, european = len(_MONTH_FIRST.findall(self._text)), len(_DAY_FIRST.findall(self._text))
        return american < european or (american == european and not _AMERICAN.search(self._text))


def _free_before(text: str, start: int, end: int) -> bool:
    """Whether a date may begin here, and not within a number, a phone number, a version or an identifier."""
    if start in (0, end):
        return True
    before, second = text[start - 1], text[start - 2 : start - 1]
    if before in ".,:/-+" and start - 1 > end and second.isdigit():
        return False
    if before.isdigit() or before in "_=@#&+":
        return False
    return before != "-" or start - 1 == end or not second.isalpha()


def _not_labelled_number(text: str, start: int) -> bool:
    """For dates of digits only: what stands before is neither the label of a number nor a path nor part of a word."""
    before = text[max(0, start - 18) : start]
    glued = re.search(rf"{_LETTER}+$", before)
    if glued:
        return len(glued[0]) >= 4
    return not before.endswith("/") and not _NUMBER_LABEL.search(before)


def _from_day(
    text: str, start: int, end: int, language: str | None, order: _DayOrder, as_of: date
) -> Iterator[DateSeen]:
    """The date, or both ends of the range, of which a day of the month begins at `start`; `end`: of the last date."""
    if (match := _DAYS_MONTH.match(text, start)) and (month := month_number(match[3], language)):
        year, stop = _year_after(text, match.end(), as_of)
        if year or _surely_month(match[3], language):
            first = _seen(year, month, int(match[1]), start, match.end(1), as_of)
            last = _seen(year, month, int(match[2]), match.start(2), stop, as_of)
            if first and last and first.value <= last.value:
                yield from (first, last)
                return
    before = max(end, start - 24)
    if (match := _DAY_MONTH.match(text, start)) and (month := month_number(match[2], language)):
        year, stop = _year_after(text, match.end(), as_of)
        month_first = (  # "January 15 February 20"
            not year and _NEXT_DAY.match(text, stop) and _month_before(text, before, start, language)
        )
        seen = _seen(year, month, int(match[1]), start, stop, as_of)
        if seen and not month_first and (year or _surely_month(match[2], language)):
            yield seen
            return
    if (named := _month_before(text, before, start, language)) and (match := _DAY_AFTER_MONTH.match(text, start)):
        month, name, begin = named
        year, stop = _year_after(text, match.end(), as_of)
        first = _seen(year, month, int(match[1]), begin, match.end(1) if match[2] else stop, as_of)
        if first and (year or (name[0].isupper() and _surely_month(name, language))):
            yield first
            last = _seen(year, month, int(match[2]), match.start(2), stop, as_of) if match[2] else None
            if last and first.value < last.value:
                yield last
            return
    if start == end or _not_labelled_number(text, start):
        yield from _numeric(text, start, language, order, as_of)


def _numeric(text: str, start: int, language: str | None, order: _DayOrder, as_of: date) -> Iterator[DateSeen]:
    if match := _DOTTED_RANGE.match(text, start):
        year, month = int(match[4]) if match[4] else None, int(match[3])
        first = _seen(year, month, int(match[1]), start, match.end(1), as_of)
        last = _seen(year, month, int(match[2]), match.start(2), match.end(), as_of)
        if first and last and first.value < last.value:
            yield from (first, last)
    elif match := _NUMERIC.match(text, start):
        day, month, separator = int(match[1]), int(match[3] or match[5]), (match[2] or match[4]).strip()
        year = _full_year(match[6], as_of)
        if not year or (len(match[6]) == 2 and separator not in "./"):
            return
        either = separator in "/-–" and day <= 12 and not match[5]
        if month > 12 or (either and not order.day_first()):
            day, month = month, day
        if seen := _seen(year, month, day, start, match.end(), as_of):
            yield seen
    elif language != "en" and (match := _DOTTED.match(text, start)):
        line = text[text.rfind("\n", 0, start) + 1 : start].rstrip()
        in_sentence = line and (line[-1].isalpha() or line[-1] in ":–-(,")  # else it is the number of a section
        seen_day = _seen(None, int(match[2]), int(match[1]), start, match.end(), as_of)
        if seen_day and (in_sentence or _DASH_DAY.match(text, match.end())):
            yield seen_day


def _from_year(text: str, start: int, language: str | None) -> Iterator[DateSeen]:
    if match := _YEAR_FIRST.match(text, start):
        month, day = int(match[2] or match[5]), int(match[3] or match[6])
    elif match := _YEAR_MONTH_DAY.match(text, start):
        month, day = month_number(match[2], language) or 0, int(match[3])
    else:
        return
    value = _date(int(match[1]), month, day)
    if value and _not_labelled_number(text, start):
        yield DateSeen(value, start, match.end())


def _compact(text: str, start: int, length: int, as_of: date) -> Iterator[DateSeen]:
    match = (_EIGHT if length == 8 else _SIX).match(text, start)
    if not match or not _not_labelled_number(text, start) or text[start - 1 : start] in ("-", "("):
        return
    year = _full_year(match[1], as_of)
    value = _date(year, int(match[2]), int(match[3])) if year else None
    if value and abs(value.year - as_of.year) <= 20:
        yield DateSeen(value, start, match.end())


def _month_before(text: str, begin: int, end: int, language: str | None) -> tuple[int, str, int] | None:
    """The month named right before `end`: number, name, start. A label may be glued to it ("DEADLINEJuly")."""
    match = _MONTH_BEFORE.search(text, begin, end)
    if not match:
        return None
    if month := month_number(match[1], language):
        return month, match[1], match.start(1)
    glued = _GLUED.search(match[1])
    month = month_number(glued[0], language) if glued else None
    return (month, glued[0], match.start(1) + glued.start()) if glued and month else None


def _surely_month(name: str, language: str | None) -> bool:
    """Whether a name is a month even without a year: "may" and "march" are verbs, "set" and "out" are other words."""
    if name[0].islower() and fold(name) in ("may", "mar", "march") and language in (None, "en"):
        return False
    return len(name) > 3 or fold(name) in names_in("en") or (language is not None and fold(name) in names_in(language))


def _year_after(text: str, start: int, as_of: date) -> tuple[int | None, int]:
    """The year written after a day and month, and where the date ends."""
    match = _YEAR_AFTER.match(text, start)
    year = _full_year(match[1] or match[2], as_of) if match else None
    return (year, match.end()) if match and year else (None, start)


def _full_year(digits: str, as_of: date) -> int | None:
    """The year of four or two digits; two are read only near `as_of`."""
    if len(digits) == 4:
        return int(digits)
    century = as_of.year // 100 * 100
    years = (century - 100 + int(digits), century + int(digits), century + 100 + int(digits))
    return next((y for y in years if -40 <= y - as_of.year <= 10), None)


def _seen(year: int | None, month: int, day: int, start: int, end: int, as_of: date) -> DateSeen | None:
    value = _date(year, month, day) if year else next_such_day(month, day, as_of)
    return DateSeen(value, start, end, year_given=year is not None) if value else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_joined_years(found: list[DateSeen], text: str) -> list[DateSeen]:
    """Gives a date without a year the year of the date after it that it is joined to."""
    result = list(found)
    for i in range(len(result) - 2, -1, -1):
        this, other = result[i], result[i + 1]
        if this.year_given or not other.year_given or not _JOINED.fullmatch(text, this.end, other.start):
            continue
        value = _date(other.value.year, this.value.month, this.value.day)
        if value and value > other.value:  # "15 December – 10 January 2027"
            value = _date(other.value.year - 1, this.value.month, this.value.day)
        if value:
            result[i] = replace(this, value=value, year_given=True)
    return result


def _with_time(seen: DateSeen, text: str) -> DateSeen:
    if after := clock_after(text, seen.end):
        return replace(seen, time=after[0], end=after[1])
    before = clock_before(text, seen.start)
    return replace(seen, time=before) if before else seen
