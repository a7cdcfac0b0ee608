"""What changed inside a longer text, word by word: lines first, then the words of changed lines."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import chain

from monitor.digest.model import Mark

CONTEXT = 6  # kept words shown on each side of a change
LONGEST = 160  # words shown in all
LONGEST_WORD = 60  # characters; what is longer is no word of any language
_TOO_MANY = 1_500  # words of one changed passage that are not compared word by word (quadratic)


def mark(before: str, after: str) -> tuple[Mark, ...]:
    """Runs of kept, removed and added words with some context; empty when only spaces differ."""
    if before.split() == after.split():
        return ()
    runs = _joined(_by_line(before, after))
    return _shortened(_with_context(runs))


def _by_line(before: str, after: str) -> Iterator[tuple[str, list[str]]]:
    old = [tuple(line.split()) for line in before.splitlines() if line.strip()]
    new = [tuple(line.split()) for line in after.splitlines() if line.strip()]
    # autojunk would call a word that occurs often "junk", and report one giant replacement
    for kind, i, j, k, m in SequenceMatcher(None, old, new, False).get_opcodes():
        gone, come = list(chain(*old[i:j])), list(chain(*new[k:m]))
        if kind == "equal":
            yield "same", gone
        elif gone and come and max(len(gone), len(come)) <= _TOO_MANY:
            yield from _by_word(gone, come)
        else:
            yield "removed", gone
            yield "added", come


def _by_word(old: list[str], new: list[str]) -> Iterator[tuple[str, list[str]]]:
    for kind, i, j, k, m in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            yield "same", old[i:j]
        else:
            yield "removed", old[i:j]
            yield "added", new[k:m]


def _joined(runs: Iterator[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    joined: list[tuple[str, list[str]]] = []
    for kind, words in runs:
        if words and joined and joined[-1][0] == kind:
            joined[-1][1].extend(words)
        elif words:
            joined.append((kind, list(words)))
    return joined


def _with_context(runs: list[tuple[str, list[str]]]) -> Iterator[Mark]:
    for at, (kind, words) in enumerate(runs):
        first, last = at == 0, at == len(runs) - 1
        if kind == "removed":
            yield Mark("removed", " ".join(words))
        elif kind == "added":
            yield Mark("added", " ".join(words))
        elif len(words) <= CONTEXT * (1 if first or last else 2):
            yield Mark("same", " ".join(words))
        else:
            if not first:
                yield Mark("same", " ".join(words[:CONTEXT]))
            yield Mark("gap", "…")
            if not last:
                yield Mark("same", " ".join(words[-CONTEXT:]))


def _shortened(marks: Iterator[Mark]) -> tuple[Mark, ...]:
    shown: list[Mark] = []
    left = LONGEST
    for one in marks:
        words = [w if len(w) <= LONGEST_WORD else w[: LONGEST_WORD - 1] + "…" for w in one.words.split()]
        if len(words) > left:
            shown += [Mark(one.kind, " ".join(words[:left]))] if left else []
            shown += [Mark("gap", "…")]
            break
        shown.append(Mark(one.kind, " ".join(words)))
        left -= len(words)
    return tuple(shown)
