"""httpx's requests over libcurl's connections. The only module that knows pycurl.

httpx asks and answers; what carries the bytes may be chosen (`httpx.AsyncBaseTransport`). Its own carrier takes eight
times the processor time of libcurl for a request, half as much again with a TLS handshake (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import re
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import certifi
import httpx
import pycurl

if sys.platform == "win32":
    _new_loop = asyncio.SelectorEventLoop
else:
    from uvloop import new_event_loop as _new_loop

T = TypeVar("T")
Take: TypeAlias = Callable[[int, httpx.Headers], int | None]

_IDLE = 128  # open connections kept for later
_IDLE_SECONDS = 15
_HEADER_BYTES = 300 * 1024  # of one response and what goes before it; libcurl takes no more
_DRAINED = 65_536  # bytes of a useless body that are cheaper to read than a new connection
_END = (b"\r\n", b"\n")
_STATUS = re.compile(rb"\S+\s+(\d{3})")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_FORBIDDEN = re.compile(rb"[\r\n\0]")
_CURLS_OWN = (b"host", b"content-length")
_TOO_LARGE = 100  # CURLE_TOO_LARGE, for which pycurl has no name
_NO_TLS = (pycurl.E_SSL_CONNECT_ERROR, pycurl.E_SSL_CACERT_BADFILE)
_NO_ADDRESS = (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_ABORTED_BY_CALLBACK)
_NOT_CONNECTED = (pycurl.E_COULDNT_CONNECT, pycurl.E_PEER_FAILED_VERIFICATION, *_NO_TLS, *_NO_ADDRESS)
_LOST = (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR)
_BROKEN = (errno.ECONNRESET, errno.EPIPE)
_NO_RESPONSE = "closed without sending a response"
_OTHER_HOST = 62  # X509_V_ERR_HOSTNAME_MISMATCH


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on uvloop's event loop.

    For Windows there is none, and asyncio's default there is not of the kind that libcurl needs. The kind that is waits
    for 512 sockets at most, which the 200 hosts that may be asked at a time stay below: idle ones are not waited for.
    """
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)


class Transport(httpx.AsyncBaseTransport):
    """Connections to many hosts, some of which are kept alive. Close it in the end; what is under way is cancelled.

    A response comes as it was sent: no redirect is followed, no cookie kept, no body decoded, no proxy looked for. Of a
    request's headers, Host and Content-Length are libcurl's own. Of its extensions it needs

    - `timeout`: "connect", "read" and "whole", in seconds: to connect in, of silence at any point, and for all of it;
    - `addresses`: those of the host that may be connected to; no name is looked up;
    - `take`: given status and headers, after how many bytes the body may be broken off; None: it is of no use, is
      not handed over, and nothing that goes wrong with it counts. What `take` raises ends the request.
    """

    def __init__(self) -> None:
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _IDLE)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        curl = _curl(request)
        exchange = _Exchange(request.extensions["take"])
        exchange.listen(curl)
        transfer = self._multi.add_handle(curl)
        patience = _Patience(exchange, transfer, request.extensions["timeout"])
        try:
            await transfer
        except httpx.ReadTimeout:
            if not exchange.suffices():
                raise
        except pycurl.error as error:
            if not exchange.suffices():
                raise _as_httpx_says(error, curl) from _cause(error, curl)
        finally:
            patience.end()
            del transfer, patience  # an error would hold its traceback, which holds them, which hold the error
        return exchange.response()

    async def aclose(self) -> None:
        await self._multi.aclose()


class _Exchange:
    """What comes back for one request, as libcurl hands it over.

    What libcurl calls must not raise: the error would be printed and get lost. The lines of the headers are looked at
    when the body begins, or the transfer has ended: there are many, and libcurl itself bounds them.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._asked = False
        self._lines: list[bytes] = []  # the status line, the headers, the empty line at their end; trailers too
        self._chunks: list[bytes] = []
        self._left = 0  # bytes of the body that are taken still
        self._useless = False
        self._enough = False  # there is a response even if the transfer ends in an error
        self._response: httpx.Response | None = None
        self._refused: Exception | None = None  # why it was broken off

    def listen(self, curl: pycurl.Curl) -> None:
        curl.setopt(pycurl.PREREQFUNCTION, self._connected)
        curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._body)

    def progress(self) -> tuple[bool, int, int]:
        """Another value whenever something of use has come."""
        return self._asked, len(self._lines), len(self._chunks)

    def suffices(self) -> bool:
        """Whether there is a response though the transfer has ended in an error. Why it was refused is raised."""
        self._begin()
        if self._refused and not self._enough:
            raise self._refused from None
        return self._enough

    def response(self) -> httpx.Response:
        """When all has gone well."""
        self.suffices()
        if self._response is None:
            raise httpx.RemoteProtocolError(_NO_RESPONSE)
        return self._response

    def _connected(self, *_: object) -> int:
        """The request is about to be sent: once. libcurl would ask again at once where an old connection has died."""
        if self._asked:
            self._refused = httpx.RemoteProtocolError(_NO_RESPONSE)
            return int(pycurl.PREREQFUNC_ABORT)
        self._asked = True
        return int(pycurl.PREREQFUNC_OK)

    def _body(self, chunk: bytes) -> int:
        """-1 breaks off."""
        self._begin()
        if self._response is None:  # of 101 (Switching Protocols), for which nobody has asked
            self._refused = httpx.RemoteProtocolError("a body before its headers")
        if self._refused:
            return -1
        self._left -= len(chunk)
        if not self._useless:
            self._chunks.append(chunk)
        self._enough |= self._left < 0
        return len(chunk) if self._left >= 0 else -1

    def _begin(self) -> None:
        """The response, once its headers are whole."""
        if self._response is not None or not (head := _head(self._lines)):
            return
        status, lines = head
        self._response = httpx.Response(status, headers=_fields(lines), stream=_Body(self._chunks))
        try:
            wanted = self._take(status, self._response.headers)
        except Exception as error:  # it cannot be raised through C
            self._refused = error
            return
        self._enough = self._useless = wanted is None
        self._left = _DRAINED if wanted is None else wanted


class _Body(httpx.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class _Patience:
    """Ends a transfer that is silent for too long, or takes too long as a whole.

    It looks ten times in the time that silence may last: to move a time limit with every line costs more than the line.
    """

    def __init__(
        self, exchange: _Exchange, transfer: asyncio.Future[pycurl.Curl], seconds: Mapping[str, float]
    ) -> None:
        self._exchange = exchange
        self._transfer = transfer
        self._loop = transfer.get_loop()
        self._silence = seconds["read"]
        self._pause = seconds["read"] / 10
        now = self._loop.time()
        self._silent = now + max(seconds["connect"], self._silence) + self._pause  # libcurl itself stops connecting
        self._late = now + seconds["whole"]
        self._seen = exchange.progress()
        self._next = self._loop.call_later(self._pause, self._look)

    def end(self) -> None:
        self._next.cancel()

    def _look(self) -> None:
        now, seen = self._loop.time(), self._exchange.progress()
        if seen != self._seen:
            self._seen, self._silent = seen, now + self._silence
        if now < min(self._silent, self._late):
            self._next = self._loop.call_later(self._pause, self._look)
        elif not self._transfer.done():
            self._transfer.set_exception(httpx.ReadTimeout("silent" if self._silent <= self._late else "late"))


def _head(lines: list[bytes]) -> tuple[int, list[bytes]] | None:
    """Status and lines of the first whole headers that are a response, not "Continue"; None: there are none yet."""
    first = 0
    for number, line in enumerate(lines):
        if line in _END:
            status = _STATUS.match(lines[first])
            if status and status[1] >= b"200":
                return int(status[1]), lines[first + 1 : number]
            first = number + 1
    return None


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Names and values. A line that begins with white space goes on with the one before (RFC 9112 section 5.2)."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in b" \t" and fields:
            name, value = fields.pop()
            fields.append((name, value + b" " + line.strip()))
        else:
            name, _, value = line.partition(b":")
            fields.append((name.strip(), value.strip()))
    return fields


def _curl(request: httpx.Request) -> pycurl.Curl:
    url, curl = request.url, pycurl.Curl()
    curl.setopt(pycurl.URL, str(url.copy_with(userinfo=b"") if url.userinfo else url))
    headers = (header for header in request.headers.raw if header[0].lower() not in _CURLS_OWN)
    curl.setopt(pycurl.HTTPHEADER, [_line(*header) for header in headers])
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.PATH_AS_IS, 1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.MAXAGE_CONN, _IDLE_SECONDS)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, math.ceil(1000 * request.extensions["timeout"]["connect"]))
    curl.setopt(pycurl.RESOLVE, [_resolved(url, request.extensions["addresses"])])
    curl.setopt(pycurl.DNS_CACHE_TIMEOUT, -1)  # each request brings its own entry: none is to be looked through for age
    curl.setopt(pycurl.RESOLVER_START_FUNCTION, _no_look_up)
    if url.scheme == "https":
        curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
        if folder := os.environ.get("SSL_CERT_DIR"):
            curl.setopt(pycurl.CAPATH, folder)
    if request.method == "POST":
        curl.setopt(pycurl.POSTFIELDS, request.read())
        curl.setopt(pycurl.FRESH_CONNECT, 1)  # an old connection may have died, and there is no second try
    return curl


@lru_cache(maxsize=256)  # most requests say the same
def _line(name: bytes, value: bytes) -> bytes:
    if not _NAME.fullmatch(name) or _FORBIDDEN.search(value):
        raise httpx.LocalProtocolError("a header that cannot be sent")
    return name + b": " + value if value.strip() else name + b";"  # without a value libcurl would leave it out


def _resolved(url: httpx.URL, addresses: list[str]) -> str:
    """The entry of libcurl's table of names that it asks before, and here instead of, any name server."""
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    host = url.raw_host.decode("ascii")
    name = addresses[0] if ":" in host else host  # an IPv6 address is written in many ways, and looked for in one
    key, *numbers = (f"[{part}]" if ":" in part else part for part in [name, *addresses])
    return f"{key}:{port}:{','.join(numbers)}"


def _no_look_up() -> int:
    """Called where libcurl reads another host out of a URL than httpx, for which there is no entry: it is not asked."""
    return 1


def _as_httpx_says(error: pycurl.error, curl: pycurl.Curl) -> httpx.TransportError:
    """libcurl's error codes (libcurl-errors(3)) in httpx's terms."""
    code, words = error.args
    if code == pycurl.E_OPERATION_TIMEDOUT:  # only connecting has its time limit there
        return httpx.ConnectTimeout("TLS handshake" if curl.getinfo(pycurl.CONNECT_TIME) else "no connection")
    if code in _NOT_CONNECTED:
        return httpx.ConnectError(words)
    if code == pycurl.E_GOT_NOTHING:
        return httpx.RemoteProtocolError(_NO_RESPONSE)
    if code == pycurl.E_PARTIAL_FILE:
        return httpx.RemoteProtocolError("incomplete")
    if code == _TOO_LARGE or curl.getinfo(pycurl.HEADER_SIZE) > _HEADER_BYTES:
        return httpx.RemoteProtocolError("headers too long")
    if code in _LOST and curl.getinfo(pycurl.OS_ERRNO):
        return httpx.ReadError(words)
    return httpx.RemoteProtocolError(words)


def _cause(error: pycurl.error, curl: pycurl.Curl) -> Exception:
    """What the socket or OpenSSL said, in Python's own terms."""
    code, words = error.args
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        cause = ssl.SSLCertVerificationError(words)
        result = curl.getinfo(pycurl.SSL_VERIFYRESULT)
        cause.verify_code = result if result > 1 else _OTHER_HOST  # whose name libcurl compares itself
        cause.verify_message = words
        return cause
    number = curl.getinfo(pycurl.OS_ERRNO)  # perhaps of an address that was tried before
    if number in _BROKEN or (number and code == pycurl.E_COULDNT_CONNECT):
        return OSError(number, os.strerror(number))
    return ssl.SSLError(code, words) if code in _NO_TLS else error
