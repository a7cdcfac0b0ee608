"""The words of each language, kept as data in `monitor/lexicon/<language>.toml` so that a speaker can extend them.

A file holds tables of phrase lists. `phrases("deadline.labels")` gives that list of every language that has it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    folder = files("monitor") / "lexicon"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {f.name.removesuffix(".toml"): tomllib.loads(f.read_text(encoding="utf-8")) for f in found}


@cache
def languages() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that have a lexicon."""
    return tuple(_tables())


@cache
def phrases(topic: str) -> Mapping[str, tuple[str, ...]]:
    """language -> the phrases of a topic such as "deadline.labels"; languages without that list are absent."""
    result: dict[str, tuple[str, ...]] = {}
    for language, tables in _tables().items():
        node: Any = tables
        for key in topic.split("."):
            node = node.get(key, {}) if isinstance(node, Mapping) else {}
        if node:
            result[language] = tuple(node)
    return result


def all_phrases(topic: str) -> tuple[str, ...]:
    """The phrases of a topic in all languages, each once, longest first (so that an alternation prefers the longer)."""
    return tuple(sorted({p for group in phrases(topic).values() for p in group}, key=lambda p: (-len(p), p)))
