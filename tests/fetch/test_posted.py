"""A search that answers only to a POST: sent once, to one address, and by the same rules as any page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TypeAlias

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitor.errors import FetchError
from monitor.fetch import Fetcher
from monitor.models import Page, Validators

Make: TypeAlias = Callable[..., Fetcher]
BODY = json.dumps({"limit": 20, "searchText": "größte Körper"})


def posted(fetch: Fetcher, url: str) -> Page | None:
    async def ask() -> Page | None:
        async with fetch:
            return await fetch.get(url, json=BODY, validators=Validators('"v1"', "Mon, 02 Mar 2026 06:00:00 GMT"))

    return asyncio.run(ask())


def test_the_body_arrives_as_json_and_goes_by_no_validators(httpserver: HTTPServer, fetcher: Make) -> None:
    httpserver.expect_request("/search", method="POST").respond_with_json({"total": 0}, headers={"ETag": '"v2"'})
    page = posted(fetcher(), httpserver.url_for("/search"))
    assert page is not None
    assert (json.loads(page.text), page.validators) == ({"total": 0}, Validators())
    ((request, _),) = httpserver.log
    assert request.get_json() == json.loads(BODY)
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/json"
    assert not {"If-None-Match", "If-Modified-Since"} & set(request.headers.keys())


def test_it_is_never_sent_again(httpserver: HTTPServer, fetcher: Make) -> None:
    httpserver.expect_request("/search").respond_with_data("later", status=503)
    with pytest.raises(FetchError) as caught:
        posted(fetcher(retries=3), httpserver.url_for("/search"))
    assert (caught.value.status, caught.value.transient, len(httpserver.log)) == (503, True, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_is_never_sent_elsewhere(status: int, httpserver: HTTPServer, fetcher: Make) -> None:
    def away(request: Request) -> Response:
        return Response(status=status, headers={"Location": "/elsewhere"})

    httpserver.expect_request("/search").respond_with_handler(away)
    httpserver.expect_request("/elsewhere").respond_with_data("no")
    with pytest.raises(FetchError, match="what is posted is not sent elsewhere"):
        posted(fetcher(), httpserver.url_for("/search"))
    assert [request.path for request, _ in httpserver.log] == ["/search"]


def test_robots_txt_holds_for_it(httpserver: HTTPServer, fetcher: Make) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /search\n")
    with pytest.raises(FetchError, match=r"robots\.txt"):
        posted(fetcher(obey_robots=True), httpserver.url_for("/search"))
    assert [request.path for request, _ in httpserver.log] == ["/robots.txt"]
