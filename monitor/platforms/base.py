"""What an adapter is made of: how its pages lead to its feed or API, and how that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from monitor.models import Page, Posting
from monitor.values import Value

Leads: TypeAlias = Callable[[str, str], Iterable[str]]


class Record(Value):
    """One position as a platform's data gives it. markup: its ad, HTML or plain text.

    closes: the last day as the data has it, which holds where the ad's own words give none.
    """

    posting: Posting
    markup: str = ""
    closes: str | None = None


class Board(Value):
    """All positions of one answer. next_page: the address at which the list goes on; None: this was the last of it."""

    records: tuple[Record, ...]
    next_page: str | None = None


class Request(Value):
    """How a platform is asked for what an address stands for. json: what is posted to `url`; None for a GET of it."""

    url: str
    json: str | None = None


class Platform(Value):
    """A recruitment platform.

    leads: (address of a page, its HTML or "") -> addresses of the feed or API behind it, the likeliest first, or of a
    script that leads there in turn. They are guesses until they have been fetched. read: the platform's own answer ->
    its positions, None if it is none; absent where the answer is a feed that every feed reader reads. request: how an
    address is asked where that is not a plain GET of it, None for any other. read_ad: the platform's own answer for one
    position -> that one, None if it is none.
    """

    name: str
    leads: Leads
    read: Callable[[Page], Board | None] | None = None
    request: Callable[[str], Request | None] | None = None
    read_ad: Callable[[Page], Record | None] | None = None
