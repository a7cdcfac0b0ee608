"""What the value beside a label is: "Sista ansökningsdag" -> "deadline". The words: [labels] of each lexicon."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from monitor.fields.lexicon import languages, phrases
from monitor.fields.months import fold

ROLES = tuple(
    "deadline posted updated opens start duration end pay organization department location reference title level"
    " employment supervisor contact openings interview decision referee field language".split()
)

_MARKS = re.compile(r"[\s\u00a0*_#•·▪►–—|>\"“”]+")
_SECOND_PART = re.compile(r"[(\[/:|*]|\s[-–—]\s")
_EDGES = " .:;,-–—*/?!|"


@cache
def _table(language: str | None) -> dict[str, str]:
    """Folded label -> role, in one language or (None) in all, where the role that stands first in ROLES wins."""
    table: dict[str, str] = {}
    for role in ROLES:
        by_language = phrases(f"labels.{role}")
        wanted = languages() if language is None else (language,)
        together = "\0".join(label for one in wanted for label in by_language.get(one, ()))
        for label in _normal(together).split("\0"):  # one by one they take three times as long
            table.setdefault(label.strip(_EDGES), role)
    table.pop("", None)
    return table


@lru_cache(maxsize=2048)
def role(label: str, language: str | None = None) -> str | None:
    """The field that a table header or the label of a value names, one of ROLES; None for a label not known.

    Case, accents, a trailing colon and a bracket after it ("Deadline (CET)") make no difference. Only whole labels
    count: "Department of Physics" is a value. `language`: of the page, where two languages mean two things by a label.
    """
    if len(label) > 120:
        return None
    own, known = _table(language), _table(None)
    for end in (len(label), *(mark.start() for mark in _SECOND_PART.finditer(label))):
        name = _normal(label[:end]).strip(_EDGES)
        if found := own.get(name) or known.get(name):
            return found
    return None


def _normal(label: str) -> str:
    return _MARKS.sub(" ", fold(label)).replace("’", "'").replace(" / ", "/")
