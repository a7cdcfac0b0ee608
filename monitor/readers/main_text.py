"""HTML -> the ad's own text, a line a block, without the page around it.

What is left out is decided by what an element says it is (nav, footer, a class named "related-jobs"), by headings that
announce other positions, and by lists that are nothing but links. What could be the ad is kept: a rule that would take
the title or a large part of the page's text with it does not apply.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.decoding import cloudflare_address
from monitor.errors import ReadError
from monitor.fields.labels import role
from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, fold_all
from monitor.readers.blocks import Lines
from monitor.readers.clutter import HEADINGS, INVISIBLE, NEVER, SHORT, clean, drop_noise, drop_other_positions
from monitor.readers.html import parse
from monitor.values import Value, field


class MainText(Value):
    """text: a line a block; table rows and definition lists as `Label: value`.

    headings: (level, words) in the order of the page, also those above the ad. page_title: the title element.
    language: ISO 639-1 as the page declares it. site: og:site_name. marked: what the names of elements say of their
    words ("job-location"), field name -> words.
    """

    text: str
    headings: tuple[tuple[int, str], ...] = ()
    page_title: str | None = None
    site: str | None = None
    language: str | None = None
    marked: Mapping[str, str] = field(default_factory=dict)


_ROOTS = "main, [role=main], article, [itemtype*=JobPosting], #main, #content, #main-content, .main-content"
_HEAD = 8  # lines of a plain text among which its title is
_RIGHTS = re.compile(r"©|\(c\) ?\d{4}|copyright\b|all rights reserved", re.IGNORECASE)


def from_html(text: str, url: str = "") -> MainText:
    """The main text of a page. ReadError if it cannot be parsed safely."""
    tree = parse(text)
    body = tree.body
    if body is None:
        return MainText("")
    titles = tree.css("title")
    page_title = clean(titles[0].text()) if titles else None
    site = _meta(tree, "og:site_name")
    language = _declared_language(tree)
    _reveal_addresses(tree)
    for node in tree.css(NEVER):
        if node.tag not in ("html", "body"):
            node.decompose()
    drop_noise(body)
    drop_other_positions(body)
    headings = tuple(
        (HEADINGS[node.tag or ""], words)
        for node in body.css("h1, h2, h3")
        if (words := clean(node.text(separator=" ")))
    )
    root = _root(body)
    lines = Lines()
    lines.walk(root)
    text = "\n".join(_trim(lines.done(), headings))
    return MainText(text, headings, page_title or None, site, language, _marked(root, text))


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
    lines: list[str] = []
    filled = 0
    for raw in text.translate(INVISIBLE).splitlines():
        line = raw.replace("\xa0", " ").strip()
        if not line:
            lines.append("")
            continue
        heading = re.fullmatch(r"(#{1,6})\s+(.+?)\s*#*", line)
        if heading:
            line = heading[2]
        line = re.sub(r"\*\*(.+?)\*\*|(?<!\w)__(.+?)__(?!\w)", lambda m: m[1] or m[2], line)
        line = re.sub(r"^(?:\*|\+)\s+", "- ", line)
        if heading and filled < _HEAD:
            headings.append((len(heading[1]), line))
        if " ".join(fold(line).split()) not in _chrome():
            lines.append(re.sub(r"[ \t]+", " ", line))
            filled += 1
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return MainText(joined, tuple(headings))


def _meta(tree: LexborHTMLParser, name: str) -> str | None:
    node = tree.css_first(f'meta[property="{name}"]')
    return clean(node.attributes.get("content") or "") or None if node else None


def _declared_language(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("html[lang]")
    match = re.match(r"[a-z]{2}(?![a-z])", (node.attributes.get("lang") or "").strip().lower()) if node else None
    return {"nb": "no", "nn": "no"}.get(match[0], match[0]) if match else None


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
            match = re.match(
                r"[^\s@<>?&,;/]+@[^\s@<>?&,;/]+\.[^\s@<>?&,;/]+", html.unescape(href[7:]).replace("%20", " ").strip()
            )
            address = match[0] if match else None
        if not address:
            continue
        words = clean(node.text())
        if not words:
            continue  # a picture; whose address it is, the text does not say
        if address.casefold() not in words.casefold():
            named = (
                "@" not in words
                and "protected]" not in words
                and not re.search(r"(?i)[(\[{ ](?:at|æt|ät)[)\]} ]", words)
            )
            node.replace_with(f"{words} ({address})" if named else address)


def _root(body: LexborNode) -> LexborNode:
    """The element that holds the ad: a `main`, `article` or JobPosting with most of the text, else the body."""
    whole = len(clean(body.text()))
    title = body.css_first("h1")
    best, most = body, 0.0
    for node in body.css(_ROOTS):
        size = len(clean(node.text()))
        holds_title = title is not None and node.css_first("h1") is not None
        if size > 0.5 * whole or (holds_title and size > 0.25 * whole):
            score = size * (1.5 if holds_title else 1.0)
            if score > most:
                best, most = node, score
    return best


_MARKS = {
    "location": "[itemprop=addressLocality], [itemprop=jobLocation], [class*=location i], [data-test*=location i], "
    "[class*=workplace i], [class*=city i]",
    "organization": "[itemprop=hiringOrganization], [class*=employer i], [class*=company i], [class*=organisation i], "
    "[class*=organization i]",
}


def _marked(root: LexborNode, text: str) -> dict[str, str]:
    """The words of elements whose class or property names a field, where they stand in the text."""
    found: dict[str, str] = {}
    for name, selector in _MARKS.items():
        for node in root.css(selector)[:20]:
            words = clean(node.text(separator=" "))
            label, _, value = words.partition(":")
            words = value.strip() if role(label) else words
            if (
                2 <= len(words) <= 80
                and role(words) is None
                and words[0].isalnum()
                and words in text
                and len(words.split()) <= 10
            ):
                found[name] = words
                break
    return found


@cache
def _chrome() -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in fold_all(all_phrases("main_text.chrome")))


def _trim(lines: list[tuple[str, bool]], headings: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Without link-only lines above the title, the words of buttons, and the lines of the publisher's rights."""
    titles = {words for level, words in headings if level == 1}
    start = next((i for i, (line, _) in enumerate(lines) if line in titles), 0)
    last = None
    for index, (line, linked) in enumerate(lines):
        bare = line.removeprefix("- ")
        if index < start and linked:
            continue
        if " ".join(fold(bare).split()).rstrip(" :!.›»>") in _chrome() or (len(line) < SHORT and _RIGHTS.search(line)):
            continue
        if line == last:
            continue
        last = line
        yield line
