"""Which line of a record is its title, and which of its links is its own.

The line is chosen for the whole group, by what that column of lines looks like in all of its records.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from monitor.fields.labels import role
from monitor.readers.elements import Element, Line
from monitor.readers.records import Group, Record, is_labelled
from monitor.readers.tree import Tree
from monitor.readers.words import address_words, is_bare, is_file, is_generic, is_rank, says

_DIGIT = re.compile(r"\d")
_BEFORE = re.compile(r"\[[^\[\]]{1,20}\]\s+")
_BEHIND = re.compile(r"\s*\([^()]*\)$")
_MONTH = r"\d{1,2}(?:st|nd|rd|th)?\.?\s*(?:de\s)?[^\W\d_]{3,12}\.?|[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?\b"
_DIGITS = r"\d{4}[-./]\d\d?[-./]\d\d?|\d{1,2}[-./]\s?\d{1,2}[-./]\s?\d{2,4}"
_DAY = rf"(?:{_DIGITS}|(?:{_MONTH}),?(?:\s(?:de\s)?\d{{4}})?)"
_LABEL_FIRST = re.compile(rf"(\D{{4,40}}?):?\s+{_DAY}\s*[:|–—-]?\s+")  # "Closes 12 May 2026 Lecturer in law"
_HEADED = 1.5  # what the column's header says for or against it
_NO_TITLES = ("level", "location", "reference", "deadline", "posted", "start", "employment")
_SHORTEST = 8  # characters of a title
_COLUMNS = 4  # that a record may fall back on where it lacks the best
_DEPTH = 12  # lines of a record among which its title is


def entitle(tree: Tree, group: Group) -> None:
    """Choose the column of lines that holds the titles, then give each record its title and link."""
    if not group.linked:
        for record in group.records:
            line = tree.lines[record.seed.first]
            record.title, record.title_line = _title(tree, line, linked=False), line.number
            record.url = _address(tree, record, group)
        return
    columns: dict[str, list[tuple[Record, Line]]] = defaultdict(list)
    for record in group.records:
        seen: set[str] = set()
        for line in tree.lines[record.root.first : min(record.root.last, record.root.first + _DEPTH)]:
            key = _column(record, line)
            if key not in seen:
                seen.add(key)
                columns[key].append((record, line))
    count = len(group.records)
    ranked = sorted(columns, key=lambda key: -_worth(tree, columns[key], count, group))
    chosen = {key: {id(r): line for r, line in columns[key]} for key in ranked[:_COLUMNS]}
    entitled = chosen[ranked[0]] if ranked else {}
    # what stands beside the titles of most others ("Oslo") is no title where that is missing
    beside = {key for key in ranked[1:_COLUMNS] if 2 * len(chosen[key].keys() & entitled) > len(entitled) >= 2}
    for record in group.records:
        for key in ranked[:_COLUMNS]:
            if key in beside and id(record) not in entitled:
                continue
            there = chosen[key].get(id(record))
            if there is not None and (title := _title(tree, there, linked=group.linked)):
                record.title, record.title_line = title, there.number
                break
        record.url = _address(tree, record, group)


def _column(record: Record, line: Line) -> str:
    chain: list[str] = []
    for element in line.block.ancestors():
        chain.append(element.sign)
        if element is record.root or element is record.root.parent:
            break
    linked = "a" if line.anchors else ""
    cell = line.block.cell_number
    return f"{'/'.join(chain)}{linked}{line.heading or ''}:{cell}"


def _worth(tree: Tree, column: list[tuple[Record, Line]], count: int, group: Group) -> float:
    """How much a column of lines looks like the titles of its records."""
    lines = [line for _, line in column]
    texts = [line.text for line in lines]
    n = len(texts)
    signs = _Signs(*(sum(flags) / n for flags in zip(*map(_signs, texts), strict=True)))
    value = 2.0 * n / count
    value += 2.0 * signs.role
    value += 0.7 * signs.occupation
    value += sum(1.8 if 0 < line.heading < 7 else 0.7 if line.heading else 0.0 for line in lines) / n
    value += 1.4 * sum(_linked_part(tree, line) for line in lines) / n
    if group.linked and not group.generic:
        value += sum(record.seed in line.anchors for record, line in column) / n
    value -= 1.5 * signs.bare + 1.0 * signs.rank + 3.0 * signs.generic
    value -= 2.5 * signs.colon + 2.0 * signs.digits + 2.0 * signs.labelled
    mean = sum(map(len, texts)) / n
    value += 0.8 * min(mean, 40) / 40 - (1.0 if mean > 200 else 0.0) - (1.0 if mean < 8 else 0.0)
    if n >= 4:
        value -= 2.0 * max(0.0, 0.6 - len(set(texts)) / n)
    if group.tables and (header := group.tables.role_at(lines[0].block)):
        value += _HEADED if header == "title" else -_HEADED if header in _NO_TITLES else 0.0
    place = sum(line.number - record.first for record, line in column) / n
    return value - 0.12 * min(place, 10)


class _Signs(NamedTuple):
    """What a line looks like; or the shares of a column's lines that do."""

    role: float
    occupation: float
    bare: float
    rank: float
    generic: float
    colon: float
    digits: float
    labelled: float


@lru_cache(maxsize=2048)
def _signs(text: str) -> _Signs:
    return _Signs(
        role=says("listing.roles", text[:200]),
        occupation=says("listing.occupations", text[:200]),
        bare=is_bare(text),
        rank=is_rank(text),
        generic=is_generic(text),
        colon=text.endswith(":"),
        digits=_mostly_digits(text),
        labelled=is_labelled(text),
    )


def _linked_part(tree: Tree, line: Line) -> float:
    """How much of a line is a link that names something."""
    words = max((tree.anchor_text(a) for a in line.anchors), key=len, default="")
    return 0.0 if not words or is_generic(words) else min(1.0, 0.3 + len(words) / max(len(line.text), 1))


def _mostly_digits(text: str) -> bool:
    return len(_DIGIT.findall(text)) * 3 > len(text)


def _title(tree: Tree, line: Line, *, linked: bool) -> str:
    """The title that a line holds: its link's words if these name anything, the words in bold that it begins with, else
    all of it but generic links."""
    named = [w for a in line.anchors if not is_generic(w := tree.anchor_text(a)) and len(w) <= 300]
    named = [words for words in named if not _is_code(words, line.text)]
    if named:
        best = _without_label(max(named, key=len))
        rest = line.text.replace(best, " ", 1)
        if len(best) >= 0.5 * len(line.text) or (
            linked and (says("listing.roles", best) or not says("listing.roles", rest))
        ):
            return best if len(best) < len(line.text) else line.text
    bold = line.bold_beginning
    if (
        bold
        and not is_generic(bold)
        and role(bold) is None
        and (says("listing.roles", bold) or not says("listing.roles", line.text))
    ):
        return _without_frame(bold.rstrip(" :;,-–—|"))
    text = line.text
    for anchor in line.anchors:
        words = tree.anchor_text(anchor)
        if words and is_generic(words):
            text = text.replace(words, " ")
    text = " ".join(re.sub(r"[\[(]\s*[\])]", " ", text).split()).strip(" :;,-–—|>»")
    return "" if is_generic(text) else _without_frame(text)


def _is_code(words: str, text: str) -> bool:
    """Whether a link is a short code in brackets with the title beside it: "[NT26] Postdoc in number theory"."""
    return " " not in words and f"[{words}]" in text and len(text) >= len(words) + _SHORTEST


def _without_label(text: str) -> str:
    """Words without the deadline that they begin with, as where a whole card is one link."""
    label = _LABEL_FIRST.match(text)
    if label and says("deadline.cues", label[1]) and len(text) - label.end() >= _SHORTEST:
        return text[label.end() :]
    return text


def _without_frame(text: str) -> str:
    """A line's words without the code before and the deadline behind a title:
    "[NT26] Postdoc in number theory (deadline 15 March, 11:59PM)".
    """
    end = _BEHIND.search(text)
    if end and says("deadline.cues", end[0]) and len(text[: end.start()].strip()) >= _SHORTEST:
        text = text[: end.start()].strip()
    start = _BEFORE.match(text)
    return text[start.end() :] if start and len(text) - start.end() >= _SHORTEST else text


def _address(tree: Tree, record: Record, group: Group) -> str | None:
    """The record's own link: of its title, else its seed's, else the first "Read more", else one to a position."""
    anchors: list[Element] = []
    if record.title_line >= 0:
        there = tree.lines[record.title_line].anchors
        generic = [a for a in there if is_generic(tree.anchor_text(a))]
        anchors += [a for a in there if a not in generic and tree.anchor_text(a) in record.title]
        anchors += [record.seed] if group.linked and not group.generic else []
        anchors += generic
    if group.linked:
        anchors.append(record.seed)
    for anchor in anchors:
        if url := tree.address(anchor):
            return url
    if target := tree.target_of(record.root) or (tree.target_of(record.seed)):
        return target
    rest = [
        (a, url) for line in tree.lines[record.first : record.last] for a in line.anchors if (url := tree.address(a))
    ]
    generic_urls = [url for a, url in rest if is_generic(tree.anchor_text(a))]
    positions = [url for a, url in rest if address_words(url)[0] or says("listing.roles", tree.anchor_text(a))]
    files = {url for _, url in rest if is_file(url)}
    only = files or {url for _, url in rest}
    lone = [url for url in only if len(only) == 1 and (files or address_words(url)[1:] == (False, True))]
    return next(iter(generic_urls + positions + lone), None)
