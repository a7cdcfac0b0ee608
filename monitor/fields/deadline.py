"""The applicants' deadline of an ad: a day, or that applications are taken until the position is filled.

Every day of the ad is judged by the words nearest to it (lexicon table [deadline]); the surest kind of words wins.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import IntEnum
from functools import cache

from monitor.fields.days import LONGEST, Day, days
from monitor.fields.labels import role
from monitor.fields.lexicon import all_phrases
from monitor.fields.months import find_months
from monitor.fields.phrase import Pattern, fold, topic
from monitor.fields.text import AdText
from monitor.models import DeadlineKind, Found
from monitor.values import Value


class Deadline(Value):
    """day: None if rolling. time: as in dates.DateSeen."""

    day: date | None
    time: str | None
    kind: DeadlineKind


class _Surety(IntEnum):
    """How surely words make a day the deadline; a higher one beats a lower."""

    PAIR = 1  # two days alone on a line: from, until
    LIMIT = 2  # "send your application by"
    CUE = 3  # "apply by", "closing date"
    LABEL = 4  # "Application deadline: "
    EXTENDED = 5  # "New deadline: "


class _Candidate(Value):
    day: Day
    surety: _Surety
    start: int
    end: int


_STOP = re.compile(r"[.!?]\s+")
_LONGEST_CALL = timedelta(200)
_LEAD_IN = re.compile(r"[\s:,.\-–—|)]*")
_CELL_BEFORE = re.compile(r"[|:•\n]\W*$")
_NEAR = 90  # characters between a cue and its day
_CLOSE = 40  # between "by" and its day: a weekday, an article, a time
_COPULA = re.compile(r"(?:\b(?:is|are|was|ist|ar|er|est|e|es|je|jest|on)\b|:)[^.:;]*$")
_FILLER = re.compile(r"(?:[\W_]|\b(?:[^\W\d_]{1,14}|[0-9]{1,2}[.:h][0-9]{2}|[0-9]{1,2})\b)*")
_NO_OTHER_ROLES = ("contact", "reference", "language", "field", "title", "location", "organization", "department")


def find_deadline(ad: AdText) -> Found[Deadline] | None:
    """The day until which applicants apply; rolling where the ad says that there is none; None if it says nothing."""
    candidates = [c for day in days(ad) if (c := _judge(ad, day))]
    if candidates:
        chosen = _best(candidates, ad.as_of)
        value = _with_inferred_year(chosen.day, ad)
        words = ad.text[chosen.start : chosen.end].strip()
        return Found(Deadline(value, _time(chosen, candidates), DeadlineKind.FIXED), words)
    return _rolling(ad)


def _judge(ad: AdText, day: Day) -> _Candidate | None:
    text, folded, seen = ad.text, fold(ad.text), day.seen
    if day.label and day.role and day.role not in _NO_OTHER_ROLES:
        if day.role != "deadline" and not _ends_the_notice(day, days(ad)):
            return None
        surety = _Surety.EXTENDED if _extended(folded, day.label[0], day) else _Surety.LABEL
        return _Candidate(day, surety, day.label[0], seen.end)
    start = day.first.start if day.first else seen.start
    begin = min(day.label[0], day.before) if day.label and day.label[1] <= start else day.before
    found = _by_words_before(folded, day, begin, start)
    if isinstance(found, _Candidate):
        return found
    if found is False:
        return None
    return _by_words_after(text, folded, day) or _by_place(text, day)


def _ends_the_notice(day: Day, all_days: tuple[Day, ...]) -> bool:
    """Whether an "End date" is that of the notice, as it stands right after the day of its posting."""
    before = [d for d in all_days if d.seen.end <= (day.label or (0, 0))[0]]
    return bool(
        day.role == "end"
        and before
        and before[-1].role in ("posted", "opens")
        and before[-1].seen.end + _CLOSE > day.seen.start
    )


def _by_words_before(folded: str, day: Day, begin: int, start: int) -> _Candidate | bool | None:
    """A candidate; False if the words make the day something else; None if they do not tell."""
    cue = _last(topic("deadline.cues"), folded, begin, start)
    extended = _last(topic("deadline.extended"), folded, begin, start)
    other = _last(_other(), folded, begin, start)
    if other and day.first and start - other[1] <= 2:
        other = None  # "open from" the first of two days
    if cue and topic("deadline.rolling").search(folded, cue[0], start):
        cue = None  # "Open until filled. 30 January 2026"
    limit = _last(topic("deadline.limits"), folded, max(begin, start - _CLOSE), start)
    if extended and other and other[0] <= extended[0] and extended[1] <= other[1]:
        extended = None  # "renewable until": the contract, not the call
    if extended and start - extended[1] <= _NEAR and not (other and other[0] >= extended[1]):
        return _Candidate(day, _Surety.EXTENDED, extended[0], day.seen.end)
    if cue and start - cue[1] <= _NEAR and not _overruled(folded, cue, other, begin, start):
        labelled = day.label and (day.alone or day.label[0] <= cue[0] <= day.label[1])
        return _Candidate(day, _Surety.LABEL if labelled else _Surety.CUE, cue[0], day.seen.end)
    if limit and _FILLER.fullmatch(folded, limit[1], start):
        action = _last(topic("deadline.actions"), folded, begin, limit[0])
        if action and not (other and other[0] >= action[0]):
            return _Candidate(day, _Surety.LIMIT, action[0], day.seen.end)
        if not action and not other and (later := topic("deadline.actions").search(folded, day.seen.end, day.after)):
            return _Candidate(day, _Surety.LIMIT, limit[0], later.end())
    if day.first and not other and (action := _last(topic("deadline.actions"), folded, begin, start)):
        return _Candidate(day, _Surety.LIMIT, action[0], day.seen.end)
    return False if other and start - other[1] <= _NEAR else None


def _by_place(text: str, day: Day) -> _Candidate | None:
    """For two days alone on a line, which the ad's layout has told apart from their headings: from, until."""
    if not (day.first and day.alone and timedelta(3) <= day.seen.value - day.first.value <= _LONGEST_CALL):
        return None
    line = text.find("\n", day.seen.end)
    rest = text[day.seen.end : line if line >= 0 else len(text)]
    return None if rest.strip(" .|") else _Candidate(day, _Surety.PAIR, day.first.start, day.seen.end)


@cache
def _other() -> Pattern:
    """Words that make a day something else than the deadline."""
    return Pattern([*all_phrases("deadline.other"), *all_phrases("deadline.events"), *all_phrases("start.cues")])


def _overruled(folded: str, cue: tuple[int, int], other: tuple[int, int] | None, begin: int, start: int) -> bool:
    """Whether another event stands nearer to the day than the cue does, or makes it the deadline of something else.

    In "The deadline for positions starting in May is 1 March" it does not: the sentence comes back to its subject.
    """
    if not other:
        return False
    if other[0] <= cue[0] < other[1]:
        return True  # "deadline for reference letters"
    if other[0] < cue[0]:
        event = _last(topic("deadline.events"), folded, begin, cue[0])
        post = topic("deadline.actions").search(folded, event[1], start) if event else None
        return bool(event and not post and not topic("start.posts").search(folded, event[1], cue[0]))
    return not (_COPULA.search(folded, other[1], start) and find_months(folded[other[1] : start]))


def _by_words_after(text: str, folded: str, day: Day) -> _Candidate | None:
    """For the day before its label, as in timelines, and for "Apply 1 May at the latest"."""
    start = day.first.start if day.first else day.seen.start
    lead = _LEAD_IN.match(folded, day.seen.end)
    at = lead.end() if lead else day.seen.end
    stop = max(day.after, min(at + _CLOSE, len(text))) if "\n" in folded[day.seen.end : at] else day.after
    after = topic("deadline.limits_after").match(folded, at, stop)
    cue = topic("deadline.cues").match(folded, at, stop)
    known = after or cue
    if not known or _other().search(folded, at, min(stop, known.end() + _NEAR)):
        return None
    if cue and (day.alone or _CELL_BEFORE.search(folded, max(0, start - 5), start)):
        return _Candidate(day, _Surety.CUE, start, cue.end())
    if not after:
        return None
    action = _last(topic("deadline.actions"), folded, day.before, start)
    follows = topic("deadline.actions").search(folded, after.end(), day.after)
    if not action and not follows and not topic("deadline.cues").search(folded, after.start(), after.end()):
        return None
    return _Candidate(day, _Surety.CUE, action[0] if action else start, follows.end() if follows else after.end())


def _extended(folded: str, begin: int, day: Day) -> bool:
    """Whether the label, or what follows the day in its line, says that the deadline is a new one."""
    line = folded.find("\n", day.seen.end)
    stop = min(day.after, day.seen.end + _CLOSE, line if line >= 0 else len(folded))
    return bool(topic("deadline.extended").search(folded, begin, stop))


def _last(words: Pattern, folded: str, begin: int, end: int) -> tuple[int, int] | None:
    """The span of the last such words between two places."""
    span = None
    for match in words.finditer(folded, begin, end):
        span = match.span()
    return span


def _best(candidates: list[_Candidate], as_of: date) -> _Candidate:
    """The surest; among equals the one named most often, then the next one to come, then the first."""
    top = max(c.surety for c in candidates)
    rivals = [c for c in candidates if c.surety is top]
    named = [c.day.seen.value for c in candidates]
    upcoming = sorted({c.day.seen.value for c in rivals if c.day.seen.value >= as_of})
    soonest = upcoming[0] if upcoming else None
    return max(
        rivals,
        key=lambda c: (named.count(c.day.seen.value), c.day.seen.value == soonest, c.day.seen.year_given, -c.start),
    )


def _time(chosen: _Candidate, candidates: list[_Candidate]) -> str | None:
    """The time beside the day, or beside another mention of the same deadline."""
    day = chosen.day.seen
    same = (
        c.day.seen
        for c in candidates
        if (c.day.seen.value.month, c.day.seen.value.day) == (day.value.month, day.value.day)
    )
    return day.time or next((other.time for other in same if other.time), None)


def _with_inferred_year(day: Day, ad: AdText) -> date:
    """The day, in the year that the rest of the ad makes likely where none is written."""
    value = day.seen.value
    if day.seen.year_given:
        return value
    others = [d for d in days(ad) if d.seen.year_given]
    same = [d.seen.value for d in others if (d.seen.value.month, d.seen.value.day) == (value.month, value.day)]
    if same:
        return same[0]
    sentence = ad.text[day.before : day.after]
    if year := re.search(r"(?<![0-9/\-])20[0-9]{2}(?![0-9/\-])", sentence):
        return _in_year(value, int(year[0]))
    posted = [d.seen.value for d in others if _is_posting(ad, d)]
    later = [d.seen.value for d in others if d.role == "start" or d.seen.start > day.seen.end]
    later += [date(m.year, m.month, 1) for m in find_months(ad.text[:LONGEST], ad.language)]
    if posted:
        return next((v for n in (0, 1) if (v := _in_year(value, min(posted).year + n)) >= min(posted)), value)
    if later:
        return next((v for n in (0, 1) if (v := _in_year(value, min(later).year - n)) <= min(later)), value)
    return value


def _is_posting(ad: AdText, day: Day) -> bool:
    """Whether the ad was published or updated on that day: by its label, or the word before it ("Published 3 May")."""
    before = fold(ad.text)[max(day.before, day.seen.start - _CLOSE) : day.seen.start].strip()
    return day.role in ("posted", "updated") or role(before, ad.language) in ("posted", "updated")


def _in_year(value: date, year: int) -> date:
    try:
        return value.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)


def _rolling(ad: AdText) -> Found[Deadline] | None:
    """For an ad that says that it stays open; only asked where no day is the deadline."""
    value = Deadline(None, None, DeadlineKind.ROLLING)
    text, folded = ad.text[:LONGEST], fold(ad.text[:LONGEST])
    for match in topic("deadline.rolling").finditer(folded):
        begin = max(folded.rfind("\n", 0, match.start()) + 1, match.start() - 120)
        begin = max([begin, *(m.end() for m in _STOP.finditer(folded, begin, match.start()))])
        if "interview" not in folded[begin : match.start()]:
            return Found(value, text[begin : match.end()].strip())
    lines = ad.lines
    for line in lines:
        half = fold(line)[: len(line) // 2]
        if fold(line) == f"{half} {half}" and topic("deadline.rolling_values").fullmatch(half):
            return Found(value, line)  # two columns: from, until
    for above, line in zip(["", *lines], lines, strict=False):
        label, _, rest = line.partition(":")
        for name, said, words in ((label, rest, line), (above, line, line)):
            bare = fold(said).strip(" .!*_|-–")
            if bare and topic("deadline.rolling_values").fullmatch(bare) and role(name, ad.language) == "deadline":
                return Found(value, words)
    return None
