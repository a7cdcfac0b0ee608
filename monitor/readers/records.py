"""Repeated records of a page: what may be a list, before anyone asks what of.

A group is a set of links (or of unlinked lines) at alike places: the same path of tags and lasting classes. The record
of a member is the highest element that holds this member alone; where that is the title itself (headings followed by
paragraphs, links parted by <br>) it runs on to the next member. Which line of a record is its title is decided for the
whole group, by what that column of lines looks like in all of its records.
After Liu, Grossman, Zhai: Mining data records in web pages (KDD 2003), but with links as the seeds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.fields.labels import role
from monitor.readers.tree import Element, Line, Tree, squeeze
from monitor.readers.words import address_words, is_bare, is_generic, is_rank, says
from monitor.readers.zones import Zones

MAX_RECORD = 6000  # characters
MAX_RUN = 2500  # characters that a record may run on behind its title
MAX_LINES = 60
_ITEM = re.compile(r"(?:^|/)(?:li|td)(?:\.[^/]*)?(?:/p)?#\d*$")
_FORMATTING = frozenset("b strong i em u font span small big mark tt".split())


@dataclass(slots=True)
class Record:
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


@dataclass(slots=True)
class Group:
    """Records of one make. signature: what they share. linked: whether its seeds are links."""

    signature: str
    records: list[Record]
    linked: bool
    running: bool = False  # its records run on behind their titles
    notes: dict[str, float] = field(default_factory=dict)


def groups(tree: Tree, zones: Zones) -> list[Group]:
    """Every group of the page, whatever it lists."""
    found = [_grow(tree, signature, seeds, linked=True) for signature, seeds in _links(tree, zones).items()]
    found += [_grow(tree, signature, seeds, linked=False) for signature, seeds in _lines(tree, zones).items()]
    for group in found:
        _entitle(tree, group)
    return found


# ------------------------------------------------------------------------------------------------ seeds
def _path(element: Element) -> str:
    return "/".join(e.sign for e in reversed(element.ancestors()) if e.tag not in _FORMATTING)


def _links(tree: Tree, zones: Zones) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = defaultdict(list)
    for anchor in tree.anchors:
        if zones.penalty(anchor) >= 2 or tree.address(anchor) is None or anchor.index in tree.contents:
            continue
        words = tree.anchor_text(anchor)
        if (not words and anchor.first == anchor.last) or (words in "#¶§" and "#" in (anchor.attributes["href"] or "")):
            continue
        found[_path(anchor) + ("?" if is_generic(words) else "")].append(anchor)
    return found


def _lines(tree: Tree, zones: Zones) -> dict[str, list[Element]]:
    """Lines that may be titles without a link of their own: headings, list items, first cells, bold beginnings.

    Where most lines of one make name positions, the others of that make are kept too ("Caretaker" among lecturers).
    """
    found: dict[str, list[tuple[Element, bool]]] = defaultdict(list)
    for line in tree.lines:
        if zones.penalty(line.block) >= 2 or len(line.text) < 4 or line.text.isdigit():
            continue
        if any(tree.address(a) and not is_generic(tree.anchor_text(a)) for a in line.anchors):
            continue
        block = line.block
        if line.heading or block.tag in ("dt", "summary"):
            found[_path(block) + (f"#{line.heading}" if line.heading else "#")].append((block, True))
        elif block.first == line.number:
            found[f"{_path(block)}#{_cell_number(block) or ''}"].append((block, _like_a_title(line, block)))
    kept: dict[str, list[Element]] = {}
    for path, lines in found.items():
        titles = [block for block, titled in lines if titled]
        rest = _ITEM.search(path) and len(titles) >= 2 and len(titles) * 2 >= len(lines)
        if titles:
            kept[path] = [block for block, titled in lines if titled or rest]
    return kept


def _like_a_title(line: Line, block: Element) -> bool:
    """Whether plain words name a position: a short line, or a list item that begins with one ("2 postdocs to ...")."""
    text = line.text
    if any(e.tag in ("li", "td", "dd") for e in block.ancestors()[:2]):
        return says("listing.roles", text[:45] if len(text) > 150 or text.endswith((".", "!", "?")) else text)
    if bold := _bold_beginning(line):
        return says("listing.roles", bold[:60])
    return len(text) <= 120 and not text.endswith((".", "!", "?", ":", "…")) and says("listing.roles", text[:45])


# ------------------------------------------------------------------------------------------------ growth
def _grow(tree: Tree, signature: str, seeds: Sequence[Element], *, linked: bool) -> Group:
    keys = {s.index: (tree.address(s) if linked else None) or str(s.index) for s in seeds}
    if linked and len(set(keys.values())) == 1 and not signature.endswith("?"):
        keys = {s.index: tree.anchor_text(s) for s in seeds}  # one address for all of them, a portal
    inside: dict[int, set[str]] = defaultdict(set)
    chains = {s.index: s.ancestors() for s in seeds}
    for seed in seeds:
        for element in chains[seed.index]:
            inside[element.index].add(keys[seed.index])
    several = len(set(keys.values())) > 1
    records: list[Record] = []
    taken: dict[int, Record] = {}
    for seed in seeds:
        root = seed
        for element in chains[seed.index][1:]:
            if element.tag in ("body", "main", "html", "table", "tbody") or len(inside[element.index]) > 1:
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
    group = Group(signature, records, linked)
    _run_on(tree, group)
    return group


def _stands_among_items(tree: Tree, root: Element) -> bool:
    """Whether a neighbour of the same make names a position: then the list around them is no record."""
    return root.parent is not None and any(
        s is not root
        and s.sign == root.sign
        and s.first < s.last
        and says("listing.roles", tree.lines[s.first].text[:60])
        for s in root.parent.children
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
        if 0 < line.heading < 7 or any(tree.address(a) and not is_generic(tree.anchor_text(a)) for a in line.anchors):
            return False
    return True


def _run_on(tree: Tree, group: Group) -> None:
    """Records that are no more than their title run on to the next one, as far as their section goes."""
    records = group.records
    alone = [r for r in records if r.last - r.first <= 1 or r.root is r.seed]
    gaps = [
        (a, b)
        for a, b in zip(records, records[1:], strict=False)
        if a.root.parent is b.root.parent and b.first >= a.last
    ]
    parted = [b.first - a.last for a, b in gaps]
    regular = len(parted) >= 2 and sum(g > 0 for g in parted) >= 0.6 * len(parted) and max(parted) <= 12
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
    group.running = True
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
            if end in fences:
                break
            end += 1
        record.last = max(end, record.last)


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
    return {s.first for s in root.parent.children if s.index > root.index and s.sign == root.sign}


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


# ------------------------------------------------------------------------------------------------ titles
def _entitle(tree: Tree, group: Group) -> None:
    """Choose the column of lines that holds the titles, then give each record its title and link."""
    if not group.linked:
        for record in group.records:
            line = tree.lines[record.seed.first]
            record.title, record.title_line = _title(tree, record, line, linked=False), line.number
            record.url = _address(tree, record, group)
        return
    columns: dict[str, list[tuple[Record, Line]]] = defaultdict(list)
    for record in group.records:
        seen: set[str] = set()
        for line in tree.lines[record.root.first : min(record.root.last, record.root.first + 12)]:
            key = _column(record, line)
            if key not in seen:
                seen.add(key)
                columns[key].append((record, line))
    count = len(group.records)
    ranked = sorted(columns, key=lambda key: -_worth(tree, columns[key], count, group))
    chosen = {key: {id(r): line for r, line in columns[key]} for key in ranked[:4]}
    for record in group.records:
        for key in ranked[:4]:
            line = chosen[key].get(id(record))
            if line is None:
                continue
            title = _title(tree, record, line, linked=group.linked)
            if title:
                record.title, record.title_line = title, line.number
                break
        record.url = _address(tree, record, group)


def _column(record: Record, line: Line) -> str:
    chain: list[str] = []
    for element in line.block.ancestors():
        chain.append(element.sign)
        if element is record.root or element is record.root.parent:
            break
    linked = "a" if line.anchors else ""
    cell = _cell_number(line.block)
    return f"{'/'.join(chain)}{linked}{line.heading or ''}:{cell}"


def _cell_number(block: Element) -> int:
    for element in block.ancestors()[:4]:
        if element.tag in ("td", "th") and element.parent is not None:
            return 1 + sum(s.tag in ("td", "th") for s in element.parent.children if s.index < element.index)
    return 0


def _worth(tree: Tree, column: list[tuple[Record, Line]], count: int, group: Group) -> float:
    """How much a column of lines looks like the titles of its records."""
    lines = [line for _, line in column]
    texts = [line.text for line in lines]
    n = len(texts)
    share = lambda test: sum(map(test, texts)) / n  # noqa: E731
    mean = sum(map(len, texts)) / n
    value = 2.0 * n / count
    value += 2.0 * share(lambda t: says("listing.roles", t[:200])) + 0.7 * share(
        lambda t: says("listing.occupations", t[:200])
    )
    value += 1.8 * sum(0 < line.heading < 7 for line in lines) / n + 0.7 * sum(line.heading == 7 for line in lines) / n
    value += 1.4 * sum(_linked_part(tree, line) for line in lines) / n
    if group.linked and not group.signature.endswith("?"):
        value += 1.0 * sum(record.seed in line.anchors for record, line in column) / n
    value -= 1.5 * share(is_bare) + 1.0 * share(is_rank) + 3.0 * share(is_generic)
    value -= 2.5 * share(lambda t: t.rstrip().endswith(":")) + 2.0 * share(_mostly_digits)
    value += 0.8 * min(mean, 40) / 40 - (1.0 if mean > 200 else 0) - (1.0 if mean < 8 else 0)
    if n >= 4:
        value -= 2.0 * max(0.0, 0.6 - len(set(texts)) / n)
    place = sum(line.number - record.first for record, line in column) / n
    return value - 0.12 * min(place, 10)


def _linked_part(tree: Tree, line: Line) -> float:
    """How much of a line is a link that names something."""
    words = max((tree.anchor_text(a) for a in line.anchors), key=len, default="")
    return 0.0 if not words or is_generic(words) else min(1.0, 0.3 + len(words) / max(len(line.text), 1))


def _mostly_digits(text: str) -> bool:
    return sum(c.isdigit() for c in text) * 3 > len(text)


def _title(tree: Tree, record: Record, line: Line, *, linked: bool) -> str:
    """The title that a line holds: its link's words if these name anything, the words in bold that it begins with, else
    all of it but generic links."""
    named = [w for a in line.anchors if not is_generic(w := tree.anchor_text(a)) and len(w) <= 300]
    if named:
        best = max(named, key=len)
        rest = line.text.replace(best, " ", 1)
        if len(best) >= 0.5 * len(line.text) or (
            linked and (says("listing.roles", best) or not says("listing.roles", rest))
        ):
            return best if len(best) < len(line.text) else line.text
    bold = _bold_beginning(line)
    if (
        bold
        and not is_generic(bold)
        and role(bold) is None
        and (says("listing.roles", bold) or not says("listing.roles", line.text))
    ):
        return bold.rstrip(" :;,-–—|")
    text = line.text
    for anchor in line.anchors:
        words = tree.anchor_text(anchor)
        if words and is_generic(words):
            text = text.replace(words, " ")
    text = " ".join(re.sub(r"[\[(]\s*[\])]", " ", text).split()).strip(" :;,-–—|>»")
    return "" if is_generic(text) else text


def _bold_beginning(line: Line) -> str:
    """The words in bold with which a line begins, if other words follow."""
    words: list[str] = []
    for holder, text in line.parts:
        bold = any(e.tag in ("b", "strong") for e in holder.ancestors()[:3])
        if not bold and text.strip():
            return squeeze("".join(words)) if len("".join(words).strip()) >= 6 else ""
        words.append(text)
    return ""


def _address(tree: Tree, record: Record, group: Group) -> str | None:
    """The record's own link: of its title, else its seed's, else the first "Read more", else one to a position."""
    anchors: list[Element] = []
    if record.title_line >= 0:
        anchors += [
            a
            for a in tree.lines[record.title_line].anchors
            if tree.anchor_text(a) in record.title or is_generic(tree.anchor_text(a))
        ]
    if group.linked:
        anchors.append(record.seed)
    for anchor in anchors:
        if url := tree.address(anchor):
            return url
    if target := tree.target_of(record.root) or (tree.target_of(record.seed)):
        return target
    rest = [
        (a, url) for line in tree.lines[record.first : record.last] for a in line.anchors if (url := tree.address(a))
    ]
    generic = [url for a, url in rest if is_generic(tree.anchor_text(a))]
    positions = [url for a, url in rest if address_words(url)[0] or says("listing.roles", tree.anchor_text(a))]
    return next(iter(generic + positions), None)


def overlapping(a: Record, b: Record) -> bool:
    """Whether one record's title stands within the element of the other."""
    return a.root.first <= b.title_line < a.root.last or b.root.first <= a.title_line < b.root.last
