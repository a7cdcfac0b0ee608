"""A page without any position, watched for its text."""

from __future__ import annotations

from monitor.errors import ReadError
from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.blocks import Lines
from monitor.readers.clutter import NEVER
from monitor.readers.html import parse
from monitor.readers.main_text import from_html, from_plain
from monitor.readers.tree import Tree
from monitor.readers.walls import marks_of, wall


def read_page(page: Page, hints: Hints) -> Reading:
    """Kind `page` with the main text, a line a block; trouble where something else stands in the page's place."""
    if page.content_type.startswith("text/plain"):
        return Reading(kind=Kind.PAGE, text=from_plain(page.text).text)
    try:
        trouble = obstacle(page)
        text = from_html(page.text, page.url).text
    except ReadError as error:
        return Reading(kind=Kind.PAGE, complete=False, trouble=str(error), warnings=(str(error),))
    return Reading(kind=Kind.PAGE, text=text, trouble=trouble, warnings=(trouble,) if trouble else ())


def whole_text(page: Page) -> str:
    """Everything that a page says, menus and footers too, a line a block; nothing of what cannot be parsed."""
    if page.content_type.startswith("text/plain"):
        return page.text
    try:
        tree = parse(page.text)
    except ReadError:
        return ""
    for node in tree.css(NEVER):
        if node.tag not in ("html", "body"):
            node.decompose()
    lines = Lines()
    if tree.body is not None:
        lines.walk(tree.body)
    return "\n".join(line for line, _ in lines.done())


def obstacle(page: Page) -> str | None:
    """What stands in the place of an HTML page (a bot challenge, a login): one sentence. ReadError as from `parse`."""
    parser = parse(page.text)
    marks = marks_of(parser, page.text)  # before the tree loses its scripts
    return wall(Tree(parser, page.url), marks)
