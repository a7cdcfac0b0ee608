"""What a fetch tries again, and the connections it keeps."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from monitor.errors import FetchError
from monitor.models import Validators

from .cases import BODY, PAGE, chunked
from .faults import KEEP, RESET, FaultServer, Script, response
from .serving import OK, Make, serve, told

AGAIN: list[tuple[str, Script, bool]] = [
    ("reset", (RESET,), True),
    ("closed", (b"",), True),
    ("cut off", (response(BODY)[:-9],), True),
    ("broken compression", (response(b"\x1f\x8bnonsense", content_encoding="gzip"), KEEP), False),
    ("429", (response(b"", "429 Too Many Requests"), KEEP), True),
    ("429, come back at once", (response(b"", "429 Too Many Requests", retry_after="0"), KEEP), True),
    ("502", (response(b"", "502 Bad Gateway"), KEEP), True),
    ("503", (response(b"", "503 Service Unavailable"), KEEP), True),
    ("504", (response(b"", "504 Gateway Timeout"), KEEP), True),
    ("500", (response(b"", "500 Internal Server Error"), KEEP), False),
    ("404", (response(b"", "404 Not Found"), KEEP), False),
    ("403", (response(b"", "403 Forbidden"), KEEP), False),
    ("an empty page", (response(b""), KEEP), False),
]


@pytest.mark.parametrize(("name", "script", "again"), AGAIN, ids=[name for name, *_ in AGAIN])
def test_what_is_tried_again(name: str, script: Script, again: bool, fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher(retries=2, timeout=0.5) as fetch:
            if again:
                page = await fetch.get(server.url + "/page")
                assert page is not None
                assert page.text == PAGE
            else:
                await told(fetch.get(server.url + "/page"))

    assert len(serve({"/page": (script, script, OK)}, use).requests) == (3 if again else 1)


def test_tries_have_an_end(fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher(retries=2, timeout=0.5) as fetch:
            error = await told(fetch.get(server.url + "/page"))
            assert (error.status, error.transient) == (503, True)

    assert len(serve({"/page": ((response(b"", "503 Service Unavailable"), KEEP),)}, use).requests) == 3


@pytest.mark.parametrize("wait", ["3600", "Mon, 02 Mar 2026 09:00:00 GMT"])
def test_a_long_rest_is_the_schedulers_business(wait: str, fetcher: Make) -> None:
    """One request, then none to that host for as long as it asked."""
    busy = response(b"", "429 Too Many Requests", retry_after=wait, date="Mon, 02 Mar 2026 08:00:00 GMT")

    async def use(server: FaultServer) -> None:
        async with fetcher(retries=2) as fetch:
            error = await told(fetch.get(server.url + "/page"))
            assert (error.retry_after, error.status, error.transient) == (3600, 429, True)
            error = await told(fetch.get(server.url + "/other"))
            assert "asked to be left alone" in str(error)
            assert error.transient
            assert error.retry_after is not None
            assert 3000 < error.retry_after <= 3600

    assert serve({"/page": ((busy, KEEP),), "/other": (OK,)}, use).paths() == ["/page"]


def test_a_dead_host_is_left_alone_after_a_while(fetcher: Make) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/page"

        async def run() -> list[str]:
            async with fetcher() as fetch:
                return [str(await told(fetch.get(url))) for _ in range(8)]

        errors = asyncio.run(run())
    assert all("refused the connection" in error for error in errors[:6])
    assert all("failed to answer 6 times in a row; it is left alone for 60 seconds" in error for error in errors[6:])


def test_a_host_is_asked_one_thing_at_a_time(fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            await asyncio.gather(*(fetch.get(f"{server.url}/page?{i}") for i in range(12)))

    server = serve({"/page": (OK,)}, use)
    assert (len(server.requests), server.most_busy, server.connections) == (12, 1, 1)


@pytest.mark.parametrize("end", [(b"",), (RESET,)], ids=["closed", "reset"])
def test_a_connection_that_dies_is_not_asked_again_at_once(end: Script, fetcher: Make) -> None:
    """Another try is a request as any other: when it is its turn."""

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/page")
            error = await told(fetch.get(server.url + "/page"))
            assert error.transient
            assert await fetch.get(server.url + "/page")

    assert len(serve({"/page": (OK, end, OK)}, use).requests) == 3


FORGED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nFalse"
LEFT_OVER: list[tuple[str, bytes]] = [
    ("a page", response(BODY) + FORGED),
    ("a page in chunks", chunked(BODY) + FORGED),
    ("an unchanged page", response(FORGED, "304 Not Modified")),
    ("nothing", response(FORGED, "204 No Content")),
    ("a missing page", response(FORGED * 2000, "404 Not Found")),
    ("a page that is too large", response(FORGED * 2000)),
    ("a file", response(b"%PDF" + FORGED, content_type="application/pdf")),
]


@pytest.mark.parametrize(("name", "greedy"), LEFT_OVER, ids=[name for name, _ in LEFT_OVER])
def test_bytes_left_over_do_not_reach_the_next_page(name: str, greedy: bytes, fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher(retries=1, timeout=1.0) as fetch:
            with contextlib.suppress(FetchError):
                await fetch.get(server.url + "/greedy", validators=Validators('"v1"'))
            page = await fetch.get(server.url + "/page")
            assert page is not None
            assert page.text == PAGE

    serve({"/greedy": ((greedy, KEEP),), "/page": (OK,)}, use)


def test_connections_of_many_hosts_are_not_all_kept(fetcher: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and open files stay flat in the number of hosts."""
    monkeypatch.setattr("monitor.fetch.transport._IDLE", 3)
    monkeypatch.setattr("monitor.fetch.addresses._look_up", lambda host: ["127.0.0.1"])

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            for number in range(12):
                assert await fetch.get(f"http://{number}.example.org:{server.port}/page")
            async with asyncio.timeout(5):
                while server.open > 3:
                    await asyncio.sleep(0)

    assert serve({"/page": (OK,)}, use).connections == 12
