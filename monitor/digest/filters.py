"""A subscriber's filters: which positions they want to hear of at all. Case and accents never matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from monitor.models import Posting
from monitor.settings import DigestSettings

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def fold(text: str) -> str:
    """Without case and accents: `Große Ångström` -> `grosse angstrom`."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


@lru_cache(maxsize=1024)
def _phrase(words: str) -> re.Pattern[str] | None:
    parts = fold(words).split()
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts))) if parts else None


def contains(folded: str, phrases: Iterable[str]) -> bool:
    """Does one of the phrases begin at the start of a word? `topolog` finds `Topological`, but `art` not `smart`."""
    return any(pattern.search(folded) for pattern in map(_phrase, phrases) if pattern)


def words_of(posting: Posting) -> str:
    """All that the include and exclude words are looked for in."""
    parts = (
        posting.title,
        posting.organization,
        posting.department,
        posting.location,
        *posting.supervisors,
        posting.summary,
        posting.text,
    )
    return "\n".join(part for part in parts if part)


def wanted(subscriber: DigestSettings, posting: Posting, sources: Iterable[str]) -> bool:
    """sources: the names and URLs of the sources that show it. A posting of unknown level is kept."""
    if not wanted_source(subscriber, sources):
        return False
    if subscriber.levels and posting.level is not None and posting.level not in subscriber.levels:
        return False
    if not (subscriber.include or subscriber.exclude):
        return True
    text = fold(words_of(posting))
    return not contains(text, subscriber.exclude) and (not subscriber.include or contains(text, subscriber.include))


def wanted_source(subscriber: DigestSettings, sources: Iterable[str]) -> bool:
    chosen = {fold(name.strip()) for name in subscriber.sources}
    return not chosen or any(fold(source.strip()) in chosen for source in sources)
