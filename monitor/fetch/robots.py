"""robots.txt (RFC 9309): what a host allows this program to fetch, and how fast."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from protego import Protego

from monitor.fetch.faults import Fault
from monitor.fetch.wire import URL
from monitor.models import RobotsFile
from monitor.values import Value

AGENT = "position-monitor"
ROBOTS_LIMIT = 500 * 1024  # section 2.5: at least so much is read, the rest need not be
_KEPT = timedelta(hours=24)  # section 2.4
_KEPT_FAULT = timedelta(minutes=10)
_HELD = 200  # rules in memory; a run goes from host to host and does not come back
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Rules(Value):
    """What one robots.txt says. parsed: None where there is none, so that everything is allowed."""

    parsed: Protego | None = None

    @classmethod
    def of(cls, file: RobotsFile) -> Rules:
        return cls() if file.body is None else cls.parse(file.body)

    @classmethod
    def parse(cls, body: bytes) -> Rules:
        return cls(_parsed(body[:ROBOTS_LIMIT]))

    def allow(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, AGENT)

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between two requests."""
        return self.parsed.crawl_delay(AGENT) if self.parsed else None


@lru_cache(maxsize=32)  # hosts of one platform have the same file, as have sites of one software
def _parsed(body: bytes) -> Protego:
    return Protego.parse(body.decode("utf-8-sig", errors="replace"))


class Memory(Protocol):
    """Where robots.txt files are kept from one run to the next."""

    def robots(self, origin: str) -> RobotsFile | None: ...

    def keep_robots(self, file: RobotsFile) -> None: ...


class Robots:
    """The rules of every origin, each asked for once a day. fetch: the body at a URL after redirects, or a Fault.

    memory: what earlier runs have fetched; None to fetch anew. Only the rules used last are held.
    """

    def __init__(
        self, fetch: Callable[[URL], Awaitable[bytes]], now: Callable[[], datetime], memory: Memory | None = None
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._memory = memory
        self._held: OrderedDict[str, tuple[datetime, Rules | Fault]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def rules(self, url: URL) -> Rules:
        """The rules for the origin of a URL. Fault: they cannot be known now, so nothing may be fetched."""
        rules = self._known(url.origin)
        if rules is None:
            async with self._asking.setdefault(url.origin, asyncio.Lock()):  # who waits finds what the first was told
                rules = self._known(url.origin) or self._hold(url.origin, *await self._asked(url))
        if isinstance(rules, Fault):
            raise rules.with_traceback(None)
        return rules

    def _known(self, origin: str) -> Rules | Fault | None:
        until, rules = self._held.get(origin) or self._remembered(origin)
        return self._hold(origin, until, rules) if self._now() < until else None

    def _remembered(self, origin: str) -> tuple[datetime, Rules]:
        file = self._memory.robots(origin) if self._memory else None
        if file is None or not file.at <= self._now() < file.at + _KEPT:
            return _LONG_AGO, Rules()
        return file.at + _KEPT, Rules.of(file)

    def _hold(self, origin: str, until: datetime, rules: Rules | Fault) -> Rules | Fault:
        self._held[origin] = until, rules
        self._held.move_to_end(origin)
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return rules

    async def _asked(self, url: URL) -> tuple[datetime, Rules | Fault]:
        """Section 2.3.1: a server that has no such file allows all; one that fails allows nothing for now."""
        now = self._now()
        robots_txt = url.parsed.copy_with(raw_path=b"/robots.txt", userinfo=b"", fragment=None)
        try:
            body: bytes | None = await self._fetch(URL.of(robots_txt))
        except Fault as fault:
            if fault.status is None:  # the host itself cannot be reached
                return now + _KEPT_FAULT, fault
            if fault.status >= 500 or fault.status == 429:
                words = f"robots.txt cannot be read ({fault.status}), so nothing is fetched from this host for now"
                wait = Fault(words, status=fault.status, transient=True, retry_after=fault.retry_after)
                return now + _KEPT_FAULT, wait
            body = None
        file = RobotsFile(url.origin, body, now)
        if self._memory:
            self._memory.keep_robots(file)
        return now + _KEPT, Rules.of(file)
