"""The bundled site: served as it says, and read as it is meant (expected.json)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.decoding import decode
from monitor.demo.site import WEEKS, DemoSite, documents
from monitor.models import Hints, Page
from monitor.plain import to_json
from monitor.readers import read

EXPECTED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def get(site: DemoSite, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    response.content = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


@pytest.mark.parametrize(
    ("week", "path", "status", "content_type"),
    [
        (1, "/jobs/?session=abc", 200, "text/html; charset=utf-8"),
        (1, "/~wrenfield/", 200, "text/html"),
        (1, "/graduate-school/news.xml", 200, "application/rss+xml"),
        (1, "/robots.txt", 200, "text/plain; charset=utf-8"),
        (1, "/jobs/7295", 200, "text/html; charset=utf-8"),
        (2, "/jobs/7295", 404, "text/html; charset=utf-8"),
        (1, "/jobs/7314", 404, "text/html; charset=utf-8"),
        (2, "/jobs/7314", 200, "text/html; charset=utf-8"),
        (2, "/physics/vacancies", 503, "text/html"),
        (2, "/layout", 404, "text/html; charset=utf-8"),
    ],
)
def test_what_is_served(site: DemoSite, week: int, path: str, status: int, content_type: str) -> None:
    site.show(week)
    response = get(site, path)
    assert (response.status, response.headers["Content-Type"]) == (status, content_type)


def test_a_page_that_is_known_is_not_sent_again(site: DemoSite) -> None:
    site.show(1)
    first = get(site, "/jobs/")
    assert get(site, "/jobs/", If_None_Match=first.headers["ETag"]).status == 304
    assert get(site, "/jobs/", If_Modified_Since=first.headers["Last-Modified"]).status == 304
    site.show(2)
    assert get(site, "/jobs/", If_None_Match=first.headers["ETag"]).status == 200
    assert get(site, "/jobs/", If_Modified_Since=first.headers["Last-Modified"]).status == 200
    assert get(site, "/robots.txt", If_Modified_Since=first.headers["Last-Modified"]).status == 304
    assert get(site, "/jobs/", If_Modified_Since="yesterday").status == 200


def test_session_tokens_change_with_the_week() -> None:
    bodies = [documents(week)["/jobs/"].body for week in WEEKS]
    assert all(b"$" not in body and b"session=" in body for body in bodies)
    assert bodies[0].split(b"session=")[1][:10] != bodies[1].split(b"session=")[1][:10]


def test_every_link_of_a_position_leads_somewhere() -> None:
    for week in WEEKS:
        for path, expected in EXPECTED[f"week {week}"].items():
            for posting in expected["postings"]:
                assert documents(week)[posting.get("path", path)].status == 200


def test_the_configuration_names_this_site(site: DemoSite) -> None:
    configuration = tomllib.loads(site.configuration())
    site.show(1)
    for source in configuration["source"]:
        assert source["url"].startswith(site.url)
        assert get(site, source["url"].removeprefix(site.url)).status == 200


def test_there_are_two_weeks(site: DemoSite) -> None:
    with pytest.raises(ValueError, match="weeks 1, 2, not 3"):
        site.show(3)
    site.show(2)
    assert site.now == WEEKS[2]


CASES = [(week, path) for week, pages in EXPECTED.items() for path in pages]


@pytest.mark.parametrize(("week", "path"), CASES, ids=[f"{w}{p}" for w, p in CASES])
def test_the_readers_see_what_is_meant(week: str, path: str) -> None:
    number = int(week[-1])
    document = documents(number)[path]
    page = Page(
        url=BASE + path,
        body=document.body,
        text=decode(document.body, document.content_type),
        content_type=document.content_type,
        status=document.status,
        fetched_at=WEEKS[number],
    )
    expected = EXPECTED[week][path]
    reading: dict[str, Any] = to_json(read(page, Hints(as_of=WEEKS[number].date())))
    for posting in reading["postings"]:
        posting["path"] = urlsplit(posting["url"] or "").path
    if reading["next_page"]:
        reading["next_page"] = urlsplit(reading["next_page"]).path
    titles = sorted(p["title"] for p in reading["postings"])
    wanted = sorted(expected["postings"], key=lambda p: p.get("title", ""))
    if all("title" in posting for posting in wanted):
        assert titles == [p["title"] for p in wanted]
    found = sorted(reading["postings"], key=lambda p: p["title"])
    seen = [{k: p[k] for k in e} for p, e in zip(found, wanted, strict=True)]
    assert {**{k: reading[k] for k in expected}, "postings": seen} == {**expected, "postings": wanted}
