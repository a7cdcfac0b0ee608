"""What a fetch follows, and what it takes along."""

from __future__ import annotations

import asyncio

import pytest

from monitor.models import Validators

from .cases import PAGE
from .faults import KEEP, FaultServer, Script, redirect
from .serving import OK, Make, serve, told


def test_redirects_are_followed(fetcher: Make) -> None:
    hops = {f"/{i}": ((redirect(f"/{i + 1}", "301 Moved Permanently"), KEEP),) for i in range(5)}

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            page = await fetch.get(server.url + "/0#/job/5")
            assert page is not None
            assert page.url == server.url + "/5#/job/5"
            assert page.text == PAGE

    assert serve({**hops, "/5": (OK,)}, use).paths() == ["/0", "/1", "/2", "/3", "/4", "/5"]


def test_too_many_redirects_name_the_last(fetcher: Make) -> None:
    hops = {f"/{i}": ((redirect(f"/{i + 1}"), KEEP),) for i in range(9)}

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            error = await told(fetch.get(server.url + "/0"))
            assert f"redirects more than 5 times, last to {server.url}/6" in str(error)

    assert len(serve(hops, use).requests) == 6


def test_a_circle_names_its_stops(fetcher: Make) -> None:
    hops = {"/a": ((redirect("/b"), KEEP),), "/b": ((redirect("/c"), KEEP),), "/c": ((redirect("/b"), KEEP),)}

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            error = await told(fetch.get(server.url + "/a"))
            assert f"in a circle ({server.url}/b -> {server.url}/c -> {server.url}/b)" in str(error)

    serve(hops, use)


def test_a_cookie_ends_a_circle_and_is_forgotten(fetcher: Make) -> None:
    """The cookie check of many portals: round once, then in."""
    scripts: tuple[Script, ...] = (
        (redirect("/page", set_cookie="seen=1; Path=/; HttpOnly"), KEEP),
        OK,
    )

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/page")
            assert await fetch.get(server.url + "/page")

    first, second, third = serve({"/page": scripts}, use).requests
    assert second.headers["cookie"] == "seen=1"
    assert "cookie" not in first.headers
    assert "cookie" not in third.headers


def test_nothing_private_leaves_its_host(fetcher: Make) -> None:
    """Two hosts: 127.0.0.1:a sends to 127.0.0.1:b and b back to a."""
    private = {"X-Key": "hush", "Cookie": "sso=hush", "Authorization": "Bearer hush"}

    async def run() -> None:
        async with FaultServer({}) as other, FaultServer({}) as own, fetcher() as fetch:
            own.scripts = {
                "/page": ((redirect(other.url + "/there", set_cookie="own=hush"), KEEP),),
                "/back": (OK,),
            }
            other.scripts = {"/there": ((redirect(own.url.replace("//", "//evil:pw@") + "/back"), KEEP),)}
            condition = Validators('"v1"', "Mon, 02 Mar 2026")
            page = await fetch.get(own.url + "/page", validators=condition, headers=private)
            assert page is not None
            assert page.url == own.url + "/back"
            there, back = other.requests[0].headers, own.requests[1].headers
            assert "hush" not in str(there)
            assert not {"x-key", "cookie", "authorization", "if-modified-since"} & {*there}
            assert there["host"] == f"127.0.0.1:{other.port}"
            assert there["if-none-match"] == '"v1"'
            assert back["x-key"] == "hush"
            assert back["cookie"] == "sso=hush; own=hush"
            assert back["authorization"] == "Bearer hush"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/next", "/next"),
        ("next", "/list/next"),
        ("../next", "/next"),
        ("/a b/jöbs", "/a%20b/j%C3%B6bs"),
        ("/a%20b", "/a%20b"),
        ("//127.0.0.1:{port}/next", "/next"),
        ("HTTP://127.0.0.1:{port}/next", "/next"),
        (" /next ", "/next"),
        ("/next#top", "/next"),
    ],
)
def test_where_a_redirect_leads(location: str, path: str, fetcher: Make) -> None:
    script = (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n", KEEP)

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/list/page")

    assert serve({"/list/page": (script,), path: (OK,)}, use).paths() == ["/list/page", path]
