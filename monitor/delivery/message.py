"""A rendered digest as an RFC 5322 message.

The header lines are written here and not by `email`: its folding turns an address or id of more than some 60
characters into an RFC 2047 encoded word, which mail programs then do not recognise (cpython#85725).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Protocol

from monitor.calendar import METHOD
from monitor.digest import Rendered
from monitor.errors import DeliveryError

CALENDAR = "deadlines.ics"
_REFERENCES = 10  # earlier digests named; a longer chain tells a mail program nothing more


class Channel(Protocol):
    """An open way to recipients; one serves all messages of a run."""

    def deliver(self, message: bytes, *, sender: str, recipient: str, name: str) -> str:
        """Hands the message over. name: the same for every try. Returns where it went; raises DeliveryError."""
        ...


def build_message(
    rendered: Rendered,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    date: datetime,
    list_id: str,
    references: Sequence[str] = (),
    calendar: str | None = None,
) -> bytes:
    """The whole message, pure ASCII with CRLF line ends, ready for SMTP or a file.

    sender, recipient: an address, or `Name <address>`. references: Message-IDs of this subscriber's earlier
    digests, oldest first. calendar: the text of deadlines.ics, attached. Raises DeliveryError (final) for an address
    that mail without SMTPUTF8 cannot carry.
    """
    body = EmailMessage(policy=SMTP)
    body.set_content(_encodable(rendered.text), cte="quoted-printable")
    body.add_alternative(_encodable(rendered.html), subtype="html", cte="quoted-printable")
    body.set_boundary(_boundary("alternative", message_id))
    if calendar:  # what is there becomes the first part of multipart/mixed
        body.add_attachment(
            calendar, subtype="calendar", params={"method": METHOD}, filename=CALENDAR, cte="quoted-printable"
        )
        body.set_boundary(_boundary("mixed", message_id))
    mailbox = address(sender)
    headers = [
        ("Date", format_datetime(date)),
        ("From", _mailbox(sender)),
        ("To", _mailbox(recipient)),
        ("Subject", _words(rendered.subject)),
        ("Message-ID", _id(message_id)),
        *([("References", "\r\n ".join(map(_id, references[-_REFERENCES:])))] if references else []),
        ("List-Id", _id(f"<{list_id}>")),
        ("List-Unsubscribe", f"<mailto:{mailbox}?subject=unsubscribe>"),
        ("Auto-Submitted", "auto-generated"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + body.as_bytes()


def _boundary(part: str, message_id: str) -> str:
    """The same at every try."""
    return "=_" + sha256(f"{part} {message_id}".encode()).hexdigest()[:32]


def message_id(digest_id: str | int, recipient: str, domain: str) -> str:
    """`<digest-ID.HASH@domain>`, the same for every try to this recipient.

    digest_id: one that no other digest from this domain ever had, not even one of a deleted database, as a mail
    server may drop a second message with an id that it has seen.
    """
    mark = sha256(address(recipient).casefold().encode()).hexdigest()[:12]
    return f"<digest-{_token(str(digest_id))}.{mark}@{_domain(domain)}>"


def list_id(digest_name: str, sender: str) -> str:
    """The List-Id of one subscriber's digests (RFC 2919), under the sender's domain."""
    mark = sha256(digest_name.encode("utf-8", "replace")).hexdigest()[:8]
    label = re.sub(r"[^a-z0-9]+", "-", digest_name.casefold()).strip("-")[:30].strip("-")
    return f"{label or 'digest'}-{mark}.{address(sender).rpartition('@')[2]}"


def file_name(on: date, digest_id: str | int, recipient: str) -> str:
    """The name of a delivery's file, without ending: the same for every try."""
    who = address(recipient).casefold()
    safe = re.sub(r"[^a-z0-9@._+-]", "_", who)[:80]
    if safe != who:
        safe += "-" + sha256(who.encode()).hexdigest()[:8]
    return f"{on:%Y-%m-%d}-{_token(str(digest_id))}-{safe}"


def address(mailbox: str) -> str:
    """The bare address of `Name <address>`, its domain in ASCII (IDNA)."""
    local, _, domain = _split(mailbox)[1].rpartition("@")
    if not re.fullmatch(r"[!-~]+", local) or re.search(r"[<>]", local):
        raise DeliveryError(
            f"{_plain(mailbox)!r} is no address that a mail can be sent to.",
            final=True,
            tip="Only ASCII letters may stand before the @.",
        )
    return f"{local}@{_domain(domain)}"


def _split(mailbox: str) -> tuple[str, str]:
    """Name and address. parseaddr is of no use here: it takes a comma in the name for the end of an address."""
    name, bracket, rest = mailbox.strip().rpartition("<")
    if not bracket:
        return "", rest
    return name.strip().removeprefix('"').removesuffix('"'), rest.removesuffix(">")


def _domain(domain: str) -> str:
    try:
        plain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        plain = ""
    if not re.fullmatch(r"[A-Za-z0-9.\[\]:_-]+", plain):
        raise DeliveryError(f"{_plain(domain)!r} is no mail domain.", final=True)
    return plain


def _mailbox(mailbox: str) -> str:
    name, _ = _split(mailbox)
    bare = address(mailbox)
    if not name:
        return bare
    if re.fullmatch(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+", name) and len(name) < 50:
        return f"{name} <{bare}>"
    return f"{_words(name, encoded=True)}\r\n <{bare}>"


def _words(text: str, *, encoded: bool = False) -> str:
    """Free text for a header, folded: as it is when that is short and ASCII, else as RFC 2047 encoded words.

    `email.header` is not used for it: it makes encoded words that are longer than the 75 characters allowed.
    """
    line = _plain(text)
    wrapped = textwrap.wrap(line, 64, break_long_words=False, break_on_hyphens=False)
    if not encoded and line.isascii() and "=?" not in line and all(len(part) < 200 for part in wrapped):
        return "\r\n ".join(wrapped)
    words = [""]
    for character in line:
        safe = re.fullmatch(r"[A-Za-z0-9!*+/-]", character)
        written = character if safe else "".join(f"={byte:02X}" for byte in character.encode())
        if len(words[-1]) + len(written) > 52:
            words.append("")
        words[-1] += "_" if character == " " else written
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words)


def _plain(text: str) -> str:
    """On one line, without control characters and lone surrogates."""
    return " ".join("".join(c if c.isprintable() else " " for c in _encodable(text)).split())


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _id(value: str) -> str:
    if not re.fullmatch(r"<[!-;=?-~]+>", value):
        raise ValueError(f"{value!r} is no message id")
    return value


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.") or "0"
