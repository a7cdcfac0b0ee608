"""What lists say in many languages. Cases: data/listing_levels.toml, data/none_open.toml."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.models import Hints, Page, Reading
from monitor.readers.listing import read_listing

DATA = Path(__file__).parent.parent / "data"


def cases(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def listing(body: str, language: str) -> Reading:
    text = f'<html lang="{language}"><head><title>Jobs</title></head><body><h1>Jobs</h1>{body}</body></html>'
    page = Page(
        url="https://www.example.org/jobs",
        body=text.encode(),
        text=text,
        content_type="text/html",
        fetched_at=datetime(2026, 2, 1, tzinfo=UTC),
    )
    return read_listing(page, Hints(as_of=date(2026, 2, 1)))


@pytest.mark.parametrize("language", list(cases("listing_levels.toml")))
def test_titles_say_their_level(language: str) -> None:
    levels = cases("listing_levels.toml")[language]
    wanted = [(title, level) for level, titles in levels.items() for title in titles]
    items = "".join(f'<li><a href="/job/{100 + n}">{title}</a></li>' for n, (title, _) in enumerate(wanted))
    reading = listing(f"<ul>{items}</ul>", language)
    assert [(p.title, p.level.value if p.level else None) for p in reading.postings] == wanted


@pytest.mark.parametrize(
    ("language", "words"), [(language, words) for language, texts in cases("none_open.toml").items() for words in texts]
)
def test_a_page_that_says_so_has_nothing_open(language: str, words: str) -> None:
    reading = listing(f"<p>{words}</p>", language)
    assert reading.none_open
    assert reading.postings == ()
    assert words[:60] in reading.warnings[0]
