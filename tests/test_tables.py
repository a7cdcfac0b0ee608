"""Values, changes and positions as a person reads them in a terminal."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from monitor.cli.tables import change_lines, positions_table, value_words
from monitor.models import Contact, FieldChange, Level, Pay, Position, Posting, Status

VALUES: list[tuple[object, str]] = [
    (Contact("Ottoline Wrenfield", "ow@example.org"), "Ottoline Wrenfield <ow@example.org>"),
    (Contact(None, "ow@example.org"), "ow@example.org"),
    (Contact("Ottoline Wrenfield", None), "Ottoline Wrenfield"),
    ([{"name": None, "email": "ow@example.org"}, {"name": "Tor", "email": None}], "ow@example.org, Tor"),
    (Pay(text="SEK 34 300"), "SEK 34 300"),
    ({"text": "SEK 34 300", "minimum": 34300}, "SEK 34 300"),
    (48.0, "48"),
    (4.5, "4.5"),
    (True, "yes"),
    (False, "no"),
    (2, "2"),
    (date(2026, 3, 8), "2026-03-08"),
]


@pytest.mark.parametrize(("value", "words"), VALUES)
def test_values(value: object, words: str) -> None:
    assert value_words(value) == words


CHANGES = [
    ("deadline", FieldChange(date(2026, 3, 8), None), ["deadline: 2026-03-08 -> unknown"]),
    ("contacts", FieldChange([], [{"name": "Tor", "email": None}]), ["contacts: unknown -> Tor"]),
    ("funded", FieldChange(None, False), ["funded: unknown -> no"]),
    ("text", FieldChange(None, "Extended."), ["text", "  + Extended."]),
    ("text", FieldChange("Two posts.", "Three posts."), ["text", "  - Two posts.", "  + Three posts."]),
    ("summary", FieldChange("a" * 60, "b" * 60), ["summary", "  - " + "a" * 60, "  + " + "b" * 60]),
]


@pytest.mark.parametrize(("name", "change", "lines"), CHANGES)
def test_changes(name: str, change: FieldChange, lines: list[str]) -> None:
    assert list(change_lines(name, change)) == lines


def position(number: int, status: Status = Status.OPEN, title: str = "PhD student") -> Position:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    posting = Posting(title=title, level=Level.PHD)
    return Position(id=number, posting=posting, status=status, first_seen=at, last_seen=at)


def printed(positions: list[Position]) -> list[list[str]]:
    out = io.StringIO()
    Console(file=out, width=100).print(positions_table(positions))
    return [line.split() for line in out.getvalue().splitlines()]


def test_positions_have_their_number_and_where_they_differ_their_status() -> None:
    assert printed([position(7)])[1][:2] == ["7", "phd"]
    head, _, closed = printed([position(7), position(8, Status.CLOSED)])
    assert head[:3] == ["No.", "Status", "Deadline"]
    assert closed[:3] == ["8", "closed", "phd"]


def test_a_title_is_no_markup() -> None:
    assert printed([position(1, title="[bold]PhD[/bold] [/]\\ [2 posts]")])[1][2:] == [
        "[bold]PhD[/bold]",
        "[/]\\",
        "[2",
        "posts]",
    ]
