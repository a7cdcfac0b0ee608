"""What changes by itself is learned from two looks, and stays learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.diff.volatile import VOLATILE, learned, settled

LINES = st.lists(st.sampled_from(["a", "b", "c", "a wise saying", "another one"]), max_size=8).map("\n".join)


def text(lines: str) -> str:
    """`a b …` as three lines."""
    return "\n".join(lines.split())


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("a b c", "a b c", "a b c"),
        ("a noise1 c", "a noise2 c", "a … c"),
        ("a c", "a noise c", "a … c"),
        ("a noise c", "a c", "a … c"),
        ("noise1 b noise3", "noise2 b noise4", "… b …"),
        ("a one two c", "a three c", "a … … c"),
        ("a … c", "a noise c", "a … c"),
    ],
)
def test_what_differs_within_a_moment_is_masked(first: str, second: str, told: str) -> None:
    assert settled(text(first), text(second)) == text(told)


@pytest.mark.parametrize(
    ("known", "now", "told"),
    [
        ("a … c", "a noise c", "a … c"),
        ("a … c", "a c", "a … c"),
        ("a … … c", "a noise c", "a … … c"),
        ("a … c", "a noise news c", "a noise news c"),
        ("a … c", "a noise news", "a noise news"),
        ("a b c", "a news c", "a news c"),
        ("", "a b", "a b"),
    ],
)
def test_what_was_volatile_is_masked_without_a_second_look(known: str, now: str, told: str) -> None:
    assert learned(text(known), text(now)) == text(told)


@given(LINES, LINES)
def test_laws(one: str, two: str) -> None:
    assert settled(one, one) == one
    assert learned(one, one) == one
    assert settled(settled(one, two), two) == settled(one, two)
    assert learned("", one) == one
    kept = [line for line in settled(one, two).splitlines() if line != VOLATILE]
    assert set(kept) <= set(one.splitlines()) & set(two.splitlines())
