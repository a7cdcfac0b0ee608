"""HTML -> tree, guarded: lexbor's time grows with the square of the nesting, and it cannot be interrupted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser

from monitor.errors import ReadError

MAX_BLOCKS = 3000  # 30,000 nested <div> take 4 s, 100,000 take 105 s; real pages stay under 200
MAX_FORMATTING = 300  # unclosed formatting elements are copied into every block that follows

_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.I | re.A)
_FORMATTING = "a b big code em font i nobr s small strike strong tt u".split()
_FORMATTING_TAG = re.compile(rf"<(/?)(?:{'|'.join(_FORMATTING)})(?![a-z0-9-])", re.I | re.A)
# formatting, void elements, and those whose end tag HTML lets authors leave out
_NO_BLOCKS = frozenset(_FORMATTING) | frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd td th tr tbody thead tfoot colgroup caption option optgroup html head body".split()
)


def parse(html: str) -> LexborHTMLParser:
    """The tree of a page. ReadError if it is nested so deeply that parsing it would hang the program."""
    if _depth(_FORMATTING_TAG.findall(html)) > MAX_FORMATTING or _blocks(html) > MAX_BLOCKS:
        raise ReadError(
            "the page is nested so deeply that it cannot be read",
            tip="watch another page of the site, or its feed",
        )
    return LexborHTMLParser(html)


def _blocks(html: str) -> int:
    """How deep blocks stand within one another, at most."""
    if (opened := html.count("<") - html.count("</")) <= MAX_BLOCKS:
        return opened  # so many tags of all kinds, wherever they are closed
    return _depth(slash for slash, name in _TAG.findall(html) if name.lower() not in _NO_BLOCKS)


def _depth(slashes: Iterable[str]) -> int:
    """The most elements that are open at once. slashes: of each tag "/" or ""."""
    depth = deepest = 0
    for slash in slashes:
        if not slash:
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest
