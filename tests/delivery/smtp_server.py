"""A real SMTP server (aiosmtpd) with TLS and a login, that fails at the step a test names."""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "monitor", "open sesame"


@dataclass
class Fault:
    """step: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, END (after the message). answer: a reply, or "drop".

    only: the recipient that it is for.
    """

    step: str = ""
    answer: str = ""
    only: str = ""


@dataclass
class Mailbox:
    """What the server accepted, from those who logged in."""

    open: bool
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: FaultySMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not (self.open or session.authenticated):
            return "530 5.7.0 Authentication required"
        if server.fault.step == "END":
            return await server.fail()
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


class FaultySMTP(SMTP):
    def __init__(self, fault: Fault, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fault = fault

    async def fail(self) -> str:
        if self.fault.answer == "drop":
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.abort()
            raise asyncio.CancelledError
        return self.fault.answer

    async def _failed(self, step: str, arg: str | None = "") -> bool:
        if self.fault.step != step or (self.fault.only and self.fault.only not in (arg or "")):
            return False
        await self.push(await self.fail())
        return True

    async def _handle_client(self) -> None:
        if await self._failed("CONNECT"):
            assert self.transport is not None
            self.transport.close()
        else:
            await super()._handle_client()

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("EHLO"):
            await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("EHLO"):
            await super().smtp_HELO(arg)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("RCPT", arg):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("DATA"):
            await super().smtp_DATA(arg)


class Server:
    """Runs in a thread of its own; `with Server(...) as server`, then server.port and server.mailbox."""

    def __init__(self, authority: trustme.CA, *, security: str = "starttls", name: str = "localhost") -> None:
        self.fault = Fault()
        self.mailbox = Mailbox(open=security == "none")
        self.connections = 0
        self.port = 0
        self._security = security
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self._tls)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        tls = self._tls if self._security == "tls" else None
        return await self._loop.create_server(self._protocol, "localhost", 0, ssl=tls)

    async def _end(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> FaultySMTP:
        self.connections += 1
        return FaultySMTP(
            self.fault,
            self.mailbox,
            hostname="localhost",
            loop=self._loop,
            tls_context=self._tls if self._security == "starttls" else None,
            require_starttls=self._security == "starttls",
            auth_require_tls=self._security == "starttls",
            authenticator=_login,
        )


def _login(server: FaultySMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)
