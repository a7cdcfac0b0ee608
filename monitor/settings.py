"""What sources.toml can say: the values, their defaults and their meaning. `config` reads the file into them.

The docstring under each key is its description in the JSON Schema that editors complete from.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Meta

from monitor.models import Kind, Level, Selectors
from monitor.values import Value, field, replace

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_LONGEST_INTERVAL = 366 * 86400  # seconds
_INTERVAL = re.compile(r"(\d+)\s*(minute|hour|day|week)s?")
_PLAIN_ADDRESS = re.compile(r"https?://[\w.-]+(:[1-9]\d{0,3})?(/\S*)?", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class Slot(Value, kw_only=True):
    """When a digest is due: at once, or at a time of day, of one weekday, or of the first of the month."""

    period: Literal["instant", "day", "week", "month"]
    at: time = time(7, 0)
    weekday: int = 0  # Monday, as in date.weekday()


def parse_interval(words: Any) -> timedelta:
    """`"6 hours"`, `"30 minutes"`, `"1 day"`; ValueError with a sentence for a person otherwise."""
    match = _INTERVAL.fullmatch(str(words).strip().casefold())
    if not match or not int(match[1]):
        raise ValueError(f'{words!r} is no interval; write one like "6 hours", "30 minutes" or "2 days"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_INTERVAL:
        raise ValueError(f"{words!r} is longer than a year")
    return timedelta(seconds=seconds)


def parse_keep(words: Any) -> timedelta | None:
    """As `parse_interval`, or `"forever"`, which is None."""
    if str(words).strip().casefold() == "forever":
        return None
    try:
        return parse_interval(words)
    except ValueError as error:
        raise ValueError(f'{error}; "forever" keeps all') from None


def parse_slot(words: Any) -> Slot:
    """`"instant"`, `"daily 07:00"`, `"monday 07:00"`, `"monthly 07:00"`; ValueError with a sentence otherwise."""
    head, _, clock = str(words).strip().casefold().partition(" ")
    hour = _CLOCK.fullmatch(clock.strip()) if clock else None
    at = time(int(hour[1]), int(hour[2])) if hour else time(7, 0)
    if clock and not hour:
        head = ""
    if head == "instant" and not clock:
        return Slot(period="instant")
    if head in ("daily", "day"):
        return Slot(period="day", at=at)
    if head in WEEKDAYS:
        return Slot(period="week", at=at, weekday=WEEKDAYS.index(head))
    if head in ("weekly", "week"):
        return Slot(period="week", at=at)
    if head in ("monthly", "month"):
        return Slot(period="month", at=at)
    raise ValueError(
        f'{words!r} is no time for a digest; write "monday 07:00", "daily 07:00", "monthly 07:00" or "instant"'
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there; no name of a file; a folder of zones
        raise ValueError(f'{name!r} is no time zone; write one like "Europe/Stockholm"') from None
    return name


def source_address(url: str) -> str:
    """The URL of a source; ValueError with a sentence for a person if it cannot be one."""
    if _PLAIN_ADDRESS.fullmatch(url):  # as nearly all are: no login, no bracket, no port out of range
        return url
    if not re.match(r"https?://[^\s/]+", url):
        raise ValueError(f'{url!r} is no web address; it starts with "https://" or "http://"')
    try:
        parts = urlsplit(url)
        right = parts.hostname and (parts.port is None or parts.port)
    except ValueError:  # of a bracket or a port
        right = None
    if not right:
        raise ValueError(f"{url!r} is no web address; its host or port is wrong")
    if "@" in parts.netloc:  # the address is printed, stored and mailed
        raise ValueError('a login does not stand in an address; write headers = { Authorization = "env:NAME" }')
    return url


def _phrase(words: str) -> str:
    if not any(map(str.isalnum, words)):
        raise ValueError(f"{words!r} has no word in it")
    return words


def _file(path: str) -> str:
    if not Path(path).name:
        raise ValueError(f"{str(Path(path))!r} names no file")
    return path


def _language(code: str) -> str:
    if not re.fullmatch("[a-z]{2}", code):
        raise ValueError(f'{code!r} is no language; write its two small letters, like "sv"')
    return code


def _mail_address(address: str) -> str:
    if not re.fullmatch(r"(?:[^<>\r\n]*<)?[^@\s<>]+@[^@\s<>]+>?", address.strip()):
        raise ValueError(f"{address!r} is no e-mail address")
    local, _, domain = address.strip().rpartition("<")[2].removesuffix(">").partition("@")
    try:
        carried = local.isascii() and domain.encode("idna")
    except UnicodeError:
        carried = False
    if not carried:
        raise ValueError(f"{address!r} cannot be written to: ASCII letters stand before the @, a host after it")
    return address.strip()


def _as_string(pattern: str, examples: list[str], **schema: str) -> Meta:
    return Meta(extra_json_schema={"type": "string", "pattern": pattern, "examples": examples, **schema})


# A function beside a type takes what the file says (for a `str`: once it is one) and gives the value, or a ValueError.
Interval = Annotated[
    timedelta,
    parse_interval,
    _as_string(r"^\s*[1-9]\d*\s*([mM]inute|[hH]our|[dD]ay|[wW]eek)s?\s*$", ["6 hours", "30 minutes", "1 day"]),
]
Keep = Annotated[
    timedelta | None,
    parse_keep,
    _as_string(
        r"^\s*([1-9]\d*\s*([mM]inute|[hH]our|[dD]ay|[wW]eek)s?|[fF]orever)\s*$", ["90 days", "52 weeks", "forever"]
    ),
]
SlotWords = Annotated[
    Slot,
    parse_slot,
    _as_string(
        rf"^(instant|(daily|weekly|monthly|{'|'.join(WEEKDAYS)})( \d?\d:\d\d)?)$",
        ["monday 07:00", "daily 06:30", "monthly 08:00", "instant"],
        default="monday 07:00",
    ),
]
WebAddress = Annotated[str, source_address, Meta(extra_json_schema={"format": "uri"})]
FileName = Annotated[str, _file, Meta(extra_json_schema={"format": "path"})]
Phrase = Annotated[str, _phrase]
MailAddress = Annotated[str, _mail_address]
RequestHeaders = Annotated[dict[str, str], Meta(examples=[{"Authorization": "env:LINDHOLM_TOKEN"}])]


class Table(Value, forbid_unknown_fields=True):
    """A table of sources.toml."""

    def replace(self, **values: Any) -> Self:
        """The same with other values for some keys."""
        return replace(self, **values)


class StoreSettings(Table, kw_only=True):
    path: Annotated[FileName, Meta(examples=["monitor.db", "data/positions.db"])] = "monitor.db"
    """The database file, beside sources.toml unless absolute."""
    keep: Keep = timedelta(days=90)
    """How long the pages that were seen are kept, for `monitor replay`; "forever" for all. Positions always stay."""


class FetchSettings(Table, kw_only=True):
    allow_private_addresses: Annotated[bool, Meta(examples=[True])] = False
    """Fetch from private and loopback addresses too. Leave it off unless a source lies in your own network."""
    obey_robots: Annotated[bool, Meta(examples=[True])] = True
    """Respect robots.txt (RFC 9309)."""
    delay: Annotated[float, Meta(ge=0, le=3600, examples=[1.0, 5.0])] = 1.0
    """Seconds between two requests to one host."""
    contact: Annotated[str | None, Meta(examples=["me@example.org", "https://example.org/about-my-monitor"])] = None
    """An e-mail or web address at which a site's operator can reach you; it goes into the User-Agent."""
    timeout: Annotated[float, Meta(gt=0, le=600, examples=[20.0, 60.0])] = 20.0
    """Seconds until a silent server is given up; a whole request may take three times as long."""
    max_bytes: Annotated[int, Meta(ge=1_000, examples=[10_000_000])] = 10_000_000
    """A larger body is not read."""
    retries: Annotated[int, Meta(ge=0, le=10, examples=[2])] = 2
    """How often a transient fault (a time-out, 502, 503, 504, 429) is tried again at once."""
    concurrency: Annotated[int, Meta(ge=1, le=200, examples=[20])] = 20
    """How many hosts are asked at the same time."""


class MailSettings(Table, kw_only=True):
    host: Annotated[str, Meta(examples=["mail.example.org"])]
    """The SMTP server."""
    port: Annotated[Annotated[int, Meta(ge=1, le=65535)] | None, Meta(examples=[587, 465])] = None
    """587 for starttls, 465 for tls, 25 for none, unless given."""
    security: Annotated[Literal["starttls", "tls", "none"], Meta(examples=["tls"])] = "starttls"
    """How the connection is encrypted; certificates are always verified."""
    user: Annotated[str | None, Meta(examples=["me"])] = None
    """The login; its password comes from MONITOR_SMTP_PASSWORD or `password_file`, never from this file."""
    password_file: Annotated[FileName | None, Meta(examples=["mail-password.txt"])] = None
    """A file that holds the password alone, readable by you only."""
    sender: Annotated[MailAddress, Meta(examples=["Positions <monitor@example.org>"])] = field(name="from")
    """The From address of the digests."""
    timeout: Annotated[float, Meta(gt=0, le=600, examples=[30.0])] = 30.0
    """Seconds until a silent mail server is given up."""
    ca_file: Annotated[FileName | None, Meta(examples=["university-ca.pem"])] = None
    """A certificate authority of your own (PEM), beside the system's."""


class DigestSettings(Table, kw_only=True):
    to: Annotated[tuple[MailAddress, ...], Meta(min_length=1, examples=[["me@example.org"]])]
    """Who receives it; each gets a mail of their own."""
    name: Annotated[str | None, Meta(examples=["Optics, every Monday"])] = None
    """What the digest is called, in its subject and in `monitor status`; "Positions" unless given."""
    every: SlotWords = field(default_factory=lambda: parse_slot("monday 07:00"))
    """When it is sent: "monday 07:00", "daily 07:00", "monthly 07:00" or "instant"."""
    timezone: Annotated[str, _zone, Meta(examples=["Europe/Stockholm", "America/New_York"])] = "UTC"
    """The time zone of `every` and of the dates in the mail."""
    interests: Annotated[
        tuple[str, ...], Meta(examples=[["mathematical theory of deep learning", "optimal transport"]])
    ] = ()
    """Plain sentences; new positions that match come first, ranked."""
    include: Annotated[tuple[Phrase, ...], Meta(examples=[["mathematic", "machine learning"]])] = ()
    """Only positions that contain one of these words or phrases."""
    exclude: Annotated[tuple[Phrase, ...], Meta(examples=[["professor", "administrat"]])] = ()
    """No positions that contain one of these words or phrases."""
    levels: Annotated[tuple[Level, ...], Meta(examples=[["phd", "postdoc"]])] = ()
    """Only these levels (positions of unknown level are kept): phd, postdoc, faculty, staff, master, other."""
    sources: Annotated[tuple[str, ...], Meta(examples=[["KTH vacancies"]])] = ()
    """Only these sources, by name; all of them unless given."""
    empty: Annotated[bool, Meta(examples=[True])] = False
    """Send a mail even when there is nothing to tell."""

    @property
    def key(self) -> str:
        """What the store knows this digest by; stays the same when its filters change."""
        return self.name or ", ".join(sorted(a.casefold() for a in self.to))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class HeartbeatSettings(Table, kw_only=True):
    url: Annotated[WebAddress, Meta(examples=["https://heartbeat.example.org/0b5d"])]
    """Asked for after each run in which no delivery was given up, so that a watcher notices when they stop coming."""


class SelectorSettings(Table, kw_only=True):
    item: Annotated[str | None, Meta(examples=["ul.vacancies > li"])] = None
    """The element that holds one position."""
    title: Annotated[str | None, Meta(examples=["h3"])] = None
    """The title within the item."""
    link: Annotated[str | None, Meta(examples=["a.apply"])] = None
    """The link within the item."""
    deadline: Annotated[str | None, Meta(examples=[".closing-date"])] = None
    """The deadline within the item."""

    def as_selectors(self) -> Selectors:
        return Selectors(self.item, self.title, self.link, self.deadline)


class Source(Table, kw_only=True):
    url: Annotated[WebAddress, Meta(examples=["https://www.lindholm.example/jobs/"])]
    """The page or feed to watch. All other keys are optional."""
    name: Annotated[str, Meta(examples=["Lindholm, mathematics"])] = ""
    """What it is called in mails and commands; taken from the URL unless given."""
    kind: Annotated[Kind | None, Meta(examples=["listing", "page"])] = None
    """listing, feed, ad or page; found out by looking unless given."""
    every: Interval = timedelta(hours=12)
    """How often it is checked."""
    include: Annotated[tuple[Phrase, ...], Meta(examples=[["mathematic", "machine learning"]])] = ()
    """Only postings whose title or text contains one of these words or phrases."""
    exclude: Annotated[tuple[Phrase, ...], Meta(examples=[["professor", "administrat"]])] = ()
    """No postings whose title or text contains one of these words or phrases."""
    follow: Annotated[bool, Meta(examples=[False])] = True
    """Open each position's own page for its fields."""
    closed_after: Annotated[int, Meta(ge=1, examples=[3])] = 3
    """Good checks in a row without it until a position is closed, where no own page can be asked or ever showed it."""
    pages: Annotated[int, Meta(ge=1, le=100, examples=[5, 1])] = 5
    """How far "next page" is followed."""
    render: Annotated[bool, Meta(examples=[True])] = False
    """The page needs a browser to show anything (JavaScript). Not possible yet: `monitor check` says so."""
    headers: RequestHeaders = field(default_factory=dict)
    """Extra request headers; `"env:NAME"` as a value takes it from the environment."""
    language: Annotated[str | None, _language, _as_string("^[a-z]{2}$", ["sv"])] = None
    """ISO 639-1, where the page does not tell its language."""
    selectors: Annotated[SelectorSettings, Meta(examples=[{"item": "ul.vacancies > li", "title": "h3"}])] = (
        SelectorSettings()
    )
    """CSS selectors, for the page that is not read rightly without them."""
    enabled: Annotated[bool, Meta(examples=[False])] = True
    """Off: it is kept, but not checked."""


class Settings(Table, kw_only=True):
    """sources.toml, whole. `file`: where it lies; paths in it are relative to that folder."""

    store: StoreSettings = StoreSettings()
    """Where what was seen is kept."""
    fetch: FetchSettings = FetchSettings()
    """How pages are fetched; the defaults are polite."""
    mail: MailSettings | None = None
    """The mail server; without it, digests are written to outbox/ as .eml files."""
    heartbeat: HeartbeatSettings | None = None
    """Whom to give a sign of life after each good run."""
    digest: tuple[DigestSettings, ...] = ()
    """Who is told, when, and of what: [[digest]], once for each subscriber."""
    source: tuple[Source, ...] = ()
    """What is watched: [[source]], once for each page or feed."""
    file: Path = field(default_factory=lambda: Path("sources.toml"))

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def database(self) -> Path:
        return self.folder / self.store.path

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"
