"""A digest as a mail: its headers, and that no text of a page can break them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.delivery import build_message, file_name, list_id, message_id
from monitor.digest import Rendered
from monitor.errors import DeliveryError

ME = "me@example.org"
PLAIN = Rendered("Positions: 2 new", "Two new.\n", "<p>Two new.</p>\n")


def built(rendered: Rendered = PLAIN, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender": "Positions <monitor@example.org>",
        "recipient": ME,
        "message_id": message_id("7.20261123", ME, "example.org"),
        "date": datetime(2026, 11, 23, 6, tzinfo=UTC),
        "list_id": list_id("Positions", "monitor@example.org"),
    }
    return build_message(rendered, **{**arguments, **changes})


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_headers() -> None:
    message = parsed(built())
    assert dict(message.items()) == {
        "Date": "Mon, 23 Nov 2026 06:00:00 +0000",
        "From": "Positions <monitor@example.org>",
        "To": ME,
        "Subject": "Positions: 2 new",
        "Message-ID": message_id("7.20261123", ME, "example.org"),
        "List-Id": f"<{list_id('Positions', 'monitor@example.org')}>",
        "List-Unsubscribe": "<mailto:monitor@example.org?subject=unsubscribe>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.defects == []


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert built() == built()


CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Fristen – März\r\nEND:VCALENDAR\r\n"


def test_a_calendar_is_attached_beside_the_alternatives() -> None:
    raw = built(calendar=CALENDAR)
    assert raw.isascii()
    assert raw == built(calendar=CALENDAR)
    message = parsed(raw)
    assert message.defects == []
    assert message.get_content_type() == "multipart/mixed"
    alternatives, attached = message.iter_parts()
    assert [part.get_content_type() for part in alternatives.iter_parts()] == ["text/plain", "text/html"]
    assert (attached.get_content_type(), attached.get_content_disposition()) == ("text/calendar", "attachment")
    assert attached.get_filename() == "deadlines.ics"
    assert attached.get_param("method") == "PUBLISH", "RFC 6047 section 2.4: the same as in the calendar"
    assert attached.get_content() == CALENDAR
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == PLAIN.text


def test_long_ids_and_addresses_are_never_encoded_words() -> None:
    sender = f"Positions <{'monitor-of-academic-positions-' * 2}@{'mail.' * 12}example.org>"
    earlier = [message_id(f"{n}.20261123", ME, "mail." * 20 + "example.org") for n in range(14)]
    raw = built(sender=sender, references=earlier)
    assert b"=?" not in raw
    message = parsed(raw)
    assert re.fullmatch(r"<mailto:monitor-of\S+\.example\.org\?subject=unsubscribe>", message["List-Unsubscribe"])
    assert message["References"].split() == earlier[-10:]


def test_names_and_subjects_in_any_letters() -> None:
    raw = built(
        Rendered("Stellen: 2 neue – Universität Łódź, 東京大学 " + "ä" * 90, "", ""),
        sender="Jürgen, Łukasz & Co <monitor@example.org>",
        recipient='"Müller, Anna" <anna@bücher.example>',
    )
    message = parsed(raw)
    assert message["Subject"] == "Stellen: 2 neue – Universität Łódź, 東京大学 " + "ä" * 90
    assert message["From"].addresses[0].display_name == "Jürgen, Łukasz & Co"
    assert message["From"].addresses[0].addr_spec == "monitor@example.org"
    assert message["To"].addresses[0].display_name == "Müller, Anna"
    assert message["To"].addresses[0].addr_spec == "anna@xn--bcher-kva.example"
    assert message.defects == []


@settings(deadline=None)
@given(subject=st.text(max_size=300), text=st.text(max_size=300), name=st.text(max_size=80))
def test_no_text_breaks_the_message(subject: str, text: str, name: str) -> None:
    hostile = Rendered(subject + "\r\nBcc: all@example.org\r\n\r\nx", text, f"<p>{text}</p>")
    raw = built(hostile, sender=f"{name.replace('<', '').replace('>', '')} <monitor@example.org>")
    assert raw.isascii()
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if b"=?" in line)
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+?\?[bq]\?\S*?\?=", head))
    message = parsed(raw)
    assert message["Bcc"] is None
    assert set(message.keys()) == set(parsed(built()).keys())
    assert "Bcc: all@example.org x" in message["Subject"]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\xa0"), max_size=250))
def test_a_subject_survives(subject: str) -> None:
    expected = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    assert " ".join(str(parsed(built(Rendered(subject, "", "")))["Subject"] or "").split()) == expected


def test_ids_are_stable_and_differ_by_recipient_and_digest() -> None:
    first = message_id("7.20261123", ME, "example.org")
    assert first == message_id("7.20261123", "Me <ME@example.org>", "example.org")
    assert re.fullmatch(r"<digest-7\.20261123\.[0-9a-f]{12}@example\.org>", first)
    assert len({first, message_id("8", ME, "example.org"), message_id("7.20261123", "x@y.org", "example.org")}) == 3
    assert message_id("../<7>\n", ME, "example.org").startswith("<digest-7.")


def test_list_ids_and_file_names() -> None:
    assert re.fullmatch(r"my-digest-math-[0-9a-f]{8}\.example\.org", list_id("My digest: math!", "a@example.org"))
    assert list_id("日本", "a@example.org") != list_id("中国", "a@example.org")
    on = datetime(2026, 11, 23, tzinfo=UTC)
    assert file_name(on, 7, "Me <Me@example.org>") == "2026-11-23-7-me@example.org"
    odd = {file_name(on, 7, "a/../../etc@example.org"), file_name(on, 7, "a_.._.._etc@example.org")}
    assert len(odd) == 2
    assert not any("/" in name for name in odd)


@pytest.mark.parametrize("address", ["jürgen@example.org", "nobody", "a b@example.org", "", "x@", "x@exa mple.org"])
def test_addresses_that_cannot_be_written_to(address: str) -> None:
    with pytest.raises(DeliveryError, match=r"no address|no mail domain") as caught:
        built(recipient=address)
    assert caught.value.final
