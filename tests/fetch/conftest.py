from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.fetch import Fetcher
from monitor.settings import FetchSettings

from .faults import KEEP, FaultServer, response

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def fetcher() -> Callable[..., Fetcher]:
    """A fetcher for loopback servers, without pauses, robots.txt and second tries unless settings say otherwise."""

    def make(**settings: Any) -> Fetcher:
        base = {
            "allow_private_addresses": True,
            "obey_robots": False,
            "delay": 0.0,
            "retries": 0,
            "timeout": 10.0,
            "max_bytes": 50_000,
        }
        return Fetcher(FetchSettings(**base | settings), now=lambda: NOW)

    return make


@pytest.fixture(scope="session", autouse=True)
def _warm(fetcher: Callable[..., Fetcher]) -> None:
    """One fetch loads what the libraries load at first use, so that tests with a short time-out need not."""

    async def fetch_once() -> None:
        async with FaultServer({"/page": ((response(b"<p>page"), KEEP),)}) as server, fetcher() as fetch:
            assert await fetch.get(server.url + "/page")

    asyncio.run(fetch_once())


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What goes wrong within libcurl's callbacks, and what the event loop complains of, is seen nowhere else."""
    yield
    assert not capfd.readouterr().err
    assert not caplog.records
