"""A digest as a value: what `compose` makes and `render` shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from monitor.models import Posting, Status
from monitor.values import Value

LOOK_BACK = timedelta(days=31)  # of a first digest: what is older is no news, but what is open of it is told


class Mark(Value):
    """A run of words of a changed text: kept, removed or added; `gap` stands for kept words that are left out."""

    kind: Literal["same", "removed", "added", "gap"]
    words: str


class Delta(Value):
    """One field at the last digest and now: a `date` for dates, else plain JSON data. marks: for longer text."""

    field: str
    before: Any
    after: Any
    marks: tuple[Mark, ...] = ()


class Entry(Value, kw_only=True):
    """A position in a digest.

    posting: its present form, without the ad's text. url: its own page, else the source's. source: the name of the
    source that showed it. days_left: until the deadline, in the subscriber's zone; 0 is today. matching: it is what
    the interests ask for; why: the words of the ad that say so. changes: first what was before, last what is now.
    passing: it appeared and was gone again since the last digest.
    """

    position: int
    posting: Posting
    status: Status
    source: str
    url: str | None = None
    days_left: int | None = None
    matching: bool = False
    why: tuple[str, ...] = ()
    changes: tuple[Delta, ...] = ()
    passing: bool = False

    @property
    def deadline_moved(self) -> bool:
        return any(delta.field == "deadline" for delta in self.changes)


class SourceOpen(Value):
    """What was open when a source was first seen; matching positions first."""

    source: str
    entries: tuple[Entry, ...]


class Notice(Value):
    """A source in trouble, or out of it again.

    since: when that began, None where that is not known. text: what was seen. good_at, count: its last good check,
    and how many positions that showed.
    """

    source: str
    url: str
    since: datetime | None
    text: str
    good_at: datetime | None = None
    count: int | None = None


class Counts(Value):
    new: int
    other_new: int
    deadlines_moved: int
    changed: int  # besides the moved deadlines
    closing: int
    other_closing: int
    closed: int
    reopened: int
    first_seen: int
    open_now: int
    trouble: int
    recovered: int


class Digest(Value, kw_only=True):
    """All that one subscriber is told at `at`; `since`: the last digest, None for the first.

    new, closing: those that match the interests; all of them where there are no interests. other_new, other_closing:
    the rest. New ones come best first, closing ones by days left. first_seen: a source's baseline. open_now: in the
    first digest what was there already, best first. timezone: IANA, for the dates in the mail.
    """

    name: str
    at: datetime
    since: datetime | None
    next_at: datetime | None
    timezone: str
    interests: tuple[str, ...] = ()
    new: tuple[Entry, ...] = ()
    other_new: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    closing: tuple[Entry, ...] = ()
    other_closing: tuple[Entry, ...] = ()
    closed: tuple[Entry, ...] = ()
    reopened: tuple[Entry, ...] = ()
    first_seen: tuple[SourceOpen, ...] = ()
    open_now: tuple[Entry, ...] = ()
    trouble: tuple[Notice, ...] = ()
    recovered: tuple[Notice, ...] = ()

    @property
    def counts(self) -> Counts:
        moved = sum(entry.deadline_moved for entry in self.changed)
        return Counts(
            new=len(self.new),
            other_new=len(self.other_new),
            deadlines_moved=moved,
            changed=len(self.changed) - moved,
            closing=len(self.closing),
            other_closing=len(self.other_closing),
            closed=len(self.closed),
            reopened=len(self.reopened),
            first_seen=sum(len(source.entries) for source in self.first_seen),
            open_now=len(self.open_now),
            trouble=len(self.trouble),
            recovered=len(self.recovered),
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every position that is told."""
        first_seen = (entry for source in self.first_seen for entry in source.entries)
        sections = (
            self.new,
            self.other_new,
            self.changed,
            self.closing,
            self.other_closing,
            self.reopened,
            self.closed,
            self.open_now,
        )
        return (*(entry for section in sections for entry in section), *first_seen)

    @property
    def is_empty(self) -> bool:
        """Nothing to tell: no mail, unless the subscriber asks for one."""
        return not (self.entries or self.trouble or self.recovered)


class Rendered(Value):
    """A digest as it is sent: one line, plain text, HTML."""

    subject: str
    text: str
    html: str
