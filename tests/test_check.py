"""What a position's own page says in a check, by what its body says where the status is 200; when all is read anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.config import read_table
from monitor.models import Page
from monitor.pipeline.check import fingerprint, read_ad_page
from monitor.settings import Source

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
URL = "https://uni.example.org/jobs/14"
AD = """<html lang="en"><head><title>PhD student in optics</title></head><body><h1>PhD student in optics</h1>
<p>The department of physics has an opening for a PhD student. You will work on light in glass fibres.</p>
<p>Your application with a CV should reach us no later than 30 March 2026.</p></body></html>"""
PAGES = {
    "gone": "<html><head><title>Not found</title></head><body><h1>Page not found</h1><p>Sorry.</p></body></html>",
    "trouble": "<html><head><title>Back soon</title></head><body><h1>Scheduled maintenance</h1></body></html>",
    "posting": AD,
}


@pytest.mark.parametrize("speaks", PAGES)
def test_exactly_one_of_posting_trouble_and_gone_speaks(speaks: str) -> None:
    text = PAGES[speaks]
    page = Page(url=URL, body=text.encode(), text=text, content_type="text/html", fetched_at=NOW)
    ad = asyncio.run(read_ad_page(URL, page, Source(url="https://uni.example.org/jobs"), NOW))
    said = {"gone": ad.gone, "trouble": bool(ad.trouble), "posting": ad.posting is not None}
    assert said == {name: name == speaks for name in PAGES}


READ_BY: list[dict[str, Any]] = [
    *({"kind": "page"}, {"language": "sv"}, {"pages": 1}, {"include": ["optics"]}, {"exclude": ["optics"]}),
    *({"include": ["optics", "glass"]}, {"selectors": {"item": "li"}}, {"selectors": {"title": "li"}}),
]


def test_every_setting_by_which_pages_are_read_has_its_fingerprint() -> None:
    plain = Source(url=URL)
    others = [read_table({"url": URL, **keys}, Source) for keys in READ_BY]
    assert len({fingerprint(source) for source in (plain, *others)}) == 1 + len(READ_BY)


@pytest.mark.parametrize("keys", [{"name": "Optics"}, {"every": "1 day"}, {"follow": False}, {"headers": {"A": "b"}}])
def test_no_other_setting_has_one(keys: dict[str, Any]) -> None:
    plain = Source(url=URL)
    assert fingerprint(read_table({"url": URL, **keys}, Source)) == fingerprint(plain)
