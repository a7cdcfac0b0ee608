"""A tree as lines of text: a line a block, a table row or a label with its value as `Label: value`."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from monitor.fields.labels import role
from monitor.readers.clutter import HEADINGS, SHORT, clean, tokens
from monitor.values import Struct, field

_BLOCKS = frozenset(
    "address article aside blockquote body br center dd details dialog div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu ol p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_LABELLIKE = frozenset("caption dt field head heading key label name term title".split())
LABEL = 45
_MOST = 5000  # lines; no ad has more
_DEEPEST = 150  # elements within one another; below it, a page's words are taken without its blocks


class Lines(Struct):
    """Collects the lines of a tree. linked: how many characters of the line are a link's. lead: what stands before the
    next line that is not empty, a label or the mark of a list item.
    """

    lines: list[tuple[str, bool]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    lead: str = ""

    def flush(self) -> None:
        line = clean("".join(self.parts))
        if line:
            self.lines.append((self.lead + line, self.linked >= len(line) - 2))
            self.lead = ""
        self.parts.clear()
        self.linked = 0

    def drop_lead(self) -> None:
        """A label without a value is a line; a list item without words is none."""
        if self.lead not in ("", "- "):
            self.lines.append((self.lead.rstrip(" :") + ":", False))
        self.lead = ""

    def done(self) -> list[tuple[str, bool]]:
        self.flush()
        return self.lines

    def walk(self, node: LexborNode, in_link: bool = False, depth: int = 0) -> None:
        if depth > _DEEPEST:
            self.parts.append(node.text(separator=" "))
            return
        for child in node.iter(include_text=True):
            if len(self.lines) >= _MOST:
                return
            tag = child.tag or ""
            if tag == "-text":
                text = child.text_content or ""
                self.parts.append(text)
                if in_link:
                    self.linked += len(clean(text))
            elif tag == "pre":
                self.flush()
                for line in (child.text() or "").splitlines():
                    self.parts.append(line)
                    self.flush()
            elif tag == "br":
                self.flush()
            elif tag == "tr":
                self.flush()
                self.row(child, depth)
            elif tag == "table":
                self.flush()
                if not self.table(child):
                    self.walk(child, in_link, depth + 1)
                self.flush()
            elif tag == "dl":
                self.flush()
                self.definitions(child, depth)
            elif tag in _BLOCKS:
                self.flush()
                pair = _pair(child)
                if pair:
                    self.parts.append(pair)
                else:
                    if tag == "li":
                        self.lead = self.lead or "- "
                    self.walk(child, in_link, depth + 1)
                self.flush()
                if tag == "li":
                    self.drop_lead()
            else:
                if self.parts and self.parts[-1][-1:].isalnum() and tag in ("span", "strong", "b", "label", "a"):
                    first = clean(child.text())[:1]
                    if first.isupper() or first.isdigit() != self.parts[-1][-1:].isdigit():
                        self.parts.append(" ")  # boxes that only a style sheet sets apart
                self.walk(child, in_link or tag == "a", depth + 1)

    def row(self, row: LexborNode, depth: int) -> None:
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        texts = [clean(cell.text(separator=" ")) for cell in cells]
        if (
            any(cell.css_first("table, ul, ol, p + p, h1, h2, h3, br") for cell in cells)
            and sum(map(len, texts)) > SHORT
        ):
            label = texts[0] if len(cells) == 2 and len(texts[0]) <= LABEL else ""
            if label:
                self.lead = label.rstrip(" :") + ": "
            for cell in cells[1:] if label else cells:
                self.walk(cell, depth=depth + 1)
                self.flush()
            self.drop_lead()
            return
        texts = [text for text in texts if text]
        if len(texts) == 2 and len(texts[0]) <= LABEL:
            self.parts.append(_labelled(*texts))
        else:
            self.parts.append(" | ".join(texts))
        self.flush()

    def table(self, table: LexborNode) -> bool:
        """A header row and one row of values is a list of labels and values."""
        rows = [row for row in table.css("tr") if clean(row.text())]
        if len(rows) != 2 or table.css_first("table table"):
            return False
        heads, values = ([clean(c.text(separator=" ")) for c in row.iter() if c.tag in ("td", "th")] for row in rows)
        is_head = all(c.tag == "th" for c in rows[0].iter()) and not any(c.tag == "th" for c in rows[1].iter())
        if not is_head or len(heads) != len(values) or len(heads) < 2 or any(len(h) > LABEL for h in heads):
            return False
        for head, value in zip(heads, values, strict=True):
            self.parts.append(_labelled(head, value) if head and value else head + value)
            self.flush()
        return True

    def definitions(self, node: LexborNode, depth: int) -> None:
        for child in node.iter():
            if len(self.lines) >= _MOST:
                return
            if child.tag == "dt":
                self.drop_lead()
                label = clean(child.text(separator=" ")).rstrip(" :")
                self.lead = f"{label}: " if label else ""
            elif child.tag != "dd" and depth < _DEEPEST and child.css_first("dt"):
                self.definitions(child, depth + 1)
            else:
                self.walk(child, depth=depth + 1)
                self.flush()
        self.drop_lead()


def _labelled(label: str, value: str) -> str:
    return f"{label.rstrip(' :')}: {value}"


def _pair(node: LexborNode) -> str | None:
    """An element of two, a short label and a value, as one line; None for any other."""
    children: list[LexborNode] = []
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            if (child.text_content or "").strip():
                return None
        else:
            children.append(child)
            if len(children) > 4:
                return None
    if len(children) < 2:
        return None
    filled = [(child, words) for child in children if (words := clean(child.text(separator=" ")))]
    if len(filled) != 2:
        return None
    (first, label), (second, value) = filled
    if len(label) > LABEL or len(value) > SHORT or first.tag in ("a", "h1", "h2", "br", "li", "tr", "dt", "td"):
        return None
    if second.tag in HEADINGS or second.css_first("h1, h2, h3, p + p, li + li, br, tr, dt"):
        return None
    inline = first.tag not in _BLOCKS and first.tag not in ("em", "i") and not re.search(r"[\d.!?,]", label)
    known = (
        label.endswith(":") or role(label) is not None or bool(tokens(first) & _LABELLIKE and first.tag not in HEADINGS)
    )
    return _labelled(label, value) if known or inline else None
