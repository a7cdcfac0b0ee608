"""A page without any position, watched for its text."""

from __future__ import annotations

from monitor.errors import ReadError
from monitor.models import Hints, Kind, Page, Reading
from monitor.readers.main_text import from_html, from_plain


def read_page(page: Page, hints: Hints) -> Reading:
    """Kind `page` with the main text, a line a block."""
    try:
        main = from_plain(page.text) if page.content_type.startswith("text/plain") else from_html(page.text, page.url)
    except ReadError as error:
        return Reading(kind=Kind.PAGE, trouble=str(error))
    return Reading(kind=Kind.PAGE, text=main.text)
