"""The days that an ad names, each with the words around it that say what happens on that day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from monitor.fields.dates import DateSeen, day_order, find_dates
from monitor.fields.labels import role
from monitor.fields.phrase import fold
from monitor.fields.text import AdText
from monitor.values import Value, replace

LONGEST = 30_000
"""Characters of an ad that are searched; what is longer is a whole handbook, whose first part is the ad."""
_MOST = 300  # days; an ad has some ten, a calendar of events hundreds
_REACH = 240  # characters before and after a day that may say what it is
_SENTENCE_END = re.compile(r"[.!?…][\"”»)\]]*\s+(?=[A-ZÀ-ÞŠŽČŘŚŁ(¿¡•*])|\n\s*\n|\n\s*[•*▪·]|[•▪]\s")
_ABBREVIATION = re.compile(
    r"(?:\b(?:prof|dr|nr|no|st|mr|ms|mrs|bzw|inkl|univ|assoc|ca|ref|resp|tel|art|ing|lic|z\.b|d\.h|p\.m|a\.m|kl|[a-z])|[0-9])\.$"
)
_LINE_LEAD = re.compile(r"[\s•*·▪>|_#\-–:(]*(?:[^\W\d_]+\.?,?\s+(?:(?:den|the|le|el|il|am)\s+)?)?[\s*_(]*")
_LABEL_END = re.compile(r"\s*(?:[:|\t=]|\s[-–—]\s?)[\s*_:]*(?:[^\W\d_]+,?\s+){0,2}[\s*_(]*$")
_LABELLED_SIX = re.compile(r"^([^\n:|]{3,60})[:|]\s*([0-9]{6})(?![0-9])", re.M)
_SIX = re.compile(r"[0-9][0-9]{5}")  # cheap: few texts have so many in a row
_LINE_REST = re.compile(r"[^\S\n]*(?:\n|$)")
_BLANK = re.compile(r"[^\S\n]*\|?[^\S\n]*")
_TO = re.compile(
    r"\.?\s*(?:[-–—/]|(?:till och med|t\.?o\.?m|til og med|bis einschlie(?:ss|ß)lich|bis zum|tot en met|up to|up until"
    r"|hasta el|jusqu'au|fino al|fins al|ata o|to|till|til|until|through|bis|au|al|a|ate|ao|tot|t/m|do"
    r"|and|und|och|og|et|y|e|i|ja)\b)\s*"
    r"(?:(?:the|den|dem|zum|le|el|il|dia|am|au)\s+)?(?:[^\W\d_]{2,12},?\s+)?"
)
_AND = re.compile(r"\s*(?:and|und|och|og|et|y|e|i|ja)\b")
_BETWEEN = re.compile(r"(?:between|entre|zwischen|mellan|mellom|mellem|tussen|tra)\W+(?:\w+\W+)?$")
_LONGEST_LABEL = 90


class Day(Value):
    """A day with its context, all as spans of the text; `folded` text has the same positions.

    label: the whole label before it ("Closing date" of "Closing date: 1 May", or of the line above a lone date), and
    role: its meaning (labels.role). before: from where its sentence begins, after an earlier day. after: to where what
    follows belongs to it. first: the day that begins the range of which it is the end.
    """

    seen: DateSeen
    label: tuple[int, int] | None
    role: str | None
    before: int
    after: int
    alone: bool
    first: DateSeen | None = None


def days(ad: AdText) -> tuple[Day, ...]:
    """Every day of the ad, in order of appearance."""
    return _days(ad.text[:LONGEST], ad)


@lru_cache(maxsize=4)
def _days(text: str, ad: AdText) -> tuple[Day, ...]:
    seen = find_dates(text, as_of=ad.as_of, language=ad.language, day_first=day_order(ad.url))
    seen = sorted([*seen, *_six_digits(text, ad)], key=lambda one: one.start)[:_MOST]
    folded = fold(text)
    result: list[Day] = []
    for i, one in enumerate(seen):
        following = seen[i + 1] if i + 1 < len(seen) else None
        if following and _is_range(folded, one, following):
            continue  # it is told with its end
        first = seen[i - 1] if i and _is_range(folded, seen[i - 1], one) else None
        result.append(_day(text, one, first, result[-1] if result else None, following, ad.language))
    return tuple(result)


def _six_digits(text: str, ad: AdText) -> Iterator[DateSeen]:
    """Days written YYMMDD; only a label tells them from other numbers."""
    for match in _LABELLED_SIX.finditer(text) if _SIX.search(text) else ():
        if role(match[1], ad.language) in ("deadline", "posted", "start"):
            for one in find_dates(match[2], as_of=ad.as_of, six_digits=True):
                yield replace(one, start=match.start(2), end=match.end(2))


def _is_range(folded: str, first: DateSeen, last: DateSeen) -> bool:
    """Whether two days are the ends of one period: "1 to 15 May", and "1 and 15 May" only after "between"."""
    if first.value >= last.value:
        return False
    if _BLANK.fullmatch(folded, first.end, last.start):  # two columns: from, until
        line = folded.rfind("\n", 0, first.start) + 1
        return bool(_LINE_LEAD.fullmatch(folded, line, first.start) and _LINE_REST.match(folded, last.end))
    if not _TO.fullmatch(folded, first.end, last.start):
        return False
    return not _AND.match(folded, first.end) or bool(_BETWEEN.search(folded, max(0, first.start - 30), first.start))


def _day(
    text: str,
    seen: DateSeen,
    first: DateSeen | None,
    previous: Day | None,
    following: DateSeen | None,
    language: str | None,
) -> Day:
    start = first.start if first else seen.start
    left = previous.seen.end if previous else 0
    line = text.rfind("\n", 0, start) + 1
    alone = bool(_LINE_LEAD.fullmatch(text, line, start))
    if alone and previous and previous.alone and "\n" not in text[left : line - 1]:
        left = line  # a timeline: the words after the day above belong to that day
    begin = max(left, start - _REACH)
    for end in _SENTENCE_END.finditer(text, begin, start):
        if not _ABBREVIATION.search(text[max(begin, end.start() - 8) : end.start() + 1].lower()):
            begin = end.end()
    stop = min(len(text), seen.end + _REACH, following.start if following else len(text))
    ending = _SENTENCE_END.search(text, seen.end, stop)
    label = _label_above(text, left, line) if alone else _label_before(text, max(line, left), start)
    meaning = role(text[slice(*label)], language) if label else None
    return Day(seen, label, meaning, begin, ending.start() if ending else stop, alone, first)


def _label_before(text: str, begin: int, start: int) -> tuple[int, int] | None:
    """The words before a colon or the like that stand between the line's start, or another cell, and the day."""
    end = _LABEL_END.search(text, max(begin, start - _LONGEST_LABEL - 30), start)
    if not end:
        return None
    cell = max(text.rfind(mark, begin, end.start()) for mark in ("|", "\t", ";", ": ", ". "))
    label = _trimmed(text, max(begin, cell + 1), end.start())
    return label if label and label[1] - label[0] <= _LONGEST_LABEL else None


def _label_above(text: str, left: int, line: int) -> tuple[int, int] | None:
    """The line before a line that begins with a day; it must not name a day itself."""
    end = len(text[max(left, line - _LONGEST_LABEL - 40) : line].rstrip()) + max(left, line - _LONGEST_LABEL - 40)
    begin = text.rfind("\n", 0, end) + 1
    label = _trimmed(text, begin, end) if begin >= left else None
    return label if label and label[1] - label[0] <= _LONGEST_LABEL else None


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int] | None:
    words = text[begin:end]
    begin += len(words) - len(words.lstrip(" \t\n\r•*·▪>|_#-–(,.;"))
    end = begin + len(words.strip(" \t\n\r•*·▪>|_#-–(,.;"))
    return (begin, end) if end > begin else None
