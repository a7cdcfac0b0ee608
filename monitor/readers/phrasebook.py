"""Many lexicon topics asked of many short texts at once.

A page asks a dozen questions of each of its lines and titles, in every language. One pass over the words of a text
answers them all: a word is looked up once in a table of all phrases (and remembered: pages repeat their words), where a
search by regular expression would try thousands of alternatives at every letter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, fold_all
from monitor.values import Value

GAP_WORDS = 4  # that may stand at a "~" in a phrase
MAX_TEXT = 400  # characters of a text that are looked at: a title, a heading, the beginning of a paragraph

_WORD = re.compile(r"\w+")
_PARTS = re.compile(r"\*?\w+\*?|~")  # of a phrase
_GENDER = frozenset("r n in innen e es s".split())  # Mitarbeiter*in, Wissenschaftliche:r, doctorant·e


class Hit(Value):
    """A phrase in a text. first, last: its words, `last` not included."""

    topic: str
    first: int
    last: int


class Said(Value):
    """What a text says. words: the text's, folded. hits: every phrase in it. topics: of which a phrase stands in it;
    opening: those with a phrase of which it begins; whole: those of which it is one phrase and no more.
    """

    words: tuple[str, ...]
    hits: tuple[Hit, ...] = ()
    topics: frozenset[str] = frozenset()
    opening: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()


class _Phrase(Value):
    topic: str
    words: tuple[str, ...]  # "*" at an end stands for any letters; "~" for a gap
    needed: str  # the longest word after the first that stands for itself; a text without it is not looked at


class Phrasebook:
    """The phrases of several topics. Blanks, hyphens and other marks between words are one; so are case and accents."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, str]]] = defaultdict(list)  # word or "stem*" -> (topic, phrase)
        for topic in topics:
            for phrase in fold_all(all_phrases(topic)):
                if first := _PARTS.search(phrase):
                    self._by_first[first[0]].append((topic, phrase))
        self._inner = [part.strip("*") for part in self._by_first if part[0] == part[-1] == "*"]
        self._parsed: dict[str, list[_Phrase]] = {}
        self._starting_with = lru_cache(maxsize=8192)(self._look_up)
        self._starting_with_both = lru_cache(maxsize=8192)(self._look_up_both)

    def _phrases(self, first: str) -> list[_Phrase]:
        """The phrases that begin with a word or "stem*", the longest first; taken apart when they are first asked for,
        as most are in another language than the pages.
        """
        if first not in self._by_first:
            return []
        if first not in self._parsed:
            known = sorted(self._by_first[first], key=lambda entry: (-len(entry[1]), entry))
            self._parsed[first] = [_phrase(topic, text) for topic, text in known]
        return self._parsed[first]

    def _look_up(self, word: str) -> tuple[_Phrase, ...]:
        """The phrases whose first word this may be."""
        found = [*self._phrases(word)]
        for n in range(1, len(word) + 1):
            found += self._phrases(f"{word[:n]}*")
            found += self._phrases(f"*{word[-n:]}")
        found += (phrase for stem in self._inner if stem in word for phrase in self._phrases(f"*{stem}*"))
        return tuple(found)

    def _look_up_both(self, word: str, after: str) -> tuple[tuple[_Phrase, int], ...]:
        """The phrases whose first word this may be, if their second may be the one after it; and how many words stand
        there where these two tell, else 0.
        """
        found = []
        for phrase in self._starting_with(word):
            if len(phrase.words) == 1:
                found.append((phrase, 1))
            elif phrase.words[1] != "~" and after and _alike(phrase.words[1], after):
                found.append((phrase, 2 if len(phrase.words) == 2 else 0))
            elif phrase.words[1] == "~" or after in _GENDER:
                found.append((phrase, 0))
        return tuple(found)

    def said(self, text: str) -> Said:
        """What the first `MAX_TEXT` characters of a text say."""
        words = _WORD.findall(fold(text[:MAX_TEXT]))
        hits = []
        for first, known in enumerate(map(self._starting_with_both, words, [*words[1:], ""])):
            for phrase, count in known:
                if count:
                    hits.append(Hit(phrase.topic, first, first + count))
                elif (not phrase.needed or phrase.needed in words) and (
                    last := _matched(phrase.words, 1, words, first + 1)
                ):
                    hits.append(Hit(phrase.topic, first, last))
        if not hits:
            return Said(tuple(words))
        topics = frozenset([hit.topic for hit in hits])
        opening = frozenset([hit.topic for hit in hits if not hit.first])
        whole = frozenset([hit.topic for hit in hits if not hit.first and hit.last == len(words)])
        return Said(tuple(words), tuple(hits), topics, opening, whole)

    @staticmethod
    def span(text: str, hit: Hit) -> tuple[int, int]:
        """The characters of a text that a phrase in it takes."""
        spans = [match.span() for match in _WORD.finditer(fold(text[:MAX_TEXT]))]
        return spans[hit.first][0], spans[hit.last - 1][1]


def _phrase(topic: str, text: str) -> _Phrase:
    words = tuple(_PARTS.findall(text))
    needed = max((word for word in words[1:] if "*" not in word and word != "~"), key=len, default="")
    return _Phrase(topic, words, needed)


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
