"""The values as plain JSON data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from msgspec import convert, json

from monitor.models import Posting
from monitor.values import Struct, field_names

_PLAIN = (str, type(None), bool, int, float)


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


def dump(value: Any) -> str:
    """The same as compact JSON text; of a posting only what is known, as it has many fields, and most ads fill few."""
    return json.encode(value).decode()


load = json.decode
load_posting = json.Decoder(Posting).decode  # fields unknown to this version are left out


def posting_from_json(data: Mapping[str, Any]) -> Posting:
    """The inverse of `to_json` for a posting; fields unknown to this version are left out."""
    return convert(data, Posting)
