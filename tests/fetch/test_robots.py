"""robots.txt, RFC 9309: what it allows, and what it means when there is none."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.fetch import Fetcher
from monitor.fetch.robots import ROBOTS_LIMIT, Rules

from .cases import BODY, SHORT
from .faults import KEEP, RESET, STALL, FaultServer, Script, redirect, response

PAGE: Script = (response(BODY), KEEP)
FORBIDS_ALL = b"User-agent: *\nDisallow: /\n"


def text(rules: bytes) -> Script:
    return (response(rules, content_type="text/plain"), KEEP)


ALLOWED: list[tuple[str, Script]] = [
    ("none", (response(b"", "404 Not Found"), KEEP)),
    ("not for us to see", (response(b"", "403 Forbidden"), KEEP)),
    ("behind a login", (response(b"", "401 Unauthorized"), KEEP)),
    ("gone", (response(b"", "410 Gone"), KEEP)),
    ("empty", text(b"")),
    ("a web page instead", (response(BODY), KEEP)),
    ("an image instead", (response(b"\x89PNG\r\n\x1a\n", content_type="image/png"), KEEP)),
    ("bytes without meaning", text(bytes(range(256)) * 50)),
    ("allows all", text(b"User-agent: *\nDisallow:\n")),
    ("forbids another path", text(b"User-agent: *\nDisallow: /intranet/\n")),
    ("forbids another program", text(b"User-agent: OtherBot\nDisallow: /\n")),
    ("allows us alone", text(FORBIDS_ALL + b"\nUser-agent: position-monitor\nAllow: /\n")),
    ("the longer rule wins", text(b"User-agent: *\nDisallow: /\nAllow: /jobs/\n")),
    ("ends of lines as on old machines", text(b"User-agent: *\rDisallow: /intranet\r")),
    ("beyond what is read", text(b"#" * ROBOTS_LIMIT + b"\n" + FORBIDS_ALL)),
    ("more than can be read", (response(b"#" * 2_000_000 + FORBIDS_ALL),)),
    ("redirects in a circle", (redirect("/robots.txt"), KEEP)),
    ("redirects to a page that is not there", (redirect("/nothing"), KEEP)),
]
FORBIDDEN: list[tuple[str, Script]] = [
    ("all", text(FORBIDS_ALL)),
    ("with a BOM", text(b"\xef\xbb\xbf" + FORBIDS_ALL)),
    ("compressed", (response(gzip.compress(FORBIDS_ALL), content_encoding="gzip"), KEEP)),
    ("by name", text(b"User-agent: Position-Monitor\nDisallow: /jobs\n")),
    ("by wildcard", text(b"User-agent: *\nDisallow: /*.html$\nDisallow: /*?*page=\n")),
    ("within what is read", text(b"#" * (ROBOTS_LIMIT - 100) + b"\n" + FORBIDS_ALL)),
    ("after a redirect", (redirect("/elsewhere/robots.txt", "301 Moved Permanently"), KEEP)),
    ("with carriage returns", text(FORBIDS_ALL.replace(b"\n", b"\r\n"))),
]
DEFERRED: list[tuple[str, Script, str]] = [
    ("fails", (response(b"", "500 Internal Server Error"), KEEP), "robots.txt cannot be read (500)"),
    ("under maintenance", (response(b"", "503 Service Unavailable"), KEEP), "robots.txt cannot be read (503)"),
    ("asked too often", (response(b"", "429 Too Many Requests"), KEEP), "robots.txt cannot be read (429)"),
    ("resets", (RESET,), "broke the connection off"),
    ("silent", (STALL,), "was silent for"),
    ("cut off", (response(FORBIDS_ALL)[:-5],), "ended too early"),
    ("redirects into failure", (redirect("/broken"), KEEP), "robots.txt cannot be read (500)"),
]
ELSEWHERE: dict[str, tuple[Script, ...]] = {
    "/jobs/list.html": (PAGE,),
    "/elsewhere/robots.txt": (text(FORBIDS_ALL),),
    "/broken": ((response(b"", "500 Internal Server Error"), KEEP),),
}


def ask(robots: Script, fetcher: Fetcher, times: int = 2) -> tuple[list[object], list[str]]:
    """The results of asking for a page several times, and the paths that the server saw."""

    async def run() -> tuple[list[object], list[str]]:
        async with FaultServer({**ELSEWHERE, "/robots.txt": (robots,)}) as server, fetcher as fetch:
            urls = [server.url + "/jobs/list.html?page=2"] * times
            return await asyncio.gather(*map(fetch.get, urls), return_exceptions=True), server.paths()

    return asyncio.run(run())


@pytest.mark.parametrize(("name", "robots"), ALLOWED, ids=[name for name, _ in ALLOWED])
def test_what_is_allowed(name: str, robots: Script, fetcher: Callable[..., Fetcher]) -> None:
    results, paths = ask(robots, fetcher(obey_robots=True))
    assert not [result for result in results if isinstance(result, BaseException)]
    assert paths.count("/robots.txt") == 1
    assert paths.count("/jobs/list.html") == 2


@pytest.mark.parametrize(("name", "robots"), FORBIDDEN, ids=[name for name, _ in FORBIDDEN])
def test_what_is_forbidden(name: str, robots: Script, fetcher: Callable[..., Fetcher]) -> None:
    results, paths = ask(robots, fetcher(obey_robots=True))
    for error in results:
        assert isinstance(error, FetchError)
        assert "robots.txt of 127.0.0.1 asks programs not to read this page" in str(error)
        assert (error.transient, error.gone, error.status) == (False, False, None)
        assert error.tip
    assert paths.count("/robots.txt") == 1
    assert "/jobs/list.html" not in paths


@pytest.mark.parametrize(("name", "robots", "says"), DEFERRED, ids=[name for name, *_ in DEFERRED])
def test_what_cannot_be_known_now(name: str, robots: Script, says: str, fetcher: Callable[..., Fetcher]) -> None:
    results, paths = ask(robots, fetcher(obey_robots=True, timeout=SHORT if name == "silent" else 10.0))
    for error in results:
        assert isinstance(error, FetchError)
        assert says in str(error)
        assert error.transient
    assert paths.count("/robots.txt") == 1, "a host that fails is not asked again and again"
    assert "/jobs/list.html" not in paths


def test_the_operator_may_decide_otherwise(fetcher: Callable[..., Fetcher]) -> None:
    _, paths = ask(text(FORBIDS_ALL), fetcher(obey_robots=False), times=1)
    assert paths == ["/jobs/list.html"]


def test_rules_hold_after_a_redirect(fetcher: Callable[..., Fetcher]) -> None:
    async def run() -> None:
        scripts = {
            "/robots.txt": (text(b"User-agent: *\nDisallow: /hidden\n"),),
            "/jobs": ((redirect("/hidden"), KEEP),),
        }
        async with FaultServer(scripts) as server, fetcher(obey_robots=True) as fetch:
            with pytest.raises(FetchError, match=r"now at .*/hidden\): robots.txt"):
                await fetch.get(server.url + "/jobs")
            assert server.paths() == ["/robots.txt", "/jobs"]

    asyncio.run(run())


def test_every_host_has_its_own(fetcher: Callable[..., Fetcher]) -> None:
    async def run() -> None:
        strict, open_ = FaultServer({"/robots.txt": (text(FORBIDS_ALL),)}), FaultServer({"/jobs": (PAGE,)})
        async with strict, open_, fetcher(obey_robots=True) as fetch:
            open_.scripts = {"/jobs": (PAGE,), "/out": ((redirect(strict.url + "/jobs"), KEEP),)}
            assert await fetch.get(open_.url + "/jobs")
            with pytest.raises(FetchError, match="asks programs not to"):
                await fetch.get(open_.url + "/out")
            assert strict.paths() == ["/robots.txt"]

    asyncio.run(run())


def test_a_login_is_not_sent_for_robots_txt(fetcher: Callable[..., Fetcher]) -> None:
    async def run() -> None:
        async with FaultServer({"/jobs": (PAGE,)}) as server, fetcher(obey_robots=True) as fetch:
            await fetch.get(f"http://me:hush@127.0.0.1:{server.port}/jobs", headers={"X-Key": "hush"})
            robots, page = server.requests
            assert not {"authorization", "x-key"} & {*robots.headers}
            assert {"authorization", "x-key"} <= {*page.headers}

    asyncio.run(run())


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    assert Rules.parse(b"#" * ROBOTS_LIMIT + b"\n" + FORBIDS_ALL).allow("https://example.org/jobs")


@pytest.mark.parametrize(
    ("rules", "delay"),
    [
        (b"User-agent: *\nCrawl-delay: 10\n", 10.0),
        (b"User-agent: *\nCrawl-delay: 2.5\nDisallow:\n", 2.5),
        (b"User-agent: OtherBot\nCrawl-delay: 10\n", None),
        (b"User-agent: *\nCrawl-delay: soon\n", None),
        (b"", None),
    ],
)
def test_crawl_delay(rules: bytes, delay: float | None) -> None:
    assert Rules.parse(rules).crawl_delay == delay


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text("user-agent: *\ndis/allow:$^%20é", max_size=300).map(str.encode))
def test_any_bytes_are_rules(body: bytes) -> None:
    rules = Rules.parse(body)
    assert rules.allow("https://example.org/jobs?x=é#y") in (True, False)
    assert rules.crawl_delay is None or rules.crawl_delay >= 0
