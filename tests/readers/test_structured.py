"""Structured data: a case is a row of damaged_blocks.toml, or an .html with its .json beside it."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.plain import to_json
from monitor.readers.structured import MAX_REPAIRED, structured_postings

FOLDER = Path(__file__).parent / "structured"
BLOCKS = tomllib.loads((FOLDER / "damaged_blocks.toml").read_text(encoding="utf-8"))["block"]
BASE = "https://www.fjelldal.example.org/jobs/"


def page(block: str) -> str:
    return f'<html><head><script type="application/ld+json">{block}</script></head><body><p>Ad</p></body></html>'


@pytest.mark.parametrize("block", BLOCKS, ids=[b["kind"] for b in BLOCKS])
def test_a_damaged_block_says_what_the_sound_one_says(block: dict[str, str]) -> None:
    (posting,) = structured_postings(page(block["text"]), BASE)
    assert posting.title == "PhD student in glaciology"
    assert posting.organization == "University of Fjelldal"
    assert posting.posted_on == date(2026, 2, 2)
    assert posting.deadline == date(2026, 3, 20)
    assert posting.evidence["deadline"] == "2026-03-20T23:59"


def shown(posting: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: posting[name] for name in expected}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.html")), ids=lambda f: f.stem)
def test_page(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    postings = [to_json(p) for p in structured_postings(file.read_text(encoding="utf-8"), BASE, date(2026, 2, 10))]
    assert [shown(p, e) for p, e in zip(postings, expected, strict=True)] == expected


def valid_through(value: str, posted: str = "2026-02-02", as_of: date | None = None) -> Any:
    block = {"@type": "JobPosting", "title": "Lecturer", "datePosted": posted, "validThrough": value}
    (posting,) = structured_postings(page(json.dumps(block)), BASE, as_of)
    return posting


@pytest.mark.parametrize(
    ("value", "deadline", "time"),
    [
        ("2026-03-20", date(2026, 3, 20), None),
        ("2026-03-20T00:00:00", date(2026, 3, 20), None),
        ("2026-03-20T23:59:59+01:00", date(2026, 3, 20), None),
        ("2026-03-20T22:59:59Z", date(2026, 3, 20), None),
        ("2026-03-19T23:00:00Z", date(2026, 3, 20), None),
        ("2026-03-20 12:00", date(2026, 3, 20), "12:00"),
        ("2026-03-20T17:00:00+00:00", date(2026, 3, 20), "17:00 UTC"),
        ("20260320", date(2026, 3, 20), None),
        ("2026-03-20T16:00:00.000-05:00", date(2026, 3, 20), "16:00 UTC-05:00"),
        ("2026-13-45", None, None),
        ("0001-01-01T00:00:00", None, None),
        ("soon", None, None),
    ],
)
def test_deadline(value: str, deadline: date | None, time: str | None) -> None:
    posting = valid_through(value)
    assert (posting.deadline, posting.deadline_time) == (deadline, time)


@pytest.mark.parametrize(
    ("value", "posted"),
    [
        ("2026-03-20T14:07:33+01:00", "2026-02-02"),  # a clock's time
        ("2026-03-04", "2026-02-02"),  # 30 days
        ("2026-05-03T00:00", "2026-02-02T08:00"),  # 90 days
        ("2027-02-02", "2026-02-02"),  # a year
        ("2026-01-01", "2026-02-02"),  # before it was posted
        ("2099-12-31", "2026-02-02"),
        ("2099-12-31", ""),
    ],
)
def test_a_computed_valid_through_is_no_deadline_but_stays_visible(value: str, posted: str) -> None:
    posting = valid_through(value, posted, date(2026, 2, 10))
    assert posting.deadline is None
    assert "deadline" not in posting.evidence
    assert posting.evidence["validThrough"] == value


@pytest.mark.parametrize(
    "html",
    [
        "<p>JobPosting</p>",
        page("[" * 100_000 + '"JobPosting"'),
        page('{"@type":"JobPosting"}'),
        page('{"@type":"JobPosting","title":"{{ job.title }}"}'),
        page('{"@type":"JobPosting","title":null,"baseSalary":[],"jobLocation":[[]],"identifier":{}}'),
        "<div>" * 5000 + '<div itemscope itemtype="https://schema.org/JobPosting">',
        '<!-- <script type="application/ld+json">{"@type":"JobPosting","title":"Template"}</script> -->',
        page('{"@type":"JobPosting" ' + "x" * MAX_REPAIRED),
    ],
    ids=range(8),
)
def test_nothing_to_find(html: str) -> None:
    assert structured_postings(html, BASE) == ()


ODD_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(None, True, "", "x", "2026-99-01T99:99", "http://[", "1" * 12, "9" * 13, -1, 1e400, 10**400),
        *([], {}, [[]], [{}], {"name": []}, {"name": {"name": {}}}, {"@id": "x"}, {"@id": ["x"]}, {"item": "x"}),
        *({"address": ["a", None]}, {"value": {"minValue": "1,5", "unitText": 3}}, {"email": 7}, {"@type": [{}]}),
    )
)
NAMES = (
    "title name url @id identifier hiringOrganization jobLocation validThrough datePosted baseSalary description "
    "applicationContact inLanguage totalJobOpenings jobStartDate"
).split()


@given(st.dictionaries(st.sampled_from(NAMES), ODD_VALUES), st.booleans())
@settings(max_examples=150)
def test_any_values_are_borne(values: dict[str, Any], cut: bool) -> None:
    block = json.dumps({"@type": "JobPosting", "title": "Lecturer", **values})
    for posting in structured_postings(page(block[:-1] if cut else block), BASE):
        assert posting.title


@given(st.text())
@example("<div typeof=JobPosting property=title")
@example("<script type=application/ld+json>JobPosting")
@settings(max_examples=100)
def test_any_text_is_borne(text: str) -> None:
    structured_postings(f'{text}<i itemscope itemtype="JobPosting">{text}<script type=ld+json>{text}JobPosting', "x:")
