"""HTML -> the ad's own text, a line a block, without the page around it.

What is left out is decided by what an element says it is (nav, footer, a class named "related-jobs"), by headings that
announce other positions, and by lists that are nothing but links. What could be the ad is kept: a rule that would take
the title or a large part of the page's text with it does not apply.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.errors import ReadError
from monitor.fields.labels import role
from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, pattern
from monitor.readers.html import parse


@dataclass(frozen=True, slots=True)
class MainText:
    """text: a line a block; table rows and definition lists as `Label: value`.

    headings: (level, words) in the order of the page, also those above the ad. page_title: the title element.
    language: ISO 639-1 as the page declares it. site: og:site_name.
    """

    text: str
    headings: tuple[tuple[int, str], ...] = ()
    page_title: str | None = None
    site: str | None = None
    language: str | None = None


_NEVER = (
    "script, style, noscript, template, svg, math, iframe, object, canvas, video, audio, dialog, button, select, "
    "option, input, textarea, nav, [role=navigation], [role=search], [role=dialog], [role=alertdialog], "
    "[role=contentinfo], [role=menu], [role=menubar], [role=tablist]"
)
_ROOTS = "main, [role=main], article, [itemtype*=JobPosting], #main, #content, #main-content, .main-content"
_NOISE = frozenset(
    "ad ads advert alternate banner breadcrumb breadcrumbs comments consent cookie cookiebar cookies crumbs footer gdpr "
    "hamburger lang language languages login masthead menu modal nav navbar navigation newsletter offcanvas onetrust "
    "pager pagination popup print promo recommended register related search share sharing sidenav signin signup similar "
    "sitemap skip skiplink skiplinks social socials subfooter submenu subscribe tags toolbar tooltip topbar "
    "toolbox typeahead".split()
)
_SUSPECTS = "footer, header, aside, [class], [id], [hidden], [style*='display:none'], [style*='display: none']"
_BLOCKS = frozenset(
    "address article aside blockquote body br center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr li main menu ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LABELLIKE = frozenset("caption dt field head heading key label name term title".split())
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BLANK = re.compile(r"\s+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SHORT = 200  # characters: a hidden element or an aside up to this length is a notice, above it a folded-up section
_LABEL = 45
_HEAD = 8  # lines of a plain text among which its title is
_LARGE = 0.3  # share of the page's text that no single rule may take
_RIGHTS = re.compile(r"©|\(c\) ?\d{4}|copyright\b|all rights reserved", re.IGNORECASE)


def from_html(text: str, url: str = "") -> MainText:
    """The main text of a page. ReadError if it cannot be parsed safely."""
    tree = parse(text)
    body = tree.body
    if body is None:
        return MainText("")
    page_title = _clean(tree.css_first("title").text()) if tree.css_first("title") else None
    site = _meta(tree, "og:site_name")
    language = _declared_language(tree)
    _reveal_addresses(tree)
    for node in tree.css(_NEVER):
        if node.tag not in ("html", "body"):
            node.decompose()
    _drop_noise(body)
    _drop_other_positions(body)
    headings = tuple(
        (_HEADINGS[node.tag or ""], words) for node in body.css("h1, h2, h3") if (words := _clean(node.text(separator=" ")))
    )
    root = _root(body)
    lines = _Lines()
    lines.walk(root)
    return MainText("\n".join(_trim(lines.done(), headings)), headings, page_title or None, site, language)


def from_plain(text: str) -> MainText:
    """Plain text with its line breaks; the marks of Markdown are taken off, and markup in it is read as such."""
    if re.search(r"(?i)<!doctype html|<html\b|<body\b|</(?:p|div|table|h[1-6])>", text):
        try:
            page = from_html(text)
        except (ReadError, ValueError):
            page = MainText("")
        if page.text:
            return page
    headings = []
    lines = []
    for raw in text.translate(_INVISIBLE).splitlines():
        line = raw.replace("\xa0", " ").strip()
        heading = re.fullmatch(r"(#{1,6})\s+(.+?)\s*#*", line)
        if heading:
            line = heading[2]
        line = re.sub(r"\*\*(.+?)\*\*|(?<!\w)__(.+?)__(?!\w)", lambda m: m[1] or m[2], line)
        line = re.sub(r"^(?:\*|\+)\s+", "- ", line)
        if heading and sum(map(bool, lines)) < _HEAD:
            headings.append((len(heading[1]), line))
        lines.append(re.sub(r"[ \t]+", " ", line))
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return MainText(joined, tuple(headings))


def _clean(text: str) -> str:
    return _BLANK.sub(" ", text.translate(_INVISIBLE)).strip()


def _meta(tree: LexborHTMLParser, name: str) -> str | None:
    node = tree.css_first(f'meta[property="{name}"]')
    return _clean(node.attributes.get("content") or "") or None if node else None


def _declared_language(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("html[lang]")
    match = re.match(r"[a-z]{2}(?![a-z])", (node.attributes.get("lang") or "").strip().lower()) if node else None
    return {"nb": "no", "nn": "no"}.get(match[0], match[0]) if match else None


def cloudflare_address(code: str) -> str | None:
    """An address that Cloudflare hides: hex, of which the first byte is the key to the others."""
    try:
        data = bytes.fromhex(code)
        address = bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8")
    except (ValueError, IndexError):
        return None
    return address if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) else None


def _reveal_addresses(tree: LexborHTMLParser) -> None:
    """Writes the address into the text where it stands in an attribute only."""
    for node in tree.css("[data-cfemail]"):
        address = cloudflare_address(node.attributes.get("data-cfemail") or "")
        if address:
            node.replace_with(address)
    for node in tree.css("a[href]"):
        href = node.attributes.get("href") or ""
        address = None
        if "/cdn-cgi/l/email-protection#" in href:
            address = cloudflare_address(href.rpartition("#")[2])
        elif href[:7].lower() == "mailto:":
            match = re.match(r"[^\s@<>?&,;/]+@[^\s@<>?&,;/]+\.[^\s@<>?&,;/]+", html.unescape(href[7:]).replace("%20", " ").strip())
            address = match[0] if match else None
        if not address:
            continue
        words = _clean(node.text())
        if not words:
            continue  # a picture; whose address it is, the text does not say
        if address.casefold() not in words.casefold():
            named = "@" not in words and "protected]" not in words and not re.search(r"(?i)[(\[{ ](?:at|æt|ät)[)\]} ]", words)
            node.replace_with(f"{words} ({address})" if named else address)


def _tokens(node: LexborNode) -> frozenset[str]:
    attributes = node.attributes
    return frozenset(t.lower() for t in _TOKEN.findall(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"))


def _drop_noise(body: LexborNode) -> None:
    whole = max(1, len(body.text()))
    for node in body.css(_SUSPECTS):
        if node.tag in ("html", "body", "main", "article", "h1", "h2", "table", "tbody", "tr", "td"):
            continue
        attributes = node.attributes
        hidden = "hidden" in attributes or "display:none" in (attributes.get("style") or "").replace(" ", "")
        if not (hidden or node.tag in ("footer", "header") or _tokens(node) & _NOISE):
            continue
        size = len(node.text())
        if size > _LARGE * whole and size > _SHORT:
            continue
        if hidden and size > _SHORT and node.tag != "footer":
            continue
        if node.css_first("h1, main, article, [itemprop=title]") and not hidden:
            continue
        node.decompose()
    for node in body.css("ul, ol"):
        links = node.css("a[href]")
        if len(links) >= 4 and not node.css_first("h1"):
            linked = sum(len(link.text(strip=True)) for link in links)
            if linked > 0.8 * len(_clean(node.text())) and linked < 60 * len(links) and "@" not in node.text():
                node.decompose()


@cache
def _others() -> re.Pattern[str]:
    return pattern(all_phrases("main_text.others"))


@cache
def _chrome() -> frozenset[str]:
    return frozenset(" ".join(fold(p).split()) for p in all_phrases("main_text.chrome"))


def _drop_other_positions(body: LexborNode) -> None:
    """A heading such as "Similar positions" takes its section with it."""
    for heading in body.css("h2, h3, h4, h5, h6"):
        words = _clean(heading.text())
        if not words or len(words) > 60 or not _others().match(fold(words)):
            continue
        level = _HEADINGS[heading.tag or "h6"]
        target = heading
        while (parent := target.parent) and parent.tag not in ("body", "main", "article", "td") and not parent.css_first("h1"):
            if not _clean(parent.text()).startswith(words):
                break
            target = parent
        alone = _clean(target.text()) == words
        following = target.next
        while alone and following is not None:
            inner = following
            following = following.next
            first = inner if inner.tag in _HEADINGS else inner.css_first("h1, h2, h3, h4, h5, h6") if inner.tag[:1] != "-" else None
            if first is not None and _HEADINGS[first.tag or "h6"] <= level:
                break
            inner.decompose()
        target.decompose()


def _root(body: LexborNode) -> LexborNode:
    """The element that holds the ad: a `main`, `article` or JobPosting with most of the text, else the body."""
    whole = len(_clean(body.text()))
    title = body.css_first("h1")
    best, most = body, 0.0
    for node in body.css(_ROOTS):
        size = len(_clean(node.text()))
        holds_title = title is not None and node.css_first("h1") is not None
        if size > 0.5 * whole or (holds_title and size > 0.25 * whole):
            score = size * (1.5 if holds_title else 1.0)
            if score > most:
                best, most = node, score
    return best


@dataclass
class _Lines:
    """Collects the lines of a tree. linked: how many characters of the line are a link's. lead: what stands before the
    next line that is not empty, a label or the mark of a list item.
    """

    lines: list[tuple[str, bool]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    lead: str = ""

    def flush(self) -> None:
        line = _clean("".join(self.parts))
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

    def walk(self, node: LexborNode, in_link: bool = False) -> None:
        for child in node.iter(include_text=True):
            tag = child.tag or ""
            if tag == "-text":
                text = child.text_content or ""
                self.parts.append(text)
                if in_link:
                    self.linked += len(_clean(text))
            elif tag == "pre":
                self.flush()
                for line in (child.text() or "").splitlines():
                    self.parts.append(line)
                    self.flush()
            elif tag == "br":
                self.flush()
            elif tag == "tr":
                self.flush()
                self.row(child)
            elif tag == "table":
                self.flush()
                if not self.table(child):
                    self.walk(child)
                self.flush()
            elif tag == "dl":
                self.flush()
                self.definitions(child)
            elif tag in _BLOCKS:
                self.flush()
                pair = _pair(child)
                if pair:
                    self.parts.append(pair)
                else:
                    if tag == "li":
                        self.lead = self.lead or "- "
                    self.walk(child, in_link)
                self.flush()
                if tag == "li":
                    self.drop_lead()
            else:
                if self.parts and self.parts[-1][-1:].isalnum() and tag in ("span", "strong", "b", "label", "a"):
                    first = _clean(child.text())[:1]
                    if first.isupper() or first.isdigit() != self.parts[-1][-1:].isdigit():
                        self.parts.append(" ")  # boxes that only a style sheet sets apart
                self.walk(child, in_link or tag == "a")

    def row(self, row: LexborNode) -> None:
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        texts = [_clean(cell.text(separator=" ")) for cell in cells]
        if any(cell.css_first("table, ul, ol, p + p, h1, h2, h3, br") for cell in cells) and sum(map(len, texts)) > _SHORT:
            label = texts[0] if len(cells) == 2 and len(texts[0]) <= _LABEL else ""
            if label:
                self.lead = label.rstrip(" :") + ": "
            for cell in cells[1:] if label else cells:
                self.walk(cell)
                self.flush()
            self.drop_lead()
            return
        texts = [text for text in texts if text]
        if len(texts) == 2 and len(texts[0]) <= _LABEL:
            self.parts.append(_labelled(*texts))
        else:
            self.parts.append(" | ".join(texts))
        self.flush()

    def table(self, table: LexborNode) -> bool:
        """A header row and one row of values is a list of labels and values."""
        rows = [row for row in table.css("tr") if _clean(row.text())]
        if len(rows) != 2 or table.css_first("table table"):
            return False
        heads, values = ([_clean(c.text(separator=" ")) for c in row.iter() if c.tag in ("td", "th")] for row in rows)
        is_head = all(c.tag == "th" for c in rows[0].iter()) and not any(c.tag == "th" for c in rows[1].iter())
        if not is_head or len(heads) != len(values) or len(heads) < 2 or any(len(h) > _LABEL for h in heads):
            return False
        for head, value in zip(heads, values, strict=True):
            self.parts.append(_labelled(head, value) if head and value else head + value)
            self.flush()
        return True

    def definitions(self, node: LexborNode) -> None:
        for child in node.iter():
            if child.tag == "dt":
                self.drop_lead()
                label = _clean(child.text(separator=" ")).rstrip(" :")
                self.lead = f"{label}: " if label else ""
            elif child.tag != "dd" and child.css_first("dt"):
                self.definitions(child)
            else:
                self.walk(child)
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
    filled = [(child, words) for child in children if (words := _clean(child.text(separator=" ")))]
    if len(filled) != 2:
        return None
    (first, label), (second, value) = filled
    if len(label) > _LABEL or len(value) > _SHORT or first.tag in ("a", "h1", "h2", "br", "li", "tr", "dt", "td"):
        return None
    if second.tag in _HEADINGS or second.css_first("h1, h2, h3, p + p, li + li, br, tr, dt"):
        return None
    inline = first.tag not in _BLOCKS and first.tag not in ("em", "i") and not re.search(r"[\d.!?,]", label)
    known = label.endswith(":") or role(label) is not None or bool(_tokens(first) & _LABELLIKE and first.tag not in _HEADINGS)
    return _labelled(label, value) if known or inline else None


def _trim(lines: list[tuple[str, bool]], headings: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Without link-only lines above the title, the words of buttons, and the lines of the publisher's rights."""
    titles = {words for level, words in headings if level == 1}
    start = next((i for i, (line, _) in enumerate(lines) if line in titles), 0)
    last = None
    for index, (line, linked) in enumerate(lines):
        bare = line.removeprefix("- ")
        if index < start and linked:
            continue
        if " ".join(fold(bare).split()).rstrip(" :!.›»>") in _chrome() or (len(line) < _SHORT and _RIGHTS.search(line)):
            continue
        if line == last:
            continue
        last = line
        yield line
