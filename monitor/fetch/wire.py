"""One request and its answer, or a sentence about what went wrong. With `transport` the only module that knows httpx.

Requests go through a transport and not through a client: no environment, no cookie jar, no redirects, no content
decoding. They are addressed to network addresses that were checked, with the name in Host and in the TLS handshake, so
that no second look-up can lead elsewhere.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import cast
from urllib.parse import unquote_to_bytes

import httpx

from monitor.fetch.addresses import Resolver
from monitor.fetch.body import too_large
from monitor.fetch.faults import Fault
from monitor.fetch.transport import Transport
from monitor.settings import FetchSettings
from monitor.values import Value, field

_TLS_TIP = "Does the address work in a browser? The server may speak http only, or outdated TLS."
_LOOKS_LIKE = "It looks like https://www.example.org/jobs"
_HOST = re.compile(rb"[\w.-]+|[\da-f:.]+")  # what every library reads in the same way: a name, an IPv6 address
_WHOLE = 3  # a whole request may take so many times the timeout of one read


class URL(Value):
    """The address of a page. parsed: in httpx's terms, with the login that it may carry. text: without that.

    host: what politeness is counted by: host and port (unless it is the usual one), lower case. origin: scheme and
    host, what robots.txt and credentials are for.
    """

    parsed: httpx.URL
    text: str
    host: str
    origin: str

    @classmethod
    def of(cls, parsed: httpx.URL) -> URL:
        netloc = parsed.netloc.decode("ascii").lower()
        host, colon, port = netloc.rpartition(":") if parsed.port else (netloc, "", "")
        authority = host.rstrip(".") + colon + port
        text = str(parsed.copy_with(userinfo=b"") if parsed.userinfo else parsed)
        return cls(parsed, text, authority, f"{parsed.scheme}://{authority}")

    def __str__(self) -> str:
        return self.text


class Answer(Value):
    """A response as it came. headers: by names in lower case. body: still encoded; empty unless wanted."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    set_cookie: list[str] = field(default_factory=list)
    body: bytes = b""


class Question(Value):
    """What is wanted of a response. limit: bytes of body; a longer one is a Fault, or cut off there if `cut`.

    wanted: whether the body is read, given status and headers; it may raise a Fault. posted: the body of a POST; None
    for a GET.
    """

    limit: int
    wanted: Callable[[int, Mapping[str, str]], bool]
    cut: bool = False
    posted: bytes | None = None


@lru_cache(maxsize=5000)  # a kilobyte each; a poll asks for each address twice
def parse(url: str) -> URL:
    """The address of a page. Fault: it is none that can be fetched."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise Fault("this is no web address", tip=_LOOKS_LIKE) from error
    if parsed.scheme not in ("http", "https"):
        raise Fault(f"{parsed.scheme or 'an address without scheme'} is not fetched, only http and https")
    sound = host.strip(".") and _HOST.fullmatch(parsed.raw_host)
    if not sound or not (parsed.port is None or 0 < parsed.port < 65536):
        raise Fault("this is no web address", tip=_LOOKS_LIKE)
    return URL.of(parsed)


def joined(base: URL, reference: str) -> URL:
    """Where a reference on the page `base` leads. Fault: nowhere that can be fetched."""
    try:
        absolute = str(base.parsed.join(reference))
    except (httpx.InvalidURL, ValueError):
        absolute = reference
    return parse(absolute)


def host_of(url: str) -> str:
    """`URL.host` of an address; "" for no web address."""
    try:
        return parse(url).host
    except Fault:
        return ""


def may_share(start: str | URL, at: str | URL) -> bool:
    """Whether what is private to the URL `start` may be sent to `at`: same host and port, and no https given up."""
    try:
        start, at = (parse(url) if isinstance(url, str) else url for url in (start, at))
    except Fault:
        return False
    return start.host == at.host and (at.parsed.scheme == "https" or start.parsed.scheme == "http")


class Wire:
    """Connections to many hosts. `ask` may run side by side."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._resolver = Resolver(
            allow_private=settings.allow_private_addresses, timeout=settings.timeout, threads=settings.concurrency
        )
        self._transport = Transport()

    async def close(self) -> None:
        self._resolver.close()
        await self._transport.aclose()

    async def ask(self, url: URL, headers: Mapping[str, str], question: Question) -> Answer:
        """One request. Fault: anything but a response."""
        seconds = self._settings.timeout
        name = url.parsed.raw_host.decode("ascii")
        extensions = {
            "timeout": {"connect": seconds, "read": seconds, "whole": seconds * _WHOLE},
            "addresses": await self._resolver.addresses(name),
            "take": partial(_wanted_bytes, question),
        }
        method, posted = ("GET", b"") if question.posted is None else ("POST", question.posted)
        try:
            request = httpx.Request(
                method, url.parsed, headers=headers, stream=httpx.ByteStream(posted), extensions=extensions
            )
            response = await self._transport.handle_async_request(request)
            return await _answer(response, question)
        except (httpx.TransportError, UnicodeError) as error:
            if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                self._resolver.forget(name)
            raise _fault(error, url.parsed.host, seconds) from error


def basic_login(url: URL) -> str | None:
    """The header Authorization for the user and password in a URL (RFC 7617)."""
    userinfo = url.parsed.userinfo
    if not userinfo:
        return None
    user, _, password = userinfo.partition(b":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode("ascii")


def _wanted_bytes(question: Question, status: int, headers: Mapping[str, str]) -> int | None:
    """How much of a body is taken; None: nothing. Fault: it is too large, or no page (`Question.wanted`)."""
    if not question.wanted(status, headers):
        return None
    length = headers.get("content-length", "")
    if not question.cut and length.isdecimal() and (len(length) > 20 or int(length) > question.limit):
        raise too_large(question.limit)
    return question.limit


async def _answer(response: httpx.Response, question: Question) -> Answer:
    body = b"".join([chunk async for chunk in cast(httpx.AsyncByteStream, response.stream)])
    if len(body) > question.limit and not question.cut:
        raise too_large(question.limit)
    headers = dict(response.headers.items())
    cookies = response.headers.get_list("set-cookie") if "set-cookie" in headers else []
    return Answer(response.status_code, headers, cookies, body[: question.limit])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _fault(error: Exception, host: str, seconds: float) -> Fault:
    """What went wrong between the two machines, from the library's exception and what caused it."""
    if isinstance(error, httpx.ConnectTimeout) and "TLS" in str(error):
        return Fault(f"the host {host} did not answer the TLS handshake within {seconds:g} seconds", again=True)
    if isinstance(error, httpx.ConnectTimeout):
        return Fault(f"no connection to {host} within {seconds:g} seconds", again=True)
    if isinstance(error, httpx.ReadTimeout) and "late" in str(error):
        return Fault(f"the whole page had not arrived after {seconds * _WHOLE:g} seconds", transient=True)
    if isinstance(error, httpx.ReadTimeout):
        return Fault(f"the host {host} was silent for {seconds:g} seconds", again=True)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate_fault(cause, host)
        if isinstance(cause, (ConnectionResetError, BrokenPipeError)):
            return Fault(f"the host {host} broke the connection off", again=True)
        if isinstance(cause, ssl.SSLError):
            return Fault(f"no secure connection to {host} could be agreed on ({cause})", tip=_TLS_TIP)
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
    }.get(error.verify_code, ("the certificate of {host} cannot be trusted (" + error.verify_message + ")", renew))
    return Fault(words.format(host=host), tip=tip)


def _protocol_fault(words: str, host: str) -> Fault:
    if "without sending a response" in words:
        return Fault(f"the host {host} closed the connection without an answer", again=True)
    if "incomplete" in words:
        return Fault("the page ended too early: the connection was closed before all of it had arrived", again=True)
    if "too long" in words:
        return Fault(f"the host {host} sent headers without end")
    # the bytes may be left over from the answer before: a new connection is worth a try
    return Fault(f"the host {host} does not speak proper HTTP ({words.partition(':')[0]})", again=True)
