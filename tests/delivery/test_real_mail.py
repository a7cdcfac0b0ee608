"""A digest through postfix into dovecot, read back over IMAP: what a mail system really does with it."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
import trustme

from monitor.config import parse
from monitor.pipeline.samples import send_samples
from monitor.settings import Settings
from tests.delivery.mail_servers import PASSWORD, USER, MailServers, mail_servers, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
CONFIG = """
[mail]
host = "localhost"
port = {port}
user = "{user}"
from = "Positions <monitor@example.org>"
ca_file = "ca.pem"
[[digest]]
to = ["me@example.org", "nobody@example.org"]
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def servers(authority: trustme.CA) -> Iterator[MailServers]:
    with mail_servers(authority) as running:
        yield running


@pytest.fixture
def settings(servers: MailServers, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MONITOR_SMTP_PASSWORD", PASSWORD)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return parse(CONFIG.format(port=servers.smtp, user=USER), tmp_path / "sources.toml")


@pytest.fixture
def inbox(servers: MailServers) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", servers.imap, timeout=30) as server:
        server.login(USER, PASSWORD)
        server.select()
        yield server


def wait_for_mail(inbox: imaplib.IMAP4) -> None:
    """RFC 2177: the server tells when something has come since the mailbox was opened."""
    inbox.send(b"idle IDLE\r\n")
    while b" EXISTS" not in (line := inbox.readline()):
        assert line, "the server hung up"
    inbox.send(b"DONE\r\n")
    while not inbox.readline().startswith(b"idle OK"):
        pass


def only_mail(inbox: imaplib.IMAP4) -> EmailMessage:
    inbox.noop()
    _, found = inbox.search(None, "ALL")
    (number,) = found[0].split()
    _, fetched = inbox.fetch(number, "(RFC822)")
    raw: Any = fetched[0]
    message = message_from_bytes(raw[1], policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_digest_arrives_as_it_was_sent(settings: Settings, inbox: imaplib.IMAP4) -> None:
    sent, refused = send_samples(settings, MONDAY)
    assert (sent.state, sent.error) == ("sent", None)
    assert refused.state == "failed"
    assert "refused the recipient nobody@example.org: 550 5.1.1" in (refused.error or "")
    wait_for_mail(inbox)
    message = only_mail(inbox)
    assert message.defects == []
    assert message["Message-ID"] == sent.message_id
    assert message["To"] == "me@example.org"
    assert message["From"] == "Positions <monitor@example.org>"
    assert message["Return-Path"] == "<monitor@example.org>"
    assert message["Subject"].startswith("Sample (invented): Positions: ")
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "Universität Sankt Elm" in body.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "deadlines.ics"
    calendar: Any = icalendar.Calendar.from_ical(attached.get_content())
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar.errors == []
    assert len(calendar.events) > 1
    assert any("Universität Sankt Elm" in event["SUMMARY"] for event in calendar.events)


def test_a_wrong_password_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_SMTP_PASSWORD", "guessed")
    results = list(send_samples(settings, MONDAY))
    assert {sent.state for sent in results} == {"failed"}
    assert all("refused the login of me: 535 5.7.8" in (sent.error or "") for sent in results)


def test_a_certificate_of_others_is_not_believed(settings: Settings) -> None:
    trustme.CA().cert_pem.write_to_path(settings.folder / "ca.pem")
    assert all("is not valid" in (sent.error or "") for sent in send_samples(settings, MONDAY))
