"""A page that lists positions, read without selectors."""

from __future__ import annotations

from monitor.errors import ReadError
from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.cells import Reader
from monitor.readers.html import parse
from monitor.readers.judge import positions
from monitor.readers.pagination import head_links, is_window, next_page
from monitor.readers.tree import Tree
from monitor.readers.walls import Marks, marks_of, wall
from monitor.readers.words import says
from monitor.readers.zones import Zones


def read_listing(page: Page, hints: Hints) -> Reading:
    """Kind `listing` with the positions that the page shows, in its order; never raises.

    Without any position, `warnings` says why: the page says so (`none_open`), it proves nothing (`trouble`), or nothing
    on it looks like one.
    """
    try:
        parser = parse(page.text)
    except ReadError as error:
        return Reading(kind=Kind.LISTING, complete=False, trouble=str(error), warnings=(str(error),))
    marks, links = marks_of(parser, page.text), head_links(parser)
    tree = Tree(parser, page.url)
    zones = Zones(tree)
    postings = tuple(positions(tree, zones, Reader.of(tree, zones, hints.as_of, hints.language)))
    if not postings:
        return _nothing(tree, zones, marks)
    following = next_page(links, tree)
    return Reading(
        kind=Kind.LISTING,
        postings=postings,
        next_page=following,
        complete=not is_window(tree, following, len(postings)),
    )


def _nothing(tree: Tree, zones: Zones, marks: Marks) -> Reading:
    words = next(
        (line.text for line in tree.lines if zones.penalty(line.block) < 2 and says("listing.none_open", line.text)),
        None,
    )
    if trouble := wall(tree, marks, none_open=words is not None):
        return Reading(kind=Kind.LISTING, complete=False, trouble=trouble, warnings=(trouble,))
    if words:
        return Reading(
            kind=Kind.LISTING, none_open=True, warnings=(f'the page says that nothing is open: "{words[:160]}"',)
        )
    return Reading(kind=Kind.LISTING, warnings=("nothing on the page looks like a position",))
