"""A page that lists positions, read without selectors."""

from __future__ import annotations

from monitor.models import Hints, Kind, Page, Reading


def read_listing(page: Page, hints: Hints) -> Reading:
    """Kind `listing` with the postings found."""
    return Reading(kind=Kind.LISTING)
