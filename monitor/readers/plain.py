"""A page without any position, watched for its text."""

from __future__ import annotations

from monitor.models import Hints, Kind, Page, Reading


def read_page(page: Page, hints: Hints) -> Reading:
    """Kind `page` with the main text."""
    return Reading(kind=Kind.PAGE, text=page.text)
