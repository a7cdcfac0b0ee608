"""Whatever a server does, there is a page or a sentence, and the next source is fetched as if nothing had been."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.fetch import Fetcher

from .cases import BODY, FAULTS, PAGE, QUIRKS, SHORT, FaultCase
from .faults import KEEP, FaultServer, Script, response

SLOW = [case for case in FAULTS if case.timeout == SHORT]
QUICK = [case for case in FAULTS if case.timeout > SHORT]
PLENTY = 20_000_000  # bytes that sockets may buffer before a flood is noticed to be unwanted


async def suffer(case: FaultCase, fetcher: Fetcher) -> tuple[FetchError, int]:
    """What a person is told, and how many bytes the server got rid of."""
    async with FaultServer({"/page": (case.script,)}, greet=case.greet) as server, fetcher as fetch:
        with pytest.raises(FetchError) as caught:
            await fetch.get(server.url + "/page?token=hush&id=7")
        assert str(caught.value).startswith(f"{server.url}/page?token=***&id=7")
        return caught.value, server.sent


@pytest.fixture(scope="module")
def waited_for(fetcher: Callable[..., Fetcher]) -> dict[str, tuple[FetchError, int]]:
    """What becomes of the cases in which time runs out: they wait together."""

    async def wait() -> list[tuple[FetchError, int]]:
        return await asyncio.gather(*(suffer(case, fetcher(timeout=case.timeout)) for case in SLOW))

    return dict(zip((case.name for case in SLOW), asyncio.run(wait()), strict=True))


@pytest.mark.parametrize("case", FAULTS, ids=[case.name for case in FAULTS])
def test_a_fault_is_a_sentence(
    case: FaultCase, fetcher: Callable[..., Fetcher], waited_for: dict[str, tuple[FetchError, int]]
) -> None:
    error, sent = waited_for.get(case.name) or asyncio.run(suffer(case, fetcher(timeout=case.timeout)))
    message = str(error)
    assert case.says in message
    assert message.endswith(".")
    assert message.isprintable()
    assert "hush" not in message + error.url + (error.tip or "")
    assert (error.transient, error.status) == (case.transient, case.status)
    assert error.gone == (case.status in (404, 410))
    assert bool(error.tip) == case.tip
    assert sent < PLENTY


@pytest.mark.parametrize(("name", "script"), QUIRKS, ids=[name for name, _ in QUIRKS])
def test_a_quirk_is_read_over(name: str, script: Script, fetcher: Callable[..., Fetcher]) -> None:
    async def fetch() -> None:
        async with FaultServer({"/page": (script,)}) as server, fetcher() as fetch:
            page = await fetch.get(server.url + "/page")
            assert page is not None
            assert page.text.removeprefix("\ufeff") == PAGE

    asyncio.run(fetch())


def test_faults_leave_other_sources_alone(fetcher: Callable[..., Fetcher]) -> None:
    """All faults at once through one fetcher, each from a host of its own, and sound pages between them."""

    async def fetch() -> list[str]:
        good = FaultServer({"/page": ((response(BODY), KEEP),)})
        bad = [FaultServer({"/page": (case.script,)}, greet=case.greet) for case in QUICK]
        async with good, fetcher() as fetch:
            for server in bad:
                await server.__aenter__()
            wanted = [url for server in bad for url in (server.url, good.url)]
            results = await asyncio.gather(*(fetch.get(url + "/page") for url in wanted), return_exceptions=True)
            for server in bad:
                await server.__aexit__(None, None, None)
        return [type(result).__name__ for result in results]

    assert asyncio.run(fetch()) == ["FetchError", "Page"] * len(QUICK)


MUTATED = st.builds(
    lambda start, cut, put: response(BODY)[:start] + put + response(BODY)[start + cut :],
    st.integers(0, len(response(BODY))),
    st.integers(0, 40),
    st.binary(max_size=40),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=st.binary(max_size=200) | MUTATED)
def test_any_bytes_are_a_page_or_a_fetch_error(answer: bytes, fetcher: Callable[..., Fetcher]) -> None:
    async def fetch() -> None:
        async with FaultServer({"/page": ((answer,),)}) as server, fetcher() as fetch:
            with contextlib.suppress(FetchError):
                page = await fetch.get(server.url + "/page")
                assert page is not None
                assert page.text.strip()

    asyncio.run(fetch())
