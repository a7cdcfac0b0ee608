"""What a page shows as over: positions under "Closed vacancies", rows that are marked as filled."""

from __future__ import annotations

from monitor.readers.elements import Element
from monitor.readers.tree import Tree
from monitor.readers.words import is_generic, is_only
from monitor.readers.zones import Zones

_ITEMS = ("tr", "li", "article")
_LABEL = 40  # characters; a cell that says "Filled" says little else


def addresses_over(tree: Tree, zones: Zones) -> tuple[str, ...]:
    """Where the links of closed positions lead: the page's own word that what is there is no longer open."""
    found: dict[str, None] = {}
    marked: dict[int, bool] = {}
    for anchor in tree.anchors:
        address = tree.address(anchor)
        if not address or zones.penalty(anchor) >= 2 or is_generic(tree.anchor_text(anchor)):
            continue
        item: Element | None = anchor
        while item is not None and item.tag not in _ITEMS:
            item = item.parent
        if item is not None and item.index not in marked:
            marked[item.index] = _is_marked(tree, item)
        if zones.is_closed(anchor, zones.section(anchor.first)) or (item is not None and marked[item.index]):
            found[address] = None
    return tuple(found)


def _is_marked(tree: Tree, item: Element) -> bool:
    lines = [line.text for line in tree.lines[item.first : item.last]]
    return any(len(text) <= _LABEL and is_only("listing.closed", text) for text in lines)
