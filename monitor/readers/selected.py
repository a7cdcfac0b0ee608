"""A list read by the CSS selectors of sources.toml, for the page that is not understood without."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from monitor.models import Posting, Selectors
from monitor.readers.cells import Reader
from monitor.readers.elements import Element, squeeze
from monitor.readers.records import Group, Record
from monitor.readers.tree import Tree


class Selection:
    """The elements of a tree that selectors name. `fault`: a sentence about a selector that cannot be read."""

    def __init__(self, parser: LexborHTMLParser, tree: Tree, selectors: Selectors) -> None:
        self.tree = tree
        self.fault: str | None = None
        self._found = {
            name: self._elements(parser, name, css)
            for name in ("item", "title", "link", "deadline")
            if (css := getattr(selectors, name))
        }

    def _elements(self, parser: LexborHTMLParser, name: str, css: str) -> list[Element]:
        try:
            nodes = parser.css(css)
        except Exception:  # selectolax raises bare exceptions of several kinds for CSS that it cannot read
            self.fault = f"the selector for {name} cannot be read: {css!r}"
            return []
        return [e for node in nodes if (e := self.tree.element_of(node.mem_id)) is not None]

    def inside(self, name: str, item: Element) -> list[Element]:
        return [e for e in self._found.get(name, []) if item.owns(e)]

    @property
    def items(self) -> list[Element]:
        """What `item` names, else what `title` names, else what `link` names."""
        for name in ("item", "title", "link"):
            if self._found.get(name):
                return self._found[name]
        return []


def selected_postings(selection: Selection, reader: Reader) -> list[Posting]:
    """One posting an item, in page order; an item without any words is none."""
    tree = selection.tree
    records = []
    for item in selection.items:
        titles = selection.inside("title", item) or _default_title(tree, item)
        links = selection.inside("link", item) or [
            a for e in [*titles, item] for a in [*tree.elements[e.index : e.end], *e.ancestors()] if a.tag == "a"
        ]
        title = squeeze(tree.inner_text(titles[0]) if titles else "")
        if not title:
            continue
        record = Record(item, item, item.first, item.last, title, titles[0].first)
        record.url = next((url for a in links if (url := tree.address(a))), None)
        records.append(record)
    group = Group("selectors", records, linked=True)
    result = []
    for record, posting in reader.postings(group):
        for element in selection.inside("deadline", record.root)[:1]:
            posting = reader.with_deadline(posting, tree.inner_text(element))
        result.append(posting)
    return result


def _default_title(tree: Tree, item: Element) -> list[Element]:
    within = tree.elements[item.index : item.end]
    for tags in (("h1", "h2", "h3", "h4", "h5", "h6"), ("a",)):
        if found := [e for e in within if e.tag in tags and tree.inner_text(e)]:
            return found[:1]
    return [item]
