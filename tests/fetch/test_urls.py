"""Which addresses are fetched, and how they are written."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from monitor.errors import FetchError
from monitor.fetch import host_of
from monitor.fetch.faults import shown

from .faults import FaultServer
from .serving import Make, serve, told


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
