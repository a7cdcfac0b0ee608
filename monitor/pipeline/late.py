"""The readers, loaded with the first page that is read: a poll without news needs none."""

from __future__ import annotations

from monitor.models import Hints, Page, Reading


def read(page: Page, hints: Hints) -> Reading:
    """What a page shows."""
    from monitor.pipeline import reading

    return reading.read(page, hints)


def read_ad(page: Page, hints: Hints) -> Reading:
    """What a position's own page shows."""
    from monitor.pipeline import reading

    return reading.read_ad(page, hints)
