"""The elements and lines of a page, and the one walk over the parser's nodes that makes them."""

from __future__ import annotations

import re
from functools import lru_cache

from selectolax.lexbor import LexborNode

from monitor.readers.words import is_only
from monitor.values import Struct, field

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label mark q s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
FORMATTING = frozenset("b strong i em u font span small big mark tt".split())  # no part of where something stands
_STRUCK = frozenset("s strike del".split())
_BOLD_TAGS = frozenset("b strong".split())
_BLOCK_ROLES = frozenset("row cell gridcell columnheader rowheader listitem heading".split())
_BOXES = frozenset("a span time label button small abbr data".split())  # inline elements that pages lay out as boxes
_BADGE = 16  # characters of "New", beside a title in an element of its own
_COLUMN = 15  # characters; the parts of a date or a counter are shorter
_STATES = re.compile(  # tokens that tell records of one list apart, or hold for a moment
    r"\d|^(?:active|current|first|last|odd|even|selected|hidden|show|shown|open|opened|new|featured|highlight\w*|top|"
    r"alt|alternate|is|has|js|ng|in|fade|collapsed?|expanded|hover|visited|sticky|premium|promoted|sponsored|hot|urgent|"
    r"unread)(?:$|[-_])|[-_](?:odd|even|first|last|active|current|featured|new|highlighted|open|alt)$"
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)  # written by editors that know no headings
_SPACE = re.compile(r"[\s\u200b\u00ad\ufeff]+")


def squeeze(text: str) -> str:
    """One space for any run of white space; soft hyphens and zero-width characters are none."""
    if text.isascii():
        return " ".join(text.split())
    return _SPACE.sub(" ", text.replace("\u00ad", "")).strip()


def _is_blank(text: str) -> bool:
    return not text or text.isspace() or not (text.isascii() or squeeze(text))


class Element(Struct, eq=False):
    """index, end: the interval of elements that it owns, itself included. first, last: the interval of its lines.

    said, silent: the interval of its text nodes. cell: which cell of its row a <td> or <th> is, from 1.
    """

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None
    index: int
    depth: int
    end: int = 0
    first: int = 0
    last: int = 0
    said: int = 0
    silent: int = 0
    cell: int = 0
    cells: int = 0  # that it has, if it is a row
    sign: str = ""  # tag and lasting classes: what records of one list share
    words: frozenset[str] = frozenset()  # of class, id and role
    inline: bool = False
    path: int = 0  # the same for elements at alike places: under the same tags and lasting classes
    heading: int = 0  # 1-6 within a heading of that level
    bold: bool = False
    struck: bool = False  # struck through: no longer so
    children: list[Element] = field(default_factory=list)

    def ancestors(self, most: int = -1) -> list[Element]:
        """From the element itself up to the root, or so many of them."""
        chain, here = [self], self.parent
        while here is not None and len(chain) != most:
            chain.append(here)
            here = here.parent
        return chain

    def owns(self, other: Element) -> bool:
        return self.index <= other.index < self.end

    @property
    def cell_number(self) -> int:
        """Which cell of its row an element is in, from 1; 0 outside tables."""
        for element in self.ancestors(4):
            if element.cell:
                return element.cell
        return 0

    @property
    def identifier(self) -> str:
        return self.attributes.get("id") or ""


class Line(Struct, eq=False):
    """A stretch of text that no block interrupts. parts: its text nodes, each with the element that holds it."""

    number: int
    block: Element
    text: str = ""
    parts: list[tuple[Element, str]] = field(default_factory=list)
    anchors: list[Element] = field(default_factory=list)
    heading: int = 0  # 1-6 in h1-h6, 7 in a line that is all bold, 0

    @property
    def bold_beginning(self) -> str:
        """The words in bold with which the line begins, if others follow; "" if not."""
        words = ""
        for holder, text in self.parts:
            if not holder.bold and text.strip():
                return squeeze(words) if len(words.strip()) >= 6 else ""
            words += text
        return ""


_OUTSIDE = Element("", {}, None, -1, -1)  # around the body


class Walk:
    """One walk over the body, without recursion: a page may be nested thousands deep."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.lines: list[Line] = []
        self.parts: list[tuple[int, str]] = []  # every text node with the number of its line
        self.by_node: dict[int, Element] = {}
        self.line: Line | None = None
        self.stack: list[tuple[int, Element]] = []  # with the identity of the parser's node
        self.paths: dict[tuple[int, str], int] = {}

    def build(self, body: LexborNode) -> None:
        for node in body.traverse(include_text=True):
            parent = node.parent
            above = parent.mem_id if parent is not None else 0
            while self.stack and self.stack[-1][0] != above:
                self.close()
            tag = node.tag or "-"
            if tag == "-text":
                if self.stack:
                    self.say(self.stack[-1][1], node.text_content or "")
            elif tag[0] not in "-!":
                self.open(node, tag)
        while self.stack:
            self.close()
        for line in self.lines:
            line.heading = _heading(line)

    def open(self, node: LexborNode, tag: str) -> None:
        attributes = node.attributes
        parent = self.stack[-1][1] if self.stack else None
        around = parent or _OUTSIDE
        role = attributes.get("role") or ""
        sign, words = _sign(tag, attributes.get("class") or "", attributes.get("id") or "", role)
        inline = tag in _INLINE and role not in _BLOCK_ROLES
        if inline and tag == "span" and "class" in attributes and _is_a_column(node):
            inline = False
        if self.line is not None and not inline:
            self.break_line()
        element = Element(
            tag,
            attributes,
            parent,
            index=len(self.elements),
            depth=len(self.stack),
            first=len(self.lines) - (self.line is not None),
            said=len(self.parts),
            sign=sign,
            words=words,
            inline=inline,
            path=self._path(tag, sign, around),
            heading=(_level(attributes) if role == "heading" else HEADINGS.get(tag)) or around.heading,
            bold=around.bold or tag in _BOLD_TAGS or ("style" in attributes and _is_bold(attributes["style"])),
            struck=around.struck or tag in _STRUCK,
        )
        self.elements.append(element)
        if parent is not None:
            parent.children.append(element)
            if tag in ("td", "th"):
                parent.cells += 1
                element.cell = parent.cells
        identity = node.mem_id
        self.stack.append((identity, element))
        self.by_node[identity] = element

    def _path(self, tag: str, sign: str, around: Element) -> int:
        if tag in FORMATTING and around is not _OUTSIDE:
            return around.path
        return self.paths.setdefault((around.path, sign), len(self.paths) + 1)

    def close(self) -> None:
        _, element = self.stack.pop()
        element.end = len(self.elements)
        element.silent = len(self.parts)
        if self.line is not None and not element.inline:
            self.break_line()
        element.last = len(self.lines)

    def say(self, holder: Element, text: str) -> None:
        if self.line is None:
            if _is_blank(text):
                return
            block = holder
            while block.inline and block.parent is not None:
                block = block.parent
            self.line = Line(len(self.lines), block)
            self.lines.append(self.line)
        self.line.parts.append((holder, text))
        self.parts.append((self.line.number, text))

    def without_badges(self, line: Line) -> None:
        """Drop "New" and its like from a line that says more: it comes and goes while the title stays."""
        badges = [n for n, (holder, text) in enumerate(line.parts) if holder.inline and _is_badge(holder, text)]
        if not badges or all(n in badges or not text.strip() for n, (_, text) in enumerate(line.parts)):
            return
        start = len(self.parts) - len(line.parts)
        for n in badges:
            line.parts[n] = (line.parts[n][0], " ")
            self.parts[start + n] = (line.number, " ")

    def break_line(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.text = squeeze(line.parts[0][1] if len(line.parts) == 1 else self._joined(line))

    def _joined(self, line: Line) -> str:
        """The words of a line of several parts, which it may lose some of."""
        self.without_badges(line)
        pieces: list[str] = []
        before: tuple[Element, str] | None = None
        struck = [holder for holder, _ in line.parts if holder.struck]
        if struck and not any(e.tag == "a" for holder in struck for e in holder.ancestors(3)):
            valid = [(holder, text) for holder, text in line.parts if not holder.struck]
            if any(squeeze(text) for _, text in valid):  # "Deadline: <s>1 March</s> 15 March"
                line.parts = valid
        for holder, text in line.parts:
            # neighbours such as <span>Lund</span><span>12 May</span> stand apart on the screen
            if before and (
                _side_by_side(before[0], holder) or (_boxed(before[0], holder) and _digits_meet(before[1], text))
            ):
                pieces.append(" ")
            pieces.append(text)
            before = holder, text
        return "".join(pieces)


def _is_badge(holder: Element, text: str) -> bool:
    words = text.strip()
    return 1 < len(words) <= _BADGE and holder.tag != "a" and is_only("listing.badges", words.strip("[]()!*: "))


def _is_a_column(node: LexborNode) -> bool:
    """Whether a <span class=...> stands side by side with others, with no words between: a layout, not running text."""
    for step in ("prev", "next"):
        other = getattr(node, step)
        if other is not None and other.tag == "-text" and not (other.text_content or "").strip():
            other = getattr(other, step)
        if other is None or other.tag != "span" or "class" not in other.attributes:
            continue
        if max(len(squeeze(node.text())), len(squeeze(other.text()))) >= _COLUMN:
            return True
    return False


def _side_by_side(left: Element, right: Element) -> bool:
    boxes = left.tag in _BOXES and right.tag in _BOXES
    return boxes and left is not right and not left.owns(right) and not right.owns(left)


def _boxed(left: Element, right: Element) -> bool:
    return left is not right and (left.tag in _BOXES or right.tag in _BOXES)


def _digits_meet(left: str, right: str) -> bool:
    """Whether a number ends where another begins: a date for machines and the one to be shown."""
    return left[-1:].isdigit() and right[:1].isdigit()


@lru_cache(maxsize=2048)
def _sign(tag: str, classes: str, identifier: str, role: str) -> tuple[str, frozenset[str]]:
    lasting = sorted(t for t in classes.split() if not _STATES.search(t))[:3]
    words = frozenset(w.lower() for w in _TOKEN.findall(f"{classes} {identifier} {role}"))
    return (tag + "".join(f".{t}" for t in lasting), words)


def _is_bold(style: str | None) -> bool:
    return _BOLD.search(style or "") is not None


def _level(attributes: dict[str, str | None]) -> int:
    """Of an element that is a heading by its role."""
    level = attributes.get("aria-level") or "2"
    return int(level) if level in "123456" else 2


def _heading(line: Line) -> int:
    return line.parts[0][0].heading or (7 if all(holder.bold for holder, text in line.parts if text.strip()) else 0)
