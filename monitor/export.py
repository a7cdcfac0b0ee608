"""Positions and changes for other programs: Atom (RFC 4287), JSON Feed 1.1, CSV (RFC 4180), and their plain JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

from monitor.calendar import about, by_position
from monitor.identity.universal import event_uuid, position_uuid
from monitor.models import Event, FieldChange, Position, Posting
from monitor.plain import to_json
from monitor.values import Value
from monitor.words import one_line, web_address

AUTHOR = "Position monitor"
_ATOM = "http://www.w3.org/2005/Atom"
_FORMULA = tuple("=+-@＝＋－＠")  # what a spreadsheet takes for the start of one
_CELL = 30_000  # characters; spreadsheets hold 32,767


class Item(Value, kw_only=True):
    """One entry of a feed. lines: what it says besides its title. data: all that is known, as plain JSON."""

    id: UUID
    title: str
    url: str | None
    published: datetime
    updated: datetime
    lines: tuple[str, ...]
    data: Mapping[str, Any]


def position_items(positions: Iterable[Position], log: Iterable[Event], names: Mapping[str, str]) -> list[Item]:
    """What changed last comes first. log: all events of these positions. names: source URL -> name."""
    histories = by_position(log)
    items = [_position_item(p, histories.get(p.id, ()), names) for p in positions]
    return sorted(items, key=lambda item: item.updated, reverse=True)


def _position_item(position: Position, history: Sequence[Event], names: Mapping[str, str]) -> Item:
    posting = position.posting
    due = " ".join(map(str, filter(None, (posting.deadline, posting.deadline_time))))
    return Item(
        id=position_uuid(position),
        title=one_line(posting.title),
        url=web_address(posting.url),
        published=position.first_seen,
        updated=max((event.at for event in history), default=position.first_seen),
        lines=(f"Status: {position.status}", *([f"Deadline: {due}"] if due else []), *about(posting)),
        data=position_json(position, names),
    )


def change_items(changes: Iterable[Event]) -> list[Item]:
    """The latest first."""
    return [_change_item(event) for event in sorted(changes, key=lambda e: e.id, reverse=True)]


def _change_item(event: Event) -> Item:
    posting = event.position.posting if event.position else None
    return Item(
        id=event_uuid(event),
        title=f"{event.kind.value.capitalize()}: {one_line(event.title or '')}",
        url=web_address(event.url),
        published=event.at,
        updated=event.at,
        lines=(
            f"Source: {one_line(event.source_name)}",
            *(f"{name.replace('_', ' ').capitalize()}: {_shift(sides)}" for name, sides in event.fields.items()),
            *(about(posting) if posting else ()),
        ),
        data=change_json(event),
    )


def _shift(sides: FieldChange) -> str:
    return f"{_said(sides.before) or 'unknown'} → {_said(sides.after) or 'unknown'}"


def atom(items: Sequence[Item], *, title: str, feed_id: UUID, now: datetime) -> str:
    """RFC 4287. feed_id: the same whenever this feed is written."""
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "title", one_line(title))
    _add(feed, "id", feed_id.urn)
    _add(feed, "updated", max((item.updated for item in items), default=now).isoformat())
    _add(_add(feed, "author"), "name", AUTHOR)
    for item in items:
        entry = _add(feed, "entry")
        _add(entry, "title", item.title)
        _add(entry, "id", item.id.urn)
        _add(entry, "published", item.published.isoformat())
        _add(entry, "updated", item.updated.isoformat())
        if item.url:
            _add(entry, "link", rel="alternate", href=item.url)
        _add(entry, "content", "\n".join(item.lines), type="text")
    ElementTree.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def json_feed(items: Sequence[Item], *, title: str) -> str:
    """JSON Feed 1.1; each item has all its fields under `_monitor`."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": one_line(title),
        "authors": [{"name": AUTHOR}],
        "items": [
            {
                "id": item.id.urn,
                **({"url": item.url} if item.url else {}),
                "title": item.title,
                "content_text": "\n".join(item.lines),
                "date_published": item.published.isoformat(),
                "date_modified": item.updated.isoformat(),
                "_monitor": item.data,
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def positions_csv(positions: Iterable[Position], names: Mapping[str, str]) -> str:
    """A row a position, with a header."""
    return _csv(_POSITION_COLUMNS, (_position_row(p, names) for p in positions))


def changes_csv(changes: Iterable[Event]) -> str:
    """A row for each field of each change, and one for a change without fields."""
    return _csv(_CHANGE_COLUMNS, (row for event in changes for row in _change_rows(event)))


def posting_json(posting: Posting) -> dict[str, Any]:
    """A posting's fields as design and docs name them; the ad's whole text stays in the database."""
    made: dict[str, Any] = to_json(posting)
    del made["text"]
    made["contacts"] = [{key: known for key, known in contact.items() if known} for contact in made["contacts"]]
    return made


def position_json(position: Position, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": position.id,
        **posting_json(position.posting),
        "sources": [names.get(s.source, s.source) for s in position.sightings],
        "status": position.status.value,
        "first_seen": position.first_seen.isoformat(),
        "last_seen": position.last_seen.isoformat(),
    }


def change_json(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "source": event.source_name,
        "position": event.position.id if event.position else None,
        "title": event.title,
        "url": event.url,
        "fields": to_json(event.fields),
    }


_POSITION_COLUMNS = """
    id status title organization department location level deadline deadline_time deadline_kind posted_on start
    duration_months pay pay_minimum pay_maximum pay_currency pay_period supervisors contacts funded openings reference
    language url summary sources first_seen last_seen
""".split()
_CHANGE_COLUMNS = "id at kind source position title url field before after".split()


def _position_row(position: Position, names: Mapping[str, str]) -> dict[str, Any]:
    row = position_json(position, names)
    pay = row["pay"] or {}
    amounts = {f"pay_{part}": pay.get(part) for part in ("minimum", "maximum", "currency", "period")}
    return {**row, **amounts, "contacts": position.posting.contacts}


def _change_rows(event: Event) -> Iterable[dict[str, Any]]:
    row = change_json(event)
    fields = row["fields"].items() or [(None, {"before": None, "after": None})]
    return ({**row, "field": name, "before": side["before"], "after": side["after"]} for name, side in fields)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return made.getvalue()


def _cell(value: Any) -> str:
    """One line; a foreign text is never a formula, whatever it begins with."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.15g}"
    text = _said(value, _CELL)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _said(value: Any, length: int = 300) -> str:
    """A value, or its plain JSON, in words; nothing for one that is not known."""
    match to_json(value):
        case None:
            said = ""
        case bool(yes):
            said = "yes" if yes else "no"
        case [*parts]:
            said = "; ".join(filter(None, (_said(part, length) for part in parts)))
        case {"text": str(said)}:  # pay
            pass
        case {"name": name, "email": email}:
            said = " ".join(filter(None, (name, f"<{email}>" if email else None)))
        case other:
            said = str(other)
    return one_line(said, length)


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = text
    return element
