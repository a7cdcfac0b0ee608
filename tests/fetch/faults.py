"""A web server on loopback that does exactly what its script says, byte by byte: the worst that the web has to offer.

A script is a row of steps: bytes are sent as they are; the rest are the classes below. After its last step the
connection is closed, unless that is `KEEP`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeAlias


@dataclass(frozen=True)
class Stall:
    """Nothing more is sent, and the connection stays open."""


@dataclass(frozen=True)
class Drip:
    """One byte at a time, fast enough for every single read, and without an end."""

    byte: bytes
    every: float


@dataclass(frozen=True)
class Flood:
    """The same bytes again and again, until `total` are sent or nobody takes them."""

    chunk: bytes
    total: int


@dataclass(frozen=True)
class Reset:
    """The connection is torn down (TCP RST)."""


@dataclass(frozen=True)
class Keep:
    """The connection stays open for the next request."""


STALL, RESET, KEEP = Stall(), Reset(), Keep()
Step: TypeAlias = bytes | Stall | Drip | Flood | Reset | Keep
Script: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True)
class Request:
    """What the server was asked. headers: names in lower case."""

    path: str
    query: str
    headers: Mapping[str, str]
    connection: int


def response(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A well-formed response; header names are written with `_` for `-`. `content_length=""` leaves that one out."""
    lines = {"content_length": str(len(body)), "content_type": "text/html; charset=utf-8"} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def redirect(location: str, status: str = "302 Found", **headers: str) -> bytes:
    return response(b"", status, location=location, **headers)


@dataclass
class FaultServer:
    """Serves scripts by path: each request to a path takes the next of its scripts, the last one for ever after.

    A path without a script is 404. `{port}` in a script's bytes becomes the server's own port. greet: sent on
    connection, before any request. tls: None for plain HTTP. port: 0 for any that is free. sent: bytes given to the
    network so far.
    """

    scripts: Mapping[str, tuple[Script, ...]]
    greet: Script = ()
    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    busy: int = 0
    most_busy: int = 0
    connections: int = 0

    async def __aenter__(self) -> FaultServer:
        self._handlers: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, self.address, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._handlers)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)
        handler.add_done_callback(lambda _: writer.transport.abort())  # also if it was cancelled before it began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            keep = await self._play(self.greet, writer) if self.greet else True
            while keep:
                head = await reader.readuntil(b"\r\n\r\n")
                self.busy += 1
                self.most_busy = max(self.busy, self.most_busy)
                try:
                    keep = await self._play(self._script(head, connection), writer)
                finally:
                    self.busy -= 1

    def _script(self, head: bytes, connection: int) -> Script:
        lines = head.decode("latin-1").split("\r\n")
        path, _, query = lines[0].split(" ")[1].partition("?")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name
        }
        earlier = self.paths().count(path)
        self.requests.append(Request(path, query, headers, connection))
        scripts = self.scripts.get(path, ((response(b"no", "404 Not Found"), KEEP),))
        return scripts[min(earlier, len(scripts) - 1)]

    async def _play(self, script: Script, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is to be kept."""
        for step in script:
            match step:
                case bytes():
                    await self._send(step.replace(b"{port}", str(self.port).encode()), writer)
                case Stall():
                    await asyncio.Event().wait()
                case Drip():
                    while True:
                        await self._send(step.byte, writer)
                        await asyncio.sleep(step.every)
                case Flood():
                    for _ in range(step.total // len(step.chunk)):
                        await self._send(step.chunk, writer)
                case Reset():
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                case Keep():
                    return True
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        return False

    async def _send(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        self.sent += len(data)
