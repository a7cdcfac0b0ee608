"""The text of an ad, as every field reads it."""

from __future__ import annotations

from datetime import date

from monitor.values import Value

UPPER = "".join(c for c in map(chr, range(0x41, 0x530)) if c.isupper())  # Latin, Greek, Cyrillic: for a character class


class AdText(Value, kw_only=True):
    """text: the ad's own words, a line a block; a table row or a label with its value is one line, `Label: value`.

    as_of: the day it was read; a date without a year is near it. language: ISO 639-1, None if nothing tells.
    title, url: where they are known from outside the text.
    """

    text: str
    as_of: date
    language: str | None = None
    title: str | None = None
    url: str | None = None

    @property
    def lines(self) -> list[str]:
        return [line for line in (raw.strip() for raw in self.text.splitlines()) if line]
