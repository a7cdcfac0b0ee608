"""Is a text one advertised position (or one call for positions), or something that merely speaks of such?

News, programme descriptions, rules, questions and answers, courses and blogs use the words of ads. What tells an ad is
how it speaks: it calls ("invites applications"), labels its facts ("Deadline: ..."), has the parts of an ad ("Your
profile") and says how to apply; the others tell what normally is, what was, and where ads are found. Each kind of cue
has a weight and a ceiling, so that a long text is judged like a short one. The words stand in `[genre]` of each
lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.fields.level import level_of
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText

# kind -> (weight of the first different cue of its kind, of each further one, ceiling)
_WEIGHTS = {
    "call": (2.0, 0.5, 3.5),
    "offer": (1.5, 0.5, 3.0),
    "label": (1.0, 0.75, 4.0),
    "part": (0.75, 0.5, 2.5),
    "apply": (0.5, 0.5, 2.5),
    "general": (-1.5, -1.0, -4.5),
    "study": (-1.0, -0.75, -4.0),
    "told": (-1.0, -0.75, -4.0),
    "elsewhere": (-2.0, -1.0, -3.0),
}
_TITLED = 1.0  # one of the first lines names a level
_ENOUGH = 1.0
_SPAN = 12_000  # characters that are judged
_TITLE_LINES, _TITLE_LENGTH = 4, 140
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]*$|[.;|]\s+$")
_LABEL_END = re.compile(r"\s*(?:[:|\n]|$|-\s|\d)")


@dataclass(frozen=True, slots=True)
class Genre:
    """is_ad is score >= 1. cues: kind -> the different words found of that kind, as they stand in the text."""

    score: float
    cues: Mapping[str, tuple[str, ...]]

    @property
    def is_ad(self) -> bool:
        return self.score >= _ENOUGH


def is_ad(ad: AdText) -> bool:
    """Whether the text is one advertised position, or one call for positions."""
    return judge(ad).is_ad


def judge(ad: AdText) -> Genre:
    """The genre of a text with the cues that make its score."""
    cues = job_cues(ad.text)
    score = 0.0
    for kind, words in cues.items():
        first, further, ceiling = _WEIGHTS[kind]
        value = first + further * (len(words) - 1)
        score += min(value, ceiling) if ceiling > 0 else max(value, ceiling)
    if _is_titled(ad):
        score += _TITLED
    return Genre(score, cues)


def job_cues(text: str) -> dict[str, tuple[str, ...]]:
    """Kind of cue -> the different words of that kind in the opening of a text."""
    opening = text[:_SPAN]
    folded = fold(opening)
    found: dict[str, tuple[str, ...]] = {}
    for kind in _WEIGHTS:
        words: dict[str, str] = {}
        for match in topic(f"genre.{kind}").finditer(folded):
            if kind == "label" and not _is_label(folded, match):
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


def _is_titled(ad: AdText) -> bool:
    lines = [ad.title] if ad.title else ad.text[:1500].splitlines()
    short = [line for line in lines if line.strip() and len(line) <= _TITLE_LENGTH][:_TITLE_LINES]
    return any(level_of(line) for line in short)
