"""The parts of a page that hold no positions of its own: menus, footers, filters, related links, closed sections."""

from __future__ import annotations

import re

from monitor.readers.elements import Element, Line
from monitor.readers.tree import Tree
from monitor.readers.words import names_positions, opens_with

_HARD_ROLES = frozenset("navigation banner contentinfo menu menubar alertdialog dialog".split())
_HARD = frozenset(
    "nav navbar navigation navi menu menus submenu mainmenu megamenu topmenu footer breadcrumb breadcrumbs brotkrumen "
    "pagination pager paginator social share sharing cookie cookies consent skiplink skiplinks sitemap topbar "
    "offcanvas toc languages languageswitcher".split()
)
_SOFT = frozenset(
    "sidebar aside related similar recommended recommendations facet facets filter filters filtering tags tagcloud "
    "widget teaser teasers promo banner newsletter subscribe login quicklinks shortcuts news events twitter".split()
)
_CONTENT = frozenset("body html main a span td th tr li h1 h2 h3 h4 p".split())
_ITEMS = frozenset("article li".split())
_CLOSED = frozenset("closed expired archive archived past filled abgelaufen".split())
_PART = re.compile(r"[a-z]+")


class Zones:
    """penalty(element): 0 for content, 1 where positions are unlikely, 2 and more where they do not stand."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._penalty: list[int] = []
        self._closed: list[bool] = []
        self._over: dict[tuple[str, ...], bool] = {}
        self._other: dict[tuple[str, ...], bool] = {}
        total = tree.characters[-1] or 1
        for element in tree.elements:
            above = self._penalty[element.parent.index] if element.parent else 0
            own = self._own(element, total)
            self._penalty.append(min(above + own, 4))
            self._closed.append(
                element.parent is not None and (self._closed[element.parent.index] or _named_closed(element))
            )
        self._sections = self._headed()

    def _own(self, element: Element, total: int) -> int:
        role = element.attributes.get("role") or ""
        if role in _HARD_ROLES or element.tag in ("nav", "footer"):
            return 2
        if element.tag == "header":
            return 2 if _heads_the_page(self.tree, element) else 0
        if element.tag in _CONTENT:
            return 0
        own = 2 if element.words & _HARD else 1 if element.words & _SOFT or role == "search" else 0
        if own and (self.tree.length(element) > total / 2 or any(c.tag == "main" for c in element.children)):
            own = 0  # a wrapper that is named after one thing in it ("with-sidebar")
        return max(own, int(element.tag == "aside"))

    def penalty(self, element: Element) -> int:
        return self._penalty[element.index]

    def section(self, line: int) -> tuple[str, ...]:
        """The headings that a line stands under, outermost first."""
        return self._sections[line] if line < len(self._sections) else ()

    def _headed(self) -> list[tuple[str, ...]]:
        """For each line, the headings that it stands under, outermost first; one in a menu ends with that menu."""
        stack: list[tuple[int, str, int]] = []  # level, name, the line where it ends at the latest
        result: list[tuple[str, ...]] = []
        names: tuple[str, ...] = ()
        for line in self.tree.lines:
            if any(end <= line.number for _, _, end in stack):
                stack = [entry for entry in stack if entry[2] > line.number]
                names = tuple(name for _, name, _ in stack)
            if line.heading and len(line.text) <= 120 and not _names_an_item(line):
                stack = [entry for entry in stack if entry[0] < line.heading]
                result.append(tuple(name for _, name, _ in stack))
                stack.append((line.heading, line.text, self._end_of_zone(line)))
                names = tuple(name for _, name, _ in stack)
            else:
                result.append(names)
        return result

    def _end_of_zone(self, line: Line) -> int:
        """Where the menu, side column, article or list item ends that a line stands in; else behind the page's last."""
        around = line.block.ancestors()
        zones = [e.last for e in around if self.penalty(e)][-1:]
        items = [e.last for e in around if e.tag in _ITEMS][:1]
        return min([*zones, *items, len(self.tree.lines) + 1])

    def kind(self, element: Element) -> str:
        """ "-" where positions are closed or something else is listed, "" elsewhere: what is alike across that border
        is not of one list.
        """
        section = self.section(element.first)
        return "-" if self.is_other(section) or self.is_closed(element, section) else ""

    def is_closed(self, element: Element, section: tuple[str, ...]) -> bool:
        """Whether the page itself puts this place among what is over."""
        if section not in self._over:
            self._over[section] = any(opens_with("listing.closed", heading) for heading in section)
        return self._over[section] or self._closed[element.index]

    def is_other(self, section: tuple[str, ...]) -> bool:
        """Whether the nearest headings name something else than positions ("News", "Related jobs")."""
        if section not in self._other:
            nearest = section[-2:]
            self._other[section] = any(len(name) <= 60 and opens_with("listing.other", name) for name in nearest)
        return self._other[section]


def _heads_the_page(tree: Tree, header: Element) -> bool:
    """Whether a <header> is the site's and not an article's; one that holds the page's own heading, or no more than a
    heading, is content.
    """
    if header.depth > 4 or any(e.tag in ("article", "li", "main", "section") for e in header.ancestors()[1:]):
        return False
    lines = tree.lines[header.first : header.last]
    if lines and all(0 < line.heading < 7 for line in lines):
        return False
    return not any(e.tag == "h1" and e.first < e.last for c in header.children for e in (c, *c.children))


def _named_closed(element: Element) -> bool:
    """An id such as "closed-jobs", a class such as "expired"; but "closed" alone is a folded accordion."""
    if not element.words & _CLOSED:
        return False
    if _CLOSED & set(_PART.findall(element.identifier.lower())):
        return True
    for name in (element.attributes.get("class") or "").lower().split():
        parts = frozenset(_PART.findall(name))
        if parts & _CLOSED and (name == "expired" or names_positions(parts)):
            return True
    return False


def _names_an_item(line: Line) -> bool:
    """A heading within a link names what that leads to, bold words inside a row or a list item that item: and nothing
    after it.
    """
    if any(e.tag == "a" for e in line.block.ancestors()):
        return True
    return line.heading == 7 and any(e.tag in ("td", "th", "li", "dt", "dd") for e in line.block.ancestors(2))
