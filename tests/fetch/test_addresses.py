"""Addresses of private networks are refused however they are written or reached."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from monitor.errors import FetchError
from monitor.fetch import Fetcher
from monitor.fetch.addresses import is_public

from .cases import BODY
from .faults import KEEP, FaultServer, redirect, response

PUBLIC = "93.184.216.34 8.8.8.8 130.237.28.40 2001:6b0:1::1 2a00:1450:4001::5 ::ffff:8.8.8.8 64:ff9b::8.8.8.8".split()
NOT_PUBLIC = """
0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1
192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 fe80::1 fec0::1 fc00::1 fd12:3456::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1::1 2002:c0a8:101::1 ::127.0.0.1
""".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


LOOPBACK = (
    "localhost LOCALHOST localhost. 127.0.0.1 127.1 0 0.0.0.0 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 "
    "[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1] ①②⑦.⓪.⓪.① 127。0。0。1"
).split()


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_reaches_loopback(host: str, fetcher: Callable[..., Fetcher]) -> None:
    async def run() -> None:
        async with FaultServer({"/page": ((response(BODY), KEEP),)}) as server:
            async with fetcher(allow_private_addresses=False) as fetch:
                with pytest.raises(FetchError) as caught:
                    await fetch.get(f"http://{host}:{server.port}/page")
            assert server.connections == 0
            refused = "is an address within a private network" in str(caught.value)
            assert refused or "no host called" in str(caught.value) or "no web address" in str(caught.value)
            assert not caught.value.transient

    asyncio.run(run())


class Names:
    """A name server of a test's own: each name has a row of answers, the last one for ever."""

    def __init__(self, **answers: list[list[str] | OSError]) -> None:
        self.answers = {name.replace("_", "."): list(rows) for name, rows in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        rows = self.answers[host]
        answer = rows.pop(0) if len(rows) > 1 else rows[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Names]:
    def install(**answers: list[list[str] | OSError]) -> Names:
        made = Names(**answers)
        monkeypatch.setattr("monitor.fetch.addresses._look_up", made)
        return made

    return install


def get(fetcher: Fetcher, *hosts: str, path: str = "/page", location: str = "") -> list[str]:
    """Each host asked in turn: "page", or the error's sentence."""

    async def run() -> list[str]:
        scripts = {"/page": ((response(BODY), KEEP),), "/away": ((redirect(location), KEEP),)}
        results = []
        async with FaultServer(scripts) as server, fetcher as fetch:
            for host in hosts:
                try:
                    await fetch.get(f"http://{host}:{server.port}{path}")
                    results.append("page")
                except FetchError as error:
                    results.append(str(error))
        return results

    return asyncio.run(run())


def test_a_name_that_leads_inside_is_refused(fetcher: Callable[..., Fetcher], names: Callable[..., Names]) -> None:
    names(inside_example_org=[["10.0.0.5", "127.0.0.1", "::1"]])
    (result,) = get(fetcher(allow_private_addresses=False), "inside.example.org")
    assert "inside.example.org is an address within a private network (10.0.0.5)" in result


def test_a_redirect_inside_is_refused(fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch) -> None:
    """Here 127.0.0.1 passes for the open internet and 127.0.0.2 for the inside."""
    monkeypatch.setattr("monitor.fetch.addresses.is_public", lambda address: str(address) == "127.0.0.1")
    inside = "http://127.0.0.2:{port}/page"
    (result,) = get(fetcher(allow_private_addresses=False), "127.0.0.1", path="/away", location=inside)
    assert "127.0.0.2 is an address within a private network, which" in result


def test_a_second_look_up_cannot_lead_inside(
    fetcher: Callable[..., Fetcher], names: Callable[..., Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is public when checked and private a moment later; what was checked is what is used."""
    monkeypatch.setattr("monitor.fetch.addresses.is_public", lambda address: str(address) == "127.0.0.1")
    asked = names(rebind_example_org=[["127.0.0.1"], ["127.0.0.2"]])
    assert get(fetcher(allow_private_addresses=False), "rebind.example.org") == ["page"]
    assert asked.asked == ["rebind.example.org"]


def test_of_several_addresses_only_public_ones_are_used(
    fetcher: Callable[..., Fetcher], names: Callable[..., Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.fetch.addresses.is_public", lambda address: str(address) == "127.0.0.1")
    names(both_example_org=[["127.0.0.2", "127.0.0.1"]])
    assert get(fetcher(allow_private_addresses=False), "both.example.org") == ["page"]


def test_a_name_is_looked_up_once_for_many_pages(fetcher: Callable[..., Fetcher], names: Callable[..., Names]) -> None:
    asked = names(often_example_org=[["127.0.0.1"]])
    assert get(fetcher(), *["often.example.org"] * 3) == ["page"] * 3
    assert asked.asked == ["often.example.org"]


def test_the_next_address_is_tried_where_one_is_dead(
    fetcher: Callable[..., Fetcher], names: Callable[..., Names]
) -> None:
    """The server listens on 127.0.0.1 alone: the addresses before it refuse the connection."""
    names(many_example_org=[["127.0.0.3", "127.0.0.2", "127.0.0.1"]])
    assert get(fetcher(), "many.example.org") == ["page"]


def test_an_address_that_is_dead_is_not_blamed_for_the_next(
    fetcher: Callable[..., Fetcher], names: Callable[..., Names]
) -> None:
    names(many_example_org=[["127.0.0.2", "127.0.0.1"]])

    async def run() -> str:
        async with FaultServer({"/page": ((b"HTTP/1.1 abc\r\n\r\n",),)}) as server, fetcher() as fetch:
            with pytest.raises(FetchError) as caught:
                await fetch.get(f"http://many.example.org:{server.port}/page")
            return str(caught.value)

    assert "many.example.org does not speak proper HTTP" in asyncio.run(run())


def test_an_address_that_never_answers_leaves_time_for_the_next(
    fetcher: Callable[..., Fetcher], names: Callable[..., Names]
) -> None:
    """The first one's port has a full queue, so that connections are neither made nor refused."""
    names(many_example_org=[["127.0.0.2", "127.0.0.1"]])

    async def run() -> None:
        with contextlib.ExitStack() as sockets:
            deaf = sockets.enter_context(socket.socket())
            deaf.bind(("127.0.0.2", 0))
            deaf.listen(0)
            for _ in range(3):
                waiting = sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(deaf.getsockname())
            server = FaultServer({"/page": ((response(BODY), KEEP),)}, port=deaf.getsockname()[1])
            async with server, fetcher() as fetch:
                assert await fetch.get(f"http://many.example.org:{server.port}/page")

    asyncio.run(run())


@pytest.mark.parametrize("host", ["jobs.example.org", "jobs.example.org.", "127.1", "0x7f.1", "2130706433"])
def test_only_addresses_that_were_checked_are_connected_to(
    host: str, fetcher: Callable[..., Fetcher], names: Callable[..., Names]
) -> None:
    """A library below that looked the name up by itself, or read a number out of it, would come to another address."""
    names(**{host.replace(".", "_"): [["127.0.0.2"]]})
    (result,) = get(fetcher(), host)
    assert "refused the connection" in result or "cannot be reached" in result


@pytest.mark.parametrize("address", ["[::1]", "[0:0:0:0:0:0:0:1]", "six.example.org"])
def test_ipv6(address: str, fetcher: Callable[..., Fetcher], names: Callable[..., Names]) -> None:
    names(six_example_org=[["127.0.0.2", "::1"]])
    server = FaultServer({"/page": ((response(BODY), KEEP),)}, address="::1")

    async def run() -> None:
        async with server, fetcher() as fetch:
            assert await fetch.get(f"http://{address}:{server.port}/page")

    asyncio.run(run())
    named = address if address.startswith("six") else "[::1]"
    assert server.requests[0].headers["host"] == f"{named}:{server.port}"


def test_addresses_that_change_are_found_again(fetcher: Callable[..., Fetcher], names: Callable[..., Names]) -> None:
    moved = names(moving_example_org=[["127.0.0.2"], ["127.0.0.1"]])
    first, second = get(fetcher(), "moving.example.org", "moving.example.org")
    assert "refused the connection" in first
    assert second == "page"
    assert len(moved.asked) == 2


def test_a_name_is_looked_up_as_it_is_verified(fetcher: Callable[..., Fetcher], names: Callable[..., Names]) -> None:
    """IDNA 2008 as in the certificate; what Python does by itself (IDNA 2003) would ask for strasse.example."""
    asked = names(**{"xn--strae-oqa_example": [["127.0.0.1"]]})
    assert get(fetcher(), "straße.example") == ["page"]
    assert asked.asked == ["xn--strae-oqa.example"]


NO_ADDRESS = [
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "there is no host called", False),
    (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "cannot be found out now", True),
    (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), "cannot be found out now", True),
]


@pytest.mark.parametrize(("error", "says", "transient"), NO_ADDRESS, ids=["unknown", "offline", "server fails"])
def test_a_name_without_address(
    error: OSError, says: str, transient: bool, fetcher: Callable[..., Fetcher], names: Callable[..., Names]
) -> None:
    names(jobs_example_org=[error])

    async def run() -> FetchError:
        async with fetcher() as fetch:
            with pytest.raises(FetchError) as caught:
                await fetch.get("http://jobs.example.org/page")
            return caught.value

    told = asyncio.run(run())
    assert says in str(told)
    assert "jobs.example.org" in str(told)
    assert told.transient == transient
    assert told.tip
    assert not told.gone


@pytest.mark.parametrize("host", ["a" * 64 + ".example.org", "..example.org", "a..b.example.org"])
def test_names_that_cannot_be(host: str, fetcher: Callable[..., Fetcher]) -> None:
    """Refused by the look-up itself, before anything is sent."""
    (result,) = get(fetcher(), host)
    assert "no host called" in result or "no web address" in result
