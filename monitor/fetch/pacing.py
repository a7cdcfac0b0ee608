"""Politeness towards one host: one request at a time, a pause between two, rest when it asks for it or is down.

Times are those of the event loop's clock, in seconds: pauses are real even where the run pretends to another date.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType

from monitor.fetch.faults import Fault

LONGEST_WAIT = 30.0  # a longer rest is not waited for: the scheduler plans with it
LONGEST_PAUSE = 30.0  # of a Crawl-delay; some hosts ask for an hour
_FAILURES = 6  # in a row, until a host is left alone
_FIRST_REST, _LONGEST_REST = 60.0, 3600.0


class Host:
    """What is remembered of one host. It learns from `answered` and `failed`.

    `async with host` is the right to one request, given when the pause since the start of the last one is over, with a
    Fault where the host rests.
    """

    def __init__(self, name: str, delay: float, slots: asyncio.Semaphore) -> None:
        self._name = name
        self._slots = slots
        self._delay = delay
        self._pause = delay
        self._turn = asyncio.Lock()
        self._last_start = -math.inf
        self._rest_until = 0.0
        self._failures = 0
        self._why = ""

    async def __aenter__(self) -> None:
        await self._turn.acquire()
        try:
            await self._paused()
            await self._slots.acquire()
        except BaseException:
            self._turn.release()
            raise
        self._last_start = asyncio.get_running_loop().time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._slots.release()
        self._turn.release()

    async def _paused(self) -> None:
        now = asyncio.get_running_loop().time()
        rest = self._rest_until - now
        if rest > LONGEST_WAIT:
            raise Fault(f"{self._why}; it is left alone for {round(rest)} seconds", transient=True, retry_after=rest)
        if (pause := max(rest, self._last_start + self._pause - now)) > 0:
            await asyncio.sleep(pause)

    def asks_for(self, crawl_delay: float | None) -> None:
        """What robots.txt says: the pause never gets shorter than the one configured."""
        self._pause = max(self._delay, min(crawl_delay or 0.0, LONGEST_PAUSE))

    def answered(self, retry_after: float | None = None) -> None:
        """It spoke; retry_after: and asked not to be asked again for so many seconds."""
        self._failures = 0
        if retry_after:
            self._rest(retry_after, f"the host {self._name} asked to be left alone")

    def failed(self) -> None:
        """No answer. After some in a row it rests; then one request tries it, and if that fails it rests for longer."""
        self._failures += 1
        if self._failures >= _FAILURES:
            rest = min(_FIRST_REST * 2 ** (self._failures - _FAILURES), _LONGEST_REST)
            self._rest(rest, f"the host {self._name} failed to answer {self._failures} times in a row")

    def _rest(self, seconds: float, why: str) -> None:
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + seconds)
        self._why = why


class Paces:
    """All hosts of a run. delay: seconds between two requests to one; concurrency: how many are asked at a time."""

    def __init__(self, delay: float, concurrency: int) -> None:
        self._delay = delay
        self._slots = asyncio.Semaphore(concurrency)
        self._hosts: dict[str, Host] = {}

    def host(self, name: str) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(name, self._delay, self._slots)
        return self._hosts[name]
