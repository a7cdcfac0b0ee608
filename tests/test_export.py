"""Exports as programs of others read them: feedparser, the csv and json modules, icalendar."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import feedparser
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import decode

from monitor import export
from monitor.models import (
    Contact,
    Event,
    EventKind,
    FieldChange,
    Level,
    Observation,
    Outcome,
    Pay,
    Position,
    Posting,
    Sighting,
    Status,
    Update,
    Verdict,
)
from monitor.store import Store
from monitor.values import replace
from tests.command import monitor
from tests.test_calendar import check_by_hand

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
SOURCE = "https://lindholm.example.org/jobs"
FEED = UUID(int=1)
AD = Posting(
    title="PhD student in optics & lasers <3",
    url=f"{SOURCE}/7?a=1&b=2",
    organization="Lindholm University",
    level=Level.PHD,
    deadline=date(2026, 4, 10),
    pay=Pay("34 300 SEK", 34300, None, "SEK", "month"),
    contacts=(Contact("Ada Example", "ada@example.org"), Contact(None, "jobs@example.org")),
    supervisors=("Ada Example", "Ben Ögren"),
    funded=True,
)


def sighting(posting: Posting) -> Sighting:
    return Sighting(source=SOURCE, keys=(posting.title,), listed=posting, first_seen=MONDAY, last_seen=MONDAY)


def position(number: int, posting: Posting = AD) -> Position:
    return Position(id=number, posting=posting, first_seen=MONDAY, last_seen=MONDAY, sightings=(sighting(posting),))


def change(number: int, kind: EventKind = EventKind.NEW, posting: Posting = AD, **fields: tuple[Any, Any]) -> Event:
    return Event(
        id=number,
        at=MONDAY + timedelta(hours=number),
        kind=kind,
        source=SOURCE,
        source_name="Lindholm",
        position=position(1, posting),
        title=posting.title,
        url=posting.url,
        fields={name: FieldChange(*sides) for name, sides in fields.items()},
    )


MOVED = change(2, EventKind.CHANGED, deadline=(date(2026, 4, 1), date(2026, 4, 10)), pay=({"text": "low"}, None))


def valid_atom(text: str) -> Any:
    """What RFC 4287 section 4.1 asks of a feed and its entries, checked without feedparser; then its reading."""
    name = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(text.encode())
    entries = feed.findall(f"{name}entry")
    assert feed.tag == f"{name}feed"
    assert feed.findtext(f"{name}author/{name}name"), "or every entry has one"
    for element in (feed, *entries):
        for needed in ("id", "title", "updated"):
            assert len(element.findall(name + needed)) == 1
        assert element.findtext(f"{name}id", "").startswith("urn:uuid:")
        at = datetime.fromisoformat(element.findtext(f"{name}updated", ""))
        assert at.tzinfo is not None
    for entry in entries:
        assert entry.find(f"{name}content") is not None or entry.find(f"{name}link") is not None
    ids = [entry.findtext(f"{name}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    read = feedparser.parse(text.encode())
    assert (read.bozo, read.version, len(read.entries)) == (False, "atom10", len(entries))
    return read


def test_positions_as_atom() -> None:
    items = export.position_items([position(1), position(2)], [MOVED], {})
    read = valid_atom(export.atom(items, title="Positions", feed_id=FEED, now=MONDAY))
    first = read.entries[0]
    assert read.feed.title == "Positions"
    assert first.link == AD.url
    assert first.title == AD.title
    assert first.content[0].value.splitlines()[:2] == ["Status: open", "Deadline: 2026-04-10"]
    assert first.published.startswith("2026-03-02T07:00")
    assert first.updated.startswith("2026-03-02T09:00"), "what changed last stands first"
    assert read.feed.updated == first.updated


def test_changes_as_atom() -> None:
    read = valid_atom(export.atom(export.change_items([change(1), MOVED]), title="Changes", feed_id=FEED, now=MONDAY))
    assert [entry.title[:8] for entry in read.entries] == ["Changed:", "New: PhD"]
    assert "Deadline: 2026-04-01 → 2026-04-10\nPay: low → unknown" in read.entries[0].content[0].value


def test_ids_stay_whatever_else_changes() -> None:
    def ids(items: list[export.Item]) -> set[str]:
        return {entry.id for entry in valid_atom(export.atom(items, title="x", feed_id=FEED, now=MONDAY)).entries}

    renamed = position(1, replace(AD, title="PhD student in photonics", url=None))
    assert ids(export.position_items([position(1)], [], {})) == ids(export.position_items([renamed], [MOVED], {}))
    assert ids(export.change_items([MOVED])) == ids(export.change_items([replace(MOVED, title="other")]))


def test_an_empty_feed_is_a_feed() -> None:
    assert valid_atom(export.atom([], title="x", feed_id=FEED, now=MONDAY)).feed.updated.startswith("2026-03-02")


def test_an_address_that_is_none_is_no_link() -> None:
    for url in ("javascript:alert(1)", "jobs/7", "https://", "https://example.org/a b", None):
        items = export.position_items([position(1, replace(AD, url=url))], [], {})
        read = valid_atom(export.atom(items, title="x", feed_id=FEED, now=MONDAY))
        assert "links" not in read.entries[0]
        assert "url" not in json.loads(export.json_feed(items, title="x"))["items"][0]


def valid_json_feed(text: str) -> Any:
    """What JSON Feed 1.1 asks for, read by another parser than the one of the library that wrote it."""
    feed = decode(text.encode())
    assert feed == json.loads(text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    ids = [item["id"] for item in feed["items"]]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    for item in feed["items"]:
        assert "content_text" in item or "content_html" in item
        assert all(datetime.fromisoformat(item[name]).tzinfo for name in ("date_published", "date_modified"))
        assert all(key.startswith("_") for key in item.keys() - _JSON_FEED_KEYS)
    return feed


_JSON_FEED_KEYS = {"id", "url", "title", "content_text", "date_published", "date_modified"}


def test_positions_as_json_feed() -> None:
    feed = valid_json_feed(export.json_feed(export.position_items([position(1)], [], {SOURCE: "Lindholm"}), title="x"))
    (item,) = feed["items"]
    assert {"id", "url", "title", "content_text", "date_published", "date_modified"} <= set(item)
    assert item["_monitor"] == export.position_json(position(1), {SOURCE: "Lindholm"})
    assert item["_monitor"]["deadline"] == "2026-04-10"
    assert item["_monitor"]["sources"] == ["Lindholm"]
    assert "text" not in item["_monitor"]


def rows(text: str) -> list[dict[str, str]]:
    """RFC 4180 section 2, checked without the library that wrote it; then its reading."""
    cell = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
    assert re.fullmatch(f"(?:{cell}(?:,{cell})*\r\n)*", text)
    widths = {len(record) for record in csv.reader(io.StringIO(text, newline=""), strict=True)}
    assert len(widths) == 1
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_positions_as_csv() -> None:
    text = export.positions_csv([position(1)], {SOURCE: "Lindholm"})
    assert text.count("\r\n") == text.count("\n") == 2
    (row,) = rows(text)
    assert row["title"] == AD.title
    assert (row["deadline"], row["level"], row["funded"]) == ("2026-04-10", "phd", "yes")
    assert (row["pay"], row["pay_minimum"], row["pay_maximum"]) == ("34 300 SEK", "34300", "")
    assert row["contacts"] == "Ada Example <ada@example.org>; <jobs@example.org>"
    assert row["supervisors"] == "Ada Example; Ben Ögren"
    assert row["sources"] == "Lindholm"
    assert row["start"] == ""


def test_changes_as_csv_have_a_row_a_field() -> None:
    new, *moved = rows(export.changes_csv([change(1), MOVED]))
    assert (new["kind"], new["field"], new["before"]) == ("new", "", "")
    assert [(r["field"], r["before"], r["after"]) for r in moved] == [
        ("deadline", "2026-04-01", "2026-04-10"),
        ("pay", "low", ""),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n+", " -", "＝", "\u202e="])
def test_no_cell_is_a_formula(start: str) -> None:
    (row,) = rows(export.positions_csv([position(1, replace(AD, title=f'{start}HYPERLINK("http://x")'))], {}))
    assert row["title"].startswith("'")


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=300)  # control characters too; the store has whole ones only


@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_texts_break_no_format(title: str, summary: str, url: str) -> None:
    posting = Posting(title=title, summary=summary, url=url, evidence={"deadline": summary})
    items = export.position_items([position(1, posting)], [], {})
    items += export.change_items([change(1, EventKind.CHANGED, posting, title=(summary, title))])
    valid_atom(export.atom(items, title=title, feed_id=FEED, now=MONDAY))
    assert len(valid_json_feed(export.json_feed(items, title="x"))["items"]) == 2
    (row,) = rows(export.positions_csv([position(1, posting)], {}))
    assert not row["title"].startswith(("=", "+", "-", "@"))
    assert len(row["title"].splitlines()) <= 1


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One position whose deadline moved, one that closed, one without a deadline."""
    (tmp_path / "sources.toml").write_text(f'[[source]]\nname = "Lindholm"\nurl = "{SOURCE}"\n')
    moved, gone, rolling = AD, replace(AD, title="Postdoc"), replace(AD, title="Lector", deadline=None)

    def update(number: int | None, posting: Posting, event: EventKind, **more: Any) -> Update:
        status = Status.CLOSED if event is EventKind.CLOSED else Status.OPEN
        seen = sighting(posting)
        return Update(position=number, posting=posting, status=status, sighting=seen, event=event, **more)

    shift = {"deadline": FieldChange(date(2026, 4, 1), date(2026, 4, 10))}
    weeks = [
        [update(None, posting, EventKind.BASELINE) for posting in (moved, gone, rolling)],
        [update(1, moved, EventKind.CHANGED, fields=shift), update(2, gone, EventKind.CLOSED)],
    ]
    with Store.open(tmp_path / "monitor.db") as store:
        for week, updates in enumerate(weeks):
            at = MONDAY + timedelta(weeks=week)
            verdict = Verdict(outcome=Outcome.OK, updates=tuple(updates), counts=(3,))
            seen = Observation(source=SOURCE, at=at)
            store.record(seen, verdict, name="Lindholm", fingerprint="f", next_check_at=at)
    return tmp_path


def atom_titles(text: str) -> list[str]:
    return [entry.title for entry in valid_atom(text).entries]


def json_titles(text: str) -> list[str]:
    return [item["title"] for item in valid_json_feed(text)["items"]]


def csv_titles(text: str) -> list[str]:
    return [row["title"] for row in rows(text)]


def ics_events(text: str) -> list[Any]:
    check_by_hand(text)
    calendar: Any = icalendar.Calendar.from_ical(text)
    return list(calendar.events)


@pytest.mark.parametrize(
    ("form", "titles"), [("atom", atom_titles), ("json", json_titles), ("csv", csv_titles)], ids=["atom", "json", "csv"]
)
def test_the_command_writes_what_is_stored(home: Path, form: str, titles: Callable[[str], list[str]]) -> None:
    opened = monitor("export", "--format", form, cwd=home)
    assert opened.code == 0
    assert len(titles(opened.out)) == 2
    everything = monitor("export", "--format", form, "--all", cwd=home).out
    assert len(titles(everything)) == 3
    assert monitor("export", "--format", form, "--all", cwd=home).out == everything, "the same, from the same"
    changes = titles(monitor("export", "--format", form, "--what", "changes", cwd=home).out)
    assert len(changes) == 2, "a baseline is no change"


def test_the_command_writes_calendars(home: Path) -> None:
    (event,) = ics_events(monitor("export", "--format", "ics", cwd=home).out)
    assert (event["SEQUENCE"], event["STATUS"]) == (1, "CONFIRMED")
    for arguments in (("--all",), ("--what", "changes")):
        events = ics_events(monitor("export", "--format", "ics", *arguments, cwd=home).out)
        assert [(e["SEQUENCE"], e["STATUS"]) for e in events] == [(1, "CONFIRMED"), (1, "CANCELLED")]


def test_the_file_is_whole_or_not_there(home: Path) -> None:
    shown = monitor("export", "--format", "csv", cwd=home)
    written = monitor("export", "--format", "csv", "--output", "jobs.csv", cwd=home)
    assert (written.code, written.out) == (0, "")
    assert (home / "jobs.csv").read_bytes().decode() == shown.out.replace("\r\n", "\n").replace("\n", "\r\n")
    assert not list(home.glob(".*part"))
    refused = monitor("export", "--format", "csv", "--output", "nowhere/jobs.csv", cwd=home)
    assert refused.code == 2
    assert "nowhere/jobs.csv: cannot be written" in refused.err


def test_nothing_stored_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    result = monitor("export", "--format", "atom", cwd=tmp_path)
    assert result.code == 2
    assert "is not there yet" in result.err
    assert not (tmp_path / "monitor.db").exists()
