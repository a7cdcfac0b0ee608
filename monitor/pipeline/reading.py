"""A page read by whoever knows it: the recruitment platform whose data it is, else the readers."""

from __future__ import annotations

from monitor import readers
from monitor.models import Hints, Kind, Page, Reading
from monitor.platforms import board_of
from monitor.readers.completed import completed


def read(page: Page, hints: Hints) -> Reading:
    """What a page shows. A platform's own data is a feed that shows all there is: kind `feed`, complete at its end.

    Another kind, stated by the user, is kept to.
    """
    found = board_of(page) if hints.kind in (None, Kind.FEED) else None
    if found is None:
        return readers.read(page, hints)
    _, board = found
    return Reading(
        kind=Kind.FEED,
        postings=tuple(completed(record.posting, record.markup, hints) for record in board.records),
        next_page=board.next_page,
        complete=board.next_page is None,
        none_open=not board.records and board.next_page is None,
    )
