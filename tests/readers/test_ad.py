"""Whole ads. A case is a folder of tests/data/ads: page.html or ad.txt, and expected.json with the fields that matter
(`posting`), the kind where it is no ad, and words that are not the ad's own (`absent`).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.export import posting_json
from monitor.models import Hints, Kind, Page
from monitor.plain import to_json
from monitor.readers.ad import read_ad

CASES = sorted((Path(__file__).parent.parent / "data" / "ads").iterdir())


def page(text: str, content_type: str = "text/html", url: str = "https://jobs.example.org/1") -> Page:
    return Page(
        url=url,
        body=text.encode("utf-8", "replace"),
        text=text,
        content_type=content_type,
        fetched_at=datetime(2031, 3, 1, tzinfo=UTC),
    )


def load(case: Path) -> tuple[Page, dict[str, Any]]:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    plain = case / "ad.txt"
    path, content_type = (plain, "text/plain") if plain.exists() else (case / "page.html", "text/html; charset=utf-8")
    return page(
        path.read_text(encoding="utf-8"), content_type, expected.get("url", "https://jobs.example.org/1")
    ), expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    shown, expected = load(case)
    reading = read_ad(shown, Hints(as_of=date.fromisoformat(expected["as_of"])))
    assert reading.kind.value == expected.get("kind", "ad")
    assert expected.get("trouble", "") in (reading.trouble or "")
    for words in expected.get("absent", []):
        assert words not in reading.text
    if "posting" not in expected:
        assert reading.postings == ()
        return
    (posting,) = reading.postings
    seen = to_json(posting)
    assert {name: seen[name] for name in expected["posting"]} == expected["posting"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evidence_stands_in_the_posting(case: Path) -> None:
    shown, expected = load(case)
    for posting in read_ad(shown, Hints(as_of=date.fromisoformat(expected["as_of"]))).postings:
        assert posting.title
        assert posting.title in (posting.text or "") or posting.evidence["title"] in (posting.text or "")
        for name, words in posting.evidence.items():
            assert words in f"{posting.title}\n{posting.text}", name


def test_what_the_user_calls_an_ad_is_one() -> None:
    shown = page("<html><body><h1>Reader in Runology</h1><p>More will follow.</p></body></html>")
    assert read_ad(shown, Hints(as_of=date(2031, 3, 1))).kind is Kind.PAGE
    reading = read_ad(shown, Hints(as_of=date(2031, 3, 1), kind=Kind.AD))
    assert [p.title for p in reading.postings] == ["Reader in Runology"]


def test_a_contact_shows_what_is_known_of_it() -> None:
    shown = page(
        "PhD position in botany\nContact: Professor Maren Ostergo-Lind\nApply to jobs@example.org", "text/plain"
    )
    (posting,) = read_ad(shown, Hints(as_of=date(2031, 3, 1), kind=Kind.AD)).postings
    assert posting_json(posting)["contacts"] == [{"name": "Maren Ostergo-Lind"}, {"email": "jobs@example.org"}]


def test_an_empty_page_is_no_ad_even_so() -> None:
    reading = read_ad(page(""), Hints(as_of=date(2031, 3, 1), kind=Kind.AD))
    assert reading.kind is Kind.PAGE


def test_a_page_nested_too_deeply_is_trouble_not_an_error() -> None:
    reading = read_ad(page("<div>" * 10_000), Hints(as_of=date(2031, 3, 1)))
    assert reading.trouble
    assert reading.postings == ()


def test_a_description_in_the_data_stands_for_a_page_that_script_fills() -> None:
    description = (
        "<p>Norrhamn College seeks a PhD student in botany. Apply by 4 May 2031.</p>"
        + "<p>You will study mosses.</p>" * 9
    )
    data = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": "PhD student in botany",
        "description": description,
    }
    shown = page(f'<script type="application/ld+json">{json.dumps(data)}</script><div id="root"></div>')
    (posting,) = read_ad(shown, Hints(as_of=date(2031, 3, 1))).postings
    assert posting.deadline == date(2031, 5, 4)
    assert "mosses" in (posting.text or "")


PIECES = (
    "<h1> </h1> <p> </p> <table> <tr> <td> </td> <th> <dl> <dt> <dd> <li> <ul> <br> <div> </div> <main> <article> "
    "<nav> <footer> <strong> <span> PhD position Deadline: 12 May 2031 Professor Ann Lee supervised by University of "
    "Oslo Contact: &nbsp; <!-- --> Related jobs x@y.org (at) { } ( ) , . : — Dr. invites applications for <a> </a>"
).split(" ")
LINKS = ["<a href='mailto:x@example.org'>", "<a href='/cdn-cgi/l/email-protection#5a1'>", "<div class='job-location'>"]
HTML = st.lists(st.sampled_from([*PIECES, *LINKS]) | st.text(max_size=12), max_size=60).map(" ".join)


@given(HTML, st.sampled_from(["text/html", "text/plain"]), st.sampled_from([None, Kind.AD]))
@settings(deadline=None)
@example("PhD position\nSupervisor: ", "text/plain", None)
def test_no_page_raises_and_evidence_is_the_pages_own(text: str, content_type: str, kind: Kind | None) -> None:
    reading = read_ad(page(text, content_type), Hints(as_of=date(2031, 3, 1), kind=kind))
    for posting in reading.postings:
        assert posting.title
        assert all(words in f"{posting.title}\n{posting.text}" for words in posting.evidence.values())
