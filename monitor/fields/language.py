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
    """word -> language -> how much it tells: less, the more languages share the word."""
    weights: dict[str, dict[str, float]] = {}
    for language, words in phrases("language.common").items():
        for word in words:
            weights.setdefault(word, {})[language] = 1.0
    return {word: {language: 1 / len(known) for language in known} for word, known in weights.items()}


def language_of(text: str) -> str | None:
    """ISO 639-1; None for a text too short or mixed to tell, or in a language without a lexicon."""
    words = Counter(_WORD.findall(text[:_WINDOW].lower()))
    scores = dict.fromkeys(phrases("language.common"), 0.0)
    for word, times in words.items():
        for language, weight in _weights().get(word, {}).items():
            scores[language] += times * weight
    (most, best), (second, _) = sorted(((score, language) for language, score in scores.items()), reverse=True)[:2]
    return best if most >= 3 and most >= _SHARE * sum(words.values()) and most >= _SURE * second else None


def find_language(ad: AdText) -> Found[str] | None:
    """What the text itself tells, else what the page says; the words are the ad's first line."""
    language = language_of(ad.text) or ad.language
    return Found(language, ad.lines[0]) if language and ad.lines else None
