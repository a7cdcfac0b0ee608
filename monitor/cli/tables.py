"""Positions as a person reads them in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from monitor.cli.common import printable
from monitor.models import Contact, FieldChange, Pay, Position, Posting, Status
from monitor.values import field_names

NOT_SHOWN = ("text", "evidence", "title")
_SHORT = 90  # characters of both sides of a change that stand on one line


def postings_table(postings: Iterable[Posting]) -> Table:
    """Deadline, level, title and place, one posting a row."""
    return _table((), (((), posting) for posting in postings))


def positions_table(positions: Sequence[Position]) -> Table:
    """The same after the number of each position, and its status where some are not open."""
    if all(position.status is Status.OPEN for position in positions):
        return _table(("No.",), (((str(p.id),), p.posting) for p in positions))
    return _table(("No.", "Status"), (((str(p.id), p.status.value), p.posting) for p in positions))


def _table(columns: Sequence[str], rows: Iterable[tuple[Sequence[str], Posting]]) -> Table:
    """columns: what stands before a posting's own."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=True)
    table.add_column("Deadline", no_wrap=True)
    table.add_column("Level", no_wrap=True)
    table.add_column("Title", overflow="fold")
    table.add_column("Where", overflow="fold", style="dim")
    for first, posting in rows:
        where = ", ".join(filter(None, (posting.department or posting.organization, posting.location)))
        title = Text(printable(posting.title))  # as it is: a bracket in it is no markup of ours
        table.add_row(*first, deadline_words(posting), posting.level or "", title, Text(printable(where)))
    return table


def deadline_words(posting: Posting) -> str:
    if posting.deadline:
        return posting.deadline.isoformat()
    return posting.deadline_kind.value if posting.deadline_kind != "unknown" else ""


def field_lines(posting: Posting, *, explain: bool) -> Iterator[str]:
    """A line a known field; with `explain`, another one with the words that it came from."""
    yield posting.title
    for name in field_names(type(posting)):
        value = getattr(posting, name)
        if name in NOT_SHOWN or value in (None, (), False, "unknown"):
            continue
        yield f"  {name.replace('_', ' '):16} {value_words(value)}"
        if explain and name in posting.evidence:
            yield f"  {'':16}   “{' '.join(posting.evidence[name].split())}”"


def value_words(value: object) -> str:
    """A field's value, or its plain JSON, as a person reads it."""
    match value:
        case Pay():
            return value.text
        case Contact():
            return _contact_words(value.name, value.email)
        case {"name": name, "email": email}:
            return _contact_words(name, email)
        case {"text": str(text)}:  # pay
            return text
        case tuple() | list():
            return ", ".join(value_words(v) for v in value)
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case str():
            return value
        case _:
            return str(value)


def _contact_words(name: str | None, email: str | None) -> str:
    return f"{name} <{email}>" if name and email else name or email or ""


def change_lines(name: str, change: FieldChange) -> Iterator[str]:
    """What became of a field: on one line, or as what went and what came where it is text, or long."""
    label = name.replace("_", " ")
    gone, come = ("" if side in (None, (), []) else value_words(side) for side in (change.before, change.after))
    if name != "text" and "\n" not in gone + come and len(gone + come) < _SHORT:
        yield f"{label}: {gone or 'unknown'} -> {come or 'unknown'}"
        return
    yield label
    for sign, side in (("-", gone), ("+", come)):
        for line in side.splitlines():
            yield from textwrap.wrap(line, 100, initial_indent=f"  {sign} ", subsequent_indent="    ")
