"""Listing pages: each folder of tests/data/listings is a page and what is to be seen in it.

expected.json: `postings` hold the fields that are compared (`contains`: words that the title has to hold); `kind` is
what the page is taken for when nobody says; `next_page`, `complete`, `none_open`, `closed` and `trouble` (words of the
sentence) are compared where they are given. A page without them is an ordinary one: no trouble.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Hints, Kind, Page, Reading, Selectors
from monitor.plain import to_json
from monitor.readers import read
from monitor.readers.listing import read_listing

CASES = sorted(p for p in (Path(__file__).parent.parent / "data" / "listings").iterdir() if p.is_dir())
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def page(text: str, url: str = "https://www.example.org/jobs") -> Page:
    return Page(url=url, body=text.encode(), text=text, content_type="text/html", fetched_at=MOMENT)


def case(name: str) -> tuple[Page, Hints, dict[str, Any]]:
    folder = next(p for p in CASES if p.name == name)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    text = (folder / "page.html").read_text(encoding="utf-8")
    return page(text, expected["url"]), Hints(as_of=date.fromisoformat(expected["as_of"])), expected


def titles(reading: Reading) -> list[str]:
    return [posting.title for posting in reading.postings]


@pytest.mark.parametrize("name", [p.name for p in CASES])
def test_page_is_read_as_expected(name: str) -> None:
    page, hints, expected = case(name)
    assert read(page, hints).kind == expected["kind"]
    if expected["kind"] == "ad":
        return
    reading = read_listing(page, hints)
    seen = [to_json(posting) for posting in reading.postings]
    wanted = expected["postings"]
    assert len(seen) == len(wanted), [p["title"] for p in seen]
    for got, want in zip(seen, wanted, strict=True):
        if "contains" in want:
            assert want["contains"] in got["title"]
        compared = {k: v for k, v in want.items() if k != "contains" and not (k == "title" and "contains" in want)}
        assert {k: got[k] for k in compared} == compared
    for name_, value in expected.items():
        if name_ in ("next_page", "complete", "none_open", "closed"):
            assert to_json(getattr(reading, name_)) == value, name_
    assert expected.get("trouble", "") in (reading.trouble or "")
    assert bool(reading.trouble) == ("trouble" in expected)
    assert bool(reading.postings) or len(reading.warnings) == 1


@pytest.mark.parametrize("name", [p.name for p in CASES])
def test_evidence_is_words_of_the_page(name: str) -> None:
    page, hints, _ = case(name)
    for posting in read_listing(page, hints).postings:
        assert posting.evidence["title"] == posting.title
        if posting.deadline:
            assert any(c.isdigit() for c in posting.evidence["deadline"])


@pytest.mark.parametrize(
    "name", ["table-german", "cards-weiterlesen", "system-data-rows", "danish-headings-paragraphs"]
)
def test_what_was_learned_holds_for_the_same_page_and_is_no_drift(name: str) -> None:
    page, hints, _ = case(name)
    first = read_listing(page, hints)
    assert first.signature
    again = read_listing(page, Hints(as_of=hints.as_of, signature=first.signature))
    assert (again.postings, again.signature, again.drifted) == (first.postings, first.signature, False)


def test_a_list_built_anew_is_drift_and_is_read_all_the_same() -> None:
    before, hints, _ = case("table-german")
    after, _, expected = case("cards-weiterlesen")
    learned = read_listing(before, hints).signature
    reading = read_listing(after, Hints(as_of=hints.as_of, signature=learned))
    assert reading.drifted
    assert titles(reading) == [p["title"] for p in expected["postings"]]
    assert "learned anew" in reading.warnings[0]


def test_a_known_signature_keeps_a_list_whose_words_tell_nothing() -> None:
    rows = "".join(f'<div class="row"><a href="/x/{s}">{t}</a></div>' for s, t in [("a", "Ocean waves"), ("b", "Moss")])
    plain = page(f"<html><body><h1>Topics</h1>{rows}</body></html>", "https://www.example.org/list")
    hints = Hints(as_of=date(2026, 3, 1))
    richer = page(
        f"<html><body><h1>Open positions</h1>{rows.replace('Moss', 'PhD position: moss')}</body></html>",
        "https://www.example.org/list",
    )
    learned = read_listing(richer, hints).signature
    assert "body/div.row/a" in learned
    assert read_listing(plain, hints).postings == ()


def test_a_known_signature_puts_descriptions_before_no_titles() -> None:
    described, hints, expected = case("cards-named-by-institute")
    only_descriptions = re.sub(r"<h2.*?</h2>", "", described.text)
    learned = read_listing(page(only_descriptions, described.url), hints).signature
    assert learned
    reading = read_listing(described, Hints(as_of=hints.as_of, signature=learned))
    assert titles(reading) == [p["title"] for p in expected["postings"]]


SELECTORS = [
    (Selectors(item="div.card"), [("A tale of ice", "https://www.example.org/1", None)]),
    (Selectors(item="div.card", title="p.name"), [("Ice person", "https://www.example.org/1", None)]),
    (Selectors(item="div.card", deadline="i"), [("A tale of ice", "https://www.example.org/1", date(2026, 4, 2))]),
    (Selectors(item="div.card", link="a.pdf"), [("A tale of ice", "https://www.example.org/1.pdf", None)]),
    (Selectors(title="p.name"), [("Ice person", None, None)]),
]
CARD = """
<div class="card"><h3><a href="/1">A tale of ice</a></h3><p class="name">Ice person</p><i>2 April 2026</i>
<a class="pdf" href="/1.pdf">as a file</a></div>
<div class="else"><h3><a href="/2">Professor of snow</a></h3></div>
"""


@pytest.mark.parametrize(("selectors", "expected"), SELECTORS)
def test_selectors_have_the_last_word(
    selectors: Selectors, expected: list[tuple[str, str | None, date | None]]
) -> None:
    reading = read_listing(
        page(f"<html><body>{CARD}</body></html>"), Hints(as_of=date(2026, 3, 1), selectors=selectors)
    )
    assert [(p.title, p.url, p.deadline) for p in reading.postings] == expected


@pytest.mark.parametrize("css", ["p[", ":::", "div.nothing-like-it"])
def test_selectors_that_find_nothing_are_told_and_the_page_is_read_without(css: str) -> None:
    where, hints, expected = case("table-german")
    reading = read_listing(where, Hints(as_of=hints.as_of, selectors=Selectors(item=css)))
    assert titles(reading) == [p["title"] for p in expected["postings"]]
    assert "selector" in reading.warnings[0]


def test_stated_kind_is_believed() -> None:
    where, hints, _ = case("ad-with-related-jobs")
    assert read(where, Hints(as_of=hints.as_of, kind=Kind.LISTING)).kind is Kind.LISTING


SCRAPS = """<ul> <li> <a_href='/job/1'> PhD_student </a> <table> <tr> <td> <h2> Deadline:_1.4.2026 </h2> <a_href='http://[x'>
<a_href='#'> <base_href='::'> Vacancies \x00 <br> </li> &nbsp; <span_class=x> </span>""".split()


@given(
    st.text(max_size=300) | st.lists(st.sampled_from([s.replace("_", " ") for s in SCRAPS]), max_size=40).map(" ".join)
)
@settings(max_examples=120, deadline=None)
def test_no_text_at_all_makes_it_fail(text: str) -> None:
    reading = read_listing(page(text), Hints(as_of=date(2026, 3, 1)))
    assert reading.postings or reading.warnings
    assert all(p.title for p in reading.postings)
