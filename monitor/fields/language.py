"""The language of an ad, by its commonest short words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from monitor.fields.lexicon import phrases
from monitor.fields.text import AdText
from monitor.models import Found

_WINDOW = 4000  # characters that are enough to tell
_WORD = re.compile(r"[^\W\d_]+")
_SURE = 1.1  # how many times as often as those of any other language the words must occur
_SHARE = 0.07  # of the words that must be common ones: a list of names has none


@cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    """language -> word -> how much it tells: less, the more languages share the word."""
    common = phrases("language.common")
    shared = Counter(word for words in common.values() for word in words)
    return {language: {word: 1 / shared[word] for word in words} for language, words in common.items()}


def language_of(text: str) -> str | None:
    """ISO 639-1; None for a text too short or mixed to tell, or in a language without a lexicon."""
    words = Counter(_WORD.findall(text[:_WINDOW].lower()))
    total = sum(words.values())
    ranking = sorted(
        (
            (sum(n * weights.get(w, 0.0) for w, n in words.items()), language)
            for language, weights in _weights().items()
        ),
        reverse=True,
    )
    (most, language), (second, _) = ranking[:2]
    return language if most >= 3 and most >= _SHARE * total and most >= _SURE * second else None


def find_language(ad: AdText) -> Found[str] | None:
    """What the text itself tells, else what the page says; the words are the ad's first line."""
    language = language_of(ad.text) or ad.language
    return Found(language, ad.lines[0]) if language and ad.lines else None
