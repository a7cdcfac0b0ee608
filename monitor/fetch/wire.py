"""One request over one connection. The only module that knows httpx: a successor takes its place in one import line.

Requests go through a transport of their own host and not through a client: no environment, no cookie jar, no
redirects, no content decoding, and a pool so small that walking it costs nothing. They are addressed to the network
address that was checked, with the name in Host and in the TLS handshake, so that no second look-up can lead elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import httpx

from monitor.fetch.addresses import Resolver
from monitor.fetch.body import too_large
from monitor.fetch.faults import Fault
from monitor.settings import FetchSettings

URL: TypeAlias = httpx.URL

_TLS_TIP = "Does the address work in a browser? The server may speak http only, or outdated TLS."
_LOOKS_LIKE = "It looks like https://www.example.org/jobs"
_WHOLE = 3  # a whole request may take so many times the timeout of one read
_IDLE = 128  # open connections kept for later
_KEEPALIVE = 15.0
_DRAINED = 65_536  # bytes of an unwanted body that are cheaper to read than a new connection


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it came. headers: looked up without regard to case. body: still encoded; empty unless wanted."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    set_cookie: list[str] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Question:
    """What is wanted of a response. limit: bytes of body; a longer one is a Fault, or cut off there if `cut`.

    wanted: whether the body is read, given status and headers; it may raise a Fault. posted: the body of a POST; None
    for a GET.
    """

    limit: int
    wanted: Callable[[int, Mapping[str, str]], bool]
    cut: bool = False
    posted: bytes | None = None


def parse(url: str) -> URL:
    """The address of a page. Fault: it is none that can be fetched."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise Fault("this is no web address", tip=_LOOKS_LIKE) from error
    if parsed.scheme not in ("http", "https"):
        raise Fault(f"{parsed.scheme or 'an address without scheme'} is not fetched, only http and https")
    if not host.strip(".") or not (parsed.port is None or 0 < parsed.port < 65536):
        raise Fault("this is no web address", tip=_LOOKS_LIKE)
    return parsed


def joined(base: URL, reference: str) -> URL:
    """Where a reference on the page `base` leads. Fault: nowhere that can be fetched."""
    try:
        absolute = str(base.join(reference))
    except (httpx.InvalidURL, ValueError):
        absolute = reference
    return parse(absolute)


def origin(url: URL) -> str:
    """Scheme, host and port: what robots.txt and credentials are for."""
    return f"{url.scheme}://{authority(url)}"


def host_of(url: str) -> str:
    """What politeness is counted by: host and port (unless it is the usual one), lower case. "" for no web address."""
    try:
        return authority(parse(url))
    except Fault:
        return ""


def authority(url: URL) -> str:
    """`host_of` a parsed URL."""
    netloc = url.netloc.decode("ascii").lower()
    host, colon, port = netloc.rpartition(":") if url.port else (netloc, "", "")
    return host.rstrip(".") + colon + port


def may_share(start: str | URL, at: str | URL) -> bool:
    """Whether what is private to the URL `start` may be sent to `at`: same host and port, and no https given up."""
    try:
        start, at = (parse(url) if isinstance(url, str) else url for url in (start, at))
    except Fault:
        return False
    return authority(start) == authority(at) and (at.scheme == "https" or start.scheme == "http")


class Wire:
    """Connections to many hosts. `ask` may run side by side, for different hosts."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._resolver = Resolver(
            allow_private=settings.allow_private_addresses, timeout=settings.timeout, threads=settings.concurrency
        )
        self._idle: OrderedDict[str, httpx.AsyncHTTPTransport] = OrderedDict()  # by origin, longest idle first

    async def close(self) -> None:
        self._resolver.close()
        while self._idle:
            await self._idle.popitem()[1].aclose()

    async def ask(self, url: URL, headers: Mapping[str, str], question: Question) -> Answer:
        """One request. Fault: anything but a response."""
        seconds = self._settings.timeout
        name = url.raw_host.decode("ascii")
        addresses = await self._resolver.addresses(name)
        transport = self._idle.pop(origin(url), None) or self._transport(url.scheme)
        try:
            async with asyncio.timeout(seconds * _WHOLE):
                response = await self._first_response(transport, url, addresses, headers, question.posted)
                try:
                    return await _answer(response, question)
                finally:
                    await response.aclose()
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
            if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                self._resolver.forget(name)
            raise _fault(error, url.host, seconds) from error
        except TimeoutError as error:
            raise Fault(f"the whole page had not arrived after {seconds * _WHOLE:g} seconds", transient=True) from error
        finally:
            await self._keep(origin(url), transport)

    async def _first_response(
        self,
        transport: httpx.AsyncHTTPTransport,
        url: URL,
        addresses: list[str],
        headers: Mapping[str, str],
        posted: bytes | None,
    ) -> httpx.Response:
        """From the first address that can be connected to."""
        seconds = self._settings.timeout
        timeouts = {"connect": seconds / len(addresses), "read": seconds, "write": seconds, "pool": seconds}
        extensions = {"timeout": timeouts, "sni_hostname": url.raw_host.decode("ascii").rstrip(".")}
        for last, address in zip([*[False] * (len(addresses) - 1), True], addresses, strict=True):
            there = url if address == url.host else url.copy_with(host=address)
            request = httpx.Request(
                "GET" if posted is None else "POST",
                there,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                content=posted,
                extensions=extensions,
            )
            try:
                return await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last:
                    raise
        raise AssertionError("there is at least one address")

    def _transport(self, scheme: str) -> httpx.AsyncHTTPTransport:
        context = self._trust if scheme == "https" else self._distrust
        limits = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=_KEEPALIVE)
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Made once: it takes a tenth of a second. SSL_CERT_FILE names authorities of one's own."""
        return httpx.create_ssl_context()

    @cached_property
    def _distrust(self) -> ssl.SSLContext:
        """For plain http: it has no authorities and would accept no certificate at all."""
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def _keep(self, key: str, transport: httpx.AsyncHTTPTransport) -> None:
        if other := self._idle.pop(key, None):
            await other.aclose()
        self._idle[key] = transport
        if len(self._idle) > _IDLE:
            await self._idle.popitem(last=False)[1].aclose()


def basic_login(url: URL) -> str | None:
    """The header Authorization for the user and password in a URL (RFC 7617)."""
    if not url.userinfo:
        return None
    user, _, password = url.userinfo.partition(b":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode("ascii")


def without_login(url: URL) -> str:
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)


async def _answer(response: httpx.Response, question: Question) -> Answer:
    status, headers = response.status_code, response.headers
    body = b""
    if question.wanted(status, headers):
        body = await _read(response, question.limit, question.cut)
    elif status == 304 or _declared(headers, _DRAINED + 1) <= _DRAINED:
        with contextlib.suppress(httpx.TransportError):  # the status says enough
            await _read(response, _DRAINED, cut=True)
    return Answer(status, headers, headers.get_list("set-cookie"), body)


async def _read(response: httpx.Response, limit: int, cut: bool) -> bytes:
    if not cut and _declared(response.headers, 0) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            if not cut:
                raise too_large(limit)
            break
    return b"".join(chunks)[:limit]


def _declared(headers: Mapping[str, str], otherwise: int) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else otherwise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _fault(error: Exception, host: str, seconds: float) -> Fault:
    """What went wrong between the two machines, from the library's exception and what caused it."""
    if isinstance(error, httpx.ConnectTimeout) and any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        return Fault(f"the host {host} did not answer the TLS handshake within {seconds:g} seconds", again=True)
    if isinstance(error, httpx.TimeoutException):
        what = {
            httpx.ConnectTimeout: f"no connection to {host} within {seconds:g} seconds",
            httpx.WriteTimeout: f"the host {host} took no request for {seconds:g} seconds",
        }
        return Fault(what.get(type(error), f"the host {host} was silent for {seconds:g} seconds"), again=True)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate_fault(cause, host)
        if isinstance(cause, (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return Fault(f"the host {host} broke the connection off", again=True)
        if isinstance(cause, ssl.SSLError):
            return Fault(f"no secure connection to {host} could be agreed on ({cause.reason or cause})", tip=_TLS_TIP)
        if isinstance(cause, ConnectionRefusedError):
            return Fault(f"the host {host} refused the connection", again=True)
    if isinstance(error, httpx.RemoteProtocolError):
        return _protocol_fault(str(error), host)
    if isinstance(error, (httpx.LocalProtocolError, UnicodeError)):  # whose words quote the header, perhaps a secret
        reason = "the request cannot be sent: a header has a line break, or a letter that HTTP does not carry"
        return Fault(reason, tip="Look at `headers` of the source.")
    if isinstance(error, httpx.ConnectError):
        return Fault(f"the host {host} cannot be reached", again=True)
    return Fault(f"the connection to {host} was lost", again=True)


def _certificate_fault(error: ssl.SSLCertVerificationError, host: str) -> Fault:
    """Codes are those of X509_verify_cert_error_string (OpenSSL)."""
    renew = "Only the site's operator can mend this; it is not read until then."
    own = "If the authority is your own, name its file in the environment variable SSL_CERT_FILE."
    words, tip = {
        9: ("the certificate of {host} is not valid yet", "Is the clock of this machine right?"),
        10: ("the certificate of {host} has expired", renew),
        18: ("the certificate of {host} is signed by itself and not by an authority", own),
        19: ("the certificate of {host} comes from an authority that is not known", own),
        20: ("the certificate of {host} comes from an authority that is not known, or its chain has a gap", own),
        21: ("the certificate of {host} comes from an authority that is not known, or its chain has a gap", own),
        23: ("the certificate of {host} has been revoked", renew),
        62: ("the certificate is not for {host}", "Check the address; the host may have another name."),
        64: ("the certificate is not for {host}", "Use the host's name instead of its number."),
    }.get(error.verify_code, ("the certificate of {host} cannot be trusted (" + error.verify_message + ")", renew))
    return Fault(words.format(host=host), tip=tip)


def _protocol_fault(words: str, host: str) -> Fault:
    if "without sending a response" in words:
        return Fault(f"the host {host} closed the connection without an answer", again=True)
    if "incomplete" in words or "without sending complete message" in words:
        return Fault("the page ended too early: the connection was closed before all of it had arrived", again=True)
    if "too long" in words:
        return Fault(f"the host {host} sent headers without end")
    # the bytes may be left over from the answer before: a new connection is worth a try
    return Fault(f"the host {host} does not speak proper HTTP ({words.partition(':')[0]})", again=True)
