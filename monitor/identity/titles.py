"""Which words are the same words."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

from monitor.words import fold


def normal(text: str | None) -> str:
    """Words without case, accents, punctuation and white space; text that was decoded wrongly is put right first."""
    words = text or ""
    return _short(words) if len(words) <= _SHORT else _words(words)


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(unicodedata.normalize("NFKC", repaired(text)))))


_SHORT = 300  # characters; titles and names come again and again, pages do not
_short = lru_cache(maxsize=4096)(_words)


def repaired(text: str) -> str:
    """UTF-8 that was taken for Latin-1 ("FÃ¶rskare"), as it was meant."""
    if not re.search(r"[ÂÃÄÅâ][\u0080-\u00bf\u0152-\u2122]", text):
        return text
    for wrong in ("cp1252", "latin-1"):
        try:
            return text.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
    return text


def same_words(a: str | None, b: str | None) -> bool:
    """Equal but for case, punctuation, white space and letters lost to a wrong encoding."""
    if normal(a) == normal(b):
        return True
    if "\ufffd" in f"{a}{b}":
        plain = [re.sub(r"[^a-z0-9]+", "", repaired(t or "").lower()) for t in (a, b)]
        return plain[0] == plain[1] != ""
    return False


_ROMAN = re.compile(r"[ivx]+")
_RUNNING = 12  # words


def near_title(a: str, b: str) -> bool:
    """The same title but for spelling, number of a noun, and a little added; "Group A" and "Group B" differ."""
    one, two = normal(a).split(), normal(b).split()
    if same_words(a, b):
        return True
    if not one or not two:
        return False
    if len(one) > _RUNNING and one[:_RUNNING] == two[:_RUNNING]:
        return True  # a whole paragraph for a title is known by how it begins
    cut = re.search(r"(?:…|\.\.\.)\s*$", a) or re.search(r"(?:…|\.\.\.)\s*$", b)
    short, long = sorted((" ".join(one), " ".join(two)), key=len)
    if cut and len(short) >= 15 and long.startswith(short):
        return True
    changed = 0
    for tag, i, j, k, m in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = one[i:j], two[k:m]
        if _near_word("".join(gone), "".join(come)) or (len(gone) == len(come) and all(map(_near_word, gone, come))):
            continue
        if any(map(_tells_apart, gone + come)):
            return False
        if tag == "replace":
            return False
        changed += len(gone) + len(come)
    return changed * 4 <= min(len(one), len(two))


def extended_title(a: str, b: str) -> bool:
    """One title with words put before or behind it gives the other: "Doctoral student in hydrology with teaching"."""
    short, long = sorted((normal(a).split(), normal(b).split()), key=len)
    if not 3 <= len(short) < len(long) <= 2 * len(short):
        return False
    front, back = long[: len(short)] == short, long[-len(short) :] == short
    added = long[len(short) :] if front else long[: -len(short)]
    return (front or back) and not any(map(_tells_apart, added))


def _tells_apart(word: str) -> bool:
    """A number or a letter: "Group A" and "Group B" are two."""
    return word.isdecimal() or len(word) == 1 or _ROMAN.fullmatch(word) is not None


def _near_word(a: str, b: str) -> bool:
    if a == b:
        return True
    return min(len(a), len(b)) >= 4 and difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.75


def alike(a: str, b: str) -> bool:
    """Titles that share enough to be of one thing, were it told of one thing by an id."""
    return difflib.SequenceMatcher(None, normal(a), normal(b), autojunk=False).ratio() >= 0.5
