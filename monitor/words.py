"""Words as a person means them in a filter, from the start of a word; foreign texts and addresses made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def fold(text: str) -> str:
    """Without case and accents: `Große Ångström` -> `grosse angstrom`."""
    if text.isascii():
        return text.casefold()
    # once before, as letters of mathematics are capitals only once they are taken apart (Unicode, section 3.13, D146)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Does one of the phrases begin at the start of a word? `topolog` finds `Topological`, but `art` not `smart`."""
    return contains(fold(text), phrases)


def contains(folded: str, phrases: Iterable[str]) -> bool:
    """`mentions`, for a text that is folded once and asked several times."""
    return any(pattern.search(folded) for pattern in map(_phrase, phrases) if pattern)


@lru_cache(maxsize=1024)
def _phrase(words: str) -> re.Pattern[str] | None:
    parts = fold(words).split()
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts))) if parts else None


_JOINERS = "\u200c\u200d"  # format characters that spelling needs (Persian, Indic scripts, emoji)
_NO_CHARACTERS = "\ufffe\uffff"  # XML 1.0 section 2.2 forbids them too


def one_line(text: str, length: int = 200) -> str:
    """A foreign text on one line of at most `length` characters, fit for XML, iCalendar, a cell, a terminal.

    Control and direction characters and lone surrogates are left out.
    """
    kept = "".join(" " if c.isspace() else c for c in text[: length * 20] if c.isspace() or _shows(c))
    line = " ".join(kept.split())
    if len(line) <= length:
        return line
    head = line[: length - 1]
    return (head[: head.rfind(" ")] if " " in head[length // 2 :] else head).rstrip(" ,;:-–") + "…"


def _shows(character: str) -> bool:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs") or character in _NO_CHARACTERS
    return character in _JOINERS or not hidden


def web_address(url: str | None) -> str | None:
    """A URL that may be linked to: http or https, with a host, no blanks, no control characters; else None."""
    if not url or len(url) > 2_000 or " " in url or one_line(url, 2_000) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None
