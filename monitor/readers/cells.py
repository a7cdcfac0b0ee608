"""What stands beside a title: the labelled values of a record, and which of its dates is the deadline.

A value's label may be a column header, a label before it on its line or on the line above, or the class of its
element. A date that nothing labels is a deadline only where all records of the group have just one, and none is past.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from monitor.fields.dates import DateSeen, day_order, find_dates
from monitor.fields.deadline import find_deadline
from monitor.fields.labelled import labelled
from monitor.fields.labels import role
from monitor.fields.level import level_of
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import DeadlineKind, Level, Posting
from monitor.readers.columns import Tables
from monitor.readers.elements import Element, Line, squeeze
from monitor.readers.records import Group, Record
from monitor.readers.tree import Tree
from monitor.readers.zones import Zones
from monitor.values import Value, replace

DATED = ("deadline", "posted", "updated", "opens", "start", "end", "interview", "decision")
PLAIN = ("department", "organization", "location", "reference", "level")
_LABEL_ATTRIBUTES = ("data-label", "data-title", "data-th", "data-header", "data-column", "data-name", "data-heading")
_CLASSES = tuple(  # words of class names; English wherever a site is
    (name, frozenset(words.split()))
    for name, words in (
        ("deadline", "deadline closing closes expires expiry expiration applyby applybydate enddate duedate frist"),
        ("posted", "posted published publish publication pubdate dateposted listdate"),
        ("start", "startdate"),
        ("location", "location locations city town place ort standort"),
        ("department", "department dept faculty institute einrichtung avdelning orgunit"),
        ("organization", "employer organization organisation company companyname university institution arbeitgeber"),
        ("reference", "reference refnr refno reqid requisition jobid"),
    )
)
_EMPLOYER = re.compile(
    r"/(?:compan(?:y|ies)|employers?|organi[sz]ations?|institutions?|universit(?:y|ies)|arbeitgeber|firma|firmy)/", re.I
)
_NUMERIC = re.compile(r"(\d\d?)(?<!\d\d\d)[/.\-](\d{1,2})[/.\-](?:\d{4}|\d{2})(?!\d)")  # a digit first: found faster
_DIGIT = re.compile(r"\d")
_EVIDENCE = 160  # characters
_SAYING = 6  # words behind a date that say what it is
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_ISO = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})")
_SPLIT_BEFORE = re.compile(r"[|•·;()\[\]]|\s[–—-]\s")
_JOINED = re.compile(r"^[\s.\-–—]*(?:to|till|until|bis|au|al|a|à|até|tot|do|til|till|-)?[\s.]*$", re.I)


class Cell(NamedTuple):
    """role: see labels.ROLES. words: as on the page. label: what names it, "" for a class or a header."""

    role: str
    words: str
    label: str = ""


class Reader(Value):
    """What all records of a page share: the day it was read, its language and its order of day and month."""

    tree: Tree
    zones: Zones
    as_of: date
    language: str | None
    day_first: bool | None

    @classmethod
    def of(cls, tree: Tree, zones: Zones, as_of: date, language: str | None) -> Reader:
        text = "\n".join(line.text for line in tree.lines)
        firsts = [(int(m[1]), int(m[2])) for m in _NUMERIC.finditer(text)]
        proof = sum(a > 12 >= b for a, b in firsts) - sum(b > 12 >= a for a, b in firsts)
        order = proof > 0 if proof else day_order(tree.url)
        return cls(tree, zones, as_of, language or tree.language[:2].lower() or None, order)

    def dates(self, text: str, *, six_digits: bool = False) -> list[DateSeen]:
        return find_dates(
            text, as_of=self.as_of, language=self.language, day_first=self.day_first, six_digits=six_digits
        )

    # -------------------------------------------------------------------------------------------- one group
    def postings(self, group: Group) -> list[tuple[Record, Posting]]:
        """Every record of a group as a posting."""
        headers = _Headers(self.tree, group)
        read = [(record, self._posting(record, headers)) for record in group.records if record.title]
        return self._with_unlabelled(read)

    def _posting(self, record: Record, headers: _Headers) -> Posting:
        values = list(self._values(record, headers))
        fields: dict[str, object] = {}
        evidence = {"title": record.title}
        for name in PLAIN:
            for value in values:
                if value.role == name and value.words and value.words != record.title and len(value.words) <= 200:
                    if name == "level":
                        found = level_of(value.words)
                        if found:
                            fields[name], evidence[name] = found.value, found.words
                            break
                        continue
                    fields[name], evidence[name] = value.words, value.words
                    break
        if "department" not in fields:
            for heading in reversed(self.zones.section(record.title_line)[-2:]):
                if topic("organization.departments_before").match(fold(heading)):
                    fields["department"] = evidence["department"] = heading
                    break
        self._dated(record, values, fields, evidence)
        if "deadline" not in fields and "deadline_kind" not in fields:
            self._said(record, fields, evidence)
        titled = level_of(record.title)
        if titled and (titled.value not in (Level.STAFF, Level.OTHER) or "level" not in fields):
            fields["level"], evidence["level"] = titled.value, titled.words
        elif "level" not in fields:
            for heading in reversed(self.zones.section(record.title_line)[-2:]):
                if found := level_of(heading):
                    fields["level"], evidence["level"] = found.value, found.words
                    break
        return Posting(title=record.title, url=record.url, evidence=evidence, **fields)  # type: ignore[arg-type]

    def _dated(self, record: Record, values: list[Cell], fields: dict[str, object], evidence: dict[str, str]) -> None:
        for value in values:
            if value.role == "deadline" and "deadline" not in fields:
                found = self.dates(value.words, six_digits=True)
                if found:
                    chosen = found[-1] if len(found) > 1 and _a_range(value.words, found[0], found[1]) else found[0]
                    fields["deadline"], fields["deadline_kind"] = chosen.value, DeadlineKind.FIXED
                    if chosen.time:
                        fields["deadline_time"] = chosen.time
                    evidence["deadline"] = _shortened(f"{value.label} {value.words}")
                elif topic("deadline.rolling").search(fold(value.words)):
                    fields.setdefault("deadline_kind", DeadlineKind.ROLLING)
                    evidence.setdefault("deadline_kind", value.words[:160])
            elif value.role == "posted" and "posted_on" not in fields:
                found = self.dates(value.words, six_digits=True)
                if found:
                    fields["posted_on"] = found[0].value
                    evidence["posted_on"] = _shortened(f"{value.label} {value.words}")

    def _said(self, record: Record, fields: dict[str, object], evidence: dict[str, str]) -> None:
        """A deadline in the sentences of a record, as in those of an ad."""
        text = "\n".join(line.text for line in self.tree.lines[record.first : record.last])
        if any(c.isdigit() for c in text):
            found = find_deadline(AdText(text=text, as_of=self.as_of, language=self.language))
            sure = found and (_YEAR.search(found.words) or topic("deadline.cues").search(fold(found.words)))
            if found and sure and found.value.day:
                fields["deadline"], fields["deadline_kind"] = found.value.day, found.value.kind
                if found.value.time:
                    fields["deadline_time"] = found.value.time
                evidence["deadline"] = _shortened(found.words)

    def _with_unlabelled(self, read: list[tuple[Record, Posting]]) -> list[tuple[Record, Posting]]:
        """Deadlines for a group whose records have one date each, unlabelled, and none of them past."""
        if len(read) < 2 or any(p.deadline or p.posted_on for _, p in read):
            return read
        lone: list[tuple[Record, Posting, DateSeen, str]] = []
        for record, posting in read:
            seen = [
                (found, text)
                for line in self.tree.lines[record.first : record.last]
                if len(text := line.text.replace(record.title, " ") if line.number == record.title_line else line.text)
                <= 80
                for found in self.dates(text)
            ]
            if len({d.value for d, _ in seen}) == 1:
                lone.append((record, posting, *seen[0]))
        if len(lone) < 0.8 * len(read) or any(d.value < self.as_of or not d.year_given for _, _, d, _ in lone):
            return read
        known = {id(record): (seen, text) for record, _, seen, text in lone}
        result = []
        for record, posting in read:
            if id(record) in known:
                day, words = known[id(record)]
                posting = _with_deadline(posting, day, words[day.start : day.end])
            result.append((record, posting))
        return result

    def with_deadline(self, posting: Posting, words: str) -> Posting:
        """The posting with the first date of these words as its deadline, if they have one."""
        found = self.dates(words, six_digits=True)
        return _with_deadline(posting, found[0], words) if found else posting

    # -------------------------------------------------------------------------------------------- one record
    def _values(self, record: Record, headers: _Headers) -> Iterator[Cell]:
        """The labelled values of a record, the surest first: columns, labels, words before a date, classes."""
        lines = self.tree.lines[record.first : record.last]
        for line in lines:
            if name := headers.role_of(record, line):
                yield Cell(name, _without_label(line.text, name))
        for name, words in headers.tables.reaching(record.root):
            yield Cell(name, words)
        text = "\n".join(line.text for line in lines)
        for found in labelled(text, self.language):
            yield Cell(found.role, found.value, found.label)
        for line in lines:
            yield from self._before_dates(line)
        for line in lines:
            yield from _by_class(line, record)
        yield from self._stamped(record)
        for line in lines:
            for anchor in line.anchors:
                address = self.tree.address(anchor) or ""
                if _EMPLOYER.search(address) and _EMPLOYER.search(urlsplit(address).path):
                    yield Cell("organization", self.tree.anchor_text(anchor))

    def _before_dates(self, line: Line) -> Iterator[Cell]:
        """Dates with their label before or after them on the line, without a colon: "Apply by 12 May"."""
        end = 0
        found = self.dates(line.text) if _DIGIT.search(line.text) else []
        for number, seen in enumerate(found):
            before = _SPLIT_BEFORE.split(line.text[end : seen.start])[-1].strip() or line.text[end : seen.start]
            stop = found[number + 1].start if number + 1 < len(found) else len(line.text)
            after = line.text[seen.end : stop].strip(" )")
            name = _role_before(before) or _role_after(after)
            if name:
                yield Cell(name, line.text[seen.start : seen.end], squeeze(before))
            end = seen.end

    def _stamped(self, record: Record) -> Iterator[Cell]:
        """Machine-readable dates of elements that say what they are (<time class="deadline" datetime=...>)."""
        for element in self.tree.elements[record.root.index : record.root.end]:
            stamp = element.attributes.get("datetime")
            if stamp and (match := _ISO.match(stamp)):
                words = {w for e in element.ancestors(3) for w in e.words}
                names = [name for name, classes in _CLASSES[:2] if words & classes]
                past = match[0].strip() <= self.as_of.isoformat()
                for name in names or (["posted"] if past else []):
                    yield Cell(name, match[0].strip())


def _shortened(words: str) -> str:
    """The words of a date without those far from it."""
    words = squeeze(words)
    return words[:_EVIDENCE] if _DIGIT.search(words[:_EVIDENCE]) else words[-_EVIDENCE:]


def _with_deadline(posting: Posting, seen: DateSeen, words: str) -> Posting:
    evidence = {**posting.evidence, "deadline": squeeze(words)[:160]}
    return replace(
        posting, deadline=seen.value, deadline_time=seen.time, deadline_kind=DeadlineKind.FIXED, evidence=evidence
    )


def _a_range(text: str, first: DateSeen, second: DateSeen) -> bool:
    return second.value > first.value and bool(_JOINED.match(text[first.end : second.start]))


def _role_before(text: str) -> str | None:
    words = text.strip(" :–—-,.").split()
    for count in range(min(7, len(words)), 0, -1):
        if name := role(" ".join(words[-count:])):
            return name if name in DATED else None
    folded = fold(text[-70:])
    cue = _last(folded, "deadline.cues", "deadline.limits")
    other = _last(folded, "deadline.other")
    return "deadline" if cue > other else None


def _role_after(text: str) -> str | None:
    words = text.strip(" :–—-,.()").split()
    while len(words) > 1 and len(words[0]) <= 3 and len(words) <= _SAYING:
        words = words[1:]  # "12 May is the closing date"
    for count in range(min(5, len(words)), 0, -1):
        if name := role(" ".join(words[:count])):
            return name if name in DATED else None
    return "deadline" if topic("deadline.limits_after").match(fold(text.strip())) else None


def _last(folded: str, *topics: str) -> int:
    ends = [m.end() for name in topics for m in topic(name).finditer(folded)]
    return max(ends, default=-1)


def _without_label(text: str, name: str) -> str:
    """A cell's words without the header repeated in them for small screens ("Deadline: 12 May")."""
    head, mark, tail = text.partition(":")
    return tail.strip() if mark and tail.strip() and role(head) == name else text


def _by_class(line: Line, record: Record) -> Iterator[Cell]:
    """The parts of a line that the class of their element names."""
    for holder, text in line.parts:
        if name := _class_role(holder, line.block, record):
            whole = _class_role(line.block, line.block, record) == name or len(line.parts) == 1
            yield Cell(name, line.text if whole else squeeze(text))


def _class_role(holder: Element, block: Element, record: Record) -> str | None:
    for element in holder.ancestors(5):
        if element is record.root:
            return None
        if element.words and (name := _named_by(element.words)):
            return name
        label = next(filter(None, map(element.attributes.get, _LABEL_ATTRIBUTES)), None)
        if label and (found := role(label)):
            return found
        if element.parent is block.parent:
            return None
    return None


@lru_cache(maxsize=2048)
def _named_by(words: frozenset[str]) -> str | None:
    """The role that words of class names say."""
    return next((name for name, classes in _CLASSES if words & classes), None)


# ------------------------------------------------------------------------------------------------ column headers
class _Headers:
    """What the columns of a group's table say; tables of <div> are read by the row of labels above the first record."""

    def __init__(self, tree: Tree, group: Group) -> None:
        self.tables = Tables(tree)
        self.above = {} if any(r.root.tag == "tr" for r in group.records) else _labels_above(tree, group.records)

    def role_of(self, record: Record, line: Line) -> str | None:
        if self.above:
            return self.above.get(line.number - record.root.first)
        return self.tables.role_at(line.block)


def _labels_above(tree: Tree, records: Sequence[Record]) -> dict[int, str]:
    """Position of a line in a record -> role, from as many lines of labels just above the first record."""
    if len(records) < 2:
        return {}
    root = records[0].root
    before = [s for s in root.parent.children if s.index < root.index and s.first < s.last] if root.parent else []
    sizes = sorted(r.root.last - r.root.first for r in records)
    first, size = root.first, sizes[len(sizes) // 2]
    if before:  # a row of its own may head longer rows
        size = min(size, before[-1].last - before[-1].first)
    if not 2 <= size <= 8 or first < size:
        return {}
    roles = {n: name for n, line in enumerate(tree.lines[first - size : first]) if (name := role(line.text))}
    return roles if len(roles) >= 2 and len(roles) >= size - 1 else {}
