"""How a page was read as a list, for a person: what was considered, and the selectors that would read the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.models import Hints, Page, Posting, Selectors
from monitor.readers.elements import Element
from monitor.readers.judge import Verdict
from monitor.readers.listing import read_listing, survey
from monitor.readers.records import Record
from monitor.readers.tree import Tree
from monitor.values import Value, replace

_MOST = 8  # candidates
_LEVELS = 4  # elements of a selector
_TITLES = 3  # of a candidate that are shown
_SELECTABLE = re.compile(r"[a-z][a-z0-9-]*(?:\.[A-Za-z_][\w-]*)*")


class Candidate(Value):
    """One group of records at alike places. taken: how many of them were read as positions. value: all that speaks for
    the group; 3 and more is enough. evidence: the parts of it, the weightiest first. titles: of its first records.
    """

    signature: str
    records: int
    taken: int
    value: float
    evidence: tuple[tuple[str, float], ...]
    titles: tuple[str, ...]


class Explanation(Value):
    """candidates: the best first. selectors: plain CSS that reads the same positions; None where none was found."""

    candidates: tuple[Candidate, ...]
    selectors: Selectors | None


def explain(page: Page, hints: Hints) -> Explanation:
    """What `read_listing` weighed on a page. It reads the page several times, to try selectors; never raises."""
    seen = survey(page, hints)
    verdicts = sorted(seen.verdicts, key=lambda verdict: (-(verdict.taken > 0), -verdict.value))
    selectors = None
    if seen.tree is not None and seen.reading.postings:
        selectors = _selectors(page, hints, seen.tree, verdicts, seen.reading.postings)
    return Explanation(tuple(map(_candidate, verdicts[:_MOST])), selectors)


def _candidate(verdict: Verdict) -> Candidate:
    group = verdict.group
    evidence = sorted(((name, value) for name, value in group.notes.items() if value), key=lambda one: -abs(one[1]))
    titles = dict.fromkeys(record.title for record in group.records if record.title)
    return Candidate(
        signature=group.signature,
        records=len(group.records),
        taken=verdict.taken,
        value=round(verdict.value, 1),
        evidence=tuple((name, round(value, 1)) for name, value in evidence),
        titles=tuple(titles)[:_TITLES],
    )


def _selectors(
    page: Page, hints: Hints, tree: Tree, verdicts: list[Verdict], wanted: tuple[Posting, ...]
) -> Selectors | None:
    """The simplest selectors with which the same positions are read."""
    winners = [verdict.group.records[0] for verdict in verdicts if verdict.taken]
    for tried in _guesses(tree, winners):
        read = read_listing(page, replace(hints, selectors=tried, signature=()))
        if _compared(read.postings) == _compared(wanted):
            return tried
    return None


def _compared(postings: tuple[Posting, ...]) -> list[object]:
    return [(posting.title, posting.url, posting.deadline) for posting in postings]


def _guesses(tree: Tree, winners: list[Record]) -> Iterator[Selectors]:
    if not winners:
        return
    for level in range(1, _LEVELS + 1):
        item = ", ".join(dict.fromkeys(_path(record.root, level) for record in winners))
        titles = dict.fromkeys(name for record in winners for name in _names_of_title(tree, record))
        for title in (None, *titles):
            yield Selectors(item=item, title=title)
            for link in dict.fromkeys(record.seed.sign for record in winners if _is_inner_link(record)):
                if _SELECTABLE.fullmatch(link):
                    yield Selectors(item=item, title=title, link=link)


def _is_inner_link(record: Record) -> bool:
    return record.seed is not record.root and record.seed.tag == "a"


def _path(element: Element, level: int) -> str:
    chain = element.ancestors(level)
    return " > ".join(e.sign if _SELECTABLE.fullmatch(e.sign) else e.tag for e in reversed(chain))


def _names_of_title(tree: Tree, record: Record) -> Iterator[str]:
    """The elements within a record that may name its title, the innermost last."""
    line = tree.lines[record.title_line]
    for element in (line.block, record.seed, line.parts[0][0]):
        if element is not record.root and record.root.owns(element) and _SELECTABLE.fullmatch(element.sign):
            yield element.sign
