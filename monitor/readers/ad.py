"""One position's own page, or the plain text of an ad."""

from __future__ import annotations

from typing import Any

from monitor.errors import ReadError
from monitor.fields.language import find_language
from monitor.fields.registry import FIELDS
from monitor.fields.text import AdText
from monitor.models import Hints, Kind, Page, Posting, Reading
from monitor.readers.main_text import MainText, from_html, from_plain

try:
    from monitor.fields.genre import is_ad
except ImportError:

    def is_ad(ad: AdText) -> bool:
        return True


def read_ad(page: Page, hints: Hints) -> Reading:
    """Kind `ad` with one posting; kind `page` with none where the page advertises no position."""
    try:
        main = from_plain(page.text) if page.content_type.startswith("text/plain") else from_html(page.text, page.url)
    except ReadError as error:
        return Reading(kind=Kind.PAGE, trouble=str(error))
    ad = AdText(
        text=main.text,
        as_of=hints.as_of,
        language=hints.language or main.language or find_language(main.text),
        title=main.title,
        url=page.url,
    )
    if hints.kind is not Kind.AD and not is_ad(ad):
        return Reading(kind=Kind.PAGE, text=main.text)
    return Reading(kind=Kind.AD, postings=(read_text(ad, main),), text=main.text)


def read_text(ad: AdText, main: MainText) -> Posting:
    values: dict[str, Any] = {}
    evidence: dict[str, str] = {}
    for name, find in FIELDS.items():
        found = find(ad)
        if found is None:
            continue
        if name == "deadline":
            values["deadline"] = found.value.day
            values["deadline_time"] = found.value.time
            values["deadline_kind"] = found.value.kind
        else:
            values[name] = found.value
        evidence[name] = found.words
    values.setdefault("title", main.title or "untitled")
    return Posting(**values, url=ad.url, language=ad.language, text=ad.text, evidence=evidence)
