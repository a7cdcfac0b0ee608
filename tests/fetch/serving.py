"""A fetch beside a server that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import pytest

from monitor.errors import FetchError
from monitor.fetch import Fetcher

from .cases import BODY
from .faults import KEEP, FaultServer, Script, response

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
