"""A year of fifty sources by known truth, and the web server that shows it as it stands at one moment."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType

FIELDS = (
    "optics",
    "algebra",
    "robotics",
    "soil science",
    "prosody",
    "glaciology",
    "tides",
    "lichens",
    "brewing",
    "topology",
)
FAULTS = ("503", "wall", "nothing", "reset", "half", "429", "maintenance")
_ABOUT = "The University of Lindholm offers a fully funded position in the group of Ottoline Wrenfield. " * 4


@dataclass(frozen=True)
class Life:
    """One position: shown from `opened` until `closed`; its deadline moves once, or never."""

    number: int
    source: int
    opened: datetime
    closed: datetime
    deadline: datetime
    moved_at: datetime | None
    moved_to: datetime

    @property
    def title(self) -> str:
        return f"PhD student in {FIELDS[self.number % len(FIELDS)]}, call {self.number}"

    def deadline_at(self, now: datetime) -> datetime:
        return self.moved_to if self.moved_at and self.moved_at <= now else self.deadline


@dataclass(frozen=True)
class Fault:
    """What a source shows instead of its list from `start` to `end`."""

    source: int
    kind: str
    start: datetime
    end: datetime


@dataclass
class World:
    """What is there, and `now`: the moment at which it is looked at."""

    now: datetime
    lives: Sequence[Life]
    faults: Sequence[Fault]
    by_source: dict[int, list[Life]] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int, start: datetime, days: int, sources: int) -> World:
        chance = random.Random(seed)
        lives: list[Life] = []
        faults: list[Fault] = []
        for source in range(sources):
            at = start - timedelta(days=30)
            while (at := at + timedelta(days=chance.expovariate(1 / 12))) < start + timedelta(days=days):
                span = timedelta(days=chance.uniform(30, 70))
                deadline = at + span
                moved = chance.random() < 0.4
                moved_to = deadline + timedelta(days=14) if moved else deadline
                early = chance.random() < 0.5  # filled before its deadline; the others go after it
                closed = at + span * 0.8 if early else moved_to + timedelta(days=chance.uniform(1, 4))
                moved_at = at + span * 0.45 if moved else None
                lives.append(Life(len(lives), source, at, closed, deadline, moved_at, moved_to))
            for _ in range(chance.randrange(4, 9)):
                begins = start + timedelta(days=chance.uniform(5, days))
                length = timedelta(days=chance.choice((0.5, 1, 2, 4, 6)))
                faults.append(Fault(source, chance.choice(FAULTS), begins, begins + length))
        world = cls(start, lives, faults)
        for life in lives:
            world.by_source.setdefault(life.source, []).append(life)
        return world

    def fault(self, source: int) -> str | None:
        return next((f.kind for f in self.faults if f.source == source and f.start <= self.now < f.end), None)

    def answer(self, source: int, path: str) -> tuple[str, bytes] | None:
        """Status line and body; None: the connection is torn down."""
        kind = self.fault(source)
        if kind == "reset":
            return None
        if kind == "503":
            return "503 Service Unavailable", b"busy"
        if kind == "429":
            return "429 Too Many Requests", b"slow down"
        if path.startswith("/jobs/"):
            return self._ad(source, int(path.rpartition("/")[2]))
        if path != "/jobs":
            return "404 Not Found", b"no"
        if kind == "wall":
            body = (
                "<title>Just a moment...</title><div id='cf-challenge'></div>"
                "<p>Checking your browser before accessing the site.</p>"
            )
        elif kind == "maintenance":
            body = "<title>Maintenance</title><h1>Scheduled maintenance</h1><p>The site is down for maintenance.</p>"
        else:
            body = self._list(source, empty=kind == "nothing")
        raw = f"<!doctype html><html lang=en>{body}</html>".encode()
        return "200 OK", raw[: len(raw) // 2] if kind == "half" else raw

    def _list(self, source: int, *, empty: bool) -> str:
        shown = [] if empty else [p for p in self.by_source.get(source, []) if p.opened <= self.now < p.closed]
        rows = "".join(
            f'<tr><td><a href="/jobs/{p.number}">{p.title}</a></td><td>{p.deadline_at(self.now):%d %B %Y}</td></tr>'
            for p in shown
        )
        table = f"<table><tr><th>Position</th><th>Application deadline</th></tr>{rows}</table>" if not empty else ""
        none = "" if rows or empty else "<p>There are no vacancies at the moment.</p>"
        return f"<title>Vacancies</title><main><h1>Vacancies</h1>{table}{none}</main><footer>{self.now:%d %B}</footer>"

    def _ad(self, source: int, number: int) -> tuple[str, bytes]:
        life = self.lives[number] if number < len(self.lives) else None
        if life is None or life.source != source or not life.opened <= self.now < life.closed:
            return "404 Not Found", b"<h1>Not found</h1>"
        body = (
            f"<!doctype html><title>{life.title}</title><main><h1>{life.title}</h1><p>{_ABOUT}</p>"
            f"<p>Application deadline: {life.deadline_at(self.now):%d %B %Y}</p></main>"
        )
        return "200 OK", body.encode()


class Web:
    """The world on 127.0.0.1, 127.0.0.2 and so on, an address a source; `with Web(world, 50) as web`, then web.port."""

    def __init__(self, world: World, sources: int) -> None:
        self.world = world
        self.requests = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._hosts = [f"127.0.0.{n + 1}" for n in range(sources)]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> Web:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._hosts, self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = int(writer.get_extra_info("sockname")[0].rpartition(".")[2]) - 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                lines = head.decode("latin-1").split("\r\n")
                answer = self.world.answer(source, lines[0].split(" ")[1])
                if answer is None:
                    break
                status, body = answer
                etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
                if status.startswith("200") and any(
                    line.lower().startswith("if-none-match") and etag in line for line in lines
                ):
                    status, body = "304 Not Modified", b""
                more = "Retry-After: 7200\r\n" if status.startswith("429") else ""
                length = "" if status.startswith("304") else f"Content-Length: {len(body)}\r\n"
                head_out = (
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nETag: {etag}\r\n{more}{length}\r\n"
                )
                writer.write(head_out.encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
