"""Recruitment platforms: where their pages lead, and how their answers read. Cases are data: tests/data/platforms."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Hints, Kind, Page
from monitor.pipeline.reading import read, read_ad
from monitor.pipeline.sameness import gist
from monitor.plain import to_json
from monitor.platforms import MOST_LEADS, PLATFORMS, board_of, leads, request

DATA = Path(__file__).parent.parent / "data" / "platforms"
LEADS = tomllib.loads((DATA / "leads.toml").read_text(encoding="utf-8"))["page"]
BOARDS = sorted(file for file in (DATA / "boards").iterdir() if not file.name.endswith(".expected.json"))
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def page_of(body: str, url: str) -> Page:
    return Page(url=url, body=body.encode(), text=body, fetched_at=NOW)


@pytest.mark.parametrize("case", LEADS, ids=lambda case: case["what"])
def test_a_page_leads_to_its_platforms_data(case: dict[str, Any]) -> None:
    assert [address for _, address in leads(case["url"], case.get("html", ""))] == case["leads"]


def test_every_platform_has_its_cases() -> None:
    shown = {platform.name for case in LEADS for platform, _ in leads(case["url"], case.get("html", ""))}
    assert shown == {platform.name for platform in PLATFORMS}
    read_here = {platform.name for platform in PLATFORMS if platform.read}
    expected = (json.loads(file.read_text(encoding="utf-8")) for file in (DATA / "boards").glob("*.expected.json"))
    assert {board["platform"] for board in expected if board["platform"]} == read_here


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_a_platforms_data_is_read(file: Path) -> None:
    expected = json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))
    page = page_of(file.read_text(encoding="utf-8"), expected["url"])
    found = board_of(page)
    assert (found[0].name if found else None) == expected["platform"]
    reading = read(page, Hints(as_of=NOW.date()))
    assert (reading.kind, reading.trouble, reading.next_page) == (Kind.FEED, None, expected["next_page"])
    assert reading.complete is (reading.next_page is None)
    postings = [to_json(posting) for posting in reading.postings]
    seen = [{k: p[k] for k in want} for p, want in zip(postings, expected["postings"], strict=True)]
    assert seen == expected["postings"]
    assert all(re.match("https://", p["url"]) for p in postings), "each has the address of its ad for people"


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_what_is_told_is_in_the_data(file: Path) -> None:
    """Every word of evidence stands in the ad, its title, or the data itself."""
    expected = json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))
    body = file.read_text(encoding="utf-8")
    for posting in read(page_of(body, expected["url"]), Hints(as_of=NOW.date())).postings:
        whole = f"{body}\n{posting.title}\n{posting.text}\n" + "\n".join(
            str(value) for value in (posting.location, posting.organization, posting.department)
        )
        assert [words for words in posting.evidence.values() if words not in whole] == []


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_another_title_is_another_answer(file: Path) -> None:
    """Whether an answer is as before is told from its bytes: none of these may hold its titles where nobody looks."""
    expected = json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))
    body, title = file.read_text(encoding="utf-8"), expected["postings"][0]["title"].split()[-1]
    assert title in body
    changed = body.replace(title, f"{title}y")
    assert gist(page_of(body, expected["url"])) != gist(page_of(changed, expected["url"]))


EMPTY = {
    "https://boards-api.greenhouse.io/v1/boards/lindholm/jobs": '{"jobs": [], "meta": {"total": 0}}',
    "https://api.lever.co/v0/postings/lindholm?mode=json&skip=100&limit=100": "[]",
    "https://publicapi.jobbnorge.no/v3/jobs?employer=4711": '{"jobs": [], "meta": {"jobCountTotal": 0}}',
    "https://weissenbach.softgarden.io/jobs.feed.json": '{"@type": "DataFeed", "dataFeedElement": []}',
    "https://weissenbach.jobs.personio.de/xml": '<?xml version="1.0"?><workzag-jobs></workzag-jobs>',
    "https://logic.interfolio.com/byc-search/9/public_job_boards?limit=100&page=1": '{"results": [], "total_count": 0}',
    "https://www.mathjobs.org/jobs/9/public_job_boards?limit=200&page=3": '{"results": []}',
    "https://lindholm.wd3.myworkdayjobs.com/wday/cxs/lindholm/C/jobs?offset=20": '{"total": 0, "jobPostings": []}',
    "https://jobs.b-ite.com/api/v1/postings/search?key=1&offset=0": '{"jobPostings": [], "page": {"total": 0}}',
    "https://aabygaard.career.emply.com/en/vacant-positions": "<script>f({ vacancies : JSON.parse('[]') })</script>",
}


@pytest.mark.parametrize("url", EMPTY)
def test_an_empty_board_says_that_nothing_is_open(url: str) -> None:
    reading = read(page_of(EMPTY[url], url), Hints(as_of=NOW.date()))
    assert (reading.kind, reading.postings, reading.trouble) == (Kind.FEED, (), None)
    assert (reading.none_open, reading.complete) == (True, True)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[" * 5000,
        "null",
        '{"jobs": 7}',
        '{"error": "not found"}',
        "<workzag-jobs><position>",
        '<!DOCTYPE x [<!ENTITY a "b">]><workzag-jobs><position><name>&a;</name></position></workzag-jobs>',
        "<html><body><h1>Vacancies</h1></body></html>",
        "vacancies : JSON.parse('[{\\')",
    ],
)
def test_what_is_no_board_is_none(body: str) -> None:
    for url in EMPTY:
        assert board_of(page_of(body, url)) is None


def test_a_stated_kind_is_kept_to() -> None:
    url, body = next(iter(EMPTY.items()))
    assert read(page_of(body, url), Hints(as_of=NOW.date(), kind=Kind.PAGE)).kind is Kind.PAGE


def test_of_many_boards_a_few_are_tried() -> None:
    html = " ".join(f'<a href="https://jobs.lever.co/institute{n}">Jobs</a>' for n in range(50))
    assert len(list(leads("https://www.lindholm.example/links", html))) == MOST_LEADS


@pytest.mark.parametrize("run", ["a", "a-", "https://", "career.", "boards.greenhouse.io/embed/"])
def test_a_long_run_of_anything_is_looked_through(run: str) -> None:
    assert list(leads("https://www.lindholm.example/jobs", run * 200_000)) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("0000-00-00"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "jobs results items dataFeedElement item title name text url link hostedUrl absolute_url _jobposting"
                " jobPostings externalPath bulletFields jobPostingInfo location categories departments identifier"
                " jobLocation address deadline id lists employer".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_JSON, st.sampled_from(sorted(EMPTY)))
def test_any_json_is_read_without_harm(value: object, url: str) -> None:
    reading = read(page_of(json.dumps(value), url), Hints(as_of=NOW.date()))
    assert all(posting.title for posting in reading.postings)


REQUESTS = tomllib.loads((DATA / "requests.toml").read_text(encoding="utf-8"))["request"]
ADS = tomllib.loads((DATA / "ads.toml").read_text(encoding="utf-8"))["ad"]


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["what"])
def test_an_address_is_asked_as_its_platform_wants_it(case: dict[str, Any]) -> None:
    asked = request(case["url"])
    assert (asked.url if asked else None) == case.get("asked")
    assert (json.loads(asked.json) if asked and asked.json else None) == case.get("body")


@pytest.mark.parametrize("case", ADS, ids=lambda case: case["what"])
def test_a_platforms_ad_is_read(case: dict[str, Any]) -> None:
    for read_it in (read, read_ad):
        reading = read_it(page_of(case["data"], case["url"]), Hints(as_of=NOW.date()))
        (posting,) = reading.postings
        told = to_json(posting)
        assert reading.kind is Kind.AD
        assert {name: told[name] for name in case["says"]} == case["says"]
        assert {name: told[name] for name in case.get("silent", [])} == dict.fromkeys(case.get("silent", []))
        whole = f"{case['data']}{posting.text}{posting.location}"
        assert [words for words in posting.evidence.values() if words not in whole] == []


@given(_JSON)
def test_any_json_for_an_ad_is_read_without_harm(value: object) -> None:
    url = "https://lindholm.wd3.myworkdayjobs.com/Careers/job/Lindholm/PhD-student_R-1001"
    reading = read_ad(page_of(json.dumps({"jobPostingInfo": value}), url), Hints(as_of=NOW.date()))
    assert all(posting.title for posting in reading.postings)
