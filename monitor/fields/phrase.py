"""Lexicon phrases as patterns.

A phrase is matched as whole words, without regard to case and accents. A blank stands for white space or a hyphen.
`*` stands for any ending ("doktorand*" finds "Doktorandin", "doktorandtjänst") and, at the start, for any beginning
("*professur" finds "Juniorprofessur"). Patterns run on `fold(text)`, which keeps every character at its place, so that
a match's span is a span of the text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from itertools import accumulate, islice
from typing import TypeAlias

from monitor.fields.lexicon import all_phrases, phrases
from monitor.values import Value

Trie: TypeAlias = "dict[str, Trie]"

_END = ""  # the key that marks the end of a phrase
_QUOTES = dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'") | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_ENDING = r"\w*(?:[*:/(·.\-_]{1,2}\w{1,8}\)?){0,2}"  # also gender forms: Mitarbeiter*in, Doktorand/-in, doctorant(e)
_WORD = re.compile(r"\b\w+")  # from any place on, be it within a word
_WORDS = re.compile(r"\w+")  # those of a whole text
_WORDS_AND_GAPS = re.compile(r"(\w+)")
_FIRST_WORD = re.compile(r"\w+\*?")
_SECOND_WORD = re.compile(r"[^\w*]+(\w+)(\*?)")  # right after the first
_JOINTS = frozenset("*:/(·.-")  # with which an ending goes on into another word
_LETTERS = 4  # of a word, by which it is looked up: so many tell most words apart


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


def fold_all(phrases: Iterable[str]) -> list[str]:
    """Each phrase folded. All at once: one by one, thousands of short ones take many times as long."""
    together = "\n".join(phrases)
    return fold(together).split("\n") if together else []


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


def source(phrases: Iterable[str]) -> str:
    """The phrases as a regular expression for folded texts. Without phrases it finds nothing."""
    whole: Trie = {}
    tail: Trie = {}  # may start within a word, or right after one: "*professur", "/month"
    for folded in _tidied(phrases):
        bare = folded.lstrip("*")
        if bare.strip("* "):
            _grow(whole if folded == bare and _FIRST_WORD.match(bare) else tail, bare)
    parts = [rf"\b{_source(whole)}(?!\w)" if whole else "", rf"{_source(tail)}(?!\w)" if tail else ""]
    return "|".join(p for p in parts if p) or r"(?!)"


def _tidied(phrases: Iterable[str]) -> list[str]:
    return [" ".join(phrase.split()) for phrase in fold_all(phrases)]


@lru_cache(maxsize=2048)
def _compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(source(phrases))


class _Phrase(Value):
    """second: the word that has to follow the first ("" if that does not tell), its beginning if is_stem. is_inflected:
    the first word may have any ending.
    """

    text: str
    second: str
    is_stem: bool
    is_inflected: bool


def _parsed(phrase: str) -> _Phrase:
    first = _FIRST_WORD.match(phrase)
    end = first.end() if first else 0
    second = _SECOND_WORD.match(phrase, end)
    word, star = second.groups() if second else ("", "")
    return _Phrase(phrase, word, bool(star), phrase[end - 1 : end] == "*")


_Place: TypeAlias = tuple[int, str, bool]  # where a word begins, the word after it, whether they may be joined


class _Words:
    """The words of a text, and where they begin."""

    def __init__(self, text: str) -> None:
        self._parts = _WORDS_AND_GAPS.split(text)  # a gap, which may be empty, before and after each word
        self.words = frozenset(self._parts[1::2])
        self.begin: dict[Pattern, list[tuple[int, re.Pattern[str]]]] = {}
        self._by_letters: dict[int, dict[str, list[str]]] = {}

    def by_letters(self, letters: int) -> Mapping[str, list[str]]:
        """The words by so many of their first letters."""
        if letters not in self._by_letters:
            words: dict[str, list[str]] = {}
            for word in self.words:
                words.setdefault(word[:letters], []).append(word)
            self._by_letters[letters] = words
        return self._by_letters[letters]

    @cached_property
    def places(self) -> Mapping[str, list[_Place]]:
        """Where each word stands."""
        words, gaps = self._parts[1::2], self._parts[2::2]
        starts = islice(accumulate(map(len, self._parts)), 0, None, 2)
        places: dict[str, list[_Place]] = {}
        for start, word, gap, after in zip(starts, words, gaps, [*words[1:], ""], strict=False):
            places.setdefault(word, []).append((start, after, gap[:1] in _JOINTS))
        return places


_words = lru_cache(maxsize=8)(_Words)


class Pattern:
    """Finds any of some phrases in folded texts, with the methods and the results of the regular expression that
    `source` makes of them.

    To compile that takes up to a tenth of a second, for phrases of which most are in another language than the text. So
    they are looked up by the words that stand in the text, and expressions made of the few that begin with two of them.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_word: dict[str, list[str]] = {}  # the word that a phrase begins with; any other that begins so, if "*"
        others = []
        for phrase in _tidied(phrases):
            if word := _FIRST_WORD.match(phrase):
                self._by_word.setdefault(word[0], []).append(phrase)
            elif phrase.strip("* "):
                others.append(phrase)
        self._others = tuple(others)
        self._other_stems = [re.split(r"[ *]", phrase.lstrip("*"), maxsplit=1)[0] for phrase in others]
        stems = [word[:-1] for word in self._by_word if word[-1] == "*"]
        self._letters = min([_LETTERS, *map(len, stems)])
        self._stems: dict[str, list[str]] = {}  # their first letters -> stems
        for stem in stems:
            self._stems.setdefault(stem[: self._letters], []).append(stem)
        self._first_words, self._first_letters = frozenset(self._by_word), frozenset(self._stems)
        self._beginning_with = lru_cache(maxsize=1024)(self._look_up)
        self._of = lru_cache(maxsize=256)(self._find)

    def search(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        return next(self.finditer(text, pos, endpos), None)

    def match(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        found = (one.match(text, pos, endpos) for one in self._expressions(text, pos, endpos))
        return next(filter(None, found), None)

    def fullmatch(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        found = (one.fullmatch(text, pos, endpos) for one in self._expressions(text, pos, endpos))
        return next(filter(None, found), None)

    def finditer(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> Iterator[re.Match[str]]:
        begin, others = self._begin(text, pos, endpos), self._anywhere(text)
        return self._found(text, begin, others, pos, endpos) if begin or others else iter(())

    @staticmethod
    def _found(
        text: str, begin: list[tuple[int, re.Pattern[str]]], others: re.Pattern[str] | None, pos: int, endpos: int
    ) -> Iterator[re.Match[str]]:
        other = others.search(text, pos, endpos) if others else None
        for place, here in begin:
            while others and other and other.start() < place:
                yield other
                pos = other.end()
                other = others.search(text, pos, endpos)
            if place >= pos and (found := here.match(text, place, endpos)):
                yield found
                pos = found.end()
                if others and other and other.start() < pos:
                    other = others.search(text, pos, endpos)
        while others and other:
            yield other
            other = others.search(text, other.end(), endpos)

    def count(self, text: str) -> int:
        return sum(1 for _ in self.finditer(text))

    def _begin(self, text: str, pos: int, endpos: int) -> list[tuple[int, re.Pattern[str]]]:
        """Where words begin as a phrase does, and what finds it there."""
        if endpos < len(text):  # the last word may be cut off
            near = _WORD.finditer(text, pos, endpos)
            return [(word.start(), here) for word in near if (here := self._at(text, word, endpos))]
        words = _words(text)
        if self not in words.begin:
            by_letters = words.by_letters(self._letters)
            known = set(self._first_words & words.words)
            for letters in self._first_letters.intersection(by_letters):
                known.update(by_letters[letters])
            found = [
                (start, here)
                for word in known
                for start, after, joined in words.places[word]
                if (here := self._of(word, after, joined))
            ]
            words.begin[self] = sorted(found)
        begin = words.begin[self]
        return begin[bisect_left(begin, (pos,)) :] if pos else begin

    def _expressions(self, text: str, pos: int, endpos: int) -> Iterator[re.Pattern[str]]:
        """What may find a phrase at a place, whole words first."""
        word = _WORD.match(text, pos, endpos)
        if word and (here := self._at(text, word, endpos)):
            yield here
        if others := self._anywhere(text):
            yield others

    def _at(self, text: str, word: re.Match[str], endpos: int) -> re.Pattern[str] | None:
        after = _WORDS.search(text, word.end(), endpos)
        return self._of(word[0], after[0] if after else "", text[word.end() : word.end() + 1] in _JOINTS)

    def _find(self, word: str, after: str, joined: bool) -> re.Pattern[str] | None:
        """What finds the phrases that begin as two words do. joined: the second may be part of the first's ending."""
        found = [
            phrase.text
            for phrase in self._beginning_with(word)
            if not phrase.second
            or after == phrase.second
            or (phrase.is_stem and after.startswith(phrase.second))
            or (joined and phrase.is_inflected)
        ]
        return _compiled(tuple(found)) if found else None

    def _look_up(self, word: str) -> list[_Phrase]:
        """The phrases that begin as a word does."""
        found = self._by_word.get(word, [])
        for stem in self._stems.get(word[: self._letters], ()):
            if word.startswith(stem):
                found = found + self._by_word[stem + "*"]
        return [_parsed(phrase) for phrase in found]

    def _anywhere(self, text: str) -> re.Pattern[str] | None:
        """What finds the phrases that may begin within a word, if one may stand in the text."""
        for stem in self._other_stems:
            if stem in text:
                return _compiled(self._others)
        return None


@cache
def topic(name: str, language: str | None = None) -> Pattern:
    """The pattern of a lexicon topic such as "pay.cues" in all languages; or in one that has it and English, which
    stands in ads of every language ("är" is a verb in Swedish, and "år" no verb in Danish).
    """
    known = phrases(name)
    if language is None or language not in known:
        return Pattern(all_phrases(name))
    return Pattern([*known[language], *known.get("en", ())])
