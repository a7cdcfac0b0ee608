"""Two texts as a unified difference, with the words that differ within a line marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from monitor.values import Value

CONTEXT = 3  # lines around a change
_NEAR = 0.4  # of the words; a line that shares fewer with its counterpart is another line
_LONGEST = 1_500  # words of a line that is compared word by word (quadratic)


class Line(Value):
    """sign: "-", "+", " ", or "@" between two parts. pieces: words, and whether they differ from the other side."""

    sign: str
    pieces: tuple[tuple[str, bool], ...]

    def __str__(self) -> str:
        return self.sign + "".join(words for words, _ in self.pieces)


def unified(before: str, after: str) -> Iterator[Line]:
    """Nothing for texts with the same lines."""
    old, new = before.splitlines(), after.splitlines()
    # autojunk would take a line that occurs often for junk, and find no other line beside it
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        _, i, _, k, _ = group[0]
        _, _, j, _, m = group[-1]
        yield Line("@", ((f"@ -{i + 1},{j - i} +{k + 1},{m - k} @@", False),))
        for kind, i, j, k, m in group:
            if kind == "equal":
                yield from (Line(" ", ((line, False),)) for line in old[i:j])
            else:
                yield from _changed(old[i:j], new[k:m])


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that went, then lines that came; two at the same place that are near are compared by their words."""
    pairs = [_by_word(a, b) for a, b in zip_longest(old, new)]
    yield from (Line("-", gone) for gone, _ in pairs if gone is not None)
    yield from (Line("+", come) for _, come in pairs if come is not None)


_Pieces = tuple[tuple[str, bool], ...]


def _by_word(old: str | None, new: str | None) -> tuple[_Pieces | None, _Pieces | None]:
    if old is None or new is None:
        return _whole(old), _whole(new)
    a, b = (re.findall(r"\w+|\s+|[^\w\s]", line) for line in (old, new))
    if max(len(a), len(b)) > _LONGEST:
        return _whole(old), _whole(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < _NEAR:
        return _whole(old), _whole(new)
    codes = matcher.get_opcodes()
    gone = tuple(("".join(a[i:j]), kind != "equal") for kind, i, j, _, _ in codes if i < j)
    come = tuple(("".join(b[k:m]), kind != "equal") for kind, _, _, k, m in codes if k < m)
    return gone, come


def _whole(line: str | None) -> _Pieces | None:
    return None if line is None else ((line, False),)
