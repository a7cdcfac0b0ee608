"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.delivery import retry_at

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_pauses_grow_to_half_a_day_and_end_after_a_month() -> None:
    moment = NOW
    pauses: list[timedelta] = []
    while (following := retry_at(len(pauses) + 1, moment)) is not None:
        pauses.append(following - moment)
        moment = following
    hours = [pause / timedelta(hours=1) for pause in pauses]
    assert hours[:8] == [0.25, 0.5, 1, 2, 4, 8, 12, 12]
    assert set(hours[8:]) == {12}
    assert timedelta(days=30) <= moment - NOW < timedelta(days=31)
    assert retry_at(1_000, NOW) is None
