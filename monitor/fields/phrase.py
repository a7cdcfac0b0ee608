"""Lexicon phrases as patterns.

A phrase is matched as whole words, without regard to case and accents. A blank stands for white space or a hyphen.
`*` stands for any ending ("doktorand*" finds "Doktorandin", "doktorandtjänst") and, at the start, for any beginning
("*professur" finds "Juniorprofessur"). Patterns run on `fold(text)`, which keeps every character at its place, so that
a match's span is a span of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TypeAlias

from monitor.fields.lexicon import all_phrases, phrases

Trie: TypeAlias = "dict[str, Trie]"

_END = ""  # the key that marks the end of a phrase
_QUOTES = dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'") | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_ENDING = r"\w*(?:[*:/(·.\-_]{1,2}\w{1,8}\)?){0,2}"  # also gender forms: Mitarbeiter*in, Doktorand/-in, doctorant(e)


@cache
def _folded(char: str) -> str:
    if char in _QUOTES:
        return _QUOTES[char]
    if char != "\n" and char.isspace():
        return " "
    base = unicodedata.normalize("NFD", char.lower())[:1] or char
    return base if len(base) == 1 else char


@lru_cache(maxsize=32)
def fold(text: str) -> str:
    """The text in lower case without accents, character for character; all kinds of dash, quote and blank made one."""
    if text.isascii():
        return text.lower().replace("\t", " ").replace("\r", " ")
    table = {ord(c): _folded(c) for c in set(text)}
    return text.translate(table)


def _grow(trie: Trie, phrase: str) -> None:
    for char in phrase:
        trie = trie.setdefault(char, {})
    trie[_END] = {}


def _source(trie: Trie) -> str:
    """A trie as a regular expression, longer phrases first: without it an alternation of hundreds is slow."""
    branches = []
    for char, rest in sorted(trie.items()):
        if char == _END:
            continue
        head = {" ": r"(?:\s*-\s*|\s+)", "*": _ENDING}.get(char) or re.escape(char)
        branches.append(head + _source(rest))
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{body})?" if _END in trie else body


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the phrases in a folded text. Without phrases it finds nothing."""
    whole: Trie = {}
    tail: Trie = {}  # may start within a word, or right after one: "*professur", "/month"
    for phrase in phrases:
        folded = " ".join(fold(phrase).split())
        bare = folded.lstrip("*")
        if bare.strip("* "):
            _grow(whole if folded == bare and re.match(r"\w", bare) else tail, bare)
    parts = [rf"\b{_source(whole)}(?!\w)" if whole else "", rf"{_source(tail)}(?!\w)" if tail else ""]
    return re.compile("|".join(p for p in parts if p) or r"(?!)")


@cache
def topic(name: str, language: str | None = None) -> re.Pattern[str]:
    """The pattern of a lexicon topic such as "pay.cues" in all languages; or in one that has it and English, which
    stands in ads of every language ("är" is a verb in Swedish, and "år" no verb in Danish).
    """
    known = phrases(name)
    if language is None or language not in known:
        return pattern(all_phrases(name))
    return pattern([*known[language], *known.get("en", ())])
