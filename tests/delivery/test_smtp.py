"""A digest over SMTP: taken by a real server, or refused or broken off at every step."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme

from monitor.delivery import CHANNELS, build_message, channel_of, message_id, smtp
from monitor.digest import Rendered
from monitor.errors import DeliveryError
from monitor.settings import MailSettings, Settings
from tests.delivery.smtp_server import PASSWORD, USER, Server

FAULTS = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))["fault"]
SENDER = "Positions <monitor@example.org>"
ME = "me@example.org"


def message(recipient: str = ME) -> bytes:
    return build_message(
        Rendered("Positions: 2 new – für dich", "Två nya tjänster\n.\n..\n", "<p>Två nya tjänster</p>\n"),
        sender=SENDER,
        recipient=recipient,
        message_id=message_id("7.20261123", recipient, "example.org"),
        date=datetime(2026, 11, 23, 6, tzinfo=UTC),
        list_id="positions.example.org",
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Server]:
    with Server(authority) as running:
        yield running


@pytest.fixture
def mail(server: Server, ca_file: Path) -> MailSettings:
    return settings(server, ca_file=ca_file)


def settings(server: Server, **changes: Any) -> MailSettings:
    base: dict[str, Any] = {"host": "localhost", "port": server.port, "user": USER, "sender": SENDER, "timeout": 10.0}
    return MailSettings(**base | changes)


def test_the_message_arrives_as_it_was_built(server: Server, mail: MailSettings) -> None:
    smtp.send(message(), SENDER, ME, mail, PASSWORD)
    (envelope,) = server.mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("monitor@example.org", [ME])
    assert envelope.content == message()
    parsed = message_from_bytes(envelope.content, policy=default)
    assert parsed["Subject"] == "Positions: 2 new – für dich"
    text = parsed.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Två nya tjänster", ".", ".."]


def test_tls_from_the_first_byte(authority: trustme.CA, ca_file: Path) -> None:
    with Server(authority, security="tls") as server:
        smtp.send(message(), SENDER, ME, settings(server, security="tls", ca_file=ca_file), PASSWORD)
        assert len(server.mailbox.envelopes) == 1


def test_without_tls_only_where_asked_for(authority: trustme.CA) -> None:
    with Server(authority, security="none") as server:
        smtp.send(message(), SENDER, ME, settings(server, security="none", user=None))
        assert len(server.mailbox.envelopes) == 1
        with pytest.raises(DeliveryError, match="does not offer what is asked of it"):
            smtp.send(message(), SENDER, ME, settings(server), PASSWORD)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f['step']} {f['answer']}")
def test_each_fault_is_told_and_the_run_goes_on(server: Server, mail: MailSettings, fault: dict[str, Any]) -> None:
    server.fault.step, server.fault.answer = fault["step"], fault["answer"]
    with smtp.SmtpSession(mail, PASSWORD) as session:
        with pytest.raises(DeliveryError) as caught:
            session.deliver(message(), sender=SENDER, recipient=ME)
        assert caught.value.final is fault["final"]
        assert fault["words"] in str(caught.value)
        assert f"localhost:{server.port}" in str(caught.value)
        assert server.mailbox.envelopes == []

        server.fault.step = ""
        before = server.connections
        if fault.get("unreachable"):
            with pytest.raises(DeliveryError):
                session.deliver(message(), sender=SENDER, recipient=ME)
            assert server.connections == before
        else:
            session.deliver(message(), sender=SENDER, recipient=ME)
            assert len(server.mailbox.envelopes) == 1


def test_one_refused_recipient_does_not_stop_the_others(server: Server, mail: MailSettings) -> None:
    server.fault.step, server.fault.answer, server.fault.only = "RCPT", "550 5.1.1 no such user", "gone@"
    refused = []
    with smtp.SmtpSession(mail, PASSWORD) as session:
        for recipient in ("one@example.org", "gone@example.org", "two@example.org"):
            try:
                session.deliver(message(recipient), sender=SENDER, recipient=recipient)
            except DeliveryError as error:
                refused.append((recipient, error.final))
    assert refused == [("gone@example.org", True)]
    assert [e.rcpt_tos for e in server.mailbox.envelopes] == [["one@example.org"], ["two@example.org"]]
    assert server.connections == 1


def test_a_wrong_password(server: Server, mail: MailSettings) -> None:
    with pytest.raises(DeliveryError, match="refused the login of monitor: 535") as caught:
        smtp.send(message(), SENDER, ME, mail, "guess")
    assert not caught.value.final  # once it is mended, the digest still goes out
    assert caught.value.tip is not None
    assert smtp.PASSWORD_VARIABLE in caught.value.tip


@pytest.mark.parametrize("password", [None, "", "pässword"])
def test_a_password_that_cannot_be_used(server: Server, mail: MailSettings, password: str | None) -> None:
    with pytest.raises(DeliveryError, match="login of monitor"):
        smtp.send(message(), SENDER, ME, mail, password)
    assert server.mailbox.envelopes == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for(authority: trustme.CA, security: str) -> None:
    with Server(authority, security=security) as server:
        with pytest.raises(DeliveryError, match=r"The certificate of localhost:\d+ is not valid") as caught:
            smtp.send(message(), SENDER, ME, settings(server, security=security), PASSWORD)
        assert not caught.value.final
        assert server.mailbox.envelopes == []


def test_a_certificate_of_another_host(authority: trustme.CA, ca_file: Path) -> None:
    with Server(authority, name="mail.example.org") as server, pytest.raises(DeliveryError, match="not valid"):
        smtp.send(message(), SENDER, ME, settings(server, ca_file=ca_file), PASSWORD)


def test_the_wrong_kind_of_encryption(server: Server, ca_file: Path) -> None:
    with pytest.raises(DeliveryError, match="No encrypted connection") as caught:
        smtp.send(message(), SENDER, ME, settings(server, security="tls", ca_file=ca_file), PASSWORD)
    assert caught.value.tip is not None
    assert "587" in caught.value.tip


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), ("not a certificate", "cannot be used")])
def test_a_bad_ca_file(server: Server, tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "own.pem"
    if content:
        file.write_text(content)
    with pytest.raises(DeliveryError, match=words):
        smtp.send(message(), SENDER, ME, settings(server, ca_file=file), PASSWORD)


def test_a_server_that_is_down(server: Server, mail: MailSettings) -> None:
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        port = unused.getsockname()[1]
        with pytest.raises(DeliveryError, match=f"localhost:{port} refused the connection") as caught:
            smtp.send(message(), SENDER, ME, mail.replace(port=port), PASSWORD)
    assert not caught.value.final


def test_a_silent_server(mail: MailSettings) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        impatient = mail.replace(port=silent.getsockname()[1], timeout=0.05)
        with pytest.raises(DeliveryError, match=r"did not answer within 0\.05 seconds"):
            smtp.send(message(), SENDER, ME, impatient, PASSWORD)


@pytest.mark.parametrize("host", ["mail..example.org", "a" * 70 + ".example.org"])
def test_a_host_that_cannot_be(mail: MailSettings, host: str) -> None:
    with pytest.raises(DeliveryError, match="no host name"):
        smtp.send(message(), SENDER, ME, mail.replace(host=host), PASSWORD)


def test_an_idle_connection_that_was_closed_is_opened_again(server: Server, mail: MailSettings) -> None:
    with smtp.SmtpSession(mail, PASSWORD) as session:
        session.deliver(message(), sender=SENDER, recipient=ME)
        assert session._server is not None
        assert session._server.sock is not None
        session._server.sock.shutdown(socket.SHUT_RDWR)
        session.deliver(message(), sender=SENDER, recipient=ME)
    assert len(server.mailbox.envelopes) == server.connections == 2


def test_the_registry_reaches_the_server(server: Server, ca_file: Path, tmp_path: Path) -> None:
    mail = settings(server, ca_file=ca_file.name)
    whole = Settings(mail=mail, file=tmp_path / "sources.toml")
    assert channel_of(whole) == "smtp"
    with CHANNELS["smtp"](whole, PASSWORD) as channel:
        where = channel.deliver(message(), sender=SENDER, recipient=ME, name="ignored")
    assert "localhost" in where
    assert len(server.mailbox.envelopes) == 1


def test_passwords_come_from_the_environment_or_a_private_file(mail: MailSettings, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    file.chmod(0o600)
    with_file = mail.replace(password_file="secret")
    assert smtp.read_password(mail, tmp_path, {}) == smtp.Password(None)
    assert smtp.read_password(with_file, tmp_path, {}) == smtp.Password("from the file")
    assert smtp.read_password(with_file, tmp_path, {smtp.PASSWORD_VARIABLE: "from outside"}).value == "from outside"
    file.chmod(0o644)
    assert "chmod 600" in (smtp.read_password(with_file, tmp_path, {}).warning or "")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(DeliveryError, match="not UTF-8"):
        smtp.read_password(with_file, tmp_path, {})
    file.unlink()
    with pytest.raises(DeliveryError, match="cannot be read: No such file"):
        smtp.read_password(with_file, tmp_path, {})
