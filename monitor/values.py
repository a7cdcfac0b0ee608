"""What the program's values are made of: msgspec's structs, made and copied many times quicker than dataclasses.

Hundreds of thousands are made in a poll, and their classes are made anew at every start.
"""

from __future__ import annotations

from typing import dataclass_transform

from msgspec import Struct, field
from msgspec.structs import asdict, replace

__all__ = ["Struct", "Value", "asdict", "field", "field_names", "replace"]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value(Struct, frozen=True):
    """Fields by annotation, as in a dataclass; nothing can be assigned after it was made, equal if all fields are."""


def field_names(kind: type[Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__
