"""When the position starts: a day, a month, a year (of a season or academic year), or as soon as possible."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from monitor.fields.days import LONGEST, Day, days
from monitor.fields.deadline import find_deadline
from monitor.fields.labelled import values
from monitor.fields.labels import role
from monitor.fields.lexicon import all_phrases
from monitor.fields.months import find_months, month_number
from monitor.fields.phrase import Pattern, fold, fold_all, topic
from monitor.fields.text import AdText
from monitor.models import Found
from monitor.values import Value

LABEL, CUE, PLACE, SOON = 4, 3, 2, 1
"""How surely words tell the start: its label, a word such as "starting", "from" in a sentence on the post, "asap"."""


class _Candidate(Value):
    value: str
    surety: int
    start: int
    end: int


_CONTRACT, _SHORT_CONTRACT = 330, 90
"""Days from which on a period is no call for applications and no choice of days to start on; the shorter one where a
word such as "contract" or "period" stands before it.
"""
_HEADING = 90
_NEW_SUBJECT = re.compile(r"[,;:(]|\b(?:and|und|och|og|et|y|e|en|ja|a|i|for|fur)\b")
_PARAGRAPH = re.compile(r"[^\S\n]*\n\s*\n")
_NEAR = 70
_DIRECT = re.compile(
    r"[\s(*_,:~\"]*(?:(?:the|den|dem|d|approximately|around|ca|about|circa)\.?\s+)?[\s(*_]*(?:[^\W\d_]{2,12},?\s+)?"
)
_BREAK = re.compile(r"[.!?;]\s+(?=\S)|\n\s*\n|\n\s*[•*▪·-]")
_YEAR = re.compile(
    r"(?:(?:early|late|mid|in|im|the year|year|beginning of|anfang|en|i)[\s-]+)*"
    r"((?:19|20)[0-9]{2})(?![0-9]|\s?[-–/.]\s?[0-9])"
)
_ONE_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_SMALL_WORDS = re.compile(
    r"[\s:*]*(?:(?:date|dates|is|in|im|en|i|em|v|w|from|the|per|a|au|on|early|late|mid)[\s-]+){0,3}"
)
_MONTH_ALONE = re.compile(r"([^\W\d_]{3,14})(?!\w|\.?,?\s?[0-9])")
_BESIDE = 150
_NO_START = ("deadline", "posted", "updated", "opens", "end", "interview", "decision", "referee")


def find_start(ad: AdText) -> Found[str] | None:
    """ISO 8601, as precise as the ad is ("2026-10-01", "2026-10", "2014" for a season), or "asap"."""
    text = ad.text[:LONGEST]
    folded = fold(text)
    deadline = find_deadline(ad)
    last = deadline.value.day if deadline else None
    candidates = [
        c for day in days(ad) if (c := _of_day(ad, folded, day)) and (c.surety == LABEL or not _is(day, last))
    ]
    candidates += _of_words(ad, text, folded)
    if not candidates:
        return None
    chosen = max(candidates, key=lambda c: (c.surety, -c.start))
    return Found(chosen.value, text[chosen.start : chosen.end].strip())


def _of_day(ad: AdText, folded: str, day: Day) -> _Candidate | None:
    """What a day with its words says; of a range its first day."""
    seen = day.first or day.seen
    value = _first_after(seen.value, _deadline_or_today(ad)) if not seen.year_given else seen.value
    if day.role == "start" and day.label:
        return _Candidate(value.isoformat(), LABEL, day.label[0], day.seen.end)
    if day.role in _NO_START:
        return None
    begin = min(day.label[0], day.before) if day.label and day.label[1] <= seen.start else day.before
    cue = _cue(folded, begin, seen.start, ad.language)
    if cue is not None:
        return _Candidate(value.isoformat(), CUE, cue, day.seen.end)
    after = topic("start.after", ad.language).match(folded, day.seen.end + 1)
    if after and folded[day.seen.end] in " ," and not _subject_is_other(folded, begin, seen.start, ad.language):
        return _Candidate(value.isoformat(), CUE, seen.start, after.end())
    event = _last(topic("deadline.other"), folded, begin, seen.start)
    if (
        is_contract(folded, day)
        and not event
        and not _not_the_post(ad, folded, begin, seen.start, day.seen.end, day.after)
    ):
        return _Candidate(value.isoformat(), PLACE, seen.start, day.seen.end)
    place = _last(topic("start.place", ad.language), folded, max(begin, seen.start - 40), seen.start)
    if place and _DIRECT.fullmatch(folded, place[1], seen.start) and seen.year_given:
        stop = _sentence_end(folded, day.seen.end, 160)
        posts = topic("start.posts", ad.language)
        if _PARAGRAPH.match(folded, day.seen.end):
            stop += _HEADING  # a heading above the name of the post
        about_post = (
            posts.search(folded, day.seen.end, stop)
            or posts.search(folded, begin, place[0])
            or _below_title(folded, place[0])
        )
        event = _last(topic("deadline.other"), folded, max(begin, seen.start - _NEAR), place[0])
        if about_post and not event and not _not_the_post(ad, folded, begin, seen.start, day.seen.end, stop):
            return _Candidate(value.isoformat(), PLACE, place[0], day.seen.end)
    return None


def is_contract(folded: str, day: Day) -> bool:
    """Whether a day ends a period that can only be that of the employment."""
    if day.first is None:
        return False
    cue = _last(topic("duration.cues"), folded, max(0, day.first.start - 20), day.first.start)
    return (day.seen.value - day.first.value).days >= (_SHORT_CONTRACT if cue else _CONTRACT)


def _is(day: Day, last: date | None) -> bool:
    """Whether a day is the last one to apply on, which is no start whatever stands around it."""
    return last is not None and day.first is None and day.seen.value == last


def _cue(folded: str, begin: int, start: int, language: str | None) -> int | None:
    """Where the word begins that makes what stands at `start` the start of the post; the nearest word decides."""
    cue = _last(topic("start.cues", language), folded, begin, start)
    if not cue or start - cue[1] > _NEAR:
        return None
    for other in ("deadline.cues", "deadline.other", "deadline.events"):
        span = _last(topic(other), folded, begin, start)
        if span and span[0] > cue[0] and span[1] > cue[1]:
            return None
    return None if _subject_is_other(folded, begin, cue[0], language) else cue[0]


def _subject_is_other(folded: str, begin: int, cue: int, language: str | None) -> bool:
    """Whether it is the applications, the interviews or a course that start."""
    other = _last(topic("start.others", language), folded, max(begin, cue - 60), cue)
    if not other:
        return False
    between = folded[other[1] : cue].lstrip(" :")  # "Interviews: from 3 May"
    return not _NEW_SUBJECT.search(between) and not topic("start.posts", language).search(between)


def _not_the_post(ad: AdText, folded: str, begin: int, start: int, end: int, stop: int) -> bool:
    """Whether a sentence (begin, stop) that names a day (start, end) is about a deadline, or about what starts besides
    the post: "applications from 1 May", and not "applications for a post tenable from 1 May".
    """
    if topic("deadline.cues").search(folded, begin, stop):
        return True
    posts = topic("start.posts", ad.language)
    before = _last(topic("start.others", ad.language), folded, begin, start)
    if before and not posts.search(folded, before[1], start):
        return True
    return bool(topic("start.others", ad.language).search(folded, end, stop))


def _of_words(ad: AdText, text: str, folded: str) -> list[_Candidate]:
    """Months, seasons and years beside a cue, and "as soon as possible"."""
    found: list[_Candidate] = []
    taken = [(day.first or day.seen, day.seen) for day in days(ad)]
    for month in find_months(text, ad.language):
        if any(first.start <= month.start < last.end for first, last in taken):
            continue
        begin, surety = _context(ad, text, folded, month.start)
        if surety:
            found.append(_Candidate(str(month), surety, begin, month.end))
    for season in _seasons().finditer(folded) if any(name in folded for name in _season_names()) else ():
        begin, surety = _context(ad, text, folded, season.start())
        if (
            not surety
            and topic("start.posts", ad.language).search(folded, season.end(), _sentence_end(folded, season.end(), 30))
            and not _last(topic("start.others", ad.language), folded, max(0, season.start() - _NEAR), season.start())
        ):
            surety = PLACE  # "Fall 2026 admission"
        if surety:
            number = month_number(season["month"] or "", ad.language)
            value = f"{season['year']}-{number:02d}" if number else season["year"]
            found.append(_Candidate(value, surety, begin, season.end()))
    found += [
        _Candidate(item.value, LABEL, item.label_start, item.end)
        for item in values(text, "start", ad.language)
        if _ONE_YEAR.fullmatch(item.value)
    ]
    for cue in topic("start.cues", ad.language).finditer(folded):
        found += _right_after(ad, folded, cue)
    found += _soon(ad, text, folded)
    return found


def _context(ad: AdText, text: str, folded: str, start: int) -> tuple[int, int]:
    """From where the words go that make this the start, and how surely; 0 if none do."""
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start]
    name, colon, rest = before.rpartition(":")
    if colon and len(rest) <= 30 and role(name, ad.language) == "start":
        return line, LABEL
    if not before.strip(" •*-_"):
        above = text[:line].rstrip()
        top = above.rfind("\n") + 1
        if role(above[top:], ad.language) == "start":
            return top, LABEL
    begin = max(0, start - 160, _above(text, line, ad.language))
    for end in _BREAK.finditer(folded, begin, start):
        if folded[end.end() : start].strip(" *_\n"):
            begin = end.end()
    cue = _cue(folded, begin, start, ad.language)
    if cue is not None:
        return cue, CUE
    place = _last(topic("start.place", ad.language), folded, max(begin, start - 30), start)
    stop = _sentence_end(folded, start, 120)
    if place and _DIRECT.fullmatch(folded, place[1], start):
        posts = _last(topic("start.posts", ad.language), folded, begin, place[0])
        if posts and place[0] - posts[1] <= _NEAR and not _not_the_post(ad, folded, begin, start, start, stop):
            return place[0], PLACE
    return start, 0


def _below_title(folded: str, start: int) -> bool:
    """Whether a line begins here and one of the two above it names a position, as in ads laid out like posters."""
    above, _, lead = folded[max(0, start - 3 * _HEADING) : start].rpartition("\n")
    lines = [line for line in above.split("\n") if line.strip()][-2:]
    return not lead.strip(" -") and any(topic("title.roles").search(line) for line in lines if len(line) <= _HEADING)


def _above(text: str, line: int, language: str | None) -> int:
    """Where what a line says begins at the earliest: at the line itself where a label and its value stand above."""
    above = text[text.rfind("\n", 0, max(0, line - 1)) + 1 : line]
    name, colon, _ = above.partition(":")
    return line if colon and role(name, language) else 0


def _right_after(ad: AdText, folded: str, cue: re.Match[str]) -> list[_Candidate]:
    """A month or a year alone, close behind its cue: "start in October", "starting 2027"."""
    if _subject_is_other(folded, max(0, cue.start() - 60), cue.start(), ad.language):
        return []
    gap = _SMALL_WORDS.match(folded, cue.end())
    at = gap.end() if gap else cue.end()
    if year := _YEAR.match(folded, at):
        return [_Candidate(year[1], CUE, cue.start(), year.end())]
    word = _MONTH_ALONE.match(folded, at)
    month = month_number(word[1], ad.language) if word and at > cue.end() + 1 else None
    if not word or not month or (word[1] in ("may", "march", "mar") and folded[cue.end() : at].strip() != "in"):
        return []
    beside = [d.seen.value for d in days(ad) if d.seen.year_given and abs(d.seen.start - cue.start()) < _BESIDE]
    value = _first_after(date(ad.as_of.year, month, 1), beside[0] if beside else _deadline_or_today(ad))
    return [_Candidate(value.isoformat()[:7], CUE, cue.start(), word.end())]


def _soon(ad: AdText, text: str, folded: str) -> list[_Candidate]:
    found = [_Candidate("asap", SOON, m.start(), m.end()) for m in topic("start.soon", ad.language).finditer(folded)]
    for match in topic("start.soon_values", ad.language).finditer(folded):
        begin = max(
            [
                max(0, match.start() - _NEAR),
                *(m.end() for m in _BREAK.finditer(folded, max(0, match.start() - _NEAR), match.start())),
            ]
        )
        post = _last(topic("start.posts", ad.language), folded, begin, match.start())
        if " " in match[0] and post and not topic("deadline.actions").search(folded, begin, match.end() + _NEAR):
            found.append(_Candidate("asap", SOON, post[0], match.end()))
    at = 0
    above = (0, 0)
    for line in text.splitlines(keepends=True):
        name, colon, _ = line.partition(":")
        begin = at + len(name) + 1 if colon else at
        value = folded[begin : at + len(line)].strip(" .*_\n\r")
        if value and topic("start.soon_values", ad.language).match(value):
            if colon and role(name, ad.language) == "start":
                found.append(_Candidate("asap", LABEL, at, at + len(line.rstrip())))
            elif role(text[slice(*above)], ad.language) == "start":
                found.append(_Candidate("asap", LABEL, above[0], at + len(line.rstrip())))
        if line.strip():
            above = (at, at + len(line.rstrip()))
        at += len(line)
    return found


def _deadline_or_today(ad: AdText) -> date:
    deadline = find_deadline(ad)
    return deadline.value.day if deadline and deadline.value.day else ad.as_of


def _first_after(value: date, after: date) -> date:
    """The same day of the year, the first time that it is not before `after`."""
    for year in range(after.year, after.year + 5):
        try:
            moved = value.replace(year=year)
        except ValueError:
            continue
        if moved >= after:
            return moved
    return value


def _sentence_end(folded: str, start: int, reach: int) -> int:
    end = _BREAK.search(folded, start, start + reach)
    return end.start() if end else min(len(folded), start + reach)


def _last(words: Pattern, folded: str, begin: int, end: int) -> tuple[int, int] | None:
    span = None
    for match in words.finditer(folded, begin, end):
        span = match.span()
    return span


@cache
def _season_names() -> list[str]:
    return fold_all(all_phrases("start.seasons"))


@cache
def _seasons() -> re.Pattern[str]:
    names = "|".join(map(re.escape, _season_names()))
    return re.compile(
        rf"\b(?:{names})(?:\s+(?:or|and|/)\s+(?:{names}))?,?\s?(?:of\s|de\s|del\s|d'|in\s)?(?P<year>20[0-9]{{2}})(?![0-9])"
        r"(?:\s?[-–/]\s?(?:20)?[0-9]{2}(?![0-9]))?(?:\s\((?P<month>[^\W\d_]{3,14})\b)?"
    )
