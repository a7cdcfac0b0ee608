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
    "dated": (1.5, 0.0, 1.5),
    "part": (0.75, 0.5, 2.5),
    "apply": (0.5, 0.5, 2.5),
    "general": (-1.5, -1.0, -4.5),
    "study": (-1.0, -0.75, -4.0),
    "told": (-1.0, -0.75, -4.0),
    "elsewhere": (-2.0, -1.0, -3.0),
}
_OWN = ("call", "offer", "label", "dated")  # without any of these, the words of applying may be anybody's advice
_BORROWED = 1.5  # what part and apply are worth at most then
_TITLED = 0.75  # one of the first lines names a level
ENOUGH = 1.25
_SPAN = 12_000  # characters that are judged
_TITLE_LINES, _TITLE_LENGTH = 4, 140
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]*$|[.;|]\s+$")
_LABEL_END = re.compile(r"\s*(?:[:|\n]|$|-\s|\d)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")  # a standing date ("15 January each year") has none
_NEAR = 60  # characters from a word for the deadline to its year


@dataclass(frozen=True, slots=True)
class Genre:
    """is_ad: score >= 1.25. cues: kind -> the different words found of that kind, as they stand in the text."""

    score: float
    cues: Mapping[str, tuple[str, ...]]

    @property
    def is_ad(self) -> bool:
        return self.score >= ENOUGH


def is_ad(ad: AdText) -> bool:
    """Whether the text is one advertised position, or one call for positions."""
    return judge(ad).is_ad


def judge(ad: AdText) -> Genre:
    """The genre of a text with the cues that make its score."""
    cues = job_cues(ad.text)
    values = {kind: _value(kind, len(words)) for kind, words in cues.items()}
    score = sum(values.values())
    if not any(kind in cues for kind in _OWN):
        score -= max(0.0, values.get("part", 0.0) + values.get("apply", 0.0) - _BORROWED)
    return Genre(score + _TITLED * _is_titled(ad), cues)


def _value(kind: str, different: int) -> float:
    first, further, ceiling = _WEIGHTS[kind]
    value = first + further * (different - 1)
    return min(value, ceiling) if ceiling > 0 else max(value, ceiling)


def job_cues(text: str) -> dict[str, tuple[str, ...]]:
    """Kind of cue -> the different words of that kind in the opening of a text."""
    opening = text[:_SPAN]
    folded = fold(opening)
    found: dict[str, tuple[str, ...]] = {}
    for kind in _WEIGHTS:
        words: dict[str, str] = {}
        for match in topic("deadline.cues" if kind == "dated" else f"genre.{kind}").finditer(folded):
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


def _is_titled(ad: AdText) -> bool:
    lines = [ad.title] if ad.title else ad.text[:1500].splitlines()
    short = [line for line in lines if line.strip() and len(line) <= _TITLE_LENGTH][:_TITLE_LINES]
    return any(level_of(line) for line in short)
