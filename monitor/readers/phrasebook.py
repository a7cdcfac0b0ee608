"""Many lexicon topics asked of many short texts at once.

A page asks a dozen questions of each of its lines and titles, in every language. One pass over the words of a text
answers them all: a word is looked up once in a table of all phrases (and remembered: pages repeat their words), where a
search by regular expression would try thousands of alternatives at every letter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, fold_all

GAP_WORDS = 4  # that may stand at a "~" in a phrase
MAX_TEXT = 400  # characters of a text that are looked at: a title, a heading, the beginning of a paragraph

_WORD = re.compile(r"\w+")
_PARTS = re.compile(r"\*?\w+\*?|~")  # of a phrase
_GENDER = frozenset("r n in innen e es s".split())  # Mitarbeiter*in, Wissenschaftliche:r, doctorant·e


class Hit(NamedTuple):
    """A phrase in a text. first, last: its words, `last` not included. start, end: its span in the text."""

    topic: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    topic: str
    words: tuple[str, ...]  # "*" at an end stands for any letters; "~" for a gap
    needed: str  # the longest word after the first that stands for itself; a text without it is not looked at


class Phrasebook:
    """The phrases of several topics. Blanks, hyphens and other marks between words are one; so are case and accents."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._exact: dict[str, list[_Phrase]] = defaultdict(list)
        self._beginnings: dict[str, list[_Phrase]] = defaultdict(list)
        self._endings: dict[str, list[_Phrase]] = defaultdict(list)
        self._inner: dict[str, list[_Phrase]] = defaultdict(list)
        for topic in topics:
            for text in fold_all(all_phrases(topic)):
                if words := tuple(_PARTS.findall(text)):
                    needed = max((word for word in words[1:] if "*" not in word and word != "~"), key=len, default="")
                    self._file(_Phrase(topic, words, needed))
        self._starting_with = lru_cache(maxsize=60_000)(self._look_up)
        self._starting_with_both = lru_cache(maxsize=60_000)(self._look_up_both)
        self.hits = lru_cache(maxsize=20_000)(self._hits)
        self.topics = lru_cache(maxsize=20_000)(self._topics)
        self.first_topics = lru_cache(maxsize=20_000)(self._first_topics)

    def _file(self, phrase: _Phrase) -> None:
        first = phrase.words[0]
        stem = first.strip("*")
        if first[0] == "*" and first[-1] == "*":
            self._inner[stem].append(phrase)
        elif first[0] == "*":
            self._endings[stem].append(phrase)
        elif first[-1] == "*":
            self._beginnings[stem].append(phrase)
        else:
            self._exact[first].append(phrase)

    def _look_up(self, word: str) -> tuple[_Phrase, ...]:
        """The phrases whose first word this may be."""
        found = list(self._exact.get(word, ()))
        for n in range(1, len(word) + 1):
            found += self._beginnings.get(word[:n], ())
            found += self._endings.get(word[-n:], ())
        found += (p for stem, phrases in self._inner.items() if stem in word for p in phrases)
        return tuple(found)

    def _look_up_both(self, word: str, after: str) -> tuple[_Phrase, ...]:
        """The phrases whose first word this may be, if their second may be the one after it."""
        return tuple(
            phrase
            for phrase in self._starting_with(word)
            if len(phrase.words) == 1
            or phrase.words[1] == "~"
            or after in _GENDER
            or (after and _alike(phrase.words[1], after))
        )

    def _hits(self, text: str) -> tuple[Hit, ...]:
        """Every phrase in the first `MAX_TEXT` characters of a text."""
        folded = fold(text[:MAX_TEXT])
        words = _WORD.findall(folded)
        present = {"", *words}
        found = []
        for first, (word, after) in enumerate(zip_longest(words, words[1:], fillvalue="")):
            for phrase in self._starting_with_both(word, after):
                if phrase.needed not in present:
                    continue
                last = _matched(phrase.words, 1, words, first + 1)
                if last:
                    found.append((phrase.topic, first, last))
        if not found:
            return ()
        spans = [match.span() for match in _WORD.finditer(folded)]
        return tuple(Hit(topic, first, last, spans[first][0], spans[last - 1][1]) for topic, first, last in found)

    def _topics(self, text: str) -> frozenset[str]:
        """The topics of which a phrase stands in a text."""
        return frozenset(hit.topic for hit in self.hits(text))

    def _first_topics(self, text: str) -> frozenset[str]:
        """The topics with a phrase of which a text begins."""
        return frozenset(hit.topic for hit in self.hits(text) if not hit.first)

    def count(self, text: str) -> int:
        """The number of words of a text, as `Hit` counts them."""
        return sum(1 for _ in _WORD.finditer(text[:MAX_TEXT]))


def _matched(phrase: tuple[str, ...], at: int, words: list[str], place: int) -> int:
    """Where the rest of a phrase ends if it stands at `place`, else 0."""
    while at < len(phrase):
        wanted = phrase[at]
        if wanted == "~":
            ends = (_matched(phrase, at + 1, words, p) for p in range(place, min(place + GAP_WORDS + 1, len(words))))
            return next((end for end in ends if end), 0)
        skipped = 0
        while place < len(words) and skipped < 2 and words[place] in _GENDER and not _alike(wanted, words[place]):
            place, skipped = place + 1, skipped + 1
        if place >= len(words) or not _alike(wanted, words[place]):
            return 0
        at, place = at + 1, place + 1
    return place


def _alike(wanted: str, word: str) -> bool:
    if wanted == word:
        return True
    stem = wanted.strip("*")
    if wanted[0] == "*":
        return stem in word if wanted[-1] == "*" else word.endswith(stem)
    return wanted[-1] == "*" and word.startswith(stem)
