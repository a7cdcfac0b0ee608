"""How long the position lasts, in months: "for three years", "1+3 years", "auf fünf Jahre befristet", "36 mois".

Every amount of years or months is judged by the words around it (lexicon table [duration]); the surest words win.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import islice, pairwise

from monitor.fields.days import LONGEST, days
from monitor.fields.labels import role
from monitor.fields.lexicon import all_phrases, languages, phrases
from monitor.fields.months import find_months
from monitor.fields.phrase import Pattern, fold, fold_all, source, topic
from monitor.fields.start import find_start, is_contract
from monitor.fields.text import AdText
from monitor.models import Found
from monitor.values import Value

LABEL, TOTAL, STATED, IN_CONTEXT, INITIAL = 5, 4, 3, 2, 1
"""How surely words tell: a label; "in total"; "for a period of"; "for" in a sentence on the post; "initially"."""

_LONGEST_MONTHS = 120
_MOST_AMOUNTS = 150  # an ad has some ten
_REACH = 110
_BREAK = re.compile(r"(?<!\.[a-z])[.!?;]\s+(?=\S)|\n\s*\n|\n\s*[•*▪·]|[•▪]\s")
_DIGITS = r"[0-9]{1,2}(?:[.,][0-9])?"
_GAP = r"[\s\-]{0,2}(?:\([^()\n]{1,14}\)\s?)?"


class _Amount(Value):
    """languages: those to which its words belong; only their cues tell about it ("for" is Swedish for "before")."""

    months: float
    start: int
    end: int
    languages: tuple[str, ...]

    def words(self, name: str) -> Pattern:
        return _words(f"duration.{name}", self.languages)


class _Candidate(Value):
    months: float
    surety: int
    start: int
    end: int


def find_duration(ad: AdText) -> Found[float] | None:
    """Months, as the ad states them for the whole position (without a possible extension)."""
    text = ad.text[:LONGEST]
    folded = fold(text)
    candidates = [c for amount in islice(_amounts(folded), _MOST_AMOUNTS) if (c := _judge(ad, text, folded, amount))]
    if not candidates:
        return _from_first_to_last_day(ad, text, folded)
    top = max(c.surety for c in candidates)
    stated = [c for c in candidates if c.surety == top]
    chosen = max(stated, key=lambda c: (sum(d.months == c.months for d in candidates), -c.start))
    return Found(chosen.months, text[chosen.start : chosen.end].strip())


def _amounts(folded: str) -> Iterator[_Amount]:
    """All amounts of years and months, whatever they are of."""
    for unit in _units().finditer(folded):
        before = folded[max(0, unit.start() - 40) : unit.start()]
        match = _quantity().search(before)
        known = _languages_of(unit[0])
        if match and (number := _value(match, known)):
            start = unit.start() - len(before) + match.start()
            months = number * (12 if unit["years"] else 1)
            if 1 <= months <= _LONGEST_MONTHS:
                yield _Amount(round(months, 1), start, unit.end(), known)
    for match in _adjective_words().finditer(folded):
        months, known = _adjectives()[match[0]]
        yield _Amount(months, match.start(), match.end(), known)


def _value(match: re.Match[str], known: tuple[str, ...]) -> float | None:
    """The number of units: of "1+3" the sum, of "2 x 2" the product, of "3 to 4" the smaller."""
    sign = (match["sign"] or "").strip()
    one = _number(match["first"], known)
    two = _number(match["second"], known) if match["second"] else None
    if one is None:
        return two
    if match["half"]:
        one += 0.5
    if two is None:
        return one
    if sign == "+":
        return one + two
    return one * two if sign in ("x", "×", "*") else min(one, two)


def _number(word: str, known: tuple[str, ...]) -> float | None:
    """The value of digits, or of a number word of one of the languages."""
    if word[0].isdigit():
        return float(word.replace(",", "."))
    return next((_numbers()[code][word] for code in known if word in _numbers()[code]), None)


def _judge(ad: AdText, text: str, folded: str, amount: _Amount) -> _Candidate | None:
    start, end = amount.start, amount.end
    line = text.rfind("\n", 0, start) + 1
    label = _label(ad, text, line, start)
    begin = max(0, start - _REACH)
    for mark in _BREAK.finditer(folded, begin, start):
        begin = mark.end()
    stop = min(len(folded), end + _REACH)
    ending = _BREAK.search(folded, end, stop)
    stop = ending.start() if ending else stop
    cue = _last(amount.words("cues"), folded, begin, start)
    against = _last(amount.words("not_before"), folded, max(begin, start - 45), start)
    other = _last(amount.words("others"), folded, begin, start)
    near = start - cue[1] if cue else _REACH
    followers = {m.end() for m in (_BLANK.match(folded, end, stop), _AFTER.match(folded, end, stop)) if m}
    if any(amount.words("not_after").match(folded, at, stop) for at in followers if "," not in folded[end:at]):
        return None
    if (against and _speaks_against(against, cue, start)) or (other and not (cue and cue[0] >= other[1])):
        return None
    if label is not None:
        return _Candidate(amount.months, LABEL, label, end)
    surety = STATED
    if amount.words("initial").search(folded, max(begin, start - _GAP_TO_CUE), start):
        surety = INITIAL
    elif amount.words("total").search(folded, max(begin, start - _GAP_TO_CUE), start):
        surety = TOTAL
    if cue and near <= _GAP_TO_CUE:
        return _Candidate(amount.months, surety, cue[0], end)
    posts = amount.words("posts")
    if post := next((m for at in sorted(followers) if (m := _in_first_word(posts, folded, at, stop))), None):
        return _Candidate(amount.months, surety, start, post.end())
    weak = _last(amount.words("weak"), folded, max(begin, start - 14), start)
    bracket = _OPEN.search(folded, begin, start) and _CLOSE.match(folded, end, stop)
    between = _MARK_BEFORE.search(folded, begin, start) and _MARK_AFTER.match(folded, end)
    if (weak or bracket or between or near <= 2 * _GAP_TO_CUE) and (
        posts.search(folded, begin, start) or posts.search(folded, end, stop)
    ):
        return _Candidate(amount.months, min(surety, IN_CONTEXT), weak[0] if weak else start, end)
    return None


def _speaks_against(against: tuple[int, int], cue: tuple[int, int] | None, start: int) -> bool:
    """Whether words such as "at least" or "probation" decide, and not a cue that comes after or contains them."""
    if cue and 0 <= cue[0] - against[1] <= 2:
        return True  # "probation period"
    overruled = cue is not None and cue[0] >= against[0] and cue[1] > against[1]
    contained = cue is not None and cue[0] <= against[0] and cue[1] >= against[1]
    return start - against[1] <= 20 and not overruled and not contained


def _in_first_word(posts: Pattern, folded: str, at: int, stop: int) -> re.Match[str] | None:
    """The post that the next word is, begins or ends with."""
    word = _WORD.match(folded, at, stop)
    return posts.match(folded, at, stop) or (posts.search(folded, at, word.end()) if word else None)


_BLANK = re.compile(r"[\s\-,)]*")
_WORD = re.compile(r"\w+")
_OPEN = re.compile(r"\([^()]{0,60}$")
_CLOSE = re.compile(r"[^()]{0,60}\)")
_MARK_BEFORE = re.compile(r"[,;|·–—][^\S\n]*$")  # a fact among others: "Funding: council, 3 years, 2100 euros"
_MARK_AFTER = re.compile(r"[^\S\n]*(?:[,;|·–—\n]|$)")
_GAP_TO_CUE = 30
_AFTER = re.compile(
    r"[\s\-,)]*(?:(?:full[ -]time|fulltime|100 ?%|\(?100 ?%\)?|s|long|in|der|des|de|du|d'|of|as|a|an)[\s\-]+){0,2}"
)


def _label(ad: AdText, text: str, line: int, start: int) -> int | None:
    """Where the label of the duration begins, on the same line or as the line above."""
    name, colon, rest = text[line:start].rpartition(":")
    if colon and len(rest) <= 40 and role(name, ad.language) == "duration":
        return line
    if len(text[line:start].strip(" •*-_")) <= 12:
        above = text[:line].rstrip()
        top = above.rfind("\n") + 1
        if len(above) - top <= 60 and role(above[top:], ad.language) == "duration":
            return top
    return None


def _from_first_to_last_day(ad: AdText, text: str, folded: str) -> Found[float] | None:
    """For an ad that says from when and until when: whole months between."""
    start = find_start(ad)
    if not start or len(start.value) < 7:
        return None
    first = date.fromisoformat(start.value if len(start.value) == 10 else f"{start.value}-01")
    for day in days(ad):
        cue = _last(topic("duration.until"), folded, max(day.before, day.seen.start - 60), day.seen.start)
        is_end = (
            day.role == "end"
            or (cue and day.seen.start - cue[1] <= 12)
            or (day.first is not None and day.first.value == first and is_contract(folded, day))
        )
        length = (day.seen.value - first).days / 30.44
        if is_end and 3 <= length <= _LONGEST_MONTHS:
            begin = day.label[0] if day.role == "end" and day.label else cue[0] if cue else day.seen.start
            return Found(float(round(length)), text[begin : day.seen.end])
    months = find_months(text, ad.language)
    for one, other in pairwise(months):
        length = 12 * (other.year - one.year) + other.month - one.month
        if str(one) == start.value[:7] and length >= 11 and _UNTIL_MONTH.fullmatch(folded, one.end, other.start):
            return Found(float(length + 1), text[one.start : other.end])
    return None


_UNTIL_MONTH = re.compile(r"\s*(?:-|to|until|till?|through|bis|tot|au|al|fino a|hasta|ate|do|az do|til|till|og)\s*")


def _last(words: Pattern, folded: str, begin: int, end: int) -> tuple[int, int] | None:
    span = None
    for match in words.finditer(folded, begin, end):
        span = match.span()
    return span


@cache
def _units() -> re.Pattern[str]:
    years, months = (source(all_phrases(f"duration.{unit}")) for unit in ("years", "months"))
    return re.compile(f"(?P<years>{years})|(?P<months>{months})")


@cache
def _languages_of(unit: str) -> tuple[str, ...]:
    """The languages in which a word is a unit."""
    forms = {
        code: (*phrases("duration.years").get(code, ()), *phrases("duration.months").get(code, ()))
        for code in languages()
    }
    return tuple(code for code, words in forms.items() if Pattern(words).fullmatch(unit))


@cache
def _words(topic: str, known: tuple[str, ...]) -> Pattern:
    return Pattern(phrase for code in known for phrase in phrases(topic).get(code, ()))


@cache
def _numbers() -> dict[str, dict[str, float]]:
    """language -> folded number word -> value."""
    table: dict[str, dict[str, float]] = {}
    for language in languages():
        rows = [row.split() for row in fold_all(phrases("duration.numbers").get(language, ()))]
        table[language] = {word: float(value) for value, *words in rows for word in words}
    return table


@cache
def _adjectives() -> dict[str, tuple[float, tuple[str, ...]]]:
    """Folded word such as "triennale" -> months, languages."""
    table: dict[str, tuple[float, tuple[str, ...]]] = {}
    for code, rows in phrases("duration.adjectives").items():
        for value, word in (row.split() for row in rows):
            table[fold(word)] = (float(value), (*table.get(fold(word), (0.0, ()))[1], code))
    return table


@cache
def _adjective_words() -> Pattern:
    return Pattern(_adjectives())


@cache
def _quantity() -> re.Pattern[str]:
    """One number, or two with what joins them, at the end of what stands before a unit."""
    words = sorted({word for table in _numbers().values() for word in table}, key=len, reverse=True)
    number = rf"(?:{_DIGITS}|{'|'.join(map(re.escape, words))})"
    join = r"\s?[-+x×/]\s?|\s(?:to|or|bis|oder|till|eller|til|a|ou|o|of|ja|tai|au|az|do|ou|and|und)\s"
    return re.compile(
        rf"(?<![\w.,])(?P<first>{number})(?:{_GAP}(?P<sign>{join})(?P<second>{number}))?(?P<half>\sand\sa\shalf|½)?{_GAP}$"
    )
