"""Killed at any moment, the program tells every change to everybody once (a repeat has the same Message-ID)."""

from __future__ import annotations

from pathlib import Path

from tests.crash import broken_promises, crash


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    outcome = crash(tmp_path, kills=5, seed=20260302)
    assert broken_promises(outcome) == []
    assert outcome.changed, "deadlines moved, and were seen to"
