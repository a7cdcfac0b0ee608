"""One line that tells what a position is about, in the ad's own words."""

from __future__ import annotations

import re
from functools import cache

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import Pattern, fold
from monitor.fields.text import AdText
from monitor.models import Found

_WINDOW = 6000
_SHORTEST, _LONGEST = 40, 240
_BREAK = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\bDr\.)(?<!\bPh\.)(?<!\bProf\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bz\.B\.)(?<!\bca\.)\s+(?=[^\W\d_a-z])|\n"
)
_WORD = re.compile(r"[^\W\d_]{5,}")


@cache
def _about() -> Pattern:
    return Pattern(all_phrases("summary.about"))


@cache
def _besides() -> Pattern:
    return Pattern(all_phrases("summary.besides"))


def find_summary(ad: AdText) -> Found[str] | None:
    """The sentence that says most about the subject: it shares words with the title and speaks of the project, not of
    the employer, the conditions or how to apply. None if the ad is all labels.
    """
    topic = set(_WORD.findall(fold(ad.title or "")))
    best: tuple[float, str] | None = None
    for index, sentence in enumerate(_BREAK.split(ad.text[:_WINDOW])):
        words = sentence.strip(" -•*\t\r")
        folded = fold(words)
        if (
            words[-1:] not in ".!?"
            or len(words) < _SHORTEST
            or not words[:1].isupper()
            or "@" in words
            or "http" in folded
        ):
            continue
        shared = len(topic & set(_WORD.findall(folded)))
        score = min(2.0, 0.5 * shared) + 1.2 * min(2, _about().count(folded)) - 1.0 * _besides().count(folded)
        score -= 0.05 * index + (0.5 if len(words) > _LONGEST else 0.0)
        if best is None or score > best[0]:
            best = (score, words)
    if best is None or best[0] < -1:
        return None
    words = best[1] if len(best[1]) <= _LONGEST else best[1][:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:–-")
    return Found(words if len(words) == len(best[1]) else f"{words} …", words)
