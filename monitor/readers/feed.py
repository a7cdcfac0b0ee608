"""RSS, Atom and JSON Feed."""

from __future__ import annotations

from monitor.models import Hints, Kind, Page, Reading


def looks_like_feed(page: Page) -> bool:
    """Whether the body is a feed, whatever its content type says."""
    return False


def read_feed(page: Page, hints: Hints) -> Reading:
    """Kind `feed`, a posting an entry; never complete, since a feed is a window."""
    return Reading(kind=Kind.FEED, complete=False)
