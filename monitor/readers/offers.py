"""A kind of position as a heading with an offer in the paragraphs below ("PhD positions", then what is offered and how
to apply): one position, though no line of it reads like a title.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from monitor.models import Posting
from monitor.readers.cells import Reader
from monitor.readers.elements import Line
from monitor.readers.records import Group, Record
from monitor.readers.tree import Tree
from monitor.readers.words import address_words, is_file, is_generic, is_kind, says, says_none_open
from monitor.readers.zones import Zones

_LEAST = 80  # characters of an offer


def offers(tree: Tree, zones: Zones, reader: Reader, taken: Sequence[int]) -> list[tuple[Record, Posting]]:
    """The positions of such headings; none where a position was found below. taken: the title lines of those found."""
    found = [r for r in _records(tree, zones) if not any(r.first <= line < r.last for line in taken)]
    return reader.postings(Group("offers", found, linked=False)) if found else []


def _records(tree: Tree, zones: Zones) -> Iterator[Record]:
    headings = [line.number for line in tree.lines if line.heading]
    for number, end in pairwise([*headings, len(tree.lines)]):
        line = tree.lines[number]
        if not 1 < line.heading < 7 or line.anchors or zones.penalty(line.block) or not _names_people(line.text):
            continue
        last = number + 1
        while last < end and not zones.penalty(tree.lines[last].block):
            last += 1
        section = zones.section(number)
        closed = zones.is_closed(line.block, section) or zones.is_other(section)
        if not closed and _is_offer(tree, tree.lines[number + 1 : last]):
            yield Record(line.block, line.block, number, last, line.text, number, _address(tree, number + 1, last))


def _names_people(text: str) -> bool:
    return says("listing.roles", text) and is_kind(text) and not says("listing.never", text)


def _is_offer(tree: Tree, lines: Sequence[Line]) -> bool:
    """Whether paragraphs offer a position of their own and list no others."""
    texts = [line.text for line in lines]
    return (
        sum(map(len, texts)) >= _LEAST
        and any(says("listing.offering", text) for text in texts)
        and not any(says_none_open(text) or says("listing.speculative", text) for text in texts)
        and not any(
            tree.address(a) and says("listing.roles", words) and not is_generic(words)
            for line in lines
            for a in line.anchors
            for words in (tree.anchor_text(a),)
        )
        and not any(line.block.tag in ("li", "td", "dt") and says("listing.roles", line.text[:45]) for line in lines)
    )


def _address(tree: Tree, first: int, last: int) -> str | None:
    """Where "here" or "full announcement" leads, else what looks like a position's address or a file."""
    links = [
        (tree.anchor_text(a), url) for line in tree.lines[first:last] for a in line.anchors if (url := tree.address(a))
    ]
    generic = [url for words, url in links if is_generic(words)]
    return next(iter(generic + [url for _, url in links if address_words(url)[0] or is_file(url)]), None)
