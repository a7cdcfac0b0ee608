"""Deadlines as a calendar program reads them: by icalendar's parser, and by hand against RFC 5545."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.calendar import calendar, deadlines, sequence
from monitor.models import Event, EventKind, FieldChange, Pay, Position, Posting, Status
from monitor.values import replace

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
AD = Posting(
    title="PhD student in optics",
    url="https://lindholm.example.org/jobs/7",
    organization="Lindholm University",
    location="Lindholm, Sweden",
    deadline=date(2026, 4, 10),
    pay=Pay("34 300 SEK per month"),
    evidence={"deadline": "Apply by 10 April 2026"},
)
POSITION = Position(id=7, posting=AD, first_seen=MONDAY, last_seen=MONDAY)


def happened(kind: EventKind, days: int = 1, position: Position = POSITION, **fields: tuple[Any, Any]) -> Event:
    return Event(
        id=days,
        at=MONDAY + timedelta(days=days),
        kind=kind,
        source="https://lindholm.example.org/jobs",
        source_name="Lindholm",
        position=position,
        fields={name: FieldChange(*sides) for name, sides in fields.items()},
    )


def check_by_hand(made: str) -> None:
    """RFC 5545 without the library that wrote it: sections 3.1 (lines), 3.6 (what must be there, and once)."""
    lines = made.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = made.replace("\r\n ", "").split("\r\n")[:-1]
    counts: list[Counter[str]] = []
    ended = []
    for line in unfolded:
        match = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=[^;:,]+)*):([^\x00-\x08\x0a-\x1f\x7f]*)", line)
        assert match, line
        if match[1] == "BEGIN":
            counts.append(Counter())
        elif match[1] == "END":
            ended.append((match[3], counts.pop()))
        else:
            counts[-1][match[1]] += 1
    assert not counts
    assert [name for name, _ in ended] == ["VEVENT"] * (len(ended) - 1) + ["VCALENDAR"]
    for name, count in ended:
        needed = ("UID", "DTSTAMP", "DTSTART", "SEQUENCE") if name == "VEVENT" else ("VERSION", "PRODID")
        assert all(count[one] == 1 for one in needed)
        assert max(count.values()) <= 1


def read(
    position: Position, log: Sequence[Event] = (), now: datetime = MONDAY, organizer: str | None = None
) -> tuple[Any, list[Any]]:
    made = calendar(deadlines([position], log, now=now), organizer=organizer)
    check_by_hand(made)
    parsed = icalendar.Calendar.from_ical(made)
    assert parsed.errors == []
    assert isinstance(parsed, icalendar.Calendar)
    return parsed, parsed.events


def test_a_deadline_is_an_all_day_event_that_takes_no_time() -> None:
    whole, (event,) = read(POSITION)
    assert (whole["VERSION"], "METHOD" in whole, "ORGANIZER" in event) == ("2.0", False, False)
    assert event["DTSTART"].dt == date(2026, 4, 10)
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert event["SUMMARY"] == "Deadline: PhD student in optics, Lindholm University"
    assert event["LOCATION"] == "Lindholm, Sweden"
    assert event["URL"] == AD.url
    assert (event["TRANSP"], event["STATUS"], event["SEQUENCE"]) == ("TRANSPARENT", "CONFIRMED", 0)
    for words in ("34 300 SEK per month", "“Apply by 10 April 2026”", "Lindholm, Sweden", AD.url):
        assert words in event["DESCRIPTION"]


def test_the_hour_is_told_in_the_words_of_the_ad() -> None:
    _, (event,) = read(replace(POSITION, posting=replace(AD, deadline_time="23:59 CET")))
    assert event["SUMMARY"].startswith("Deadline 23:59 CET: PhD")


def test_a_deadline_that_moved_is_the_same_event_in_a_later_form() -> None:
    _, (before,) = read(POSITION)
    moved = replace(POSITION, posting=replace(AD, deadline=date(2026, 4, 24)))
    log = [happened(EventKind.CHANGED, position=moved, deadline=(date(2026, 4, 10), date(2026, 4, 24)))]
    _, (after,) = read(moved, log, now=MONDAY + timedelta(days=2))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert before["DTSTAMP"].dt < after["DTSTAMP"].dt
    assert after["DTSTART"].dt == date(2026, 4, 24)


def test_a_closed_position_is_struck_out_and_comes_back_when_reopened() -> None:
    closed, reopened = happened(EventKind.CLOSED, 3), happened(EventKind.REOPENED, 9)
    _, (event,) = read(replace(POSITION, status=Status.CLOSED), [closed])
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    _, (event,) = read(POSITION, [closed, reopened])
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 2)


def test_a_deadline_that_the_ad_no_longer_gives_is_cancelled_where_it_was() -> None:
    rolling = replace(POSITION, posting=replace(AD, deadline=None))
    log = [happened(EventKind.CHANGED, deadline=(date(2026, 4, 10), None))]
    _, (event,) = read(rolling, log)
    assert (event["STATUS"], event["DTSTART"].dt) == ("CANCELLED", date(2026, 4, 10))
    assert deadlines([rolling], [], now=MONDAY) == (), "there never was one"


def test_a_mailed_calendar_says_what_is_to_be_done_with_it() -> None:
    whole, (event,) = read(POSITION, organizer="monitor@example.org")
    assert whole["METHOD"] == "PUBLISH"
    assert event["ORGANIZER"] == "mailto:monitor@example.org", "RFC 5546 section 3.2.1 needs one"


@pytest.mark.parametrize(
    ("event", "revisions"),
    [
        (happened(EventKind.NEW), 0),
        (happened(EventKind.BASELINE), 0),
        (happened(EventKind.CHANGED, title=("a", "b")), 0),
        (happened(EventKind.CHANGED, deadline=(None, date(2026, 4, 1))), 1),
        (happened(EventKind.CHANGED, deadline_time=("12:00", "23:59")), 1),
        (happened(EventKind.CLOSED), 1),
    ],
)
def test_what_revises_an_event(event: Event, revisions: int) -> None:
    assert sequence([event]) == revisions
    assert sequence([event, event]) == 2 * revisions


def test_two_positions_and_two_databases_share_no_uid() -> None:
    again = replace(POSITION, first_seen=MONDAY + timedelta(days=1))
    uids = {read(position)[1][0]["UID"] for position in (POSITION, replace(POSITION, id=8), again)}
    assert len(uids) == 3


@given(*[st.text(max_size=400)] * 5)
def test_hostile_texts_stay_inside_their_property(title: str, place: str, pay: str, words: str, url: str) -> None:
    hostile = Posting(
        title=title, location=place, pay=Pay(pay), url=url, deadline=date(2026, 4, 1), evidence={"deadline": words}
    )
    _, (event,) = read(replace(POSITION, posting=hostile), organizer="monitor@example.org")
    known = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "SUMMARY", "STATUS", "TRANSP", "ORGANIZER"}
    assert known <= set(event) <= known | {"DESCRIPTION", "LOCATION", "URL"}


def test_line_ends_in_a_title_begin_no_property() -> None:
    title = "Optics\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:x@example.org" + "x" * 2000
    _, (event,) = read(replace(POSITION, posting=replace(AD, title=title)))
    assert "ATTENDEE" not in event
    assert len(event["SUMMARY"]) < 300
