"""Old pages go; what replay, diff and rereading need stays, and so does all that was concluded."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from monitor.identity import canonical_url
from monitor.models import Event, EventKind, Status
from monitor.pipeline.archive import last_two_looks, replay
from monitor.settings import parse_keep
from monitor.store import Pruned, Store
from monitor.store.retention import LEAST_STATES, first_kept
from tests.command import monitor
from tests.store.small_site import START, watch

DAYS = 24
EDGE = START + timedelta(days=9, hours=3)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    watch(folder, DAYS, send=True)
    return folder


@pytest.fixture
def home(watched: Path, tmp_path: Path) -> Path:
    for name in ("sources.toml", "monitor.db"):
        (tmp_path / name).write_bytes((watched / name).read_bytes())
    return tmp_path


def told_since(folder: Path, at: datetime) -> list[tuple[datetime, EventKind, str | None]]:
    settings = load(folder / "sources.toml")
    with Store.open(settings.database, read_only=True) as store:
        events: list[Event] = replay(store, settings.source)
    return [(e.at, e.kind, e.title) for e in events if e.at > at and e.kind is not EventKind.BASELINE]


def test_replay_tells_the_same_of_what_is_kept(home: Path) -> None:
    before = told_since(home, EDGE)
    assert {kind for _, kind, _ in before} >= {EventKind.NEW, EventKind.CLOSED}
    with Store.open(home / "monitor.db") as store:
        pruned = store.prune(EDGE)
        assert (pruned.lists, pruned.ads > 0, pruned.mails > 0) == (9, True, True)
        url = store.states()[0].url
        assert store.moments(url) == [START + timedelta(days=day) for day in range(9, DAYS)]
    assert told_since(home, EDGE) == before


def test_house_is_kept_once_a_day(home: Path) -> None:
    with Store.open(home / "monitor.db") as store:
        earlier_that_day = EDGE - timedelta(hours=6)
        assert store.prune(earlier_that_day).lists == 8
        assert store.prune(EDGE) == Pruned(0, 0, 0), "though one more list is old enough by now"
        assert store.prune(EDGE + timedelta(days=1)).lists == 2
        assert store.prune(EDGE + timedelta(days=1, minutes=1)) == Pruned(0, 0, 0)


def test_what_was_concluded_stays(home: Path) -> None:
    with Store.open(home / "monitor.db") as store:
        before = store.events(), list(store.positions()), [s.counts for s in store.states()]
        store.prune(EDGE)
        assert (store.events(), list(store.positions()), [s.counts for s in store.states()]) == before
        assert store.faults() == []


def test_open_positions_keep_their_ads_and_the_last_lists_can_be_compared(home: Path) -> None:
    settings = load(home / "sources.toml")
    with Store.open(home / "monitor.db") as store:
        store.prune(START + timedelta(days=400))
        source = settings.source[0]
        assert last_two_looks(store, source) is not None
        assert len(store.moments(source.url)) == LEAST_STATES
        kept = {url for url, _ in store.snapshots(source.url, listed=False)}
        open_ones = {canonical_url(p.posting.url or "") for p in store.positions(Status.OPEN)}
        assert open_ones <= kept
        state = store.state(source.url)
        assert state is not None
        assert set(state.validators) == {source.url, *kept}, "what comes back is fetched whole"


def test_a_pending_mail_is_never_emptied(home: Path) -> None:
    def messages(digest: int) -> list[tuple[str, str, bytes]]:
        return [("late@example.org", "<1@example.org>", b"not yet sent")]

    with Store.open(home / "monitor.db") as store:
        store.outbox.bind("late", at=START, through_event=0, subject="x", messages=messages)
        store.prune(START + timedelta(days=400))
        assert [d.message for d in store.outbox.pending()] == [b"not yet sent"]


def test_every_poll_keeps_house(home: Path) -> None:
    file = home / "sources.toml"
    file.write_text('[store]\nkeep = "2 days"\n' + file.read_text(), encoding="utf-8")
    monitor("poll", "--force", "--as-of", (START + timedelta(days=DAYS)).isoformat(), cwd=home)
    with Store.open(home / "monitor.db", read_only=True) as store:
        assert len(store.moments(store.states()[0].url)) == LEAST_STATES


def test_prune_says_what_went_and_the_file_shrinks(home: Path) -> None:
    as_of = (START + timedelta(days=DAYS)).isoformat()
    (line,) = monitor("prune", "--keep", "5 days", "--json", "--as-of", as_of, cwd=home).lines
    assert line["lists"] > 0
    assert line["bytes"] < line["bytes_before"]
    assert "the database had" in monitor("prune", "--as-of", as_of, cwd=home).err
    refused = monitor("prune", "--keep", "some days", cwd=home)
    assert (refused.code, "is no interval" in refused.err) == (2, True)


def test_keep_may_be_forever(home: Path) -> None:
    file = home / "sources.toml"
    file.write_text('[store]\nkeep = "forever"\n' + file.read_text(), encoding="utf-8")
    late = (START + timedelta(days=4000)).isoformat()
    (line,) = monitor("prune", "--json", "--as-of", late, cwd=home).lines
    assert (line["lists"], line["ads"], line["mails"]) == (0, 0, 0)
    with pytest.raises(ValueError, match="forever"):
        parse_keep("always")


@given(st.lists(st.integers(0, 99), unique=True).map(sorted), st.integers(0, 99))
def test_the_first_kept_moment(days: list[int], edge: int) -> None:
    moments = [f"{day:02}" for day in days]
    first = first_kept(moments, f"{edge:02}")
    if first is not None:
        kept = [at for at in moments if at >= first]
        assert first <= f"{edge:02}"
        assert len(kept) >= LEAST_STATES
        assert len(kept) < len(moments)
        assert not [at for at in kept[1 : 1 - LEAST_STATES] if at <= f"{edge:02}"], "nothing older is kept than needed"
