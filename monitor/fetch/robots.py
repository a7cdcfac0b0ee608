"""robots.txt (RFC 9309): what a host allows this program to fetch, and how fast."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from protego import Protego

from monitor.fetch.faults import Fault
from monitor.fetch.wire import URL, origin
from monitor.models import RobotsFile

AGENT = "position-monitor"
ROBOTS_LIMIT = 500 * 1024  # section 2.5: at least so much is read, the rest need not be
_KEPT = timedelta(hours=24)  # section 2.4
_KEPT_FAULT = timedelta(minutes=10)
_HELD = 200  # rules in memory; a run goes from host to host and does not come back
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says. parsed: None where there is none, so that everything is allowed."""

    parsed: Protego | None = None

    @classmethod
    def of(cls, file: RobotsFile) -> Rules:
        return cls() if file.body is None else cls.parse(file.body)

    @classmethod
    def parse(cls, body: bytes) -> Rules:
        return cls(Protego.parse(body[:ROBOTS_LIMIT].decode("utf-8-sig", errors="replace")))

    def allow(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, AGENT)

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between two requests."""
        return self.parsed.crawl_delay(AGENT) if self.parsed else None


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
        key = origin(url)
        async with self._asking.setdefault(key, asyncio.Lock()):
            until, rules = self._held.get(key) or self._remembered(key)
            if self._now() >= until:
                until, rules = await self._asked(key, url)
            self._held[key] = until, rules
            self._held.move_to_end(key)
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
        if isinstance(rules, Fault):
            raise rules.with_traceback(None)
        return rules

    def _remembered(self, key: str) -> tuple[datetime, Rules]:
        file = self._memory.robots(key) if self._memory else None
        if file is None or not file.at <= self._now() < file.at + _KEPT:
            return _LONG_AGO, Rules()
        return file.at + _KEPT, Rules.of(file)

    async def _asked(self, key: str, url: URL) -> tuple[datetime, Rules | Fault]:
        """Section 2.3.1: a server that has no such file allows all; one that fails allows nothing for now."""
        now = self._now()
        try:
            body: bytes | None = await self._fetch(url.copy_with(raw_path=b"/robots.txt", userinfo=b"", fragment=None))
        except Fault as fault:
            if fault.status is None:  # the host itself cannot be reached
                return now + _KEPT_FAULT, fault
            if fault.status >= 500 or fault.status == 429:
                words = f"robots.txt cannot be read ({fault.status}), so nothing is fetched from this host for now"
                wait = Fault(words, status=fault.status, transient=True, retry_after=fault.retry_after)
                return now + _KEPT_FAULT, wait
            body = None
        file = RobotsFile(key, body, now)
        if self._memory:
            self._memory.keep_robots(file)
        return now + _KEPT, Rules.of(file)
