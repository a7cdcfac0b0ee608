"""Digests to an SMTP server, over a verified connection."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from monitor.delivery.message import address
from monitor.errors import DeliveryError
from monitor.settings import MailSettings, Settings
from monitor.values import Value

PASSWORD_VARIABLE = "MONITOR_SMTP_PASSWORD"  # noqa: S105  its name, not a password
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Password(Value):
    """value: None where none is set. warning: one sentence, when others can read its file."""

    value: str | None
    warning: str | None = None


def read_password(mail: MailSettings, folder: Path, environ: Mapping[str, str]) -> Password:
    """From MONITOR_SMTP_PASSWORD, else from `password_file` (relative to `folder`). DeliveryError if unreadable."""
    if value := environ.get(PASSWORD_VARIABLE):
        return Password(value)
    if mail.password_file is None:
        return Password(None)
    file = folder / mail.password_file
    try:
        value = file.read_text(encoding="utf-8").strip("\r\n")
        open_to_others = file.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DeliveryError(f"The password file {file} cannot be read: {reason}.") from error
    warning = f"Others can read the password file {file}; `chmod 600 {file}` ends that." if open_to_others else None
    return Password(value or None, warning)


def send(message: bytes, sender: str, recipient: str, settings: MailSettings, password: str | None = None) -> None:
    """Sends one message over a connection of its own. Raises DeliveryError."""
    with SmtpSession(settings, password) as server:
        server.deliver(message, sender=sender, recipient=recipient)


@contextmanager
def session(settings: Settings, password: str | None = None) -> Iterator[SmtpSession]:
    if settings.mail is None:
        raise DeliveryError("There is no [mail] in sources.toml.", tip="Add it, or let digests go to outbox/.")
    with SmtpSession(settings.mail, password, settings.folder) as server:
        yield server


class SmtpSession:
    """One connection for the messages of a run: opened by the first, opened again after it broke.

    A server that could not be reached is not asked again in the same run: each message fails with the same words.
    """

    def __init__(self, mail: MailSettings, password: str | None = None, folder: Path = Path()) -> None:
        self._mail = mail
        self._password = password
        self._folder = folder
        self._server: smtplib.SMTP | None = None
        self._unreachable: DeliveryError | None = None
        self._where = f"{mail.host}:{mail.port or _PORTS[mail.security]}"

    def __enter__(self) -> SmtpSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._close()

    def deliver(self, message: bytes, *, sender: str, recipient: str, name: str = "") -> str:
        """Raises DeliveryError; `final` if the server refused this sender, recipient or message for good (5xx)."""
        envelope = address(sender), [address(recipient)]
        server = self._connected(recipient)
        try:
            server.sendmail(*envelope, message)
        except (smtplib.SMTPException, OSError) as error:
            if not _answers(error):  # it broke; after a refusal it can go on
                self._close()
            raise self._explained(error, recipient) from error
        return f"accepted by {self._where}"

    def login(self) -> str:
        """Connects and logs in, and sends nothing. Says where; raises DeliveryError."""
        self._connected("")
        return self._where

    def _connected(self, recipient: str) -> smtplib.SMTP:
        """The connection that is open, if it still answers; else a new one."""
        if self._unreachable:
            raise self._unreachable
        if self._server is not None and not _ready(self._server):
            self._close()
        if self._server is None:
            try:
                self._server = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                self._unreachable = self._explained(error, recipient)
                raise self._unreachable from error
            except UnicodeError as error:
                self._unreachable = DeliveryError(f"{self._mail.host!r} is no host name.")
                raise self._unreachable from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        mail, context = self._mail, self._tls()
        port = mail.port or _PORTS[mail.security]
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, port, timeout=mail.timeout, context=context)
        else:
            server = smtplib.SMTP(mail.host, port, timeout=mail.timeout)
        try:
            if mail.security == "starttls":
                server.starttls(context=context)  # without a context, smtplib verifies nothing
            if mail.user:
                server.login(mail.user, self._password_of(mail.user))
        except BaseException:
            server.close()
            raise
        return server

    def _password_of(self, user: str) -> str:
        tip = f"Set {PASSWORD_VARIABLE} in the environment, or `password_file` under [mail]."
        if not self._password:
            raise DeliveryError(f"There is no password for the login of {user} at {self._where}.", tip=tip)
        if not (user + self._password).isascii():
            raise DeliveryError(f"The login of {user} has letters that SMTP cannot carry; only ASCII can.", tip=tip)
        return self._password

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._mail.ca_file:
            file = self._folder / self._mail.ca_file
            try:
                context.load_verify_locations(file)
            except OSError as error:  # ssl.SSLError is one
                raise DeliveryError(f"The ca_file {file} cannot be used: {error.strerror or error}.") from error
        return context

    def _close(self) -> None:
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server.close()
            self._server = None

    def _explained(self, error: smtplib.SMTPException | OSError, recipient: str) -> DeliveryError:
        where, said = self._where, _answer(error)
        if isinstance(error.__context__, TimeoutError):  # smtplib wraps it
            error = error.__context__
        match error:
            case smtplib.SMTPRecipientsRefused():
                return DeliveryError(f"{where} refused the recipient {recipient}: {said}", final=_for_good(error))
            case smtplib.SMTPSenderRefused():
                text = f"{where} refused the sender {self._mail.sender}: {said}"
                return DeliveryError(text, final=_for_good(error), tip="See `from` under [mail].")
            case smtplib.SMTPDataError():
                return DeliveryError(f"{where} refused the message to {recipient}: {said}", final=_for_good(error))
            case smtplib.SMTPAuthenticationError():
                return DeliveryError(
                    f"{where} refused the login of {self._mail.user}: {said}",
                    tip=f"See `user` under [mail], and {PASSWORD_VARIABLE} or `password_file`.",
                )
            case smtplib.SMTPNotSupportedError():
                return DeliveryError(
                    f"{where} does not offer what is asked of it: {error}",
                    tip="See `security` and `user` under [mail].",
                )
            case smtplib.SMTPServerDisconnected():
                return DeliveryError(f"{where} broke the connection: {error}")
            case smtplib.SMTPException():
                return DeliveryError(f"{where} is not ready to take mail: {said}")
            case ssl.SSLCertVerificationError():
                return DeliveryError(
                    f"The certificate of {where} is not valid: {error.verify_message}",
                    tip="Is `host` its right name? A certificate authority of your own goes into `ca_file`.",
                )
            case ssl.SSLError():
                return DeliveryError(
                    f"No encrypted connection to {where}: {error.reason or error}",
                    tip='`security = "starttls"` is for port 587, "tls" for port 465.',
                )
            case ConnectionRefusedError():
                return DeliveryError(f"{where} refused the connection.", tip="Is the port right, is the server up?")
            case TimeoutError():
                return DeliveryError(f"{where} did not answer within {self._mail.timeout:g} seconds.")
            case _:
                return DeliveryError(f"{where} cannot be reached: {error.strerror or error}.")


def _ready(server: smtplib.SMTP) -> bool:
    """Does it still answer? A refused DATA also leaves smtplib in the middle of a transaction, which this ends."""
    try:
        return server.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _answers(error: BaseException) -> list[tuple[int, bytes | str]]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return list(error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return [(error.smtp_code, error.smtp_error)]
    return []


def _answer(error: BaseException) -> str:
    """The server's own words, on one line."""
    said = [
        f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
        for code, text in _answers(error)
    ]
    return " ".join(" ".join(said).split())[:300] or str(error)


def _for_good(error: BaseException) -> bool:
    return all(500 <= code < 600 for code, _ in _answers(error))
