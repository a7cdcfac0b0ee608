"""What an adapter is made of: how its pages lead to its feed or API, and how that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from monitor.models import Page, Posting

Leads: TypeAlias = Callable[[str, str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Record:
    """One position as a platform's data gives it. markup: its ad, HTML or plain text."""

    posting: Posting
    markup: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Board:
    """All positions of one answer. next_page: the address at which the list goes on; None: this was the last of it."""

    records: tuple[Record, ...]
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """A recruitment platform.

    leads: (address of a page, its HTML or "") -> addresses of the feed or API behind it, the likeliest first. They are
    guesses until they have been fetched. read: the platform's own answer -> its positions, None if it is none; absent
    where the answer is a feed that every feed reader reads.
    """

    name: str
    leads: Leads
    read: Callable[[Page], Board | None] | None = None
