"""Clocks that are wrong, machines that sleep, zones that change: nothing is lost, told twice, or put off for years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from monitor.config import load
from monitor.daemon import Daemon
from monitor.pipeline.poll import due_sources
from monitor.store import Store
from tests.command import monitor
from tests.servers import serving
from tests.store.small_site import CONFIG, FIELDS, START, ad, listing

DECADE = timedelta(days=3650)


class Home:
    """A folder whose site has one position more at each look."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "sources.toml").write_text(CONFIG.format(url=url), encoding="utf-8")

    def work(self, at: datetime) -> list[str]:
        """Poll what is due and send what is due; the outcomes of the checks."""
        when = at.isoformat()
        polled = monitor("poll", "--json", "--as-of", when, cwd=self.folder)
        assert polled.code == 0, polled.err
        sent = monitor("digest", "--send", "--as-of", when, cwd=self.folder)
        assert sent.code == 0, sent.err
        return [line["outcome"] for line in polled.lines]

    def tell(self, slot: str, zone: str = "UTC") -> None:
        file = self.folder / "sources.toml"
        text = file.read_text(encoding="utf-8").replace('every = "daily 05:00"', f'every = "{slot}"')
        file.write_text(text.replace("[[source]]", f'timezone = "{zone}"\n[[source]]'), encoding="utf-8")

    def mails(self) -> list[str]:
        """Their text parts, on one line each."""
        files = sorted((self.folder / "outbox").glob("*.eml"))
        messages = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        bodies = [message.get_body(("plain",)) for message in messages]
        return [" ".join(body.get_content().split()) for body in bodies if body]

    def told(self, number: int) -> int:
        """In how many digests a position stood."""
        return sum(f"Doctoral student in {FIELDS[number]} ({number})" in mail for mail in self.mails())


@pytest.fixture
def home(tmp_path: Path) -> Home:  # type: ignore[misc]
    lists = tuple(listing(*range(n)) for n in range(2, 12))
    with serving({"/jobs": lists, **{f"/jobs/{n}": (ad(n),) for n in range(12)}}) as server:
        yield Home(tmp_path, server.url)


def test_a_clock_that_was_years_ahead(home: Home) -> None:
    assert home.work(START + DECADE) == ["baseline"]
    assert home.work(START) == ["ok"], "set right, it looks at once"
    assert home.work(START + timedelta(hours=1)) == [], "and then at its usual pace"
    assert home.work(START + timedelta(days=2)) == ["ok"]
    assert [home.told(n) for n in range(2, 4)] == [1, 1], "each is told once"


def test_a_clock_that_was_years_behind(home: Home) -> None:
    assert home.work(datetime(1970, 1, 2, tzinfo=UTC)) == ["baseline"]
    assert home.work(START) == ["ok"]
    assert home.work(START + timedelta(days=2)) == ["ok"]
    assert [home.told(n) for n in range(4)] == [1, 1, 1, 1]


def test_a_delivery_put_off_by_a_wrong_clock_is_tried(home: Home) -> None:
    home.work(START)
    with Store.open(home.folder / "monitor.db") as store:
        store.outbox.bind("x", at=START, through_event=0, subject="x", messages=lambda n: [("a@b.c", f"<{n}>", b"")])
        (delivery,) = store.outbox.pending()
        store.outbox.postpone(delivery.id, until=START + DECADE, error="busy")
        assert len(store.outbox.pending(START)) == 1
        store.outbox.postpone(delivery.id, until=START + timedelta(hours=12), error="busy")
        assert store.outbox.pending(START) == []


def test_a_clock_ahead_for_a_day_costs_no_states(home: Home) -> None:
    for day in range(4):
        home.work(START + timedelta(days=2 * day))
    home.work(START + DECADE)
    home.work(START + timedelta(days=9))
    with Store.open(home.folder / "monitor.db", read_only=True) as store:
        assert len(store.moments(store.states()[0].url)) == 6


def test_a_week_of_sleep_is_one_check_and_one_digest(home: Home) -> None:
    home.work(START)
    before = len(home.mails())
    assert home.work(START + timedelta(days=7)) == ["ok"]
    assert len(home.mails()) == before + 1
    assert home.work(START + timedelta(days=7, minutes=1)) == []
    assert len(home.mails()) == before + 1


def test_a_zone_that_changes_tells_nothing_twice(home: Home) -> None:
    home.tell("monday 07:00", "Europe/Stockholm")
    monday = datetime(2026, 3, 9, 6, tzinfo=UTC)  # 07:00 in Stockholm, 02:00 in New York
    home.work(START)
    home.work(monday)
    file = home.folder / "sources.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Europe/Stockholm", "America/New_York"), encoding="utf-8")
    for hours in (1, 5, 6, 30, 31):
        home.work(monday + timedelta(hours=hours))
    home.work(monday + timedelta(days=7, hours=6))
    assert [home.told(n) for n in range(5)] == [1] * 5


def test_the_zone_of_the_machine_makes_no_difference(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    for day, zone in enumerate(["Asia/Tokyo", "America/Los_Angeles", "Europe/Stockholm"]):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        home.work(START + timedelta(days=2 * day))
    monkeypatch.undo()
    time.tzset()
    with Store.open(home.folder / "monitor.db", read_only=True) as store:
        assert [e.at for e in store.events()][-1] == START + timedelta(days=4)
    assert [home.told(n) for n in range(4)] == [1] * 4


@pytest.mark.parametrize(
    "first", [datetime(2026, 3, 28, 0, tzinfo=UTC), datetime(2026, 10, 24, 0, tzinfo=UTC)], ids=["spring", "autumn"]
)
def test_a_daily_digest_comes_once_a_day_when_clocks_change(home: Home, first: datetime) -> None:
    home.tell("daily 02:30", "Europe/Stockholm")
    file = home.folder / "sources.toml"
    text = file.read_text(encoding="utf-8").replace('every = "1 day"', 'every = "12 hours"')
    file.write_text(text.replace("[[source]]", "empty = true\n[[source]]"), encoding="utf-8")
    home.work(first)
    before = len(home.mails())
    for half_hours in range(1, 3 * 48):
        monitor(
            "digest", "--send", "--as-of", (first + timedelta(minutes=30 * half_hours)).isoformat(), cwd=home.folder
        )
    assert len(home.mails()) - before == 3


def test_the_daemon_takes_a_clock_that_jumps(home: Home) -> None:
    times = iter([START, START + DECADE, START + timedelta(hours=1), START + timedelta(hours=2)])
    settings = load(home.folder / "sources.toml")
    said: list[str] = []
    now = START

    daemon = Daemon(settings, said.append, clock=lambda: now)
    with Store.open(settings.database) as store:
        for now in times:
            daemon._tick(store)
            assert due_sources(settings, store, now) == []
        state = store.state(settings.source[0].url)
        assert state is not None
        assert state.checked_at == START + timedelta(hours=1)
    assert "itself failed" not in "".join(said)
