"""Positions as a person reads them in a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from rich.table import Table

from monitor.cli.common import printable
from monitor.models import Contact, Pay, Posting

NOT_SHOWN = ("text", "evidence", "title")


def positions_table(postings: Iterable[Posting]) -> Table:
    """Title, deadline, level and place, one position a row."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Deadline", no_wrap=True)
    table.add_column("Level", no_wrap=True)
    table.add_column("Title", overflow="fold")
    table.add_column("Where", overflow="fold", style="dim")
    for posting in postings:
        where = ", ".join(filter(None, (posting.department or posting.organization, posting.location)))
        table.add_row(deadline_words(posting), posting.level or "", _plain(posting.title), _plain(where))
    return table


def deadline_words(posting: Posting) -> str:
    if posting.deadline:
        return posting.deadline.isoformat()
    return posting.deadline_kind.value if posting.deadline_kind != "unknown" else ""


def field_lines(posting: Posting, *, explain: bool) -> Iterator[str]:
    """A line a known field; with `explain`, another one with the words that it came from."""
    yield posting.title
    for field in dataclasses.fields(posting):
        value = getattr(posting, field.name)
        if field.name in NOT_SHOWN or value in (None, (), False, "unknown"):
            continue
        yield f"  {field.name.replace('_', ' '):16} {value_words(value)}"
        if explain and field.name in posting.evidence:
            yield f"  {'':16}   “{' '.join(posting.evidence[field.name].split())}”"


def value_words(value: object) -> str:
    """A field's value, or its plain JSON, as a person reads it."""
    match value:
        case Pay():
            return value.text
        case Contact():
            return " ".join(filter(None, (value.name, f"<{value.email}>" if value.email else None)))
        case {"text": str(text)}:  # pay
            return text
        case tuple() | list():
            return ", ".join(value_words(v) for v in value)
        case True:
            return "yes"
        case str():
            return value
        case _:
            return str(value)


def _plain(text: str) -> str:
    """A title is no markup of ours."""
    return printable(text).replace("[", r"\[")
