"""When a source and a digest are due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cadence import due_slot, next_check_at, next_slot
from monitor.settings import Slot, Source, parse_slot

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SOURCE = Source(url="https://uni.example.org/jobs", every=timedelta(hours=6))
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def hours(source: Source = SOURCE, **given: object) -> float:
    return (next_check_at(source, NOW, **given) - NOW) / timedelta(hours=1)  # type: ignore[arg-type]


def test_after_a_good_check_its_own_interval_with_a_little_jitter() -> None:
    assert 6 <= hours() < 6.6
    assert hours() == hours()
    assert len({hours(Source(url=f"https://uni.example.org/{n}", every=SOURCE.every)) for n in range(20)}) > 15


def test_each_failure_doubles_the_pause_up_to_a_day() -> None:
    pauses = [hours(failures=n) for n in range(1, 7)]
    assert [round(p // 6) for p in pauses[:3]] == [1, 2, 4]
    assert all(p <= 24 * 1.1 for p in pauses)
    assert hours(failures=10_000) <= 24 * 1.1


def test_a_rare_source_in_trouble_keeps_its_own_interval() -> None:
    weekly = Source(url="https://uni.example.org/jobs", every=timedelta(weeks=1))
    assert hours(weekly, failures=5) >= 24 * 7


def test_retry_after_is_honoured_within_reason() -> None:
    assert hours(failures=1, retry_after=36_000) == 10
    assert hours(failures=1, retry_after=60) == hours(failures=1)
    assert hours(failures=1, retry_after=10**9) == 24 * 7


def test_a_page_that_stays_fresh_is_not_asked_before() -> None:
    assert hours(fresh_until=NOW + timedelta(hours=10)) == 10
    assert hours(fresh_until=NOW + timedelta(days=300)) == 12
    assert hours(fresh_until=NOW - timedelta(hours=1)) == hours()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("slot", "zone", "last", "now", "due"),
    [
        ("monday 07:00", "UTC", None, "2026-03-04 12:00", "2026-03-02 07:00"),
        ("monday 07:00", "UTC", "2026-03-02 07:00", "2026-03-04 12:00", None),
        ("monday 07:00", "UTC", "2026-03-02 07:00", "2026-03-09 06:59", None),
        ("monday 07:00", "UTC", "2026-03-02 07:00", "2026-03-09 07:00", "2026-03-09 07:00"),
        ("monday 07:00", "UTC", "2026-01-05 07:00", "2026-03-11 07:00", "2026-03-09 07:00"),  # many missed, one made up
        ("monday 07:00", "Europe/Stockholm", None, "2026-03-02 06:00", "2026-03-02 06:00"),
        ("monday 07:00", "Europe/Stockholm", None, "2026-03-30 05:00", "2026-03-30 05:00"),  # summer time by now
        ("daily 02:30", "Europe/Stockholm", "2026-03-28 01:30", "2026-03-29 01:29", None),  # 02:30 does not exist
        ("daily 02:30", "Europe/Stockholm", "2026-03-28 01:30", "2026-03-29 01:30", "2026-03-29 01:30"),
        (
            "daily 02:30",
            "Europe/Stockholm",
            "2026-10-24 00:30",
            "2026-10-25 00:30",
            "2026-10-25 00:30",
        ),  # the first one
        ("daily 02:30", "Europe/Stockholm", "2026-10-25 00:30", "2026-10-25 01:30", None),  # not again an hour later
        ("monthly 08:00", "UTC", "2026-02-01 08:00", "2026-02-28 23:00", None),
        ("monthly 08:00", "UTC", "2026-02-01 08:00", "2026-03-31 08:00", "2026-03-01 08:00"),
        ("monthly 08:00", "UTC", None, "2026-01-01 07:00", "2025-12-01 08:00"),
        ("daily 23:30", "Pacific/Kiritimati", None, "2026-01-01 00:00", "2025-12-31 09:30"),
        ("instant", "UTC", "2026-03-02 07:00", "2026-03-02 07:05", "2026-03-02 07:05"),
        ("instant", "UTC", None, "2026-03-02 07:05", "2026-03-02 07:05"),
    ],
)
def test_due_slot(slot: str, zone: str, last: str | None, now: str, due: str | None) -> None:
    found = due_slot(parse_slot(slot), ZoneInfo(zone), at(last) if last else None, at(now))
    assert found == (at(due) if due else None)


@pytest.mark.parametrize(
    ("slot", "now", "following"),
    [
        ("monday 07:00", "2026-03-02 05:59", "2026-03-02 06:00"),
        ("monday 07:00", "2026-03-02 06:00", "2026-03-09 06:00"),
        ("monday 07:00", "2026-03-23 06:00", "2026-03-30 05:00"),
        ("monthly 07:00", "2026-01-31 12:00", "2026-02-01 06:00"),
        ("daily 07:00", "2026-12-31 12:00", "2027-01-01 06:00"),
        ("instant", "2026-03-02 05:59", "2026-03-02 05:59"),
    ],
)
def test_next_slot(slot: str, now: str, following: str) -> None:
    assert next_slot(parse_slot(slot), STOCKHOLM, at(now)) == at(following)


slots = st.builds(
    Slot,
    period=st.sampled_from(["day", "week", "month"]),
    at=st.times().map(lambda t: time(t.hour, t.minute)),
    weekday=st.integers(0, 6),
)
zones = st.sampled_from(["UTC", "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(slots, zones, moments)
def test_slots_follow_one_another(slot: Slot, zone: str, now: datetime) -> None:
    place = ZoneInfo(zone)
    last = due_slot(slot, place, None, now)
    following = next_slot(slot, place, now)
    assert last is not None
    assert last <= now < following
    assert due_slot(slot, place, last, now) is None
    assert due_slot(slot, place, last, following) == following
    assert due_slot(slot, place, last, following - timedelta(microseconds=1)) is None
