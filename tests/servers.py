"""Servers on loopback for tests that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.fetch.faults import FaultServer, Script

FETCH = """
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0
retries = 0
"""  # of a sources.toml that watches one of these servers


@contextmanager
def serving(scripts: Mapping[str, tuple[Script, ...]]) -> Iterator[FaultServer]:
    """A `FaultServer` that plays in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = FaultServer(scripts)
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
