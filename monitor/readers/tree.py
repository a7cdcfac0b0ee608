"""A page as plain values: elements in document order and lines of text, cheap to slice, count and compare.

selectolax parses; everything after that asks the same questions of thousands of elements (what is inside, what is
around, what does it say), and these are answered here by intervals: an element owns the elements `index .. end` and the
lines `first .. last`.
"""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.readers.elements import Element, Walk, squeeze

UNSEEN = "script, style, noscript, template, svg, iframe, select, datalist, textarea, object, math, dialog, head"
MAX_ANCHORS = 60  # of one line; further ones are no titles
_HOST = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?(?=[/?#]|$)")
_PLAIN_PATH = re.compile(r"(?:/[\w%~=,+-][\w%~=,+.-]*)+/?", re.A)
_NOT_AN_ADDRESS = re.compile(
    r"(?:javascript|mailto|tel|data|sms|fax|about|blob|whatsapp):|[^/?#\s@]+@[\w-]+\.[\w.-]+$", re.I
)


class Tree:
    """The visible part of a page. base: what its relative addresses start from."""

    def __init__(self, parser: LexborHTMLParser, url: str) -> None:
        base = parser.css_first("base[href]")
        try:
            self.base = urljoin(url, (base.attributes.get("href") or "") if base else "")
        except ValueError:
            self.base = url
        self.url = url
        host = _HOST.match(self.base)
        self._host = host[0] if host else ""
        title = parser.css_first("title")
        self.title = squeeze(title.text()) if title else ""
        root = parser.css_first("html")
        self.language = (root.attributes.get("lang") or "") if root else ""
        for node in parser.css(UNSEEN):
            if node.parent is not None:
                node.decompose()
        self._addresses: dict[int, str | None] = {}
        self._anchor_texts: dict[int, str] = {}
        self.crowded: set[int] = set()  # links on a line that holds too many
        walk = Walk()
        if parser.body is not None:
            walk.build(parser.body)
        self.elements, self.lines, self.parts, self._by_node = walk.elements, walk.lines, walk.parts, walk.by_node
        for anchor in self.anchors:
            for number in sorted({number for number, _ in self.parts[anchor.said : anchor.silent]}):
                if len(self.lines[number].anchors) < MAX_ANCHORS:
                    self.lines[number].anchors.append(anchor)
                else:
                    self.crowded.add(anchor.index)

    def text(self, element: Element) -> str:
        return "\n".join(line.text for line in self.lines[element.first : element.last])

    def element_of(self, node: int) -> Element | None:
        """The element of a node of the parser, by the node's `mem_id`; None if it is not visible."""
        return self._by_node.get(node)

    def inner_text(self, element: Element) -> str:
        """The words inside an element, which may share its line with others."""
        return squeeze(" ".join(text for _, text in self.parts[element.said : element.silent]))

    def anchor_text(self, anchor: Element) -> str:
        """The words of a link, else its label."""
        known = self._anchor_texts.get(anchor.index)
        if known is None:
            known = self._anchor_texts[anchor.index] = self._anchor_text(anchor)
        return known

    def _anchor_text(self, anchor: Element) -> str:
        return self.inner_text(anchor) or squeeze(
            anchor.attributes.get("aria-label") or anchor.attributes.get("title") or ""
        )

    def address(self, anchor: Element) -> str | None:
        """The absolute URL of a link; None where it leads nowhere (scripts, mail, an empty fragment)."""
        if anchor.index not in self._addresses:
            self._addresses[anchor.index] = self._address(anchor)
        return self._addresses[anchor.index]

    def _address(self, anchor: Element) -> str | None:
        href = (anchor.attributes.get("href") or "").strip()
        if not href or href in ("#", "#!", "#top") or _NOT_AN_ADDRESS.match(href):
            return None
        if self._host and _PLAIN_PATH.fullmatch(href):
            return self._host + href  # what `urljoin` makes of it, at a tenth of its time
        try:
            absolute = urljoin(
                self.base if href[0] != "#" else self.url, re.sub(r"[\t\r\n]", "", href).replace(" ", "%20")
            )
            return absolute if urlsplit(absolute).scheme in ("http", "https") else None
        except ValueError:
            return None

    @cached_property
    def anchors(self) -> list[Element]:
        return [e for e in self.elements if e.tag == "a" and "href" in e.attributes]

    @cached_property
    def _targets(self) -> dict[str, Element]:
        """Fragment -> the element it names."""
        found: dict[str, Element] = {}
        for element in self.elements:
            for name in (element.attributes.get("id"), element.attributes.get("name") if element.tag == "a" else None):
                if name:
                    found.setdefault(name, element)
        return found

    @cached_property
    def contents(self) -> dict[int, tuple[Element, str]]:
        """The entries of a table of contents: index of the link -> the element with the same words that it leads to."""
        found: dict[int, tuple[Element, str]] = {}
        for anchor in self.anchors:
            href = anchor.attributes.get("href") or ""
            target = self._targets.get(href[1:]) if href[:1] == "#" and len(href) > 1 else None
            if target is None or target.owns(anchor) or target.first >= len(self.lines):
                continue
            words, there = self.anchor_text(anchor).casefold(), self.lines[target.first].text.casefold()
            if len(words) > 3 and (there.startswith(words) or (len(there) > 3 and words.startswith(there))):
                found[anchor.index] = (target, urljoin(self.url, href))
        return found

    @cached_property
    def _contents_by_line(self) -> dict[int, list[tuple[Element, str]]]:
        found: dict[int, list[tuple[Element, str]]] = {}
        for target, url in self.contents.values():
            found.setdefault(target.first, []).append((target, url))
        return found

    def target_of(self, element: Element) -> str | None:
        """The address under which the table of contents knows an element or what it begins with."""
        for target, url in self._contents_by_line.get(element.first, ()):
            if target.owns(element) or element.owns(target) or target.end <= element.index:
                return url
        return None

    @cached_property
    def characters(self) -> list[int]:
        """Running sum of the lengths of the lines: text between two lines without joining it."""
        sums = [0]
        for line in self.lines:
            sums.append(sums[-1] + len(line.text))
        return sums

    def length(self, element: Element) -> int:
        return self.characters[element.last] - self.characters[element.first]
