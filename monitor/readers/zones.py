"""The parts of a page that hold no positions of its own: menus, footers, filters, related links, closed sections."""

from __future__ import annotations

from monitor.readers.tree import Element, Line, Tree
from monitor.readers.words import is_only, opens_with, says

_TAGS = {"nav": 2, "footer": 2}
_ROLES = {
    "navigation": 2,
    "banner": 2,
    "contentinfo": 2,
    "search": 1,
    "menu": 2,
    "menubar": 2,
    "alertdialog": 2,
    "dialog": 2,
}
_HARD = frozenset(
    "nav navbar navigation navi menu menus submenu mainmenu megamenu topmenu footer breadcrumb breadcrumbs brotkrumen pagination pager paginator "
    "social share sharing cookie cookies consent skiplink skiplinks sitemap topbar offcanvas toc languages languageswitcher".split()
)
_SOFT = frozenset(
    "sidebar aside related similar recommended recommendations facet facets filter filters filtering tags tagcloud widget "
    "teaser teasers promo banner newsletter subscribe login quicklinks shortcuts news events twitter".split()
)
_CLOSED = frozenset("closed expired archive archived inactive past filled abgelaufen".split())


class Zones:
    """penalty(element): 0 for content, 1 where positions are unlikely, 2 and more where they do not stand."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._penalty: dict[int, int] = {}
        self._sections = _sections(tree)
        total = tree.characters[-1] or 1
        for element in tree.elements:
            above = self._penalty[element.parent.index] if element.parent else 0
            own = self._own(element, total)
            self._penalty[element.index] = min(above + own, 4)

    def _own(self, element: Element, total: int) -> int:
        if element.tag in ("body", "html", "main", "a", "span", "td", "th", "tr", "li", "h1", "h2", "h3", "h4", "p"):
            if element.attributes.get("role") not in _ROLES:
                return 0
        role = element.attributes.get("role") or ""
        if (
            element.tag == "header"
            and element.depth <= 4
            and not self._within(element, ("article", "li", "main", "section"))
        ):
            return 0 if _holds_heading(element) else 2
        own = max(_TAGS.get(element.tag, 0), _ROLES.get(role, 0))
        if not own and element.words:
            own = 2 if element.words & _HARD else 1 if element.words & _SOFT or element.tag == "aside" else 0
            if own and (self.tree.length(element) > total / 2 or any(c.tag == "main" for c in element.children)):
                own = 0  # a wrapper that is named after one thing in it ("with-sidebar")
        elif element.tag == "aside":
            own = 1
        return own

    @staticmethod
    def _within(element: Element, tags: tuple[str, ...]) -> bool:
        return any(e.tag in tags for e in element.ancestors()[1:])

    def penalty(self, element: Element) -> int:
        return self._penalty[element.index]

    def section(self, line: int) -> tuple[str, ...]:
        """The headings that a line stands under, outermost first."""
        return self._sections[line] if line < len(self._sections) else ()

    def is_closed(self, element: Element, section: tuple[str, ...]) -> bool:
        """Whether the page itself puts this place among what is over."""
        if any(opens_with("listing.closed", h) or is_only("listing.closed", h) for h in section):
            return True
        return any(e.words & _CLOSED and e.tag not in ("body", "html", "main") for e in element.ancestors()[:-2])

    def is_other(self, section: tuple[str, ...]) -> bool:
        """Whether the nearest heading names something else than positions ("News", "Related jobs")."""
        return any(opens_with("listing.other", h) and not _keeps(h) for h in section[-2:])


def _keeps(heading: str) -> bool:
    """A heading such as "PhD students wanted" or "Contact persons for open positions" is not one of another section."""
    return len(heading) > 60


def _holds_heading(element: Element) -> bool:
    return any(e.tag == "h1" for e in element.children) or any(
        e.tag == "h1" for c in element.children for e in c.children
    )


def _sections(tree: Tree) -> list[tuple[str, ...]]:
    stack: list[tuple[int, str]] = []
    result: list[tuple[str, ...]] = []
    known: dict[int, tuple[str, ...]] = {}
    names: tuple[str, ...] = ()
    for line in tree.lines:
        if line.heading and len(line.text) <= 120 and not _is_cell(line):
            result.append(tuple(name for level, name in stack if level < line.heading))
            stack = [s for s in stack if s[0] < line.heading]
            stack.append((line.heading, line.text))
            names = tuple(name for _, name in stack)
        else:
            result.append(names)
    del known
    return result


def _is_cell(line: Line) -> bool:
    """A heading inside a row or a list item names that item, and nothing after it."""
    return line.heading == 7 and any(e.tag in ("td", "th", "li", "dt", "dd", "a") for e in line.block.ancestors()[:2])


__all__ = ["Zones", "says"]
