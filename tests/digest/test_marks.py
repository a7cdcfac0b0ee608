"""What changed in a text, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digest.marks import LONGEST, LONGEST_WORD, mark


def shown(before: str, after: str) -> str:
    """`[-removed-]`, `{+added+}`."""
    forms = {"same": "{}", "gap": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return " ".join(forms[m.kind].format(m.words) for m in mark(before, after))


NUMBERS = " ".join(map(str, range(40)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("two years", "three years", "[-two-] {+three+} years"),
        ("a b\nc d", "a b\n\nc  d\n", ""),
        ("", "all new", "{+all new+}"),
        ("all gone", "", "[-all gone-]"),
        (f"old {NUMBERS}", f"new {NUMBERS}", "[-old-] {+new+} 0 1 2 3 4 5 …"),
        (f"{NUMBERS} old", f"{NUMBERS} new", "… 34 35 36 37 38 39 [-old-] {+new+}"),
        (f"a {NUMBERS} y", f"b {NUMBERS} z", "[-a-] {+b+} 0 1 2 3 4 5 … 34 35 36 37 38 39 [-y-] {+z+}"),
        ("one\ntwo\nthree", "one\n2\nthree", "one [-two-] {+2+} three"),
        ("the the the the fox", "the the the the dog", "the the the the [-fox-] {+dog+}"),
    ],
)
def test_marks(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


def test_words_that_occur_often_do_not_hide_a_small_change() -> None:
    text = "the ad says that the post is open and the group is small " * 60
    assert shown(text + "two years", text + "three years").endswith("is small [-two-] {+three+} years")


def test_a_long_change_is_cut_short() -> None:
    marks = mark("", " ".join(["word"] * 5_000))
    assert marks[-1].kind == "gap"
    assert sum(len(m.words.split()) for m in marks) <= LONGEST + 1


def test_what_is_no_word_is_cut_short() -> None:
    assert shown("a", "x" * 2_000) == "[-a-] {+" + "x" * (LONGEST_WORD - 1) + "…+}"


WORDS = st.lists(st.sampled_from(["a", "b", "c", "\n"]), max_size=25).map(" ".join)


@given(WORDS, WORDS)
def test_the_marks_hold_both_texts(before: str, after: str) -> None:
    marks = mark(before, after)
    assert bool(marks) == (before.split() != after.split())
    if marks and all(m.kind != "gap" for m in marks):
        assert " ".join(m.words for m in marks if m.kind != "added").split() == before.split()
        assert " ".join(m.words for m in marks if m.kind != "removed").split() == after.split()
