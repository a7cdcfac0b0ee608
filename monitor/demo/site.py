"""The University of Lindholm as it stood in two weeks of March 2026, served on a loopback port.

A page is a file under `pages/week1`; `pages/week2` holds only what differs a week later. A file's name says what is
served: `jobs/7301.part.html` is /jobs/7301, set into that week's `layout.html`; `jobs/7295.404.part.html` is answered
with status 404; any other file is sent byte for byte.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from threading import Thread
from types import TracebackType
from urllib.parse import unquote, urlsplit

from monitor.values import Value

WEEKS = {1: datetime(2026, 3, 2, 6, 0, tzinfo=UTC), 2: datetime(2026, 3, 9, 6, 0, tzinfo=UTC)}  # two Mondays
_SESSIONS = {1: "c2f1a07be4", 2: "91d6e83b5c"}  # in every link of the recruitment system, as in real ones
_HOST = "http://lindholm.invalid"  # stands for the site's address in demo.toml

_NAME = re.compile(r"(?P<path>.+?)(?:\.(?P<status>\d{3}))?(?P<part>\.part)?\.(?P<type>html|xml|txt)")
_TYPES = {"html": "text/html", "xml": "application/rss+xml", "txt": "text/plain; charset=utf-8"}


class Document(Value):
    """What one address answers. modified: the Monday of the week in which it took its present form."""

    body: bytes
    content_type: str
    status: int
    modified: datetime

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:16]}"'


def documents(week: int) -> dict[str, Document]:
    """URL path -> what the site answers in that week."""
    layout, layout_week = "", 1
    found: dict[str, tuple[re.Match[str], bytes, int]] = {}
    for number in range(1, week + 1):
        for name, body in _files(files("monitor.demo") / "pages" / f"week{number}"):
            if name == "layout.html":
                layout, layout_week = body.decode(), number
            elif match := _NAME.fullmatch(name):
                found[_address(match)] = (match, body, number)
    return {
        address: Document(
            body=_set_in(layout, body, week) if match["part"] else body,
            content_type=_TYPES[match["type"]] + ("; charset=utf-8" if match["part"] else ""),
            status=int(match["status"] or 200),
            modified=WEEKS[max(number, layout_week) if match["part"] else number],
        )
        for address, (match, body, number) in found.items()
    }


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            found += _files(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _address(match: re.Match[str]) -> str:
    path = re.sub(r"(^|/)index$", r"\1", match["path"])
    return f"/{path}" if match["type"] == "html" else f"/{path}.{match['type']}"


def _set_in(layout: str, body: bytes, week: int) -> bytes:
    content = body.decode()
    title = re.search(r"<h1[^>]*>(.*?)</h1>", content, re.S)
    page = Template(layout).safe_substitute(content=content, title=title[1] if title else "")
    return page.replace("$session", _SESSIONS[week]).encode()


class DemoSite:
    """`with DemoSite() as site:` serves the first week at `site.url`; `site.show(week=2)` turns the page."""

    def __init__(self) -> None:
        self._documents = {week: documents(week) for week in WEEKS}
        self.week = 1
        site = self

        class Handler(_Handler):
            def document(self, path: str) -> Document | None:
                return site._documents[site.week].get(path)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def now(self) -> datetime:
        """The morning of the Monday that is shown."""
        return WEEKS[self.week]

    def show(self, week: int) -> None:
        """1 or 2."""
        if week not in WEEKS:
            raise ValueError(f"the demo has weeks {', '.join(map(str, WEEKS))}, not {week}")
        self.week = week

    def configuration(self) -> str:
        """demo.toml with the address that this site has now."""
        text = (files("monitor.demo") / "demo.toml").read_text(encoding="utf-8")
        return text.replace(_HOST, self.url)

    def __enter__(self) -> DemoSite:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: sent apart, they wait 40 ms for each other

    def document(self, path: str) -> Document | None:
        raise NotImplementedError

    def do_GET(self) -> None:  # the name is http.server's
        document = self.document(unquote(urlsplit(self.path).path))
        if document is None:
            self._answer(HTTPStatus.NOT_FOUND, b"<!doctype html><title>404</title><h1>Page not found</h1>", {})
            return
        headers = {"Content-Type": document.content_type}
        if document.status == HTTPStatus.OK:
            headers |= {"ETag": document.etag, "Last-Modified": format_datetime(document.modified, usegmt=True)}
            if self._is_known(document):
                self._answer(HTTPStatus.NOT_MODIFIED, b"", headers)
                return
        self._answer(document.status, document.body, headers)

    def _is_known(self, document: Document) -> bool:
        """RFC 9110 section 13.2.2: If-None-Match decides where it is sent, else If-Modified-Since."""
        if known := self.headers.get("If-None-Match"):
            return document.etag in known
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since") or "")
        except ValueError:
            return False
        return document.modified <= since.replace(tzinfo=since.tzinfo or UTC)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers).items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what is fetched is the program's to tell."""
