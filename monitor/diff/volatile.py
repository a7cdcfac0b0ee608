"""Which lines of a page change by themselves: what differs between two looks a moment apart is no news."""

from __future__ import annotations

from difflib import SequenceMatcher

VOLATILE = "…"  # stands in a text for a line that changes by itself


def settled(text: str, again: str) -> str:
    """`text` with VOLATILE for each line in which `again`, the same page a moment later, differs from it."""
    made: list[str] = []
    for kind, i, j, k, m, one, _ in _aligned(text, again):
        made += one[i:j] if kind == "equal" else [VOLATILE] * max(j - i, m - k)
    return "\n".join(made)


def learned(known: str, text: str) -> str:
    """`text` with VOLATILE where `known`, the same page as it was settled before, has it.

    Lines that are more than were volatile there stay: something may have come in between.
    """
    made: list[str] = []
    for _, i, j, k, m, one, two in _aligned(known, text):
        volatile = one[i:j] and set(one[i:j]) == {VOLATILE} and m - k <= j - i
        made += one[i:j] if volatile else two[k:m]
    return "\n".join(made)


def _aligned(one: str, two: str) -> list[tuple[str, int, int, int, int, list[str], list[str]]]:
    a, b = one.splitlines(), two.splitlines()
    return [(*code, a, b) for code in SequenceMatcher(None, a, b, autojunk=False).get_opcodes()]
