"""A source that is a platform's search, over a real server: asked by POST page after page, and compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitor.fetch import Fetcher
from monitor.models import Page, Validators
from monitor.pipeline.network import Network
from monitor.settings import FetchSettings
from tests.command import monitor

SEARCH = "/wday/cxs/lindholm/Careers/jobs"


def board(numbers: range) -> Callable[[Request], Response]:
    """Twenty at a time, as the search answers; behind the first page without a total."""

    def answer(request: Request) -> Response:
        asked = request.get_json()
        assert (request.method, asked["limit"], asked["appliedFacets"]) == ("POST", 20, {})
        start = asked["offset"]
        shown = [
            {
                "title": f"PhD student in topic {n}",
                "externalPath": f"/job/Lindholm/PhD_R-{n}",
                "bulletFields": [f"R-{n}"],
            }
            for n in numbers[start : start + 20]
        ]
        data = {"total": 0 if start else len(numbers), "jobPostings": shown}
        return Response(json.dumps(data), content_type="application/json")

    return answer


def test_a_search_is_a_source(httpserver: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(
        "[fetch]\nallow_private_addresses = true\ndelay = 0.0\nobey_robots = false\n"
        f'[[source]]\nname = "Lindholm"\nfollow = false\nurl = "{httpserver.url_for(SEARCH)}?offset=0"\n'
    )
    httpserver.expect_request(SEARCH).respond_with_handler(board(range(1, 44)))
    (first,) = monitor("poll", "--json", "--as-of", "2026-03-02", cwd=tmp_path).lines
    assert (first["outcome"], first["error"]) == ("baseline", None)
    positions = monitor("positions", "--json", cwd=tmp_path).lines
    assert {p["reference"] for p in positions} == {f"R-{n}" for n in range(1, 44)}
    assert positions[0]["url"].startswith(httpserver.url_for("/Careers/job/Lindholm/PhD_R-"))
    (source,) = monitor("sources", "--json", cwd=tmp_path).lines
    assert (source["kind"], source["platform"]) == ("feed", "Workday")
    assert "feed (Workday)" in monitor("status", "--as-of", "2026-03-02", cwd=tmp_path).out
    (same,) = monitor("poll", "--json", "--force", "--as-of", "2026-03-03", cwd=tmp_path).lines
    assert same["outcome"] == "unchanged"
    httpserver.clear_all_handlers()
    httpserver.expect_request(SEARCH).respond_with_handler(board(range(1, 45)))
    (more,) = monitor("poll", "--json", "--force", "--as-of", "2026-03-04", cwd=tmp_path).lines
    assert (more["outcome"], more["new"], more["closed"]) == ("ok", 1, 0)
    seen = monitor("inspect", f"{httpserver.url_for(SEARCH)}?offset=20", "--json", cwd=tmp_path).lines[0]
    assert (seen["kind"], len(seen["postings"]), seen["next_page"]) == (
        "feed",
        20,
        f"{httpserver.url_for(SEARCH)}?offset=40",
    )


AD = "https://lindholm.wd3.myworkdayjobs.com/Careers/job/Lindholm/PhD-student_R-1001"


@pytest.mark.parametrize("url", [AD, "https://lindholm.wd3.myworkdayjobs.com/Careers"])
def test_what_is_asked_elsewhere_bears_its_own_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def get(self: Fetcher, url: str, **rest: object) -> Page:
        asked.append((url, rest.get("headers"), rest.get("json")))
        return Page(url=url, body=b"{}", text="{}", fetched_at=datetime(2026, 3, 2, tzinfo=UTC))

    monkeypatch.setattr(Fetcher, "get", get)

    async def fetched() -> Page | None:
        async with Fetcher(FetchSettings(), now=lambda: datetime(2026, 3, 2, tzinfo=UTC)) as fetcher:
            return await Network(fetcher).get(url, validators=Validators(), headers={"Cookie": "mine"})

    page = asyncio.run(fetched())
    assert page is not None
    assert page.url == url
    there = url.replace("/Careers/", "/wday/cxs/lindholm/Careers/")
    assert asked == [(there, {"Cookie": "mine"}, None)]
