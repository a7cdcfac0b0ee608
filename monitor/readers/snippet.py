"""Marked-up text inside a data field (a JSON-LD description, a feed's summary) -> lines of plain text."""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"<(?:[a-zA-Z/!?][^<>]*)>")
_ESCAPED_TAG = re.compile(r"&(?:amp;){0,2}lt;/?[a-zA-Z]")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});")
_UNSEEN = re.compile(r"<(script|style|head|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.S | re.I)
_BREAK = re.compile(
    r"<(?:br|/?(?:p|div|li|ul|ol|dl|dt|dd|h[1-6]|tr|table|tbody|thead|section|article|header|footer|blockquote|pre|hr))"
    r"\b[^<>]*>",
    re.I,
)
_CELL = re.compile(r"</?t[dh]\b[^<>]*>", re.I)
_UNSEEN_MARK = re.compile(r"[\u200b\ufeff\x00-\x1f]")


def plain_text(markup: str) -> str:
    """A line a block, blank lines left out. Markup that was escaped once or twice too often is understood."""
    if not _TAG.search(markup):
        for _ in range(3):
            if not _ESCAPED_TAG.search(markup):
                break
            markup = unescape(markup)
    if "<" in markup:
        markup = _UNSEEN.sub("\n", markup)
        # within markup a line break of the source is a space; between tags a break is one of the page
        markup = _spaced(markup) if _BREAK.search(markup) else markup
        markup = _TAG.sub("", _CELL.sub(" ", _BREAK.sub("\n", markup)))
    for _ in range(2):
        if not _ENTITY.search(markup):
            break
        markup = unescape(markup)
    return "\n".join(words for line in markup.splitlines() if (words := _spaced(line)))


def _spaced(text: str) -> str:
    """Its words, with a single space between them."""
    return " ".join(_UNSEEN_MARK.sub(" ", text).split())


def one_line(markup: str) -> str:
    """The same for a title or a name: no line breaks."""
    return plain_text(markup).replace("\n", " ")
