"""The web and the mail server of a simulated year, in a process of their own, at the hour that the driver sets.

Every site has a loopback address of its own. What was shown, and every mail that was accepted, is written to a folder,
so that neither the servers nor the driver grow with the year.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import socket
import zlib
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import Envelope, Session

from bench.soak_pages import ad, instead, listing
from bench.soak_pages import address as path_of
from bench.soak_world import FEEDS, Life, Site, Stage, World
from tests.delivery.smtp_server import Fault, FaultySMTP

SHOWN, MAILS = "shown.txt", "mails"
UNKNOWN = "left@example.org"  # an address that the mail server refuses for a while
_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}


@dataclass(frozen=True, slots=True)
class MailTrouble:
    since: float
    until: float
    fault: Fault


def mail_troubles(days: int) -> list[MailTrouble]:
    """When the mail server does what. The outages last days; in a short run, a part of a day."""
    plan = (
        (0.08, 2.5, Fault("CONNECT", "drop")),
        (0.21, 1.0, Fault("END", "451 4.3.0 try again later")),
        (0.30, 1.0, Fault("TAKEN", "drop")),
        (0.41, 8.0, Fault("RCPT", "550 5.1.1 no such user", only=UNKNOWN)),
        (0.55, 5.0, Fault("CONNECT", "drop")),
        (0.71, 1.5, Fault("MAIL", "421 4.3.2 shutting down")),
        (0.83, 1.0, Fault("DATA", "452 4.3.1 disk full")),
    )
    return [MailTrouble(at * days, at * days + min(length, days / 20), fault) for at, length, fault in plan]


class Servers:
    """`with Servers(world, folder) as servers`; then `at(day)` says what time it is there."""

    def __init__(self, world: World, folder: Path) -> None:
        self._clock = multiprocessing.Value("d", 0.0)
        here, there = multiprocessing.Pipe()
        self._pipe: Connection[Any, Any] = here
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_serve, args=(world, folder, self._clock, there), daemon=True)
        self.web_port = 0
        self.mail_port = 0

    def __enter__(self) -> Self:
        self._process.start()
        self.web_port, self.mail_port = self._pipe.recv()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._pipe.send("stop")
        self._process.join(10)
        self._process.kill()

    def at(self, day: float) -> None:
        self._clock.value = day

    def base(self, site: Site) -> str:
        return f"http://{address(site)}:{self.web_port}"


def address(site: Site) -> str:
    return f"127.1.{site.number // 250}.{site.number % 250 + 1}"


def _serve(world: World, folder: Path, clock: Any, pipe: Connection[Any, Any]) -> None:
    asyncio.run(_serving(world, folder, clock, pipe))


async def _serving(world: World, folder: Path, clock: Any, pipe: Connection[Any, Any]) -> None:
    (folder / MAILS).mkdir(exist_ok=True)
    with (folder / SHOWN).open("w", encoding="utf-8", buffering=1) as shown:
        web = Web(world, clock, shown)
        web_port = await web.listen()
        mail = Mail(mail_troubles(world.days), clock, folder / MAILS)
        loop = asyncio.get_running_loop()
        mail_server = await loop.create_server(mail.protocol, "localhost", 0)
        pipe.send((web_port, mail_server.sockets[0].getsockname()[1]))
        await asyncio.to_thread(pipe.recv)


class Web:
    """shown: a line for everything that a site truthfully said for the first time: title, what, moment."""

    def __init__(self, world: World, clock: Any, shown: Any) -> None:
        self._world = world
        self._clock = clock
        self._shown = shown
        self._said: set[tuple[str, str]] = set()
        self._sites = {address(site): site for site in world.sites}
        self._nonce = itertools.count(1)
        self._port = 0

    async def listen(self) -> int:
        for host in self._sites:
            server = await asyncio.start_server(self._talk, host, self._port, family=socket.AF_INET)
            self._port = server.sockets[0].getsockname()[1]
        return self._port

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
                answer = self._answer(headers["host"].partition(":")[0], lines[0].split()[1], headers)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, host: str, path: str, headers: dict[str, str]) -> bytes | None:
        """The whole response; None breaks the connection off."""
        site, day = self._sites[host], float(self._clock.value)
        trouble = site.trouble(day)
        if path == "/robots.txt":
            return _response(503) if trouble == "robots" else _response(404)
        if trouble == "503":
            return _response(503)
        if trouble == "429":
            return _response(429, headers={"Retry-After": "21600"})
        if trouble == "reset":
            return None
        if path == site.path:
            return self._list(site, day, trouble, headers)
        return self._ad(site, day, path)

    def _list(self, site: Site, day: float, trouble: str | None, headers: dict[str, str]) -> bytes:
        look = site.look(day)
        if trouble in ("maintenance", "captcha", "emptied"):
            return _response(200, instead(trouble, feed=look.style in FEEDS))
        for life, stage in site.shown(day):
            self._note(life, stage, day, dated=site.dated)
        base = f"http://{address(site)}:{self._port}"
        body = listing(self._world, site, day, base, next(self._nonce)).encode(look.encoding)
        kind = f"{_TYPES.get(look.style, 'text/html')}; charset={look.encoding}"
        if not site.steady:
            return _response(200, body, kind)
        tag = f'"{zlib.crc32(body):08x}"'
        if headers.get("if-none-match") == tag:
            return _response(304, headers={"ETag": tag})
        return _response(200, body, kind, {"ETag": tag})

    def _ad(self, site: Site, day: float, path: str) -> bytes:
        """By the present scheme of addresses; those of an earlier look lead nowhere."""
        asked = path.partition("?session=")[0]
        for life, stage in site.open(day):
            if path_of(site.look(day), life, stage).partition("?session=")[0] == asked:
                self._note(life, stage, day, dated=True)
                return _response(200, ad(site, life, stage, next(self._nonce)))
        return _response(404)

    def _note(self, life: Life, stage: Stage, day: float, *, dated: bool) -> None:
        round_ = sum(map(life.is_again, life.stages[: life.stages.index(stage) + 1]))
        for what in (f"open {round_}", f"deadline {stage.deadline}")[: 1 + dated]:
            if (life.title, what) not in self._said:
                self._said.add((life.title, what))
                self._shown.write(f"{life.title}\t{what}\t{day}\n")


def _response(
    status: int, body: str | bytes = b"", kind: str = "text/html; charset=utf-8", headers: dict[str, str] | None = None
) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} -", f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join((*lines, "", "")).encode() + content


class Mail:
    """Takes mails, each into a file, or does not, as the plan has it. TAKEN: it takes one, and never says so."""

    def __init__(self, troubles: list[MailTrouble], clock: Any, folder: Path) -> None:
        self._troubles = troubles
        self._clock = clock
        self._folder = folder
        self._count = itertools.count(1)

    def protocol(self) -> FaultySMTP:
        day = float(self._clock.value)
        fault = next((t.fault for t in self._troubles if t.since <= day < t.until), Fault())
        return FaultySMTP(fault, self, hostname="localhost", loop=asyncio.get_running_loop())

    async def handle_DATA(self, server: FaultySMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if server.fault.step == "END":
            return await server.fail()
        assert isinstance(envelope.content, bytes)
        file = self._folder / f"{next(self._count):06}-{envelope.rcpt_tos[0]}.eml"
        file.write_bytes(envelope.content)
        if server.fault.step == "TAKEN":
            return await server.fail()
        return "250 2.0.0 taken"
