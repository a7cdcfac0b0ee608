"""Why there is no page, in words for a person, and whether trying again makes sense."""

from __future__ import annotations

import re
from http import HTTPStatus
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

from monitor.errors import FetchError

_SECRET = re.compile(
    r"(?<![a-z])(?:[a-z]*token|[a-z]*secret|pass(?:word|wd)?|pwd|[a-z]*[_-]?api[_-]?key|(?:access|private)?[_-]?key"
    r"|sig(?:nature)?|auth[a-z]*|[a-z]*session[a-z]*|sid|credentials?|jwt)=[^&;#]*",
    re.IGNORECASE,
)


class Fault(Exception):  # noqa: N818  the error that a person is told of is FetchError
    """A fetch that brought no page. reason: what comes after "URL: ", without its full stop.

    transient: a later try may succeed. again: so may one within seconds. retry_after: seconds the server asked for.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        transient: bool = False,
        again: bool = False,
        retry_after: float | None = None,
        tip: str | None = None,
    ) -> None:
        self.reason = _printable(reason)  # it may quote what the server sent
        super().__init__(self.reason)
        self.status = status
        self.transient = transient or again
        self.again = again
        self.retry_after = retry_after
        self.tip = tip

    def about(self, asked: str, at: str | None = None) -> FetchError:
        """The error for the one who asked for `asked`; at: the address it was redirected to, if it was."""
        where = shown(asked) if at is None or shown(at) == shown(asked) else f"{shown(asked)} (now at {shown(at)})"
        return FetchError(
            f"{where}: {self.reason}.",
            url=shown(asked),
            status=self.status,
            transient=self.transient,
            retry_after=self.retry_after,
            tip=self.tip,
        )


class Answered:
    """What goes wrong with an answer bears its status: the server is there, and so is what was asked for."""

    def __init__(self, status: int) -> None:
        self._status = status

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Fault):
            error.status = error.status or self._status


def shown(url: str) -> str:
    """The URL as it may be printed and stored: without user, password and the values of secret-looking parameters."""
    url = _printable(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    query = _SECRET.sub(lambda match: match[0].split("=", 1)[0] + "=***", parts.query)
    fragment = _SECRET.sub(lambda match: match[0].split("=", 1)[0] + "=***", parts.fragment)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, fragment))


_STATUS_WORDS = {
    400: ("the server does not understand the request", "Open the address in a browser and copy what it shows there."),
    401: ("the page asks for a login", "Put the credentials into `headers` of the source, or watch a public page."),
    402: ("the page is behind a payment", None),
    403: (
        "the server refuses to show the page",
        "It may block programs: set `contact` in [fetch], or ask its operator.",
    ),
    404: ("the server does not know this page", "It may have moved: look for its new address."),
    406: ("the server has no version of the page that can be read", None),
    407: ("a proxy in between asks for a login", None),
    408: ("the server waited too long for the request", None),
    410: ("the page has been removed for good", None),
    425: ("the server wants the request later", None),
    429: ("the server says that it is asked too often", "Check the source less often (`every`) or raise `delay`."),
    451: ("the page is withheld for legal reasons", None),
    500: ("the server failed", None),
    502: ("the server behind the site does not answer rightly", None),
    503: ("the server is overloaded or under maintenance", None),
    504: ("the server behind the site does not answer in time", None),
}
_AGAIN = {408, 425, 429, 502, 503, 504}


def status_fault(status: int, retry_after: float | None = None) -> Fault:
    """The fault that a response other than a page is. status: any but 2xx, 304 and a redirect that leads on."""
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    words, tip = _STATUS_WORDS.get(status, (None, None))
    if words is None:
        kinds = {4: "the server refuses the request", 5: "the server failed"}
        words = kinds.get(status // 100, "the server gave an answer that is no page")
    return Fault(
        f"{words} ({name})",
        status=status,
        transient=status >= 500 or status in _AGAIN,
        again=status in _AGAIN,
        retry_after=retry_after,
        tip=tip,
    )


def _printable(text: str) -> str:
    """Without what steers a terminal, and without the halves of characters that no file takes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
