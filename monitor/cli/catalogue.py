"""The catalogue of sources, from which `monitor add --from catalogue` picks."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

import click

from monitor.cli.common import say
from monitor.errors import ConfigError
from monitor.values import Value


class Entry(Value):
    """One source. country: ISO 3166-1, or "any"; languages: ISO 639-1. seen: the public material in which its address,
    or the form of it, was last found; seen_on: when, as precisely as is known (2026, 2026-09, 2026-09-10)."""

    group: str
    name: str
    url: str
    kind: str
    country: str
    languages: tuple[str, ...]
    seen: str
    seen_on: str


def entries() -> list[Entry]:
    """All of the catalogue, in its order."""
    tables = tomllib.loads(_file().read_text(encoding="utf-8"))["entry"]
    return [Entry(**{**table, "languages": tuple(table["languages"])}) for table in tables]


def choose(words: str | None, *, ask: bool) -> Entry | None:
    """The one entry whose name, place or address has these words; without words, the whole list is shown.

    Where several fit, they are shown, and with `ask` one can be picked by its number. None: only the list was wanted.
    ConfigError: nothing fits, or several do and nobody is asked.
    """
    known = entries()
    found = [entry for entry in known if _fits(entry, words or "")]
    exact = [entry for entry in found if words and words.casefold() in (entry.name.casefold(), entry.url)]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        assert words, "without words, all fit"
        near = get_close_matches(words, [entry.name for entry in known], n=1, cutoff=0.5)
        raise ConfigError(
            [f'the catalogue has nothing for "{words}"' + (f'; did you mean "{near[0]}"?' if near else "")],
            tip="`monitor add --from catalogue` shows all of it; `monitor add URL` needs no catalogue",
        )
    _show(found)
    if ask and _at_a_terminal():
        number: int = click.prompt("Which one? (0 for none)", type=click.IntRange(0, len(found)), default=0, err=True)
        return found[number - 1] if number else None
    if words:
        raise ConfigError(
            [f'{len(found)} entries of the catalogue fit "{words}"'], tip="say more of the name, or all of it in quotes"
        )
    say('`monitor add --from catalogue "NAME"` looks at one of them, and adds it')
    return None


def _fits(entry: Entry, words: str) -> bool:
    from monitor.words import fold

    text = fold(f"{entry.group} {entry.name} {entry.country} {entry.url}")
    return all(word in text for word in fold(words).split())


def _show(found: Sequence[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("No.", justify="right")
    for column in ("Source", "Place", "Kind", "Last seen"):
        table.add_column(column, overflow="fold")
    numbers = {entry: str(number) for number, entry in enumerate(found, 1)}
    for group, inside in groupby(found, key=lambda entry: entry.group):
        table.add_row("", Text(group, "bold"))
        for entry in inside:
            table.add_row(numbers[entry], entry.name, entry.country, entry.kind, entry.seen_on)
    Console(highlight=False, soft_wrap=True).print(table)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _file() -> Path:
    from monitor.render import template_folder

    packed = template_folder() / "catalogue.toml"  # in a checkout it lies in docs/ instead
    return packed if packed.exists() else template_folder().parent / "docs" / "catalogue.toml"
