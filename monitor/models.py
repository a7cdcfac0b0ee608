"""The values that flow through the program: frozen, picklable, without behaviour beyond their own data.

Dates are `date`; moments are aware `datetime` in UTC. Unknown is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from monitor.values import Value, field

T = TypeVar("T")


class Kind(StrEnum):
    """What a page is."""

    FEED = "feed"
    LISTING = "listing"
    AD = "ad"
    PAGE = "page"  # none of the others: no position on it


class Level(StrEnum):
    PHD = "phd"
    POSTDOC = "postdoc"
    FACULTY = "faculty"
    STAFF = "staff"
    MASTER = "master"
    OTHER = "other"


class DeadlineKind(StrEnum):
    FIXED = "fixed"
    ROLLING = "rolling"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Where a position stands; `expired` is an open one whose deadline has passed."""

    OPEN = "open"
    EXPIRED = "expired"
    CLOSED = "closed"


class EventKind(StrEnum):
    """What the log of a source holds: the four changes, then what a digest tells besides."""

    NEW = "new"
    CHANGED = "changed"
    CLOSED = "closed"
    REOPENED = "reopened"
    BASELINE = "baseline"  # open when the source was first seen
    TROUBLE = "trouble"  # the source cannot be trusted or reached
    RECOVERED = "recovered"


CHANGES = (EventKind.NEW, EventKind.CHANGED, EventKind.CLOSED, EventKind.REOPENED)


class Outcome(StrEnum):
    """How one check of a source ended."""

    OK = "ok"
    NOT_MODIFIED = "not-modified"  # the server said so (304)
    UNCHANGED = "unchanged"  # the same postings as last time
    BASELINE = "baseline"
    FAILED = "failed"  # no page
    SUSPECT = "suspect"  # a page that cannot be trusted: a wall, or nothing where there was something


class Found(Value, Generic[T]):
    """A value read from a text, and the words that say it (a substring of that text)."""

    value: T
    words: str


class Pay(Value):
    """text: the words as written. Amounts in units of `currency` (ISO 4217) per `period` (year, month, week, hour)."""

    text: str
    minimum: float | None = None
    maximum: float | None = None
    currency: str | None = None
    period: str | None = None


class Contact(Value):
    name: str | None = None
    email: str | None = None


class Posting(Value, kw_only=True, omit_defaults=True):
    """One advertised position as one source shows it at one time (schema.org JobPosting).

    deadline_time: the time and zone as the ad gives them ("23:59 CET"), None where it gives none.
    start: ISO 8601, as precise as the ad is (2026, 2026-10, 2026-10-01), or "asap".
    reference: the employer's own id. identifier: the id that the site gives (feed guid, JobPosting identifier).
    language: ISO 639-1. text: the ad's own words, without the page around it.
    evidence: field name -> words of the page.
    """

    title: str
    url: str | None = None
    organization: str | None = None
    department: str | None = None
    location: str | None = None
    level: Level | None = None
    deadline: date | None = None
    deadline_time: str | None = None
    deadline_kind: DeadlineKind = DeadlineKind.UNKNOWN
    posted_on: date | None = None
    start: str | None = None
    duration_months: float | None = None
    pay: Pay | None = None
    supervisors: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    funded: bool | None = None
    openings: int | None = None
    reference: str | None = None
    language: str | None = None
    closed: bool = False
    summary: str | None = None
    identifier: str | None = None
    text: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)


class Validators(Value):
    """What makes the next GET conditional (RFC 9110 section 13)."""

    etag: str | None = None
    last_modified: str | None = None


class Page(Value, kw_only=True):
    """One fetched body. url: the final one, after redirects. content_type: the header as sent, lower case."""

    url: str
    body: bytes
    text: str
    content_type: str = ""
    status: int = 200
    validators: Validators = Validators()
    fetched_at: datetime
    fresh_until: datetime | None = None  # Cache-Control: max-age or Expires


class RobotsFile(Value):
    """The robots.txt of an origin (scheme, host and port) at a moment. body: None where there is none."""

    origin: str
    body: bytes | None
    at: datetime


class Selectors(Value):
    """CSS selectors of sources.toml, for the page that the reader does not get right by itself."""

    item: str | None = None
    title: str | None = None
    link: str | None = None
    deadline: str | None = None


class Hints(Value, kw_only=True):
    """What is known before a page is read.

    as_of: the day on which the page was fetched; a date without a year is near it. kind: stated by the user.
    signature: the record signature that worked last time (Reading.signature).
    """

    as_of: date
    kind: Kind | None = None
    language: str | None = None
    selectors: Selectors = Selectors()
    signature: tuple[str, ...] = ()


class Reading(Value, kw_only=True):
    """What a reader saw in a page.

    complete: the whole list was seen; False for a window (a feed, page 1 of many).
    trouble: why the page proves nothing (a bot challenge, a login, maintenance): one sentence, else None.
    none_open: the page says in words that nothing is open now. drifted: Hints.signature no longer matches.
    closed: where the links of those positions lead that the page itself shows as closed.
    gone: the page says that it does not exist, whatever the server's status. text: the main text, for kind `page`.
    platform: the recruitment platform whose own data it is.
    """

    kind: Kind
    postings: tuple[Posting, ...] = ()
    next_page: str | None = None
    complete: bool = True
    trouble: str | None = None
    none_open: bool = False
    closed: tuple[str, ...] = ()
    gone: bool = False
    warnings: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    drifted: bool = False
    text: str = ""
    platform: str | None = None


class AdSeen(Value, kw_only=True):
    """One position's own page, opened in a check. Exactly one of `posting`, `trouble` and `gone` speaks.

    url: as it was asked for. page: what was fetched, None after an error or a 304. not_modified: it shows what it
    showed when it was stored, as the server says or its bytes prove.
    posting: what its page says. gone: the server or the page says that it does not exist, or leads elsewhere.
    trouble: why nothing can be concluded (403, 429, 5xx, a wall). unreachable: no server answered at all.
    """

    url: str
    page: Page | None = None
    posting: Posting | None = None
    gone: bool = False
    not_modified: bool = False
    trouble: str | None = None
    unreachable: bool = False


class Observation(Value, kw_only=True):
    """One check of one source, from end to end: what the network showed, before anything is concluded.

    pages: the pages of the list in order, by the URL each was asked for.
    gists: URL of each of them, or canonical URL of an ad -> a fingerprint of what it shows, where the next check may go
    by it.
    reading: all of them taken together; None when they show what they showed, or could not be fetched.
    trouble: the sentence of the fetch error, None if there was none. transient: a later try may do better.
    gone: the source's own URL does not exist any more (404, 410); of a single ad that is its closing.
    """

    source: str
    at: datetime
    pages: Mapping[str, Page] = field(default_factory=dict)
    gists: Mapping[str, str] = field(default_factory=dict)
    reading: Reading | None = None
    ads: tuple[AdSeen, ...] = ()
    not_modified: bool = False
    trouble: str | None = None
    transient: bool = False
    gone: bool = False
    retry_after: float | None = None

    @property
    def fresh_until(self) -> datetime | None:
        """When the first of its pages may change, as their servers say."""
        return min((page.fresh_until for page in self.pages.values() if page.fresh_until), default=None)


class Sighting(Value, kw_only=True):
    """A position as one source knows it.

    listed: its last posting in the source's list (or feed). ad: the last posting read from its own page.
    misses: good checks in a row in which the list did not show it. source: the source's URL, as in sources.toml.
    keys: every identity key that this source has shown for it (identity.keys), oldest first.
    past: fingerprints of what its fields said before, oldest first; a value that comes back is no news.
    """

    source: str
    keys: tuple[str, ...]
    listed: Posting
    ad: Posting | None = None
    ad_checked_at: datetime | None = None
    first_seen: datetime
    last_seen: datetime
    misses: int = 0
    past: tuple[str, ...] = ()


class Position(Value, kw_only=True):
    """What postings are about: one identity through time and across sources.

    posting: the present truth, all layers merged.
    """

    id: int
    posting: Posting
    status: Status = Status.OPEN
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None = None
    sightings: tuple[Sighting, ...] = ()


class Known(Value, kw_only=True):
    """What the store knows when a source is checked: the old state of every decision.

    positions: those this source has shown, and those of other sources that share a key with what it shows now.
    counts: number of postings of the last good checks, oldest first. baseline_at: None before the first good check.
    trouble_since: the source has been in trouble, and the reader was told if `trouble_told`.
    """

    source: str
    baseline_at: datetime | None = None
    good_at: datetime | None = None
    counts: tuple[int, ...] = ()
    failures: int = 0
    trouble: str | None = None
    trouble_since: datetime | None = None
    trouble_told: bool = False
    signature: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()


class FieldChange(Value):
    before: Any
    after: Any


class Update(Value, kw_only=True):
    """What a check concludes about one position: its new state, whole. position: None if it is a new one.

    event: what is to be told, None where nothing is. fields: for `changed`, name -> before and after.
    """

    position: int | None
    posting: Posting
    status: Status
    sighting: Sighting
    event: EventKind | None = None
    fields: Mapping[str, FieldChange] = field(default_factory=dict)


class Verdict(Value, kw_only=True):
    """What a check concludes about a source; the store writes it as it is.

    trouble: the sentence while the source is in trouble. notice: TROUBLE or RECOVERED when the reader is told now.
    counts: replaces Known.counts.
    """

    outcome: Outcome
    updates: tuple[Update, ...] = ()
    trouble: str | None = None
    notice: EventKind | None = None
    counts: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


class Event(Value, kw_only=True):
    """One line of the log, as the store gives it back. position: its present state, None for a notice about a source.

    title, url, fields: as they were when it happened; text: the sentence of a notice.
    """

    id: int
    at: datetime
    kind: EventKind
    source: str
    source_name: str
    position: Position | None = None
    title: str | None = None
    url: str | None = None
    fields: Mapping[str, FieldChange] = field(default_factory=dict)
    text: str | None = None
