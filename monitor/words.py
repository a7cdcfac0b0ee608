"""Words as a person means them in a filter: without regard to case and accents, from the start of a word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache


def fold(text: str) -> str:
    """Lower case without accents, so that "Forschung", "FORSCHUNG" and "förster", "forster" meet."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Whether a text contains one of the words or phrases; "optimi" finds "Optimisation", "math" not "aftermath"."""
    pattern = _pattern(tuple(phrases))
    return bool(pattern and pattern.search(fold(text)))


@lru_cache(maxsize=512)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    wanted = [r"\s+".join(map(re.escape, fold(p).split())) for p in phrases if p.strip()]
    return re.compile(rf"\b(?:{'|'.join(wanted)})") if wanted else None
