"""Is a text one advertised position (or one call for positions), or something that merely speaks of such?

News, programme descriptions, rules, questions and answers, courses and blogs use the words of ads. What tells an ad is
how it speaks: it calls ("invites applications"), labels its facts ("Deadline: ..."), has the parts of an ad ("Your
profile") and says how to apply; the others tell what normally is, what was, and where ads are found, or invite to an
event (a fee, abstracts). And it is about one case: it has an employer, a start, a number of years, where a guide has
none. Each kind of cue has a weight and a ceiling, so that a long text is judged like a short one. The words stand in
`[genre]` of each lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from monitor.fields.phrase import fold, topic
from monitor.values import Value

# kind -> (weight of the first different cue of its kind, of each further one, ceiling)
_WEIGHTS = {
    "call": (2.0, 0.5, 3.5),
    "offer": (1.25, 0.25, 2.0),
    "label": (1.0, 0.75, 4.0),
    "dated": (2.0, 0.0, 2.0),
    "part": (1.0, 0.5, 3.0),
    "apply": (0.5, 0.5, 2.5),
    "general": (-2.0, -1.25, -5.5),
    "study": (-1.0, -0.75, -4.0),
    "told": (-2.0, -1.0, -5.0),
    "elsewhere": (-3.0, -1.5, -5.0),
    "event": (-3.0, -1.5, -6.0),
    "titles": (-3.5, 0.0, -3.5),
}
# a field that is read from the text -> what it adds
_FACTS = {
    "organization": 1.75,
    "start": 1.0,
    "supervisors": 1.0,
    "reference": 1.0,
    "duration_months": 0.75,
    "openings": 0.75,
    "pay": 0.5,
}
_YEARS = (0.75, 1.5)  # what each different year that is named adds, and all of them at most
_CORE = ("call", "offer", "label", "dated")
_NO_CORE = -0.5  # what a text is worth less that neither calls nor offers nor labels a fact
ENOUGH = 2.75
_SPAN = 12_000  # characters that are judged
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]*$|[.;|]\s+$")
_LABEL_END = re.compile(r"\s*(?:[:|\n]|$|-\s|\d)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")  # a standing date ("15 January each year") has none
_TITLE = 120  # characters; longer lines are no titles
_LEAD = 3  # words before the name of an event: "12th Workshop on graphs"
_NEAR = 60  # characters from a word for the deadline to its year


class Genre(Value):
    """is_ad: score >= 2.75. cues: kind -> the different words found of that kind, as they stand in the text."""

    score: float
    cues: Mapping[str, tuple[str, ...]]

    @property
    def is_ad(self) -> bool:
        return self.score >= ENOUGH


def judge(text: str, facts: Collection[str] = (), language: str | None = None) -> Genre:
    """The genre of a text with the cues that make its score. facts: names of the fields that are read from it; without
    any, what the text is about does not count, and neither do years. language: ISO 639-1, of the text.
    """
    cues = job_cues(text, language)
    years = len(set(_YEAR.findall(text, 0, _SPAN))) if facts else 0
    score = sum(_value(kind, len(words)) for kind, words in cues.items())
    score += sum(_FACTS.get(name, 0.0) for name in facts)
    score += 0.0 if any(kind in cues for kind in _CORE) else _NO_CORE
    return Genre(score + min(_YEARS[0] * years, _YEARS[1]), cues)


def _value(kind: str, different: int) -> float:
    first, further, ceiling = _WEIGHTS[kind]
    value = first + further * (different - 1)
    return min(value, ceiling) if ceiling > 0 else max(value, ceiling)


def job_cues(text: str, language: str | None = None) -> dict[str, tuple[str, ...]]:
    """Kind of cue -> the different words of that kind in the opening of a text; its first line is asked in its own
    language and English.
    """
    opening = text[:_SPAN]
    folded = fold(opening)
    found: dict[str, tuple[str, ...]] = {}
    for kind in _WEIGHTS:
        words: dict[str, str] = {}
        if kind == "titles":
            begin, end = _first_line(folded)
            matches = topic("genre.titles", language).finditer(folded, begin, end)
        else:
            matches = topic("deadline.cues" if kind == "dated" else f"genre.{kind}").finditer(folded)
        for match in matches:
            if kind == "titles" and not _heads(folded, begin, end, match):
                continue
            if kind == "label" and not _is_label(folded, match):
                continue
            if kind == "dated" and not _YEAR.search(folded, match.end(), match.end() + _NEAR):
                continue
            words.setdefault(match[0], opening[match.start() : match.end()])
        if words:
            found[kind] = tuple(words.values())
    return found


def _is_label(folded: str, match: re.Match[str]) -> bool:
    start = match.start()
    return bool(_LINE_START.search(folded, max(0, start - 12), start) or start == 0) and bool(
        _LABEL_END.match(folded, match.end())
    )


def _first_line(folded: str) -> tuple[int, int]:
    """The span of the first line, empty where it is a sentence."""
    begin = len(folded) - len(folded.lstrip())
    line = folded[begin:].partition("\n")[0].rstrip()
    return begin, begin if len(line) > _TITLE or line.endswith(".") else begin + len(line)


def _heads(folded: str, begin: int, end: int, match: re.Match[str]) -> bool:
    """Whether the first line begins with these words, give or take three, and they are no part of the name of a
    position ("Conference manager").
    """
    roles = topic("title.roles")
    named = roles.search(folded, begin, match.start()) or roles.match(folded, match.end() + 1, end)
    return len(folded[begin : match.start()].split()) <= _LEAD and not named
