"""HTML -> tree, guarded: lexbor's time grows with the square of the nesting, and it cannot be interrupted."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from monitor.errors import ReadError

MAX_BLOCKS = 3000  # 30,000 nested <div> take 4 s, 100,000 take 105 s; real pages stay under 200
MAX_FORMATTING = 300  # unclosed formatting elements are copied into every block that follows

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
# void elements, and those whose end tag HTML lets authors leave out
_UNCOUNTED = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd td th tr tbody thead tfoot colgroup caption option optgroup html head body".split()
)


def parse(html: str) -> LexborHTMLParser:
    """The tree of a page. ReadError if it is nested so deeply that parsing it would hang the program."""
    blocks = formatting = 0
    for slash, name in _TAG.findall(html):
        if name in _UNCOUNTED or (tag := name.lower()) in _UNCOUNTED:
            continue
        step = -1 if slash else 1
        if tag in _FORMATTING:
            formatting = max(0, formatting + step)
        else:
            blocks = max(0, blocks + step)
        if blocks > MAX_BLOCKS or formatting > MAX_FORMATTING:
            raise ReadError(
                "the page is nested so deeply that it cannot be read",
                tip="watch another page of the site, or its feed",
            )
    return LexborHTMLParser(html)
