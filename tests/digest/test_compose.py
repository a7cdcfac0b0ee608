"""Who is told what: each file in cases/ is a log, a subscriber, and the sections of their digest."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import digest as room
from monitor.config import read_table
from monitor.digest import Delta, Digest, Match, Notice
from monitor.digest.sample import Scene, sample, scene
from monitor.models import Event, EventKind, FieldChange, Known, Position, Posting, Status
from monitor.pipeline.interests import by_words
from monitor.plain import to_json
from monitor.settings import DigestSettings
from monitor.values import replace

CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
READER = DigestSettings(to=("me@example.org",))
compose = partial(room.compose, matcher=by_words)
LISTS = ("new", "other_new", "changed", "closing", "other_closing", "closed", "reopened")


def titles(digest: Digest) -> dict[str, list[str]]:
    """The sections that are not empty."""
    found = {name: [e.posting.title for e in getattr(digest, name)] for name in LISTS}
    found["open_now"] = [e.posting.title for e in digest.open_now]
    found["first_seen"] = [e.posting.title for source in digest.first_seen for e in source.entries]
    found["trouble"] = [notice.source for notice in digest.trouble]
    found["recovered"] = [notice.source for notice in digest.recovered]
    return {name: entries for name, entries in found.items() if entries}


@pytest.mark.parametrize("file", CASES, ids=lambda f: f.stem)
def test_case(file: Path) -> None:
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    reader = read_table({"to": ["me@example.org"], **data.get("subscriber", {})}, DigestSettings)
    digest = scene(data, NOW).digest(reader, by_words)
    expected = data["expect"]
    found = titles(digest)
    ordered = "interests" in data.get("subscriber", {})
    for name in (*LISTS, "open_now", "first_seen", "trouble", "recovered"):
        wanted, got = expected.get(name, []), found.get(name, [])
        assert (got if ordered else sorted(got)) == (wanted if ordered else sorted(wanted)), name
    entries = [e for name in LISTS for e in getattr(digest, name)]
    for title, deltas in expected.get("deltas", {}).items():
        (entry,) = [e for e in entries if e.posting.title == title]
        assert [_plain(delta) for delta in entry.changes] == deltas
    for title, words in expected.get("why", {}).items():
        (entry,) = [e for e in entries if e.posting.title == title]
        assert sorted(entry.why) == sorted(words)


def _plain(delta: Delta) -> list[str]:
    def side(value: Any) -> str:
        return str(value.get("text") if isinstance(value, dict) else value or "")

    return [delta.field, side(to_json(delta.before)), side(to_json(delta.after))]


def test_the_sample_shows_every_section() -> None:
    digest = sample(READER, NOW, by_words)
    assert {*titles(digest)} == {*LISTS, "first_seen", "trouble"}
    assert digest.changed[0].deadline_moved
    assert digest.new[0].posting.title == "PhD student in the mathematical theory of deep learning"
    assert not digest.is_empty


def test_nothing_happened() -> None:
    digest = compose(READER, (), (), since=NOW - timedelta(days=7), now=NOW, next_at=None)
    assert digest.is_empty
    assert titles(digest) == {}


def test_matches_that_are_given_are_used() -> None:
    reader = READER.replace(interests=("anything",))
    events = [event(1, EventKind.NEW, position(1)), event(2, EventKind.NEW, position(2))]
    found = {2: Match(1.0, ("the meaning",))}
    digest = compose(reader, events, (), since=None, now=NOW, next_at=None, matcher=lambda *_: found)
    assert [(e.position, e.why) for e in digest.new] == [(2, ("the meaning",))]
    assert [e.position for e in digest.other_new] == [1]


def test_deltas_are_the_same_from_objects_and_from_json() -> None:
    here = position(1, deadline=date(2026, 12, 20))
    for before in (date(2026, 12, 1), "2026-12-01", datetime(2026, 12, 1, 9, tzinfo=UTC)):
        change = {"deadline": FieldChange(before, "2026-12-20")}
        digest = compose(READER, [event(1, EventKind.CHANGED, here, change)], (), since=None, now=NOW, next_at=None)
        assert digest.changed[0].changes == (Delta("deadline", date(2026, 12, 1), date(2026, 12, 20)),)


def test_the_day_is_the_subscribers_own() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # already Tuesday in Stockholm
    events = [event(1, EventKind.NEW, position(1, deadline=date(2026, 11, 24)))]
    days = [
        compose(READER.replace(timezone=zone), events, (), since=None, now=late, next_at=None).new[0].days_left
        for zone in ("UTC", "Europe/Stockholm", "Pacific/Honolulu")
    ]
    assert days == [1, 0, 1]


def test_names_of_sources_come_from_the_settings_too() -> None:
    reader = READER.replace(sources=("Mine",))
    here = position(1, deadline=date(2026, 11, 24), source="https://example.org/list")
    digests = [
        compose(reader, (), [here], since=NOW - timedelta(days=7), now=NOW, next_at=None, names=names)
        for names in ({}, {"https://example.org/list": "Mine"})
    ]
    assert [len(d.closing) for d in digests] == [0, 1]
    assert digests[1].closing[0].source == "Mine"


def test_a_position_without_a_page_of_its_own_is_linked_to_its_source() -> None:
    here = position(1)
    bare = replace(here, posting=replace(here.posting, url=None))
    events = [event(1, EventKind.NEW, bare), event(2, EventKind.NEW, position(2))]
    digest = compose(READER, events, (), since=None, now=NOW, next_at=None)
    assert [e.url for e in digest.new] == ["https://example.org/list", "https://example.org/2"]


# --- reminders ---------------------------------------------------------------------------------------------------


def reminders(deadline: date, every: timedelta, *, first_seen: datetime, days: int) -> list[int]:
    """With how many days left a subscriber is told of a deadline, over a run of digests."""
    here = position(1, deadline=deadline, first_seen=first_seen)
    told = []
    for n in range(days * 24 * 3600 // int(every.total_seconds())):
        now = NOW + n * every
        digest = compose(READER, (), [here], since=now - every, due_at=now, now=now, next_at=now + every)
        told += [entry.days_left for entry in digest.closing if entry.days_left is not None]
    return told


@pytest.mark.parametrize(
    ("every", "deadline_in", "expected"),
    [
        (timedelta(days=1), 30, [14, 3]),
        (timedelta(hours=6), 30, [14, 3]),
        (timedelta(days=7), 30, [9, 2]),
        (timedelta(days=7), 29, [8, 1]),
        (timedelta(days=7), 28, [14, 7]),
        (timedelta(days=7), 32, [11, 4]),
        (timedelta(days=28), 60, [4]),
        (timedelta(days=28), 45, [17]),  # the last digest before it closes, so earlier than asked
    ],
)
def test_a_deadline_is_told_in_time_and_once_each(every: timedelta, deadline_in: int, expected: list[int]) -> None:
    deadline = NOW.date() + timedelta(days=deadline_in)
    assert reminders(deadline, every, first_seen=NOW - timedelta(days=90), days=100) == expected


@given(deadline_in=st.integers(1, 80), every=st.integers(1, 31))
def test_no_deadline_is_missed_or_told_thrice(deadline_in: int, every: int) -> None:
    deadline = NOW.date() + timedelta(days=deadline_in)
    pause = timedelta(days=every)
    told = reminders(deadline, pause, first_seen=NOW - timedelta(days=0.5), days=every * (80 // every + 2))
    assert 1 <= len(told) <= 2
    assert all(days >= 0 for days in told)
    assert len(set(told)) == len(told)


def test_a_slot_that_was_missed_is_made_up_for() -> None:
    week = timedelta(days=7)
    here = position(1, deadline=NOW.date() + timedelta(days=16), first_seen=NOW - 4 * week)
    asleep = NOW + 2 * week + timedelta(hours=5)  # the machine woke two weeks later, two days before it closes
    digest = compose(READER, (), [here], since=NOW, due_at=NOW + week, now=asleep, next_at=NOW + 3 * week)
    assert [entry.days_left for entry in digest.closing] == [2]


def test_a_digest_sent_early_repeats_no_reminder() -> None:
    week = timedelta(days=7)
    here = position(1, deadline=NOW.date() + timedelta(days=5), first_seen=NOW - 4 * week)
    monday = compose(READER, (), [here], since=NOW - week, due_at=NOW, now=NOW, next_at=NOW + week)
    assert [entry.days_left for entry in monday.closing] == [5]
    forced = NOW + timedelta(days=2)
    early = compose(READER, (), [here], since=NOW, due_at=NOW + week, now=forced, next_at=NOW + week)
    assert early.closing == ()


def test_what_is_shown_with_its_deadline_is_not_told_twice() -> None:
    near = position(1, deadline=NOW.date() + timedelta(days=2))
    for kind in (EventKind.NEW, EventKind.BASELINE):
        digest = compose(READER, [event(1, kind, near)], [near], since=NOW - timedelta(days=1), now=NOW, next_at=None)
        assert digest.closing == ()
    moved = {"deadline": FieldChange("2026-11-20", "2026-11-25")}
    digest = compose(READER, [event(1, EventKind.CHANGED, near, moved)], [near], since=None, now=NOW, next_at=None)
    assert (len(digest.changed), digest.closing) == (1, ())


# --- the first digest --------------------------------------------------------------------------------------------


def test_a_first_digest_shows_what_is_open_and_what_is_news() -> None:
    old, moved, fresh, gone = (position(n, first_seen=NOW - timedelta(days=400)) for n in (1, 2, 3, 4))
    there_and_back = {"location": FieldChange("Here", "There")}, {"location": FieldChange("There", "Here")}
    events = [
        event(1, EventKind.CHANGED, moved, {"location": FieldChange("Here", "There")}),
        event(2, EventKind.NEW, fresh),
        event(3, EventKind.CLOSED, replace(gone, status=Status.CLOSED)),
        *(event(4 + n, EventKind.CHANGED, old, fields) for n, fields in enumerate(there_and_back)),
    ]
    digest = compose(READER, events, [old, moved, fresh], since=None, now=NOW, next_at=None)
    assert titles(digest) == {
        "new": ["Position 3"],
        "changed": ["Position 2"],
        "closed": ["Position 4"],
        "open_now": ["Position 1"],
    }
    assert digest.counts.open_now == 1
    later = compose(READER, events, [old, moved, fresh], since=NOW - timedelta(days=1), now=NOW, next_at=None)
    assert later.open_now == ()


def test_a_first_digest_has_the_best_matches_first_and_each_deadline_once() -> None:
    reader = READER.replace(interests=("optimal transport",))
    near = position(1, deadline=NOW.date() + timedelta(days=2))
    asked_for = position(2)
    asked_for = replace(asked_for, posting=replace(asked_for.posting, title="PhD in optimal transport"))
    digest = compose(reader, (), [near, asked_for], since=None, now=NOW, next_at=None)
    assert [(e.position, e.matching) for e in digest.open_now] == [(2, True), (1, False)]
    assert (digest.closing, digest.other_closing) == ((), ())


def test_only_what_is_told_is_held_against_the_interests() -> None:
    """The others only say which words are rare: reading thousands of ads by meaning would take minutes."""
    reader = READER.replace(interests=("anything",))
    asked: list[set[int]] = []

    def matcher(_: DigestSettings, texts: Mapping[int, str], candidates: Collection[int]) -> dict[int, Match]:
        assert len(texts) == 3
        asked.append(set(candidates))
        return {}

    told, near, far = position(1), position(2, deadline=NOW.date() + timedelta(days=3)), position(3)
    week_ago = NOW - timedelta(days=7)
    happened = [event(1, EventKind.NEW, told)]
    room.compose(reader, happened, [told, near, far], since=week_ago, now=NOW, next_at=None, matcher=matcher)
    assert asked == [{1, 2}]


# --- sources in trouble ------------------------------------------------------------------------------------------

URL = "https://example.org/list"
LAST_READ = NOW - timedelta(days=5)
KNOWN = Known(
    source=URL,
    trouble="It answers 503.",
    trouble_since=NOW - timedelta(days=3),
    trouble_told=True,
    good_at=LAST_READ,
    counts=(40, 42),
)


def notice(number: int, kind: EventKind) -> Event:
    at = NOW - timedelta(days=2) + timedelta(hours=number)
    return Event(id=number, at=at, kind=kind, source=URL, source_name="List", text="It answers 503.")


def test_trouble_is_told_with_its_beginning_and_the_last_good_check() -> None:
    week_ago = NOW - timedelta(days=7)
    events = [notice(1, EventKind.TROUBLE)]
    digest = compose(READER, events, (), since=week_ago, now=NOW, next_at=None, known={URL: KNOWN})
    assert digest.trouble == (
        Notice("List", URL, NOW - timedelta(days=3), "It answers 503.", good_at=LAST_READ, count=42),
    )
    assert compose(READER, (), (), since=week_ago, now=NOW, next_at=None, known={URL: KNOWN}).is_empty, "told once"


def test_recovery_is_told_with_what_is_shown_again() -> None:
    well = Known(source=URL, good_at=NOW, counts=(40, 42, 41))
    events = [notice(1, EventKind.RECOVERED)]
    digest = compose(READER, events, (), since=NOW - timedelta(days=1), now=NOW, next_at=None, known={URL: well})
    (told,) = digest.recovered
    assert (told.since, told.count) == (events[0].at, 41)


@pytest.mark.parametrize(("sources", "told"), [((), True), (("list",), True), (("Other",), False)])
def test_a_first_digest_tells_of_trouble_that_began_long_ago(sources: tuple[str, ...], told: bool) -> None:
    reader = READER.replace(sources=sources)
    digest = compose(reader, (), (), since=None, now=NOW, next_at=None, known={URL: KNOWN}, names={URL: "List"})
    assert [n.source for n in digest.trouble] == ["List"] * told
    passing = replace(KNOWN, trouble_told=False)
    assert compose(reader, (), (), since=None, now=NOW, next_at=None, known={URL: passing}).trouble == ()


# --- laws --------------------------------------------------------------------------------------------------------

KINDS = st.sampled_from([EventKind.NEW, EventKind.CHANGED, EventKind.CLOSED, EventKind.REOPENED, EventKind.BASELINE])
TURNS = st.lists(st.tuples(st.integers(1, 4), KINDS, st.sampled_from(["Here", "There", None])), max_size=12)


@given(turns=TURNS, interests=st.sampled_from([(), ("optimal transport",)]))
def test_a_position_is_told_once(turns: list[tuple[int, EventKind, str | None]], interests: tuple[str, ...]) -> None:
    reader = READER.replace(interests=interests)
    log = Scene(events=_log(turns), open_positions=(), since=None, now=NOW, next_at=None)
    digest = log.digest(reader, by_words)
    told = [e.position for name in LISTS for e in getattr(digest, name)]
    told += [e.position for source in digest.first_seen for e in source.entries]
    told += [e.position for e in digest.open_now]
    assert len(told) == len(set(told))
    assert digest.is_empty == (not told)
    # a mail that was not sent is not lost: what it had to tell, and nothing else, is in the next one
    assert replace(log, now=NOW + timedelta(days=1)).digest(reader, by_words).counts == digest.counts


def _log(turns: list[tuple[int, EventKind, str | None]]) -> tuple[Event, ...]:
    return tuple(
        event(n, kind, position(key), {"location": FieldChange(None, place)} if kind is EventKind.CHANGED else {})
        for n, (key, kind, place) in enumerate(turns)
    )


# --- building blocks ---------------------------------------------------------------------------------------------


def position(
    number: int,
    *,
    deadline: date | None = None,
    first_seen: datetime = NOW - timedelta(days=30),
    source: str = "https://example.org/list",
) -> Position:
    posting = Posting(title=f"Position {number}", url=f"https://example.org/{number}", deadline=deadline)
    data = {"id": number, "title": posting.title, "source": source}
    built = scene({"position": [data]}, NOW).open_positions[0]
    sighting = replace(built.sightings[0], source=source, listed=posting, first_seen=first_seen)
    return replace(built, posting=posting, first_seen=first_seen, sightings=(sighting,), status=Status.OPEN)


def event(number: int, kind: EventKind, about: Position, fields: dict[str, FieldChange] | None = None) -> Event:
    return Event(
        id=number,
        at=NOW - timedelta(hours=20) + timedelta(minutes=number),
        kind=kind,
        source=about.sightings[0].source,
        source_name="List",
        position=about,
        title=about.posting.title,
        url=about.posting.url,
        fields=fields or {},
    )
