"""Tables as their readers see them: the column of a cell, what its header says, which cells reach into a row."""

from __future__ import annotations

from collections.abc import Callable

from monitor.fields.labels import role
from monitor.fields.phrase import fold, topic
from monitor.readers.elements import Element, squeeze
from monitor.readers.tree import Tree
from monitor.values import Struct, field

_MOST = 50  # columns that one cell may span, and rows
_HEAD = 6  # rows among which the headers are


class Grid(Struct):
    """columns: index of a cell -> its column. above: index of a row -> cells of rows above that reach into it.

    roles: column -> what its header names (labels.ROLES); {} for a table without headers.
    HTML standard, section 4.9.12, "Forming a table".
    """

    columns: dict[int, int] = field(default_factory=dict)
    above: dict[int, list[Element]] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)


class Tables:
    """The tables of a page, each looked at when it is first asked for."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._grids: dict[int, Grid] = {}
        self._none = not any(element.tag == "table" for element in tree.elements)

    def role_at(self, element: Element) -> str | None:
        """What the header above an element names; that of the innermost table with headers."""
        if self._none:
            return None
        cell = _enclosing(element, "td", "th") if element.tag not in ("td", "th") else element
        while cell is not None:
            table = _enclosing(cell, "table")
            if table is None:
                return None
            grid = self._grid(table)
            if grid.roles:
                return grid.roles.get(grid.columns.get(cell.index, -1))
            cell = _enclosing(table, "td", "th")  # a table within a cell
        return None

    def beside_title(self, anchor: Element, titles: Callable[[Element], bool]) -> bool:
        """Whether a link stands in a row whose column of titles holds one of its own, and not in that column.

        titles: whether a link's words may be a title.
        """
        if self._none:
            return False
        cell = _enclosing(anchor, "td", "th")
        row = _enclosing(cell, "tr") if cell is not None else None
        table = _enclosing(row, "table") if row is not None else None
        if cell is None or row is None or table is None:
            return False
        grid = self._grid(table)
        own = grid.roles.get(grid.columns.get(cell.index, -1))
        if own == "title" or "title" not in grid.roles.values():
            return False
        there = [c for c in _cells(row) if grid.roles.get(grid.columns[c.index]) == "title"]
        inside = (e for c in there for e in self.tree.elements[c.index : c.end] if e.tag == "a")
        return any(self.tree.address(a) and titles(a) for a in inside)

    def reaching(self, element: Element) -> list[tuple[str, str]]:
        """(role, words) of the cells of rows above that span the row of an element."""
        row = element if element.tag == "tr" else _enclosing(element, "tr")
        table = _enclosing(row, "table") if row is not None else None
        if row is None or table is None:
            return []
        grid = self._grid(table)
        cells = [(grid.roles.get(grid.columns[cell.index]), cell) for cell in grid.above.get(row.index, ())]
        return [(name, squeeze(self.tree.text(cell))) for name, cell in cells if name]

    def _grid(self, table: Element) -> Grid:
        known = self._grids.get(table.index)
        if known is None:
            known = self._grids[table.index] = _formed(self.tree, table)
        return known


def _formed(tree: Tree, table: Element) -> Grid:
    grid = Grid()
    reaching: dict[int, tuple[int, Element]] = {}  # column -> rows left, cell
    rows = [e for e in tree.elements[table.index : table.end] if e.tag == "tr" and _enclosing(e, "table") is table]
    for row in rows:
        grid.above[row.index] = [cell for _, cell in reaching.values()]
        column, following = 0, {c: (left - 1, cell) for c, (left, cell) in reaching.items() if left > 1}
        for cell in _cells(row):
            while column in reaching:
                column += 1
            grid.columns[cell.index] = column
            tall = _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if tall > 1:
                    following[column] = (tall - 1, cell)
                column += 1
        reaching = following
    grid.roles = _roles(tree, rows, grid)
    return grid


def _roles(tree: Tree, rows: list[Element], grid: Grid) -> dict[int, str]:
    """From the first row that is all headers or in which at least two cells are known labels."""
    for row in rows[:_HEAD]:
        cells = _cells(row)
        roles = {grid.columns[cell.index]: name for cell in cells if (name := _header_role(tree, cell))}
        if roles and (len(roles) >= 2 or (len(cells) >= 2 and all(c.tag == "th" for c in cells))):
            return roles
    return {}


def _header_role(tree: Tree, cell: Element) -> str | None:
    """The role of a header cell; its lines are tried one by one, since sort links add words ("Sort by")."""
    lines = [line.text for line in tree.lines[cell.first : cell.last]]
    for text in [
        " ".join(lines),
        *lines,
        *(squeeze(t) for line in tree.lines[cell.first : cell.last] for _, t in line.parts),
    ]:
        if found := role(text):
            return found
    whole = fold(" ".join(lines))
    if len(whole) <= 60 and topic("deadline.cues").search(whole):
        return "deadline"
    return None


def _cells(row: Element) -> list[Element]:
    return [c for c in row.children if c.tag in ("td", "th")]


def _enclosing(element: Element, *tags: str) -> Element | None:
    here = element.parent
    while here is not None and here.tag not in tags:
        here = here.parent
    return here


def _span(cell: Element, name: str) -> int:
    value = cell.attributes.get(name) or "1"
    return max(1, min(int(value), _MOST)) if value.isdigit() and value.isascii() else 1
