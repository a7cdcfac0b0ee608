"""What is given up leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from monitor.fetch import Fetcher

from .cases import BODY, HEAD
from .faults import KEEP, FaultServer, response

STAGES = [
    ("http", "after the request", b""),
    ("http", "in the status line", b"HTTP/1."),
    ("http", "in the headers", HEAD),
    ("http", "in the body", response(BODY)[:-9]),
    ("http", "in a body of no use", response(b"no", "404 Not Found", content_length="9")),
    ("https", "in the handshake", b""),
]


class Stuck:
    """A server that sends the beginning of an answer, and then nothing."""

    def __init__(self, start: bytes) -> None:
        self._start = start
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(self._start)
        await writer.drain()
        self.asked.set()
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass
            writer.close()
            await writer.wait_closed()
        self.left.set()


async def given_up(scheme: str, start: bytes, fetch: Fetcher, *, close: bool) -> None:
    stuck = Stuck(start)
    async with await asyncio.start_server(stuck.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with fetch, asyncio.timeout(10):
            task = asyncio.create_task(fetch.get(f"{scheme}://127.0.0.1:{port}/page"))
            await stuck.asked.wait()
            await asyncio.sleep(0)  # what was sent may be read, or not yet
            if close:
                await fetch.__aexit__(None, None, None)
            else:
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await stuck.left.wait()


@pytest.mark.parametrize("close", [False, True], ids=["cancelled", "closed"])
@pytest.mark.parametrize(("scheme", "stage", "start"), STAGES, ids=[stage for _, stage, _ in STAGES])
def test_what_is_given_up_is_closed(
    scheme: str, stage: str, start: bytes, close: bool, fetcher: Callable[..., Fetcher]
) -> None:
    asyncio.run(given_up(scheme, start, fetcher(), close=close))


def test_a_request_may_be_given_up_at_any_moment(fetcher: Callable[..., Fetcher]) -> None:
    async def run() -> None:
        async with FaultServer({"/page": ((response(BODY), KEEP),)}) as server, fetcher() as fetch:
            for moments in range(40):
                task = asyncio.create_task(fetch.get(server.url + "/page"))
                for _ in range(moments):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            assert await fetch.get(server.url + "/page")
            async with asyncio.timeout(10):
                while server.open > 1:
                    await asyncio.sleep(0)

    asyncio.run(run())
