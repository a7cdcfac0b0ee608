"""Which network addresses may be talked to: by resolved address, so that no spelling of a name gets around the rule."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from monitor.fetch.faults import Fault

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_ALSO_PRIVATE = (IPv4Network("192.0.0.0/24"), IPv6Network("64:ff9b:1::/48"))  # to IANA, but not to every Python
_AT_MOST = 4  # addresses of one name that are tried
_KEPT = 60.0  # seconds that an answer of the resolver is used

_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))  # NODATA: not on every system
_OFFLINE_TIP = "Is this machine connected, and does its name server answer?"
_REFUSED = "{host} is an address within a private network{which}, which is not fetched from"
_REFUSED_TIP = "Set allow_private_addresses = true in [fetch] if the source lies in your own network."


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the open internet; an IPv4 address within an IPv6 one counts as itself."""
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if not embedded and address in _NAT64:
            embedded = IPv4Address(int(address) & 0xFFFFFFFF)
        if embedded:
            return is_public(embedded)
        if address.is_site_local:
            return False
    if any(address in network for network in _ALSO_PRIVATE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Resolver:
    """Names to addresses that may be talked to. Whoever connects uses these and not the name: they are checked."""

    def __init__(self, *, allow_private: bool, timeout: float, threads: int) -> None:
        self._allow_private = allow_private
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(max_workers=min(threads, 32), thread_name_prefix="resolve")
        self._kept: dict[str, tuple[float, list[str]]] = {}

    async def addresses(self, host: str) -> list[str]:
        """Addresses in the system's order of preference (RFC 6724), at most four. Fault: none, or none allowed."""
        clock = asyncio.get_running_loop().time
        until, allowed = self._kept.get(host, (0.0, []))
        if clock() < until:
            return allowed
        found = await self._found(host)
        allowed = found if self._allow_private else [a for a in found if is_public(ip_address(a))]
        if not allowed:
            which = "" if found[0] == host else f" ({found[0]})"
            raise Fault(_REFUSED.format(host=host, which=which), tip=_REFUSED_TIP)
        self._kept[host] = clock() + _KEPT, allowed[:_AT_MOST]
        return allowed[:_AT_MOST]

    def forget(self, host: str) -> None:
        """None of the host's addresses worked: ask anew next time."""
        self._kept.pop(host, None)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _found(self, host: str) -> list[str]:
        with contextlib.suppress(ValueError):
            return [str(ip_address(host))]
        try:
            async with asyncio.timeout(self._timeout):
                rows = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        except TimeoutError:
            raise Fault(
                f"the address of the host {host} was not found out within {self._timeout:g} seconds", again=True
            ) from None
        except (socket.gaierror, UnicodeError) as error:
            raise _name_fault(host, error) from error
        return list(dict.fromkeys(rows))


def _look_up(host: str) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _name_fault(host: str, error: socket.gaierror | UnicodeError) -> Fault:
    if isinstance(error, UnicodeError) or error.errno in _NO_SUCH_NAME:
        return Fault(f"there is no host called {host}", tip="Check the spelling; the site may have moved or closed.")
    return Fault(f"the address of the host {host} cannot be found out now", again=True, tip=_OFFLINE_TIP)
