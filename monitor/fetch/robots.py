"""robots.txt (RFC 9309): what a host allows this program to fetch, and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from monitor.fetch.faults import Fault
from monitor.fetch.wire import URL, origin

AGENT = "position-monitor"
ROBOTS_LIMIT = 500 * 1024  # section 2.5: at least so much is read, the rest need not be
_KEPT = 24 * 3600.0  # section 2.4
_KEPT_FAULT = 600.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says. parsed: None where there is none, so that everything is allowed."""

    parsed: Protego | None = None

    @classmethod
    def parse(cls, body: bytes) -> Rules:
        return cls(Protego.parse(body[:ROBOTS_LIMIT].decode("utf-8-sig", errors="replace")))

    def allow(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, AGENT)

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between two requests."""
        return self.parsed.crawl_delay(AGENT) if self.parsed else None


class Robots:
    """The rules of every origin, each asked for once. fetch: the body at a URL after redirects, or a Fault."""

    def __init__(self, fetch: Callable[[URL], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._kept: dict[str, tuple[float, Rules | Fault]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def rules(self, url: URL) -> Rules:
        """The rules for the origin of a URL. Fault: they cannot be known now, so nothing may be fetched."""
        key, time = origin(url), asyncio.get_running_loop().time
        async with self._asking.setdefault(key, asyncio.Lock()):
            until, rules = self._kept.get(key, (0.0, Rules()))
            if time() >= until:
                rules = await self._asked(url.copy_with(raw_path=b"/robots.txt", userinfo=b"", fragment=None))
                self._kept[key] = (time() + (_KEPT_FAULT if isinstance(rules, Fault) else _KEPT), rules)
        if isinstance(rules, Fault):
            raise rules.with_traceback(None)
        return rules

    async def _asked(self, url: URL) -> Rules | Fault:
        """Section 2.3.1: a server that has no such file allows all; one that fails allows nothing for now."""
        try:
            return Rules.parse(await self._fetch(url))
        except Fault as fault:
            if fault.status is None:
                return fault  # the host itself cannot be reached
            if fault.status < 500 and fault.status != 429:
                return Rules()
            return Fault(
                f"robots.txt cannot be read ({fault.status}), so nothing is fetched from this host for now",
                status=fault.status,
                transient=True,
                retry_after=fault.retry_after,
            )
