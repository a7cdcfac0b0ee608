"""The values that an ad gives beside a label: `Employer: X`, a label alone on its line above its value, or several
labels on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from monitor.fields.labels import role
from monitor.values import Value

_LABEL = 60  # characters; longer ones are sentences
_VALUE = 300
_COLON = re.compile(r"(?=[\s:：])(?:\s*[:：]\s*(?!//)|\t+|\s+\|\s+|\s{3,}|\s+[–—]\s+)")
_LINE = re.compile(r"[^\n]+")
_INNER = re.compile(r"(?<=[\s.;,(])((?:[^\W\d_][\w/()'-]*[ ]){0,3}[^\W\d_][\w/()'-]*):\s+")


class Labelled(Value):
    """role: see labels.ROLES. value: a substring of the text, `start` to `end`. label_start: where the label begins.

    own_line: the label stands alone on the line above the value.
    """

    role: str
    label: str
    value: str
    label_start: int
    start: int
    end: int
    own_line: bool = False


@lru_cache(maxsize=8)
def labelled(text: str, language: str | None = None) -> tuple[Labelled, ...]:
    """Every labelled value whose label is known, in the order of the text."""
    return tuple(_labelled(text, language))


def values(text: str, name: str, language: str | None = None) -> list[Labelled]:
    """The labelled values of one role."""
    return [found for found in labelled(text, language) if found.role == name]


def _labelled(text: str, language: str | None) -> Iterator[Labelled]:
    waiting: tuple[str, str, int] | None = None  # role, label and place of a label whose value is to follow
    for line in _LINE.finditer(text):
        start, end = _stripped(text, line.start(), line.end())
        if start >= end:
            continue
        mark = _COLON.search(text, start, min(end, start + _LABEL + 4))
        label_end = mark.start() if mark else end
        name = role(text[start:label_end], language) if label_end - start <= _LABEL else None
        if mark and name and mark.end() < end:
            inner = _split(text, mark.end(), end, language)
            first_end = inner[0].label_start if inner else end
            yield _value(text, name, start, label_end, mark.end(), first_end)
            yield from inner
            waiting = None
        elif name and (mark is None or mark.end() >= end):
            waiting = (name, text[start:label_end], start)
        else:
            inner = _split(text, start, end, language)
            if waiting and end - start <= _VALUE:
                yield Labelled(waiting[0], waiting[1], text[start:end], waiting[2], start, end, own_line=True)
            waiting = None
            yield from inner


def _value(text: str, name: str, label_start: int, label_end: int, start: int, end: int) -> Labelled:
    start, end = _stripped(text, start, min(end, start + _VALUE))
    return Labelled(name, text[label_start:label_end], text[start:end], label_start, start, end)


def _split(text: str, start: int, end: int, language: str | None) -> list[Labelled]:
    """Further labels within a line: "City: Lund Country: Sweden"."""
    if text.find(":", start, end) < 0:
        return []
    marks = []
    for match in _INNER.finditer(text, start, end):
        words = match[1].split(" ")
        for first in range(len(words)):  # the longest known label that ends at the colon
            label = " ".join(words[first:])
            if (
                label[:1].isupper()
                and (name := role(label, language))
                and not _goes_on(text, match.end(1) - len(label), name)
            ):
                marks.append((name, match.end(1) - len(label), match.end(1), match.end()))
                break
    ends = [*(mark[1] for mark in marks[1:]), end]
    return [_value(text, name, a, b, c, stop) for (name, a, b, c), stop in zip(marks, ends, strict=False) if stop > c]


def _goes_on(text: str, start: int, name: str) -> bool:
    """Whether "University:" ends a name ("Malmö University: work with us") and is no label."""
    return name in ("organization", "department") and bool(
        re.search(r"[^\W\d_a-z]\w*[ ]$", text[max(0, start - 20) : start])
    )


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in "-•*·▪►"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
