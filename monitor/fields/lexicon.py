"""The words of each language, kept as data in `monitor/lexicon/<language>.toml` so that a speaker can extend them.

A file holds tables of phrase lists. `phrases("deadline.labels")` gives that list of every language that has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import rtoml

_FOLDER = Path(__file__).parents[1] / "lexicon"


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    """language -> the name of a table -> its text."""
    result = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        _, *tables = f"\n{file.read_text(encoding='utf-8')}".split("\n[")
        named = (table.partition("]") for table in tables)
        result[file.stem] = {name: text for name, _, text in named}
    return result


@cache
def _table(name: str) -> Mapping[str, Mapping[str, Any]]:
    """language -> its table of that name. Only what is asked for is parsed: a list needs half of the tables."""
    return {language: rtoml.loads(tables[name]) for language, tables in _texts().items() if name in tables}


@cache
def languages() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that have a lexicon."""
    return tuple(_texts())


@cache
def phrases(topic: str) -> Mapping[str, tuple[str, ...]]:
    """language -> the phrases of a topic such as "deadline.labels"; languages without that list are absent."""
    table, key = topic.split(".")
    return {language: tuple(found) for language, lists in _table(table).items() if (found := lists.get(key))}


def all_phrases(topic: str) -> tuple[str, ...]:
    """The phrases of a topic in all languages, each once, longest first (so that an alternation prefers the longer)."""
    return tuple(sorted(sorted({p for group in phrases(topic).values() for p in group}), key=len, reverse=True))
