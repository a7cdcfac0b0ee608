"""Interests against positions: ranked by SQLite's BM25, or by meaning where the `semantic` extra is installed."""

from __future__ import annotations

from functools import partial

from monitor.digest import Matcher, match
from monitor.semantic import installed, match_meaning
from monitor.store.search import bm25

by_words: Matcher = partial(match, bm25=bm25)
by_meaning: Matcher = partial(match_meaning, by_words=by_words)


def best_matcher() -> Matcher:
    return by_meaning if installed() else by_words
