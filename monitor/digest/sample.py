"""Digests without a store: a log written down as data, with its times as days from now."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from monitor.digest.compose import compose
from monitor.digest.matching import Matcher
from monitor.digest.model import Digest
from monitor.models import (
    Event,
    EventKind,
    FieldChange,
    Known,
    Position,
    Posting,
    Sighting,
    Status,
)
from monitor.plain import posting_from_json
from monitor.settings import DigestSettings
from monitor.values import Value, field

_INTERESTS = ("mathematical theory of deep learning", "optimal transport, gradient flows", "bilevel optimisation")
_DATES = ("deadline", "posted_on")


class Scene(Value, kw_only=True):
    """What `compose` needs."""

    events: tuple[Event, ...]
    open_positions: tuple[Position, ...]
    since: datetime | None
    now: datetime
    next_at: datetime | None
    known: Mapping[str, Known] = field(default_factory=dict)

    def digest(self, subscriber: DigestSettings, matcher: Matcher) -> Digest:
        return compose(
            subscriber,
            self.events,
            self.open_positions,
            since=self.since,
            now=self.now,
            next_at=self.next_at,
            matcher=matcher,
            known=self.known,
        )


def sample(subscriber: DigestSettings, now: datetime, matcher: Matcher) -> Digest:
    """A digest of an invented week, as this subscriber would get it but for their filters."""
    shown = subscriber.replace(
        interests=subscriber.interests or _INTERESTS, include=(), exclude=(), levels=(), sources=()
    )
    return sample_scene(now).digest(shown, matcher)


def sample_scene(now: datetime) -> Scene:
    text = files("monitor.digest").joinpath("sample.toml").read_text(encoding="utf-8")
    return scene(tomllib.loads(text), now)


def scene(data: Mapping[str, Any], now: datetime) -> Scene:
    """Reads what sample.toml shows by example: positions, each with what happened to it, and notices about sources."""
    positions = {entry["id"]: _position(entry, now) for entry in data.get("position", ())}
    happened = [
        (entry["source"], event, positions[entry["id"]])
        for entry in data.get("position", ())
        for event in entry.get("happened", ())
    ]
    notices = [(entry["source"], entry, None) for entry in data.get("notice", ())]
    ordered = sorted([*happened, *notices], key=lambda item: float(item[1]["at"]))
    return Scene(
        events=tuple(_event(n, *item, now) for n, item in enumerate(ordered, start=1)),
        open_positions=tuple(p for p in positions.values() if p.status is Status.OPEN),
        since=_moment(data.get("since"), now),
        now=now,
        next_at=_moment(data.get("next_at"), now),
        known={known.source: known for entry in data.get("notice", ()) if (known := _known(entry, now))},
    )


def _known(entry: Mapping[str, Any], now: datetime) -> Known | None:
    """What is known of a source besides its notice, where that says so: since when, last good check, positions."""
    if "good_at" not in entry:
        return None
    return Known(
        source=_address(entry["source"]),
        trouble=entry.get("text"),
        trouble_since=_moment(entry.get("since"), now),
        trouble_told=entry["kind"] == EventKind.TROUBLE,
        good_at=_moment(entry["good_at"], now),
        counts=(entry["count"],),
    )


def _event(number: int, source: str, entry: Mapping[str, Any], position: Position | None, now: datetime) -> Event:
    fields = {
        name: FieldChange(*(_value(name, side, now) for side in (sides or [None, None])))
        for name, sides in entry.get("fields", {}).items()
    }
    return Event(
        id=number,
        at=_later(now, entry["at"]),
        kind=EventKind(entry["kind"]),
        source=_address(source),
        source_name=source,
        position=position,
        title=position.posting.title if position else None,
        url=position.posting.url if position else None,
        fields=fields,
        text=entry.get("text"),
    )


def _position(entry: Mapping[str, Any], now: datetime) -> Position:
    posting = _posting(entry, now)
    seen = entry.get("first_seen", min((event["at"] for event in entry.get("happened", ())), default=-30))
    first, last = _later(now, seen), _later(now, -0.1)
    sighting = Sighting(source=_address(entry["source"]), keys=(), listed=posting, first_seen=first, last_seen=last)
    status = Status(entry.get("status", "open"))
    return Position(
        id=entry["id"], posting=posting, status=status, first_seen=first, last_seen=last, sightings=(sighting,)
    )


def _posting(entry: Mapping[str, Any], now: datetime) -> Posting:
    data = {**entry, **{name: _value(name, entry[name], now).isoformat() for name in _DATES if name in entry}}
    if "deadline" in data:
        said = date.fromisoformat(data["deadline"])
        data.setdefault("deadline_kind", "fixed")
        words = {k: w.replace("{deadline}", f"{said.day} {said:%B %Y}") for k, w in entry.get("evidence", {}).items()}
        data["evidence"] = words
    return posting_from_json(data)


def _value(name: str, value: Any, now: datetime) -> Any:
    if value == "":
        return None  # TOML has no null
    return _day(now, value) if name in _DATES else value


def _day(now: datetime, days: float) -> date:
    return (now + timedelta(days=days)).date()


def _later(now: datetime, days: float) -> datetime:
    return now + timedelta(days=days)


def _moment(days: float | None, now: datetime) -> datetime | None:
    return None if days is None else _later(now, days)


def _address(source: str) -> str:
    return "https://example.org/" + "-".join(source.casefold().replace(",", "").split())
