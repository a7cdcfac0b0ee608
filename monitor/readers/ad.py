"""One position's own page, or the plain text of an ad."""

from __future__ import annotations

from monitor.models import Hints, Kind, Page, Reading


def read_ad(page: Page, hints: Hints) -> Reading:
    """Kind `ad` with one posting; kind `page` with none where the page advertises no position."""
    return Reading(kind=Kind.PAGE, text=page.text)
