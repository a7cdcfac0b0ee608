"""The store: a check is written whole or not at all, and what is bound to a digest is told once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.models import (
    AdSeen,
    Contact,
    DeadlineKind,
    EventKind,
    FieldChange,
    Known,
    Level,
    Observation,
    Outcome,
    Page,
    Pay,
    Position,
    Posting,
    Reading,
    Sighting,
    Status,
    Update,
    Validators,
    Verdict,
)
from monitor.plain import posting_from_json, to_json
from monitor.store import Store, WriterLock
from monitor.values import replace

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)
URL = "https://example.org/jobs"
FULL = Posting(
    title="PhD student in optics",
    url="https://example.org/jobs/1",
    organization="University of Lindholm",
    level=Level.PHD,
    deadline=date(2026, 3, 31),
    deadline_time="23:59 CET",
    deadline_kind=DeadlineKind.FIXED,
    posted_on=date(2026, 2, 1),
    start="2026-09",
    duration_months=48.0,
    pay=Pay("SEK 31 000 per month", 31000.0, None, "SEK", "month"),
    supervisors=("Ada Example",),
    contacts=(Contact("Ada Example", "ada@example.org"),),
    funded=True,
    openings=2,
    reference="VN-1",
    language="en",
    closed=False,
    summary="Light, bent.",
    identifier="1",
    text="Light, bent.\nApply by 31 March.",
    evidence={"deadline": "Apply by 31 March"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


def page(body: bytes = b"<h1>Jobs</h1>", etag: str = '"1"') -> Page:
    return Page(url=URL, body=body, text=body.decode(), validators=Validators(etag), fetched_at=NOW)


def sighting(posting: Posting = FULL, at: datetime = NOW) -> Sighting:
    return Sighting(source=URL, keys=("url:1", "same:1"), listed=posting, first_seen=at, last_seen=at, past=("a",))


def observation(at: datetime = NOW, **values: object) -> Observation:
    values = {"pages": {URL: page()}, "reading": Reading(kind="listing", postings=(FULL,)), **values}  # type: ignore[arg-type]
    return Observation(source=URL, at=at, **values)  # type: ignore[arg-type]


def verdict(*updates: Update, **values: object) -> Verdict:
    return Verdict(**{"outcome": Outcome.OK, "updates": updates, "counts": (1,), **values})  # type: ignore[arg-type]


def new(posting: Posting = FULL, event: EventKind | None = EventKind.NEW) -> Update:
    return Update(position=None, posting=posting, status=Status.OPEN, sighting=sighting(posting), event=event)


def record(store: Store, seen: Observation, concluded: Verdict, known: Known | None = None) -> None:
    due = seen.at + timedelta(hours=6)
    store.record(seen, concluded, name="Lindholm", fingerprint="f1", next_check_at=due, known=known)


def test_a_posting_survives_json() -> None:
    assert posting_from_json(to_json(FULL)) == FULL


def test_a_check_is_there_after_reopening(path: Path) -> None:
    with Store.open(path) as store:
        record(store, observation(), verdict(new()))
    with Store.open(path) as store:
        (position,) = store.positions()
        assert (position.posting, position.status, position.first_seen) == (FULL, Status.OPEN, NOW)
        assert position.sightings == (sighting(),)
        state = store.state(URL)
        assert state is not None
        assert (state.validators[URL].etag, state.listed, state.baseline_at) == ('"1"', (URL,), NOW)
        assert store.due_times() == {URL: (NOW + timedelta(hours=6), NOW)}
        ((asked, stored),) = store.snapshots(URL, listed=True)
        assert (asked, stored.body) == (URL, b"<h1>Jobs</h1>")


def test_of_what_is_as_it_was_the_time_is_enough(tmp_path: Path) -> None:
    """A check leaves the same database, whether the store is told what it holds or not."""
    other = replace(FULL, title="Postdoc in algebra", text=None)
    dumps = []
    for told in (False, True):
        path = tmp_path / f"{told}.db"
        with Store.open(path) as store:
            record(store, observation(), verdict(new(), new(other), new(other)))
            as_it_was, changed, missing = store.known(URL).positions
            updates = (
                _again(as_it_was),
                replace(_again(changed), posting=FULL, event=EventKind.CHANGED),
                replace(_again(missing), sighting=replace(missing.sightings[0], misses=1)),
            )
            record(store, observation(LATER), verdict(*updates), known=store.known(URL) if told else None)
            seen = [
                (p.posting, p.last_seen, p.sightings[0].last_seen, p.sightings[0].misses) for p in store.positions()
            ]
            assert seen == [(FULL, LATER, LATER, 0), (FULL, LATER, LATER, 0), (other, NOW, NOW, 1)]
        with closing(sqlite3.connect(path)) as database:
            tables = ("sources", "positions", "sightings", "keys", "events", "position_index")
            dumps.append([database.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    assert dumps[0] == dumps[1]


def _again(position: Position) -> Update:
    """The position, shown as it was."""
    (own,) = position.sightings
    known = replace(own, last_seen=LATER)
    return Update(position=position.id, posting=position.posting, status=position.status, sighting=known)


def test_a_check_that_fails_halfway_leaves_nothing(store: Store) -> None:
    broken = Update(position=99, posting=FULL, status=Status.OPEN, sighting=sighting(), event=EventKind.CHANGED)
    with pytest.raises(StoreError):
        record(store, observation(), verdict(new(), broken))
    assert list(store.positions()) == []
    assert store.events() == []
    assert store.state(URL) is None


def test_a_snapshot_is_kept_while_its_content_differs(store: Store) -> None:
    for hours, body in enumerate([b"a", b"a", b"b", b"a"]):
        record(store, observation(NOW + timedelta(hours=hours), pages={URL: page(body)}), verdict())
    moments = [NOW + timedelta(hours=hours) for hours in (0, 2, 3)]
    assert store.moments(URL) == moments
    assert [p.body for at in moments if (p := store.page_at(URL, URL, at))] == [b"a", b"b", b"a"]
    between = store.page_at(URL, URL, NOW + timedelta(hours=1))
    assert between is not None
    assert between.body == b"a"
    assert store.page_at(URL, URL, NOW - timedelta(hours=1)) is None


def test_of_an_ad_only_the_last_body_is_kept(store: Store) -> None:
    for body in (b"first", b"second"):
        ad = AdSeen(url="https://example.org/jobs/1", page=page(body), posting=FULL)
        record(store, observation(ads=(ad,)), verdict())
    assert [p.body for _, p in store.snapshots(URL, listed=False)] == [b"second"]


def test_a_page_that_is_not_trusted_leaves_no_validators(store: Store) -> None:
    record(store, observation(), verdict(new()))
    wall = observation(LATER, pages={URL: page(b"captcha", '"2"')})
    record(store, wall, verdict(outcome=Outcome.SUSPECT, trouble="a bot challenge"))
    state = store.state(URL)
    assert state is not None
    assert state.validators[URL].etag == '"1"'
    assert (state.failures, state.trouble, state.trouble_since) == (1, "a bot challenge", LATER)


def test_trouble_is_counted_told_and_forgotten(store: Store) -> None:
    failed = observation(pages={}, reading=None, trouble="no answer")
    record(store, failed, verdict(outcome=Outcome.FAILED, trouble="no answer"))
    assert not store.known(URL).trouble_told
    record(store, failed, verdict(outcome=Outcome.FAILED, trouble="no answer", notice=EventKind.TROUBLE))
    known = store.known(URL)
    assert (known.failures, known.trouble_told, known.baseline_at) == (2, True, None)
    record(store, observation(LATER), verdict(notice=EventKind.RECOVERED))
    known = store.known(URL)
    assert (known.failures, known.trouble, known.trouble_since, known.trouble_told) == (0, None, None, False)
    assert [e.kind for e in store.events()] == [EventKind.TROUBLE, EventKind.RECOVERED]


def test_of_what_a_source_showed_long_ago_only_that_with_a_key_comes_back(store: Store) -> None:
    ends = {"shown": (Status.OPEN, 0), "missed": (Status.OPEN, 2), "shown as closed": (Status.CLOSED, 0)}
    ends |= {f"over {n}": (Status.CLOSED, 1) for n in range(80)}
    made = [
        Update(
            position=None,
            posting=replace(FULL, title=title),
            status=status,
            sighting=replace(sighting(), keys=(f"title:{title}",), misses=misses),
        )
        for title, (status, misses) in ends.items()
    ]
    record(store, observation(), verdict(*made))
    titles = {p.posting.title for p in store.known(URL, past=["title:over 3"]).positions}
    assert titles >= {"shown", "missed", "shown as closed", "over 3", "over 79"}
    assert titles.isdisjoint({"over 2", "over 4"})
    assert {p.posting.title for p in store.known(URL).positions} == set(ends)


def test_a_position_is_found_through_another_sources_key(store: Store) -> None:
    record(store, observation(), verdict(new()))
    assert [p.posting.title for p in store.known("https://example.net/feed", ["same:1"]).positions] == [FULL.title]
    assert store.known("https://example.net/feed", ["same:2"]).positions == ()


def test_changes_carry_their_fields_and_the_present_position(store: Store) -> None:
    record(store, observation(), verdict(new()))
    (position,) = store.positions()
    moved = Update(
        position=position.id,
        posting=posting_from_json({**to_json(FULL), "deadline": "2026-04-07"}),
        status=Status.OPEN,
        sighting=sighting(at=LATER),
        event=EventKind.CHANGED,
        fields={"deadline": FieldChange(date(2026, 3, 31), date(2026, 4, 7))},
    )
    record(store, observation(LATER), verdict(moved))
    event = store.events()[-1]
    assert event.fields == {"deadline": FieldChange(date(2026, 3, 31), date(2026, 4, 7))}
    assert event.position is not None
    assert event.position.posting.deadline == date(2026, 4, 7)
    assert [e.kind for e in store.events(after=event.id - 1)] == [EventKind.CHANGED]
    assert [e.id for e in store.events(since=LATER)] == [event.id]


def test_a_closed_position_that_reopens_has_no_closing_time(store: Store) -> None:
    record(store, observation(), verdict(new()))
    (position,) = store.positions()
    for status, at in ((Status.CLOSED, LATER), (Status.OPEN, LATER + timedelta(days=1))):
        again = Update(position=position.id, posting=FULL, status=status, sighting=sighting(at=at))
        record(store, observation(at), verdict(again))
        (now,) = store.positions()
        assert (now.closed_at is not None) == (status is Status.CLOSED)


def test_a_digest_is_bound_whole_or_not_at_all(store: Store) -> None:
    def failing(digest: int) -> Iterator[tuple[str, str, bytes]]:
        yield "a@example.org", "<1@example.org>", b"mail"
        raise RuntimeError("template broken")

    with pytest.raises(RuntimeError):
        store.outbox.bind("me", at=NOW, through_event=0, subject="x", messages=failing)
    assert store.outbox.last("me") is None
    assert store.outbox.pending() == []


def test_a_delivery_is_settled_once(store: Store) -> None:
    def messages(digest: int) -> list[tuple[str, str, bytes]]:
        return [("a@example.org", f"<{digest}a@x>", b"A"), ("b@example.org", f"<{digest}b@x>", b"B")]

    store.outbox.bind("me", at=NOW, through_event=7, subject="x", messages=messages)
    last = store.outbox.last("me")
    assert last is not None
    assert (last.through_event, last.at) == (7, NOW)
    first, second = store.outbox.pending(NOW)
    assert (first.recipient, first.message, second.message) == ("a@example.org", b"A", b"B")
    store.outbox.settle(first.id, at=NOW)
    store.outbox.postpone(second.id, until=LATER, error="busy")
    assert store.outbox.pending(NOW) == []
    (again,) = store.outbox.pending(LATER)
    assert (again.id, again.message_id, again.attempts) == (second.id, second.message_id, 1)
    assert store.outbox.message_ids("me", "b@example.org") == [second.message_id]


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"my thesis, the only copy" * 100)
    with pytest.raises(StoreError, match="is damaged or no database of the monitor") as caught, Store.open(path):
        pass
    assert "backup" in str(caught.value.tip)
    assert path.read_bytes().startswith(b"my thesis")


def test_a_newer_schema_is_refused(path: Path) -> None:
    with Store.open(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO _sqlite_migrations VALUES (999, 'monitor', 'm999_of_the_future', '2030-01-01')")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"newer version of the monitor.*m999_of_the_future"), Store.open(path):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"), Store.open(tmp_path / "nowhere" / "monitor.db"):
        pass


def test_a_locked_database_is_told(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.connection.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is locked by another program"), Store.open(path):
        pass
    other.close()


def test_a_reader_is_not_blocked_by_a_writer(path: Path, store: Store) -> None:
    record(store, observation(), verdict(new()))
    with store._connection.transaction():
        other = sqlite3.connect(path)
        assert other.execute("SELECT count(*) FROM positions").fetchone() == (1,)
        other.close()


def test_a_second_writer_is_told_who_holds_the_lock(path: Path) -> None:
    with (
        WriterLock(path, purpose="run", now=NOW),
        pytest.raises(StoreError, match=r"in use by `monitor run`, process \d+ on .*, since 2026-03-02 12:00 UTC"),
        WriterLock(path, purpose="poll", now=NOW),
    ):
        pass
    with WriterLock(path, purpose="poll", now=NOW):
        pass


def test_a_lock_that_cannot_be_written_is_a_sentence_and_not_held(path: Path) -> None:
    holder = path.with_name(f"{path.name}.holder")
    holder.mkdir()
    with (
        pytest.raises(StoreError, match=r"\.holder cannot be written: Is a directory"),
        WriterLock(path, purpose="run", now=NOW),
    ):
        pass
    holder.rmdir()
    with WriterLock(path, purpose="poll", now=NOW):
        assert "monitor poll" in holder.read_text(encoding="utf-8")
