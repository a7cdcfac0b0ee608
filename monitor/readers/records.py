"""Repeated records of a page: what may be a list, before anyone asks what of.

A group is a set of links (or of unlinked lines) at alike places: the same path of tags and lasting classes. The record
of a member is the highest element that holds this member alone; where that is the title itself (headings followed by
paragraphs, links parted by <br>) it runs on to the next member. Which line of a record is its title is decided for the
whole group, by what that column of lines looks like in all of its records.
After Liu, Grossman, Zhai: Mining data records in web pages (KDD 2003), but with links as the seeds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter

from monitor.fields.labels import role as role_of_label
from monitor.readers.columns import Tables
from monitor.readers.elements import FORMATTING, Element, Line
from monitor.readers.tree import Tree
from monitor.readers.words import is_bare, is_file, is_generic, is_only, is_rank, says
from monitor.readers.zones import Zones
from monitor.values import Struct, field

MAX_RECORD = 6000  # characters
MAX_RUN = 2500  # characters that a record may run on behind its title
MAX_LINES = 60
MAX_NEIGHBOURS = 200
MAX_BLOCKS = 3  # that belong to the section before them
MAX_BLOCK = 300  # characters of one
_MENU = 3  # links on a line
_ENTRY = 30  # characters of a menu's entry
_LABEL = 40  # characters within which a label ends
_PEOPLE = ("supervisor", "contact", "referee")  # columns whose links lead to persons


class Record(Struct):
    """One member's share of the page. seed: the link or the block that it grew from.

    root: the element that is its own; its title stands there. first, last: its lines, with those that it runs on over.
    """

    seed: Element
    root: Element
    first: int
    last: int
    title: str = ""
    title_line: int = -1
    url: str | None = None


class Group(Struct):
    """Records of one make. signature: what they share. linked: whether its seeds are links."""

    signature: str
    records: list[Record]
    linked: bool
    generic: bool = False  # its links are all of the kind "Read more"
    tables: Tables | None = None  # of the page
    notes: dict[str, float] = field(default_factory=dict)


def groups(tree: Tree, zones: Zones) -> list[Group]:
    """Every group of the page, whatever it lists."""
    tables = Tables(tree)
    found = [_grow(tree, mark, seeds, linked=True) for (_, mark), seeds in _links(tree, zones, tables).items()]
    found += [_grow(tree, mark, seeds, linked=False) for (_, mark), seeds in _lines(tree, zones).items()]
    for group in found:
        group.tables = tables
    return found


# ------------------------------------------------------------------------------------------------ seeds
def _signature(element: Element, mark: str) -> str:
    return "/".join(e.sign for e in reversed(element.ancestors()) if e.tag not in FORMATTING) + mark


def _links(tree: Tree, zones: Zones, tables: Tables) -> dict[tuple[int, str], list[Element]]:
    found: dict[tuple[int, str], list[Element]] = defaultdict(list)
    for anchor in tree.anchors:
        if anchor.index in tree.contents or anchor.index in tree.crowded:
            continue
        if zones.penalty(anchor) >= 2 or tree.address(anchor) is None:
            continue
        words = tree.anchor_text(anchor)
        if anchor.first < anchor.last and _is_menu(tree, tree.lines[anchor.first]) and not is_generic(words):
            continue
        if not words and anchor.first == anchor.last and not is_file(tree.address(anchor) or ""):
            continue
        if words in "#¶§" and "#" in (anchor.attributes["href"] or ""):
            continue
        if tables.role_at(anchor) in _PEOPLE:
            continue
        if tables.beside_title(anchor, lambda a: not is_generic(tree.anchor_text(a))):
            continue
        found[anchor.path, ("?" if is_generic(words) else "") + zones.kind(anchor)].append(anchor)
    return found


def _is_menu(tree: Tree, line: Line) -> bool:
    """Whether a line is a row of short links to several places ("Home | People | University")."""
    if len(line.anchors) < _MENU or line.heading:
        return False
    named = [words for a in line.anchors if not is_generic(words := tree.anchor_text(a))]
    titles = [words for words in named if says("listing.roles", words) and not (is_bare(words) or is_rank(words))]
    places = {tree.address(a) for a in line.anchors}
    return (
        len(named) >= _MENU
        and len(places) >= _MENU
        and max(map(len, named)) <= _ENTRY
        and sum(map(len, named)) * 2 > len(line.text)
        and len(titles) * 2 < len(named)
    )


def _lines(tree: Tree, zones: Zones) -> dict[tuple[int, str], list[Element]]:
    """Lines that may be titles without a link of their own: headings, list items, first cells, bold beginnings.

    Where most items of one make name positions, the others of that make are kept too ("Caretaker" among lecturers).
    """
    found: dict[tuple[int, str], list[tuple[Element, bool]]] = defaultdict(list)
    for line in tree.lines:
        if zones.penalty(line.block) >= 2 or len(line.text) < 4 or line.text.isdigit() or is_labelled(line.text):
            continue
        named = [words for a in line.anchors if tree.address(a) and not is_generic(words := tree.anchor_text(a))]
        lead = line.bold_beginning if named else ""  # "PhD in optics: as part of <this network>, ..."
        if named and (not lead or any(words in lead for words in named)):
            continue
        block = line.block
        if line.heading or block.tag in ("dt", "summary"):
            found[block.path, f"#{line.heading or ''}{zones.kind(block)}"].append((block, True))
        elif block.first == line.number:
            found[block.path, f"#.{block.cell_number or ''}{zones.kind(block)}"].append(
                (block, _like_a_title(line, block))
            )
    kept = {}
    for make, lines in found.items():
        titles = [block for block, titled in lines if titled]
        if _is_item(lines[0][0]) and len(titles) >= 2 and len(titles) * 2 >= len(lines):
            titles = [block for block, _ in lines]
        if titles:
            kept[make] = titles
    return kept


def is_labelled(text: str) -> bool:
    """Whether a line is a labelled value, no title: "Location: Oslo", "Profile: candidates hold a PhD"."""
    label, colon, words = text[:_LABEL].partition(":")
    return bool(colon and words) and (
        role_of_label(label) not in (None, "title", "level")
        or is_generic(label)
        or is_only("listing.other", label)
        or is_only("listing.never", label)
    )


def _is_item(block: Element) -> bool:
    around = block.parent if block.tag == "p" and block.parent is not None else block
    return around.tag in ("li", "td")


def _like_a_title(line: Line, block: Element) -> bool:
    """Whether plain words name a position: a short line, or a list item that begins with one ("2 postdocs to ...")."""
    text = line.text
    if any(e.tag in ("li", "td", "dd") for e in block.ancestors(2)):
        return says("listing.roles", text[:45] if len(text) > 150 or text.endswith((".", "!", "?")) else text)
    if bold := line.bold_beginning:
        return says("listing.roles", bold[:60])
    return len(text) <= 120 and not text.endswith((".", "!", "?", ":", "…")) and says("listing.roles", text[:45])


# ------------------------------------------------------------------------------------------------ growth
def _grow(tree: Tree, mark: str, seeds: Sequence[Element], *, linked: bool) -> Group:
    keys = {s.index: (tree.address(s) if linked else None) or str(s.index) for s in seeds}
    if linked and len(set(keys.values())) == 1 and mark[:1] != "?":
        keys = {s.index: tree.anchor_text(s) for s in seeds}  # one address for all of them, a portal
    inside: dict[int, str] = {}  # element -> the key of its only member, "" where it holds several
    chains = {s.index: s.ancestors() for s in seeds}
    for seed in seeds:
        key = keys[seed.index]
        for element in chains[seed.index]:
            if inside.setdefault(element.index, key) != key:
                inside[element.index] = ""
    several = len(set(keys.values())) > 1
    records: list[Record] = []
    taken: dict[int, Record] = {}
    for seed in seeds:
        root = seed
        for element in chains[seed.index][1:]:
            if element.tag in ("body", "main", "html", "table", "tbody") or not inside[element.index]:
                break
            if root.tag in ("li", "tr", "article") and _stands_among_items(tree, root):
                break
            if tree.length(element) > MAX_RECORD or (not several and not _belongs(tree, root, element, seed)):
                break
            root = element
        if root.index in taken:
            continue  # every cell linked alike, or an image and a title
        record = taken[root.index] = Record(seed, root, root.first, root.last)
        records.append(record)
    group = Group(_signature(seeds[0], mark), records, linked, generic=mark[:1] == "?")
    _run_on(tree, group)
    return group


def _stands_among_items(tree: Tree, root: Element) -> bool:
    """Whether a neighbour of the same make names a position: then the list around them is no record."""
    return root.parent is not None and any(
        s is not root
        and s.sign == root.sign
        and s.first < s.last
        and says("listing.roles", tree.lines[s.first].text[:60])
        for s in root.parent.children[:MAX_NEIGHBOURS]
    )


def _belongs(tree: Tree, root: Element, parent: Element, seed: Element) -> bool:
    """Whether a lone record still grows into its parent: nothing else of weight stands there."""
    if root.tag in ("li", "tr", "article", "dl"):
        return False
    if tree.length(parent) - tree.length(root) > 500:
        return False
    for line in tree.lines[parent.first : parent.last]:
        if root.first <= line.number < root.last:
            continue
        if line.heading and (line.heading < 7 or says("listing.roles", line.text)):
            return False
        if any(tree.address(a) and not is_generic(tree.anchor_text(a)) for a in line.anchors):
            return False
    return True


def _run_on(tree: Tree, group: Group) -> None:
    """Records that are no more than their title run on to the next one, as far as their section goes."""
    records = group.records
    alone = [r for r in records if r.last - r.first <= 1 or r.root is r.seed]
    gaps = [(a, b) for a, b in pairwise(records) if a.root.parent is b.root.parent and b.first >= a.last]
    parted = [b.first - a.last for a, b in gaps]
    regular = len(parted) >= 2 and sum(g > 0 for g in parted) >= 0.6 * len(parted) and max(parted) <= 12
    for number, record in enumerate(records):
        if record.first < record.last and tree.lines[record.first].heading:
            following = records[number + 1].first if number + 1 < len(records) else len(tree.lines)
            record.last = max(record.last, min(following, _end(tree, record.root)))
    if not records or (len(alone) * 2 <= len(records) and not (regular and _rows(records))):
        return
    first = records[0]
    before = first.root.parent.first if first.root.parent else first.first
    last = records[-1]
    after = last.root.parent.last if last.root.parent else last.last
    heading = tree.lines[first.first].heading if first.first < len(tree.lines) else 0
    if regular and not heading and first.first > before and after == last.last:  # the details stand above the title
        for record, previous in zip(reversed(records), [*reversed(records[:-1]), None], strict=True):
            start = previous.last if previous else max(before, record.first - max(parted))
            record.first = start if tree.characters[record.first] - tree.characters[start] <= MAX_RUN else record.first
        return
    for number, record in enumerate(records):
        following = records[number + 1].first if number + 1 < len(records) else len(tree.lines)
        inner = _scope(record)
        limit = min(following, inner.last)
        fences = _fences(record, rows_too=not regular)
        end = record.last
        heading = tree.lines[record.first].heading if record.first < len(tree.lines) else 0
        while end < limit and end - record.first < MAX_LINES:
            line = tree.lines[end]
            if line.heading and line.heading < 7 and (not heading or line.heading <= heading):
                break
            if tree.characters[end + 1] - tree.characters[record.last] > MAX_RUN:
                break
            if end in fences or (group.linked and _names_another(tree, line, record)):
                break
            end += 1
        record.last = max(end, record.last)


def _names_another(tree: Tree, line: Line, record: Record) -> bool:
    """Whether a line links another position, as below a featured one."""
    own = tree.address(record.seed)
    return any(
        tree.address(a) not in (own, None) and says("listing.roles", words) and not is_generic(words)
        for a in line.anchors
        for words in (tree.anchor_text(a),)
    )


def _rows(records: list[Record]) -> bool:
    """Whether the records are rows of a table, whose details may fill further rows."""
    return all(r.root.tag == "tr" for r in records)


def _fences(record: Record, *, rows_too: bool) -> set[int]:
    """First lines of what follows and is an item of its own, though it may be of another make."""
    root = record.root
    if root.parent is None or root.tag not in ("li", "article", "section", "div", "tr", "dt", "details"):
        return set()
    if (root.tag == "tr" and not rows_too) or (root.tag == "div" and root.sign == "div"):
        return set()
    neighbours = root.parent.children
    after = bisect_right(neighbours, root.index, key=attrgetter("index"))
    return {s.first for s in neighbours[after : after + MAX_LINES] if s.sign == root.sign}


def _scope(record: Record) -> Element:
    """How far a record may run: to the end of what holds its root; a heading's wrapper does not count."""
    scope = record.root.parent or record.root
    if record.root.tag in ("li", "tr", "dd", "td", "article"):
        return scope
    while (
        scope.parent is not None
        and scope.last == record.last
        and scope.tag not in ("li", "td", "tr", "section", "article", "main")
    ):
        scope = scope.parent
    return scope


def _end(tree: Tree, scope: Element) -> int:
    """Where a section ends: behind the blocks after it that are short and have no heading, such as its files."""
    if scope.parent is None or scope.tag != "div":
        return scope.last
    end = scope.last
    neighbours = scope.parent.children
    after = bisect_right(neighbours, scope.index, key=attrgetter("index"))
    for block in neighbours[after : after + MAX_BLOCKS]:
        lines = tree.lines[block.first : block.last]
        if block.tag not in ("div", "ul") or any(line.heading for line in lines) or tree.length(block) > MAX_BLOCK:
            break
        end = block.last
    return end


class Ground:
    """The lines of a page that records were given to."""

    def __init__(self, tree: Tree) -> None:
        self._own = bytearray(len(tree.lines))
        self._all = bytearray(len(tree.lines))
        self._titles: list[int] = []

    def give(self, record: Record) -> None:
        self._own[record.root.first : record.root.last] = b"\1" * (record.root.last - record.root.first)
        self._all[record.first : record.last] = b"\1" * (record.last - record.first)
        insort(self._titles, record.title_line)

    def holds(self, line: int) -> bool:
        """Whether a line is a record's, or one that a record runs on over."""
        return bool(self._all[line])

    def owns(self, element: Element) -> bool:
        """Whether all lines of an element stand within the elements of records."""
        return all(self._own[element.first : element.last])

    def precedes(self, record: Record) -> bool:
        """Whether another record's title stands in what this one runs on over."""
        first = bisect_left(self._titles, record.first)
        return first < len(self._titles) and self._titles[first] < record.last

    def overlaps(self, record: Record) -> bool:
        """Whether the record's title stands within the element of another, or another's within its own."""
        first = bisect_left(self._titles, record.root.first)
        inside = first < len(self._titles) and self._titles[first] < record.root.last
        return inside or bool(self._own[record.title_line])
