"""Deadlines as iCalendar (RFC 5545): one all-day event a position, the same one whenever it is told again.

A calendar knows an event by its UID and takes the highest SEQUENCE for the truth, so an event that moved replaces the
old one, and one that is cancelled strikes it out (RFC 5546 section 3.2.1 lets METHOD:PUBLISH do both).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from icalendar import Calendar
from icalendar import Event as CalendarEvent

from monitor.identity.universal import position_uuid
from monitor.models import Event, EventKind, Position, Posting, Status
from monitor.words import one_line, web_address

METHOD = "PUBLISH"
_PRODUCT = "-//position-monitor//deadlines//EN"


def deadlines(positions: Iterable[Position], log: Iterable[Event], *, now: datetime) -> tuple[CalendarEvent, ...]:
    """An event for each position that has a deadline; cancelled if it closed or the ad gives no deadline any more.

    log: all events of these positions, oldest first.
    """
    histories = by_position(log)
    events = (_event(position, histories.get(position.id, ()), now) for position in positions)
    return tuple(event for event in events if event)


def calendar(events: Iterable[CalendarEvent], *, organizer: str | None = None) -> str:
    """The text of a calendar file, its lines ending with CRLF.

    organizer: the address that a mailed calendar comes from; with it, METHOD:PUBLISH asks the mail program to take
    the events over (RFC 5546), without it the calendar is a plain file.
    """
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", "Deadlines of positions")
    if organizer:
        made.add("method", METHOD)
    for event in events:
        if organizer:
            event.add("organizer", f"mailto:{organizer}")
        made.add_component(event)
    text: bytes = made.to_ical()
    return text.decode()


def by_position(log: Iterable[Event]) -> dict[int, list[Event]]:
    """The events of each position, by its id."""
    histories: dict[int, list[Event]] = {}
    for event in log:
        if event.position:
            histories.setdefault(event.position.id, []).append(event)
    return histories


def sequence(history: Iterable[Event]) -> int:
    """How often a position's calendar event was revised: its deadline moved, it closed, it opened again."""
    return sum(
        event.kind in (EventKind.CLOSED, EventKind.REOPENED)
        or (event.kind is EventKind.CHANGED and not event.fields.keys().isdisjoint(("deadline", "deadline_time")))
        for event in history
    )


def about(posting: Posting) -> Iterator[str]:
    """What a reader wants to know besides title and deadline, in the ad's own words, a line each."""
    held = (posting.organization, posting.department, posting.location)
    lines = (
        ", ".join(dict.fromkeys(one_line(part) for part in held if part)),
        f"Level: {posting.level}" if posting.level else "",
        f"Pay: {one_line(posting.pay.text)}" if posting.pay and posting.pay.text else "",
        f"Supervisors: {one_line(', '.join(posting.supervisors))}" if posting.supervisors else "",
        one_line(posting.summary, 500) if posting.summary else "",
        f"The ad says: “{one_line(words, 300)}”" if (words := posting.evidence.get("deadline")) else "",
    )
    return (line for line in lines if line)


def _event(position: Position, history: Sequence[Event], now: datetime) -> CalendarEvent | None:
    posting = position.posting
    day = posting.deadline or _last_deadline(history)
    if day is None:
        return None
    event = CalendarEvent()
    event.add("uid", str(position_uuid(position)))
    event.add("sequence", sequence(history))
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("summary", _summary(posting))
    event.add("status", "CONFIRMED" if posting.deadline and position.status is not Status.CLOSED else "CANCELLED")
    event.add("transp", "TRANSPARENT")
    url = web_address(posting.url)
    if lines := [*about(posting), *([url] if url else [])]:
        event.add("description", "\n".join(lines))
    if posting.location:
        event.add("location", one_line(posting.location))
    if url:
        event.add("url", url)
    return event


def _last_deadline(history: Iterable[Event]) -> date | None:
    """Where a deadline was that the ad no longer has."""
    days = [event.fields["deadline"].before for event in history if "deadline" in event.fields]
    return next((day for day in reversed(days) if isinstance(day, date)), None)


def _summary(posting: Posting) -> str:
    """An all-day event is seen in every calendar; the hour, in the ad's words, stands in its line."""
    due = f"Deadline {one_line(posting.deadline_time, 40)}" if posting.deadline_time else "Deadline"
    held = one_line(posting.organization, 80) if posting.organization else ""
    return f"{due}: " + ", ".join(part for part in (one_line(posting.title, 150), held) if part)
