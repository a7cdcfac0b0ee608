"""The values as plain JSON data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from monitor.models import Contact, DeadlineKind, Level, Pay, Posting
from monitor.values import Struct, field_names

_PLAIN = (str, type(None), bool, int, float)
_FIELDS = frozenset(field_names(Posting))


def to_json(value: Any) -> Any:
    """A value as plain JSON data: dates as ISO strings, structs as objects, tuples as arrays."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Struct):
        return {name: to_json(getattr(value, name)) for name in field_names(type(value))}
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(v) for v in value]
    return value


def posting_from_json(data: Mapping[str, Any]) -> Posting:
    """The inverse of `to_json` for a posting; fields unknown to this version are left out."""
    values = {k: v for k, v in data.items() if k in _FIELDS}
    for name in ("deadline", "posted_on"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    if values.get("level"):
        values["level"] = Level(values["level"])
    values["deadline_kind"] = DeadlineKind(values.get("deadline_kind") or DeadlineKind.UNKNOWN)
    if values.get("pay"):
        values["pay"] = Pay(**values["pay"])
    values["supervisors"] = tuple(values.get("supervisors") or ())
    values["contacts"] = tuple(Contact(**c) for c in values.get("contacts") or ())
    return Posting(**values)
