"""A transport for httpx: one connection to one host, on asyncio alone.

The library's own serves every event loop and any number of connections at once; a request costs it three times as
much. Here there is one connection, one request at a time and one loop. What is HTTP stays with h11, as there:
it frames, bounds and refuses what is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import h11
import httpx

_HEADERS = 100 * 1024  # bytes of status line and headers
_AHEAD = 64 * 1024  # bytes that are received before they are asked for


class HostTransport(httpx.AsyncBaseTransport):
    """Requests to the addresses of one host, one after another. trust: None for plain http.

    keepalive: seconds that the connection may be idle. A request bears the extensions `timeout` and `sni_hostname`;
    what goes wrong is raised as httpx raises it.
    """

    def __init__(self, trust: ssl.SSLContext | None, *, keepalive: float) -> None:
        self._trust = trust
        self._keepalive = keepalive
        self._connection: _Connection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = request.extensions["timeout"]
        if self._connection and self._connection.is_idle(self._keepalive) and request.method == "GET":
            # the other side may close it at any moment (RFC 9112 section 9.3): then a new one serves as well, but what
            # is posted is sent only once
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                return await self._connection.ask(request, timeouts["read"])
        await self.aclose()
        self._connection = await self._connected(request, timeouts["connect"])
        return await self._connection.ask(request, timeouts["read"])

    async def aclose(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    async def _connected(self, request: httpx.Request, seconds: float) -> _Connection:
        loop = asyncio.get_running_loop()
        url, name = request.url, request.extensions["sni_hostname"]
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(
                    _Connection, url.host, url.port or (443 if self._trust else 80)
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        if self._trust:
            try:
                await connection.secure(self._trust, name, seconds)
            except OSError as error:
                connection.close()
                if "taking longer" in str(error):  # how asyncio says it
                    raise httpx.ConnectTimeout("no TLS handshake") from ssl.SSLError("handshake")
                raise httpx.ConnectError(str(error)) from error
            except BaseException:
                connection.close()
                raise
        return connection


class _Connection(asyncio.Protocol):
    """What arrives is kept until it is asked for, and no more than a little of it."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADERS)
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._idle_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _AHEAD:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        if not isinstance(error, BrokenPipeError):  # which says no more than that it had ended before
            self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    async def secure(self, trust: ssl.SSLContext, name: str, seconds: float) -> None:
        transport = await self._loop.start_tls(
            self._transport, self, trust, server_hostname=name, ssl_handshake_timeout=seconds
        )
        assert transport
        self._transport = transport

    def is_idle(self, keepalive: float) -> bool:
        """Whether another request may be sent: the answer before was read whole, and nothing came after it."""
        if self._idle_since is None or self._ended or self._received:
            return False
        return self._loop.time() - self._idle_since < keepalive

    def close(self) -> None:
        self._transport.abort()

    async def ask(self, request: httpx.Request, seconds: float) -> httpx.Response:
        self._idle_since = None
        try:
            self._send(request)
            head = await self._head(seconds)
        except BaseException:
            self.close()
            raise
        headers = head.headers.raw_items()
        return httpx.Response(head.status_code, headers=headers, stream=_Body(self, seconds), request=request)

    def _send(self, request: httpx.Request) -> None:
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            events = (head, h11.Data(data=request.content), h11.EndOfMessage())
            self._transport.write(b"".join(self._http.send(event) or b"" for event in events))
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    async def _head(self, seconds: float) -> h11.Response:
        while not isinstance(event := await self._event(seconds), h11.Response):
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                raise httpx.RemoteProtocolError("it switches protocols unasked")
        return event

    async def body(self, seconds: float) -> AsyncIterator[bytes]:
        while isinstance(event := await self._event(seconds), h11.Data):
            yield bytes(event.data)

    def finish(self) -> None:
        """The answer is not read any further."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._idle_since = self._loop.time()
        else:
            self.close()

    async def _event(self, seconds: float) -> object:
        """The next event of h11, or one of its marks."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._read(seconds)
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise httpx.RemoteProtocolError("the server disconnected without sending a response")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return event

    async def _read(self, seconds: float) -> bytes:
        """What has arrived; nothing once the other side has closed."""
        if not self._received and not self._ended:
            self._news = self._loop.create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._news
            except TimeoutError as error:
                raise httpx.ReadTimeout("silent") from error
        data = bytes(self._received)
        self._received.clear()
        if self._error and not data:
            raise httpx.ReadError(str(self._error)) from self._error
        self._transport.resume_reading()
        return data


class _Body(httpx.AsyncByteStream):
    def __init__(self, connection: _Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body(self._seconds)

    async def aclose(self) -> None:
        self._connection.finish()
