"""What a fetch sends and gives back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.fetch.client import user_agent
from monitor.models import Validators

from .cases import BODY, PAGE
from .conftest import NOW
from .faults import KEEP, FaultServer, response
from .serving import OK, Make, serve, told


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
