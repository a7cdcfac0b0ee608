"""What sentences say against positions: that nothing is open; links in the middle of them are seldom positions."""

from __future__ import annotations

from monitor.readers.records import Group, Record
from monitor.readers.tree import Tree
from monitor.readers.words import (
    address_words,
    heads_a_list,
    is_generic,
    is_rank,
    names_no_position,
    says,
    says_none_open,
)
from monitor.readers.zones import Zones

_LEAD_IN = 2  # words before a link that make it part of a sentence


def against_link(tree: Tree, record: Record, group: Group, *, none_open: bool) -> float:
    """What speaks against a record whose link stands within a sentence; 0.0 where the link has its line to itself.

    One link with the words of a position is believed ("We have an opening for a PhD student in optics"), unless the
    page says that nothing is open; among several it is rather one of the places named ("Humboldt fellowships").
    """
    line = tree.lines[record.title_line]
    if not group.linked or group.generic or line.heading or record.seed not in line.anchors:
        return 0.0
    words = tree.anchor_text(record.seed)
    if len(line.text.partition(words)[0].split()) < _LEAD_IN:
        return 0.0
    if len(words) * 2 >= len(line.text) and not line.text.endswith("."):
        return 0.0
    if none_open or not says("listing.roles", words):
        return -9.0
    if names_no_position(words):
        return -9.0
    others = {tree.address(a) for a in line.anchors if not is_generic(tree.anchor_text(a))} - {None}
    named = address_words(tree.address(record.seed) or "")[0]
    return -6.0 if len(others) > 1 and not named else 0.0


def nothing_open(tree: Tree, zones: Zones) -> list[tuple[str, ...]]:
    """The sections of which the page says that nothing is open there; said under "Open positions" it holds for all
    that this heading is part of.
    """
    said = [
        zones.section(line.number) for line in tree.lines if zones.penalty(line.block) < 2 and says_none_open(line.text)
    ]
    return [where[:-1] if heads_a_list(where) and not is_rank(where[-1]) else where for where in said]
