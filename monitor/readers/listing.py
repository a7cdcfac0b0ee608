"""A page that lists positions, read without selectors."""

from __future__ import annotations

from monitor.errors import ReadError
from monitor.identity import distinct
from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.cells import Reader
from monitor.readers.embedded import embedded_postings, states_of
from monitor.readers.html import parse
from monitor.readers.joined import joined, one_address
from monitor.readers.judge import Verdict, positions
from monitor.readers.over import addresses_over
from monitor.readers.pagination import head_links, is_window, next_page
from monitor.readers.selected import Selection, selected_postings
from monitor.readers.shared import with_shared_deadline
from monitor.readers.structured import structured_postings
from monitor.readers.tree import Tree
from monitor.readers.walls import Marks, marks_of, wall
from monitor.readers.words import says_none_open
from monitor.readers.zones import Zones
from monitor.values import Value, replace


class Survey(Value):
    """A page read as a list, and what tells a list from an ad: the share of the page's words that its items hold, the
    number of JobPostings in its data, its first heading, the number of its characters, and whether all items stand
    under a heading such as "Open positions". verdicts, tree: how it came to that, for who asks.
    """

    reading: Reading
    covered: float = 0.0
    declared: int = 0
    heading: str = ""
    length: int = 0
    headed: bool = False
    verdicts: tuple[Verdict, ...] = ()
    tree: Tree | None = None


def read_listing(page: Page, hints: Hints) -> Reading:
    """Kind `listing` with the positions that the page shows, in its order; never raises.

    Without any position, `warnings` says why: the page says so (`none_open`), it proves nothing (`trouble`), or nothing
    on it looks like one.
    """
    return survey(page, hints).reading


def survey(page: Page, hints: Hints) -> Survey:
    try:
        parser = parse(page.text)
    except ReadError as error:
        return Survey(Reading(kind=Kind.LISTING, complete=False, trouble=str(error), warnings=(str(error),)))
    marks, links = marks_of(parser, page.text), head_links(parser)
    states = states_of(parser, page.text)
    declared = structured_postings(page.text, page.url, hints.as_of)
    tree = Tree(parser, page.url)
    zones = Zones(tree)
    reader = Reader.of(tree, zones, hints.as_of, hints.language)
    heading = next((line.text for line in tree.lines if line.heading == 1), "")

    selection = Selection(parser, tree, hints.selectors)
    if selection.items:
        shown = tuple(selected_postings(selection, reader))
        return Survey(
            _reading(tree, zones, marks, links, replace(_EMPTY, postings=shown)),
            1.0,
            len(declared),
            heading,
            tree.characters[-1],
        )
    found = positions(tree, zones, reader, hints.signature)
    text = "\n".join(line.text for line in tree.lines)
    postings = joined(one_address(found.postings), declared, text)
    postings = distinct(joined(postings, embedded_postings(states, page.url, hints.as_of), text))
    postings = with_shared_deadline(postings, reader)
    over = addresses_over(tree, zones)
    drifted = bool(hints.signature and found.postings and not set(hints.signature) & set(found.signature))
    warnings = []
    if selection.fault:
        warnings.append(selection.fault)
    elif any((hints.selectors.item, hints.selectors.title, hints.selectors.link)):
        warnings.append("the selectors of this source match nothing on the page; it was read without them")
    if drifted:
        warnings.append("the list is built differently than before; how to read it was learned anew")
    known = replace(
        _EMPTY, postings=postings, closed=over, signature=found.signature, drifted=drifted, warnings=tuple(warnings)
    )
    covered = found.covered if found.postings else float(bool(postings))
    read = _reading(tree, zones, marks, links, known)
    headed = bool(found.postings) and found.headed
    return Survey(read, covered, len(declared), heading, tree.characters[-1], headed, found.verdicts, tree)


_EMPTY = Reading(kind=Kind.LISTING)


def _reading(tree: Tree, zones: Zones, marks: Marks, links: list[tuple[str, str]], known: Reading) -> Reading:
    if known.postings:
        following = next_page(links, tree)
        return replace(known, next_page=following, complete=not is_window(tree, following, len(known.postings)))
    words = next(
        (line.text for line in tree.lines if zones.penalty(line.block) < 2 and says_none_open(line.text)),
        None,
    )
    if trouble := wall(tree, marks, none_open=words is not None):
        return replace(known, complete=False, trouble=trouble, warnings=(*known.warnings, trouble))
    if words:
        return replace(
            known,
            none_open=True,
            warnings=(*known.warnings, f'the page says that nothing is open: "{words[:160]}"'),
        )
    return replace(known, warnings=(*known.warnings, "nothing on the page looks like a position"))
