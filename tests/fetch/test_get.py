"""What a fetch sends, follows, tries again and gives back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from monitor.errors import FetchError
from monitor.fetch import Fetcher, host_of
from monitor.fetch.client import user_agent
from monitor.fetch.faults import shown
from monitor.models import Validators

from .cases import BODY, PAGE, chunked
from .conftest import NOW
from .faults import KEEP, RESET, FaultServer, Script, redirect, response

Make: TypeAlias = Callable[..., Fetcher]
OK: Script = (response(BODY), KEEP)


def serve(scripts: Mapping[str, tuple[Script, ...]], use: Callable[[FaultServer], Awaitable[None]]) -> FaultServer:
    """Runs `use` beside a server; the server is given back for what it saw."""

    async def run() -> FaultServer:
        async with FaultServer(scripts) as server:
            await use(server)
            return server

    return asyncio.run(run())


async def told(request: Awaitable[object]) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await request
    return caught.value


def test_a_page_carries_what_the_response_says(fetcher: Make) -> None:
    headers = {"etag": '"v1"', "last_modified": "Mon, 02 Mar 2026 06:00:00 GMT", "cache_control": "max-age=3600"}
    script = (response(BODY, content_type="Text/HTML; Charset=UTF-8", **headers), KEEP)

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            page = await fetch.get(f"http://user:pass@127.0.0.1:{server.port}/page?id=7#/job/5")
        assert page is not None
        assert page.url == f"{server.url}/page?id=7#/job/5"
        assert (page.text, page.body, page.status) == (PAGE, BODY, 200)
        assert page.content_type == "text/html; charset=utf-8"
        assert page.validators == Validators('"v1"', "Mon, 02 Mar 2026 06:00:00 GMT")
        assert (page.fetched_at, page.fresh_until) == (NOW, NOW + timedelta(hours=1))

    (request,) = serve({"/page": (script,)}, use).requests
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert "cookie" not in request.headers


def test_what_has_not_changed_is_none(fetcher: Make) -> None:
    script = (response(b"", "304 Not Modified", content_length="", etag='"v1"'), KEEP)

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/page", validators=Validators('"v1"')) is None
            assert await fetch.get(server.url + "/page", validators=Validators(None, "Mon, 02 Mar 2026")) is None

    first, second = serve({"/page": (script,)}, use).requests
    assert first.headers["if-none-match"] == '"v1"'
    assert "if-modified-since" not in first.headers
    assert second.headers["if-modified-since"] == "Mon, 02 Mar 2026"
    assert first.connection == second.connection


def test_odd_validators(fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            await fetch.get(server.url + "/page", validators=Validators('"5f-gzip"', "lördag"))
            await fetch.get(server.url + "/page", validators=Validators('"försök"'))

    marked, unsendable = serve({"/page": (OK,)}, use).requests
    assert marked.headers["if-none-match"] == '"5f-gzip", "5f"'
    assert not {"if-none-match", "if-modified-since"} & {*unsendable.headers}
    assert "if-modified-since" not in marked.headers


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        (None, "position-monitor/0"),
        ("me@example.org", "(+me@example.org)"),
        ("https://example.org/bot", "(+https://example.org/bot)"),
        ("a b\r\nX-Evil: (1)", "(+abX-Evil:1)"),
    ],
)
def test_the_user_agent_is_honest(contact: str | None, agent: str) -> None:
    assert agent in user_agent(contact)
    assert user_agent(contact).startswith("position-monitor/")


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


def test_headers_that_are_not_the_users_to_set(fetcher: Make) -> None:
    wrong = {"Host": "evil.example.org", "accept-encoding": "br", "Content-Length": "5", "Transfer-Encoding": "chunked"}

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/page", headers=wrong | {"user-agent": "mine"})

    server = serve({"/page": (OK,)}, use)
    (request,) = server.requests
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["user-agent"] == "mine"
    assert not {"content-length", "transfer-encoding"} & {*request.headers}


@pytest.mark.parametrize("headers", [{"X": "hush\r\nY: b"}, {"X": "hush ключ"}, {"X Y": "hush"}, {"": "hush"}])
def test_headers_that_cannot_be_sent(headers: dict[str, str], fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            error = await told(fetch.get(server.url + "/page", headers=headers))
            assert "the request cannot be sent" in str(error)
            assert "hush" not in error.in_full(), "the value may be a secret"
            assert error.tip
            assert not error.transient

    assert not serve({"/page": (OK,)}, use).requests


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


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jobs",
        "www.example.org/jobs",
        "//example.org/jobs",
        "http://",
        "http:///jobs",
        "http://.",
        "http://[::1",
        "http://exam\x00ple.org/",
        "http://xn--/",
        "http://ex%61mple.org/",
        "http://example.org;x/",
        "http://[fe80::1%25eth0]/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "ftp://example.org/",
        "file:///etc/hosts",
        "javascript:alert(1)",
        "mailto:me@example.org",
        "http://user:hush@[::1/",
    ],
)
def test_what_is_no_web_address(url: str, fetcher: Make) -> None:
    async def run() -> FetchError:
        async with fetcher() as fetch:
            return await told(fetch.get(url))

    error = asyncio.run(run())
    assert "no web address" in str(error) or "only http and https" in str(error)
    assert "hush" not in str(error) + error.url
    assert not error.transient
    assert host_of(url) == ""


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Example.org/jobs?x=1", "www.example.org"),
        ("https://www.example.org:443/", "www.example.org"),
        ("http://www.example.org:80/", "www.example.org"),
        ("http://www.example.org:8080/", "www.example.org:8080"),
        ("https://user:pass@www.example.org./", "www.example.org"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_a_host_has_one_name(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        ("https://example.org/jobs?id=7&page=2#top", "https://example.org/jobs?id=7&page=2#top"),
        ("https://user:pw@example.org/jobs", "https://example.org/jobs"),
        ("https://example.org/?api_key=1&id=7", "https://example.org/?api_key=***&id=7"),
        ("https://example.org/?access_token=1&keyword=phd", "https://example.org/?access_token=***&keyword=phd"),
        (
            "https://example.org/?Password=1;sid=2&Signature=3",
            "https://example.org/?Password=***;sid=***&Signature=***",
        ),
        ("https://example.org/?JSESSIONID=ab&q=token", "https://example.org/?JSESSIONID=***&q=token"),
        ("https://example.org/#access_token=1", "https://example.org/#access_token=***"),
        ("http://user:pw@[::1/", "[::1/"),
    ],
)
def test_secrets_are_not_shown(url: str, as_shown: str) -> None:
    assert shown(url) == as_shown


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a/../b/./c", "/b/c"),
        ("/..%2F/%2F/x", "/..%2F/%2F/x"),
        ("/a//b///", "/a//b///"),
        ("//evil.example.org/x", "//evil.example.org/x"),
        ("/ö ü?ä=b c#frag", "/%C3%B6%20%C3%BC?%C3%A4=b%20c"),
        ("/%zz%?u=http://a@b/#x?y", "/%zz%?u=http://a@b/"),
        ("?q", "/?q"),
        ("", "/"),
        ("/" + "a" * 50_000, "/" + "a" * 50_000),
    ],
    ids=lambda text: text[:20],
)
def test_a_path_is_sent_as_it_is(path: str, sent: str, fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            with contextlib.suppress(FetchError):  # 404: the test server knows paths without percent signs only
                await fetch.get(server.url + path)

    (request,) = serve({}, use).requests
    assert request.path + "?" * bool(request.query) + request.query == sent


def test_what_the_environment_says_is_for_others(
    fetcher: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No proxy, no login, no setting for other programs."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("HOME", "CURL_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hush\n")
    (tmp_path / ".curlrc").write_text("user-agent = hush\n")

    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            assert await fetch.get(server.url + "/page")
            assert await fetch.get(server.url.replace("//", "//:@") + "/page")

    first, second = serve({"/page": (OK,)}, use).requests
    assert {*first.headers} == {"host", "user-agent", "accept", "accept-encoding"}
    assert "hush" not in str(first) + str(second)


def test_no_header_is_made_up_and_none_left_out(fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher() as fetch:
            await fetch.get(server.url + "/page", headers={"X-Empty": "", "X-Blank": " ", "Accept": " "})
            await fetch.get(server.url + "/page")

    first, second = serve(
        {"/page": ((response(BODY, set_cookie="a=hush", alt_svc='h3=":1"; ma=9'), KEEP),)}, use
    ).requests
    assert (first.headers["x-empty"], first.headers["x-blank"], first.headers["accept"]) == ("", "", "")
    assert {*second.headers} == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("length", [{}, {"content_length": ""}], ids=["announced", "not announced"])
def test_the_largest_page(length: dict[str, str], fetcher: Make) -> None:
    async def use(server: FaultServer) -> None:
        async with fetcher(max_bytes=5000) as fetch:
            page = await fetch.get(server.url + "/fits")
            assert page is not None
            assert len(page.body) == 5000
            error = await told(fetch.get(server.url + "/larger"))
            assert "larger than 5,000 bytes" in str(error)

    headers = {"connection": "close"} | length
    serve({"/fits": ((response(b"a" * 5000, **headers),),), "/larger": ((response(b"a" * 5001, **headers),),)}, use)


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
