"""Serves a world of `load` on loopback, a host an address, from a process of its own.

    python bench/load_server.py --sources 200 --today 2026-03-01 [--port 8900]

Prints `ready` when every page is rendered. `/-/generation/N` on any of its addresses goes on to a
generation; `/-/counts`
gives what was served since the last time it was asked, as JSON. Pages are compressed ahead in pieces (DEFLATE allows
them to be put together), so that a response costs the server about a tenth of a millisecond.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import secrets
import struct
import sys
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import LoadSource, World
from bench.load_pages import ad, is_drifting, page

PORT = 8900
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_DEFLATE_END = b"\x01\x00\x00\xff\xff"
_ROBOTS = b"User-agent: *\nDisallow: /admin/\nDisallow: /search\n"
_TYPES = {"listing": "text/html; charset=utf-8", "feed": "application/xml; charset=utf-8"}


def address(host: int) -> str:
    """The loopback address of a host of the world."""
    return f"127.1.{host // 250}.{host % 250 + 1}"


def base_url(host: int, port: int) -> str:
    return f"http://{address(host)}:{port}"


@dataclass
class Counts:
    """What was served. pages: 200 for a source's own URL; sent: bytes of bodies and headers."""

    requests: int = 0
    pages: int = 0
    not_modified: int = 0
    robots: int = 0
    ads: int = 0
    sent: int = 0


class Body:
    """A page in pieces: what stays, plain and compressed, and between them the names of what differs."""

    def __init__(self, markup: str) -> None:
        pieces = markup.split("\0")
        self.fixed = [piece.encode() for piece in pieces[::2]]
        self.noise = pieces[1::2]
        self.deflated = [_deflated(piece) for piece in self.fixed]
        self.tag = f"{zlib.crc32(b''.join(self.fixed)):08x}"

    def whole(self, noise: dict[str, bytes]) -> bytes:
        return b"".join(_alternating(self.fixed, [noise[name] for name in self.noise]))

    def gzipped(self, noise: dict[str, bytes]) -> bytes:
        """One gzip member (RFC 1952) of the pieces; noise goes in as stored blocks (RFC 1951 section 3.2.4)."""
        plain = self.whole(noise)
        stored = [struct.pack("<BHH", 0, len(n), len(n) ^ 0xFFFF) + n for n in (noise[name] for name in self.noise)]
        end = struct.pack("<II", zlib.crc32(plain), len(plain))
        return b"".join((_GZIP_HEAD, *_alternating(self.deflated, stored), _DEFLATE_END, end))


def _deflated(piece: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(piece) + squeeze.flush(zlib.Z_FULL_FLUSH)


def _alternating(ones: list[bytes], others: list[bytes]) -> list[bytes]:
    return [piece for pair in itertools.zip_longest(ones, others, fillvalue=b"") for piece in pair]


class Site:
    """All hosts. generation: what they show now."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port
        self.counts = Counts()
        self.generation = 0
        self.sources = {(address(s.host), s.path): s for s in world.sources}
        self.bodies = {s.number: self._body(s) for s in world.sources}
        self.changed_at = dict.fromkeys(self.bodies, 0)
        self.visits = itertools.count(1_000_000)

    def _body(self, source: LoadSource) -> Body:
        return Body(page(self.world, source, self.generation).replace("{base}", base_url(source.host, self.port)))

    def show(self, generation: int) -> None:
        """Go on to a later generation; there is no way back."""
        while self.generation < generation:
            self.generation += 1
            for change in self.world.truth(self.generation):
                self.bodies[change.source] = self._body(self.world.sources[change.source])
                self.changed_at[change.source] = self.generation

    def answer(self, host: str, path: str, headers: dict[str, str]) -> bytes:
        if path.startswith("/-/"):
            return self._control(path)
        self.counts.requests += 1
        response = self._page(host, path, headers)
        self.counts.sent += len(response)
        return response

    def _page(self, host: str, path: str, headers: dict[str, str]) -> bytes:
        if source := self.sources.get((host, path)):
            return self._source(source, headers)
        if path == "/robots.txt":
            self.counts.robots += 1
            return _response(200, _ROBOTS, "text/plain") if host[-1] in "02468" else _response(404)
        self.counts.ads += 1
        for kind in ("/vacancies", "/vacancies.xml"):
            source = self.sources.get((host, kind))
            for opening in self.world.openings(source.number, self.generation) if source else ():
                if source and path == f"/jobs/{opening.number}":
                    return _response(200, ad(self.world, source, opening).encode(), _TYPES["listing"])
        return _response(404)

    def _source(self, source: LoadSource, headers: dict[str, str]) -> bytes:
        body = self.bodies[source.number]
        validators = self._validators(source, body)
        known = {"etag": headers.get("if-none-match"), "last-modified": headers.get("if-modified-since")}
        if any(known[name] == value for name, value in validators.items()):
            self.counts.not_modified += 1
            return _response(304, more=validators)
        self.counts.pages += 1
        noise = {"token": secrets.token_hex(16).encode(), "count": b"%d" % next(self.visits), "clock": _clock()}
        more = dict(validators)
        if source.kind == "listing":
            more["set-cookie"] = f"session={secrets.token_hex(12)}; path=/; httponly"
            more["cache-control"] = "no-cache, private"
        if "gzip" in headers.get("accept-encoding", ""):
            more["content-encoding"] = "gzip"
            return _response(200, body.gzipped(noise), _TYPES[source.kind], more)
        return _response(200, body.whole(noise), _TYPES[source.kind], more)

    def _validators(self, source: LoadSource, body: Body) -> dict[str, str]:
        if source.kind == "listing" or source.style > 2 or is_drifting(source):
            return {}
        changed = f"Thu, 01 Jan 2026 10:{self.changed_at[source.number]:02}:00 GMT"
        both = {"etag": f'"{body.tag}"', "last-modified": changed}
        return {0: {"etag": both["etag"]}, 1: {"last-modified": changed}, 2: both}[source.style]

    def _control(self, path: str) -> bytes:
        if path.startswith("/-/generation/"):
            self.show(int(path.rpartition("/")[2]))
        counts, self.counts = self.counts, Counts()
        return _response(200, json.dumps(asdict(counts)).encode(), "application/json")


def _clock() -> bytes:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z".encode()


_REASONS = {200: "OK", 304: "Not Modified", 404: "Not Found"}


def _response(status: int, body: bytes = b"", kind: str = "", more: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", "Server: load"]
    if status != 304:
        lines += [f"Content-Length: {len(body)}", f"Content-Type: {kind or 'text/html'}"]
    lines += [f"{name}: {value}" for name, value in (more or {}).items()]
    return "\r\n".join((*lines, "", "")).encode() + body


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as clients of this load speak it: GET without a body, kept alive."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.host = str(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            request, self.received = self.received[:end], self.received[end + 4 :]
            first, *lines = request.decode("latin-1").split("\r\n")
            path = first.split(" ")[1].partition("?")[0]
            fields = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in fields}
            self.transport.write(self.site.answer(self.host, path, headers))
            if headers.get("connection", "").lower() == "close":
                self.transport.close()


async def serve(world: World, port: int) -> None:
    """For ever, on all addresses of the world. Prints `ready`."""
    site = Site(world, port)
    hosts = [address(host) for host in range(world.count // 2)]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(site), hosts, port, backlog=256)
    print("ready", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--today", type=date.fromisoformat, required=True)
    parser.add_argument("--restless", type=int, default=0)
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    asyncio.run(serve(World(options.sources, options.today, options.restless), options.port))


if __name__ == "__main__":
    main()
