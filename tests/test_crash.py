"""Killed at any moment, the program tells every change to everybody once (a repeat has the same Message-ID)."""

from __future__ import annotations

from pathlib import Path

from tests.crash import crash


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    outcome = crash(tmp_path, kills=5, seed=20260302)
    assert outcome.integrity == "ok"
    for recipient in ("a@example.org", "b@example.org"):
        told = outcome.told[recipient]
        assert sorted(told) == list(range(outcome.positions)), "every position is told"
        assert {number: ids for number, ids in told.items() if len(ids) > 1} == {}, "each in one digest only"
