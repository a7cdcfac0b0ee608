"""What the store gives back besides the models, and how values become columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from monitor.models import (
    Event,
    EventKind,
    FieldChange,
    Kind,
    Outcome,
    Posting,
    Sighting,
    Validators,
)
from monitor.plain import load, load_posting
from monitor.store.connection import Row
from monitor.values import Value, field


class SourceState(Value, kw_only=True):
    """What is kept of a source between checks, besides its positions.

    fingerprint: of the reader and the settings that its postings were read with. signature: Reading.signature of the
    last good check. kind, platform: of the last list that was read, as in Reading. gists: page URL ->
    Observation.gists. listed: the URLs of the pages of its list, in order. outcome: of the last check. counts: how many
    postings the last good checks showed, oldest first. settled_until, ads_until: before these moments an unchanged list
    has nothing to conclude by itself, and no ad is to be opened again; None when that is not known.
    """

    url: str
    name: str
    fingerprint: str | None = None
    baseline_at: datetime | None = None
    good_at: datetime | None = None
    checked_at: datetime | None = None
    next_check_at: datetime | None = None
    outcome: str | None = None
    failures: int = 0
    trouble: str | None = None
    trouble_since: datetime | None = None
    trouble_told: bool = False
    validators: Mapping[str, Validators] = field(default_factory=dict)
    gists: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    signature: tuple[str, ...] = ()
    settled_until: datetime | None = None
    ads_until: datetime | None = None
    kind: Kind | None = None
    platform: str | None = None


class QuietCheck(Value, kw_only=True):
    """A good check that found nothing to conclude, as it is stored. validators: by the URLs of its pages."""

    source: str
    name: str
    at: datetime
    outcome: Outcome
    next_check_at: datetime
    validators: Mapping[str, Validators]


class DigestRecord(Value, kw_only=True):
    """A digest that was put together. through_event: the last event it covers; the next one starts after it.

    subject: None where there was nothing to tell, and nothing was sent.
    """

    id: int
    subscriber: str
    at: datetime
    through_event: int
    subject: str | None


class Delivery(Value, kw_only=True):
    """One digest to one recipient. message: as it goes to the mail server, the same at every try.

    at: when the digest was put together. next_try_at: while it is pending. settled_at: when it was accepted, or given
    up. error: why the last try failed.
    """

    id: int
    digest: int
    subscriber: str
    recipient: str
    message_id: str
    message: bytes
    attempts: int
    at: datetime
    next_try_at: datetime
    settled_at: datetime | None = None
    error: str | None = None


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def some_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def stamp(at: datetime | None) -> str | None:
    """UTC with a fixed width, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None


def load_sighting(row: Row, posting: Callable[[str], Posting] = load_posting) -> Sighting:
    return Sighting(
        source=row["source"],
        keys=tuple(load(row["keys"])),
        listed=posting(row["listed"]),
        ad=posting(row["ad"]) if row["ad"] else None,
        ad_checked_at=moment(row["ad_checked_at"]),
        first_seen=some_moment(row["first_seen"]),
        last_seen=some_moment(row["last_seen"]),
        misses=row["misses"],
        past=tuple(load(row["past"])),
    )


_DATES = ("deadline", "posted_on")


def load_fields(text: str) -> dict[str, FieldChange]:
    """The before and after of each field; dates come back as dates, everything else as JSON gave it."""

    def value(name: str, raw: Any) -> Any:
        return date.fromisoformat(raw) if name in _DATES and raw else raw

    return {k: FieldChange(value(k, v["before"]), value(k, v["after"])) for k, v in load(text).items()}


def load_event(row: Row) -> Event:
    """The event without its position, which the store joins."""
    return Event(
        id=row["id"],
        at=some_moment(row["at"]),
        kind=EventKind(row["kind"]),
        source=row["source"],
        source_name=row["source_name"],
        title=row["title"],
        url=row["url"],
        fields=load_fields(row["fields"]),
        text=row["text"],
    )
