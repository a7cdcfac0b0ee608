"""From stored changes to mail: every change is told once to each recipient, whatever the mail server does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
import trustme

from monitor.config import parse
from monitor.errors import RenderError
from monitor.models import EventKind, FieldChange, Observation, Outcome, Posting, Sighting, Status, Update, Verdict
from monitor.pipeline import digests
from monitor.pipeline.digests import Sent, prepare, send_digests
from monitor.pipeline.samples import send_samples
from monitor.settings import Settings, parse_slot
from monitor.store import Store
from tests.delivery.smtp_server import PASSWORD, USER, Server

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
WEEK = timedelta(weeks=1)
SOURCE = "https://example.org/jobs"
CONFIG = """
[mail]
host = "localhost"
port = {port}
user = "{user}"
from = "Positions <monitor@example.org>"
ca_file = "ca.pem"
[[digest]]
to = ["a@example.org", "b@example.org"]
every = "monday 07:00"
[[source]]
name = "Lindholm"
url = "https://example.org/jobs"
"""


@pytest.fixture
def server() -> Iterator[Server]:
    authority = trustme.CA()
    with Server(authority) as running:
        running.ca = authority  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def settings(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MONITOR_SMTP_PASSWORD", PASSWORD)
    server.ca.cert_pem.write_to_path(tmp_path / "ca.pem")  # type: ignore[attr-defined]
    return parse(CONFIG.format(port=server.port, user=USER), tmp_path / "sources.toml")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings.database) as opened:
        yield opened


def publish(
    store: Store, title: str, at: datetime, kind: EventKind = EventKind.NEW, deadline: date | None = None
) -> None:
    """A position appears."""
    posting = Posting(title=title, url=f"{SOURCE}/{title}", deadline=deadline)
    record(store, posting, at, kind)


def record(
    store: Store, posting: Posting, at: datetime, kind: EventKind, position: int | None = None, **fields: Any
) -> None:
    sighting = Sighting(source=SOURCE, keys=(posting.title,), listed=posting, first_seen=at, last_seen=at)
    status = Status.CLOSED if kind is EventKind.CLOSED else Status.OPEN
    update = Update(position=position, posting=posting, status=status, sighting=sighting, event=kind, fields=fields)
    verdict = Verdict(outcome=Outcome.OK, updates=(update,), counts=(1,))
    seen = Observation(source=SOURCE, at=at)
    store.record(seen, verdict, name="Lindholm", fingerprint="f", next_check_at=at + WEEK)


def received(server: Server) -> list[tuple[str, EmailMessage]]:
    """(recipient, message) of all that the server took."""
    mails = []
    for envelope in server.mailbox.envelopes:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        mails.append((envelope.rcpt_tos[0], message))
    return mails


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def with_digest(settings: Settings, **changes: Any) -> Settings:
    return settings.replace(digest=(settings.digest[0].replace(**changes),))


def states(results: list[Sent]) -> dict[str, str]:
    return {sent.recipient: sent.state for sent in results}


def test_each_recipient_gets_a_mail_of_their_own(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    assert states(send_digests(settings, store, MONDAY)) == {"a@example.org": "sent", "b@example.org": "sent"}
    mails = received(server)
    assert [to for to, _ in mails] == ["a@example.org", "b@example.org"]
    for to, message in mails:
        assert message["To"] == to
        body = message.get_body(("plain",))
        assert body is not None
        assert "Optics" in body.get_content()
    assert len({message["Message-ID"] for _, message in mails}) == 2


def test_a_change_is_told_once(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    assert send_digests(settings, store, MONDAY + timedelta(hours=1)) == []
    publish(store, "Algebra", MONDAY + timedelta(days=2))
    assert send_digests(settings, store, MONDAY + timedelta(days=3)) == [], "no slot has come"
    send_digests(settings, store, MONDAY + WEEK)
    texts = [m.get_body(("plain",)).get_content() for to, m in received(server) if to == "a@example.org"]  # type: ignore[union-attr]
    assert [("Optics" in text, "Algebra" in text) for text in texts] == [(True, False), (False, True)]


def test_nothing_to_tell_is_no_mail(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    assert send_digests(settings, store, MONDAY + WEEK) == []
    assert len(received(server)) == 2


def test_nothing_to_tell_is_a_mail_if_asked_for(settings: Settings, store: Store, server: Server) -> None:
    settings = with_digest(settings, empty=True)
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    assert len(send_digests(settings, store, MONDAY + WEEK)) == 2
    assert received(server)[-1][1]["Subject"] == "Positions: nothing new"


def test_trouble_alone_is_a_mail_and_recovery_another(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    checks = {1: "It answers 503.", 2: "It answers 503.", 9: "It answers 503.", 15: None}
    for day, trouble in checks.items():
        notice = {1: EventKind.TROUBLE, 15: EventKind.RECOVERED}.get(day)
        outcome = Outcome.FAILED if trouble else Outcome.OK
        verdict = Verdict(outcome=outcome, trouble=trouble, notice=notice, counts=(1,))
        at = MONDAY + timedelta(days=day)
        store.record(
            Observation(source=SOURCE, at=at), verdict, name="Lindholm", fingerprint="f", next_check_at=at + WEEK
        )
        send_digests(settings, store, at)
    told = [message for to, message in received(server) if to == "a@example.org"][1:]
    assert [message["Subject"] for message in told] == [
        "Positions: 1 source in trouble",
        "Positions: 1 source working again",
    ]
    text = " ".join(plain(told[0]).split())
    assert "It answers 503. In trouble since Tuesday 3 March 2026, 07:30. Last read" in text
    assert "Monday 2 March 2026, 07:30, with 1 position." in text
    assert "Since Tuesday 17 March 2026, 07:30; it shows 1 position." in " ".join(plain(told[1]).split())


def test_a_new_subscriber_of_an_old_store_is_told_what_is_open(
    settings: Settings, store: Store, server: Server
) -> None:
    year_ago = MONDAY - timedelta(days=365)
    publish(store, "Optics", year_ago)
    publish(store, "Algebra", year_ago)
    gone = Posting(title="Algebra", url=f"{SOURCE}/Algebra")
    record(store, gone, year_ago + WEEK, EventKind.CLOSED, 2)
    renamed = Posting(title="Optics", url=f"{SOURCE}/Optics", location="Lindholm")
    record(store, renamed, year_ago + WEEK, EventKind.CHANGED, 1, location=FieldChange(None, "Lindholm"))
    publish(store, "Robotics", MONDAY - timedelta(days=2))
    first = prepare(settings, store, settings.digest[0], MONDAY)
    assert [entry.posting.title for entry in first.digest.entries] == ["Robotics", "Optics"]
    assert first.rendered.subject == "Positions: 1 new, 1 open now"
    assert first.through_event == store.last_event()
    send_digests(settings, store, MONDAY)
    assert send_digests(settings, store, MONDAY + WEEK) == [], "nothing of it is told again"


def test_a_store_where_nothing_happened_lately_is_told_of_once(
    settings: Settings, store: Store, server: Server
) -> None:
    publish(store, "Optics", MONDAY - timedelta(days=365))
    assert len(send_digests(settings, store, MONDAY)) == 2
    assert send_digests(settings, store, MONDAY + WEEK) == []


def test_slots_that_were_missed_make_one_digest(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    publish(store, "Algebra", MONDAY + WEEK)
    publish(store, "Robotics", MONDAY + 2 * WEEK)
    send_digests(settings, store, MONDAY + 4 * WEEK)
    to_a = [message for to, message in received(server) if to == "a@example.org"]
    assert len(to_a) == 2
    assert to_a[0]["Message-ID"] in to_a[1]["References"]


def test_a_refused_recipient_does_not_stop_the_other(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    server.fault.step, server.fault.answer, server.fault.only = "RCPT", "550 5.1.1 no such user", "a@example.org"
    assert states(send_digests(settings, store, MONDAY)) == {"a@example.org": "failed", "b@example.org": "sent"}
    assert send_digests(settings, store, MONDAY + timedelta(days=1)) == [], "given up, and not sent twice"
    assert [to for to, _ in received(server)] == ["b@example.org"]


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END"])
def test_a_dropped_connection_loses_and_doubles_nothing(
    step: str, settings: Settings, store: Store, server: Server
) -> None:
    publish(store, "Optics", MONDAY)
    server.fault.step, server.fault.answer = step, "drop"
    first = send_digests(settings, store, MONDAY)
    assert states(first) == {"a@example.org": "postponed", "b@example.org": "postponed"}
    assert all("tried again" in (sent.error or "") for sent in first)
    assert send_digests(settings, store, MONDAY + timedelta(minutes=1)) == [], "not before its time"
    server.fault.step = ""
    second = send_digests(settings, store, MONDAY + timedelta(hours=1))
    assert states(second) == {"a@example.org": "sent", "b@example.org": "sent"}
    assert [s.message_id for s in second] == [s.message_id for s in first], "a repeat can be recognised"
    assert sorted(to for to, _ in received(server)) == ["a@example.org", "b@example.org"]


def test_a_server_that_is_down_is_tried_for_a_month_and_then_given_up(settings: Settings, store: Store) -> None:
    down = settings.replace(mail=settings.mail.replace(port=9))  # type: ignore[union-attr]
    publish(store, "Optics", MONDAY)
    at, ends = MONDAY, []
    while at < MONDAY + timedelta(days=30):
        ends += [sent.state for sent in send_digests(down, store, at)]
        at += timedelta(hours=6)
    assert set(ends) == {"postponed"}
    while at < MONDAY + timedelta(days=32):
        ends += [sent.state for sent in send_digests(down, store, at)]
        at += timedelta(hours=6)
    assert ends[-2:] == ["failed", "failed"]
    assert set(ends[:-2]) == {"postponed"}
    assert store.outbox.pending() == []


def test_an_instant_digest_waits_for_something_that_happened(store: Store, settings: Settings) -> None:
    instant = settings.digest[0].replace(every=parse_slot("instant"))
    at_once = settings.replace(mail=None, digest=(instant,))
    publish(store, "Optics", MONDAY)
    assert len(send_digests(at_once, store, MONDAY)) == 2
    first = store.outbox.last(instant.key)
    assert send_digests(at_once, store, MONDAY + timedelta(minutes=1)) == []
    assert store.outbox.last(instant.key) == first, "nothing is written while nothing happens"
    publish(store, "Algebra", MONDAY + timedelta(minutes=2))
    assert len(send_digests(at_once, store, MONDAY + timedelta(minutes=3))) == 2


def test_without_mail_digests_are_files(store: Store, settings: Settings) -> None:
    at_home = settings.replace(mail=None)
    publish(store, "Optics", MONDAY)
    files = [Path(sent.where) for sent in send_digests(at_home, store, MONDAY)]
    assert [file.suffix for file in files] == [".eml", ".eml"]
    for file in files:
        assert file.parent == settings.outbox
        assert "Optics" in message_from_bytes(file.read_bytes(), policy=default).as_string()
        assert "Optics" in file.with_suffix(".html").read_text(encoding="utf-8")


def deadlines_in(message: EmailMessage) -> list[Any]:
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "deadlines.ics"
    whole: Any = icalendar.Calendar.from_ical(attached.get_content())
    assert whole["METHOD"] == attached.get_param("method")
    return list(whole.events)


def test_deadlines_are_attached_and_follow_their_positions(settings: Settings, store: Store, server: Server) -> None:
    first, second = date(2026, 4, 10), date(2026, 4, 24)
    publish(store, "Optics", MONDAY, deadline=first)
    publish(store, "Algebra", MONDAY)
    send_digests(settings, store, MONDAY)
    moved = Posting(title="Optics", url=f"{SOURCE}/Optics", deadline=second)
    record(store, moved, MONDAY + timedelta(days=1), EventKind.CHANGED, 1, deadline=FieldChange(first, second))
    send_digests(settings, store, MONDAY + WEEK)
    record(store, moved, MONDAY + WEEK + timedelta(days=1), EventKind.CLOSED, 1)
    send_digests(settings, store, MONDAY + 2 * WEEK)
    events = [deadlines_in(message)[0] for to, message in received(server) if to == "a@example.org"]
    assert len({event["UID"] for event in events}) == 1
    assert [(event["DTSTART"].dt, event["SEQUENCE"], event["STATUS"]) for event in events] == [
        (first, 0, "CONFIRMED"),
        (second, 1, "CONFIRMED"),
        (second, 2, "CANCELLED"),
    ]


def test_without_deadlines_nothing_is_attached(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    send_digests(settings, store, MONDAY)
    assert {message.get_content_type() for _, message in received(server)} == {"multipart/alternative"}


def test_the_calendar_has_what_was_asked_for(settings: Settings, store: Store) -> None:
    choosy = settings.digest[0].replace(interests=("optics",))
    publish(store, "Optics", MONDAY, deadline=date(2026, 4, 10))
    publish(store, "Algebra", MONDAY, deadline=date(2026, 4, 11))
    publish(store, "Optics of old", MONDAY, deadline=date(2026, 2, 1))
    made = prepare(settings, store, choosy, MONDAY).calendar
    assert made is not None
    assert made.count("BEGIN:VEVENT") == made.count("SUMMARY:Deadline: Optics\r\n") == 1


def test_a_calendar_has_what_a_mail_can_carry(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST_DEADLINES", 2)
    for day, title in enumerate(("Algebra", "Optics", "Robotics"), start=10):
        publish(store, title, MONDAY, deadline=date(2026, 4, day))
    made = prepare(settings, store, settings.digest[0], MONDAY).calendar or ""
    assert made.count("BEGIN:VEVENT") == 2
    assert "Robotics" not in made


def test_a_sample_reaches_everyone_and_is_stored_nowhere(settings: Settings, server: Server) -> None:
    server.fault.step, server.fault.answer, server.fault.only = "RCPT", "550 5.1.1 no such user", "a@example.org"
    assert states(list(send_samples(settings, MONDAY))) == {"a@example.org": "failed", "b@example.org": "sent"}
    ((to, message),) = received(server)
    assert to == "b@example.org"
    assert message["Subject"].startswith("Sample (invented): Positions: ")
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "Sample (invented)" in body.get_content()
    events = deadlines_in(message)
    assert events
    assert all(": Sample: " in event["SUMMARY"] for event in events)
    assert not settings.database.exists()


def test_a_broken_template_keeps_its_events(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    prepare(settings, store, settings.digest[0], MONDAY)  # the program's own templates have been read before
    (settings.folder / "templates").mkdir()
    template = settings.folder / "templates" / "digest.html"
    template.write_text("{{ nothing.of.this }}")
    with pytest.raises(RenderError, match=r"digest\.html"):
        send_digests(settings, store, MONDAY)
    template.unlink()
    assert states(send_digests(settings, store, MONDAY)) == {"a@example.org": "sent", "b@example.org": "sent"}


def test_a_preview_changes_nothing(settings: Settings, store: Store, server: Server) -> None:
    publish(store, "Optics", MONDAY)
    for _ in range(2):
        prepared = prepare(settings, store, settings.digest[0], MONDAY)
        assert "Optics" in prepared.rendered.text
    assert store.outbox.last(settings.digest[0].key) is None
