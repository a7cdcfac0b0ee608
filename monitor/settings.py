"""What sources.toml can say: the values, their defaults and their meaning. `config` reads the file into them.

The docstring under each key is its description in the JSON Schema that editors complete from.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from monitor.models import Kind, Level, Selectors

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_LONGEST_INTERVAL = 366 * 86400  # seconds
_INTERVAL = re.compile(r"(\d+)\s*(minute|hour|day|week)s?")
_PLAIN_ADDRESS = re.compile(r"https?://[\w.-]+(:[1-9]\d{0,3})?(/\S*)?", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class Slot(BaseModel):
    """When a digest is due: at once, or at a time of day, of one weekday, or of the first of the month."""

    model_config = ConfigDict(frozen=True)

    period: Literal["instant", "day", "week", "month"]
    at: time = time(7, 0)
    weekday: int = 0  # Monday, as in date.weekday()


def parse_interval(words: Any) -> timedelta:
    """`"6 hours"`, `"30 minutes"`, `"1 day"`; ValueError with a sentence for a person otherwise."""
    if isinstance(words, timedelta):
        return words
    match = _INTERVAL.fullmatch(str(words).strip().casefold())
    if not match or not int(match[1]):
        raise ValueError(f'{words!r} is no interval; write one like "6 hours", "30 minutes" or "2 days"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_INTERVAL:
        raise ValueError(f"{words!r} is longer than a year")
    return timedelta(seconds=seconds)


def parse_keep(words: Any) -> timedelta | None:
    """As `parse_interval`, or `"forever"`, which is None."""
    if words is None or str(words).strip().casefold() == "forever":
        return None
    try:
        return parse_interval(words)
    except ValueError as error:
        raise ValueError(f'{error}; "forever" keeps all') from None


def parse_slot(words: Any) -> Slot:
    """`"instant"`, `"daily 07:00"`, `"monday 07:00"`, `"monthly 07:00"`; ValueError with a sentence otherwise."""
    if isinstance(words, Slot):
        return words
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


def _file(path: Path) -> Path:
    if not path.name:
        raise ValueError(f"{str(path)!r} names no file")
    return path


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


def _as_string(pattern: str, examples: list[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": examples})


Interval = Annotated[
    timedelta,
    BeforeValidator(parse_interval),
    PlainSerializer(str),
    _as_string(r"^\s*[1-9]\d*\s*([mM]inute|[hH]our|[dD]ay|[wW]eek)s?\s*$", ["6 hours", "30 minutes", "1 day"]),
]
Keep = Annotated[
    timedelta | None,
    BeforeValidator(parse_keep),
    PlainSerializer(lambda keep: f"{keep.days} days" if keep else "forever"),
    _as_string(
        r"^\s*([1-9]\d*\s*([mM]inute|[hH]our|[dD]ay|[wW]eek)s?|[fF]orever)\s*$", ["90 days", "52 weeks", "forever"]
    ),
]
SlotWords = Annotated[
    Slot,
    BeforeValidator(parse_slot),
    _as_string(
        r"^(instant|(daily|weekly|monthly|monday|tuesday|wednesday|thursday|friday|saturday|sunday)( \d?\d:\d\d)?)$",
        ["monday 07:00", "daily 06:30", "monthly 08:00", "instant"],
    ),
]
WebAddress = Annotated[str, AfterValidator(source_address), WithJsonSchema({"type": "string", "format": "uri"})]
Phrase = Annotated[str, AfterValidator(_phrase)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]


def _described(schema: dict[str, Any], table: type[BaseModel]) -> None:
    """The docstring under each key, for the schema. Source code is read for it, which no other command should pay."""
    import ast
    import inspect

    (definition,) = ast.parse(inspect.getsource(table)).body
    assert isinstance(definition, ast.ClassDef)
    for key, below in pairwise(definition.body):
        match key, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(words))):
                schema["properties"][table.model_fields[name].alias or name]["description"] = words


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, json_schema_extra=_described)


class StoreSettings(_Table):
    path: Annotated[Path, AfterValidator(_file)] = Field(
        Path("monitor.db"), examples=["monitor.db", "data/positions.db"]
    )
    """The database file, beside sources.toml unless absolute."""
    keep: Keep = timedelta(days=90)
    """How long the pages that were seen are kept, for `monitor replay`; "forever" for all. Positions always stay."""


class FetchSettings(_Table):
    allow_private_addresses: bool = Field(False, examples=[True])
    """Fetch from private and loopback addresses too. Leave it off unless a source lies in your own network."""
    obey_robots: bool = Field(True, examples=[True])
    """Respect robots.txt (RFC 9309)."""
    delay: float = Field(1.0, ge=0, le=3600, examples=[1.0, 5.0])
    """Seconds between two requests to one host."""
    contact: str | None = Field(None, examples=["me@example.org", "https://example.org/about-my-monitor"])
    """An e-mail or web address at which a site's operator can reach you; it goes into the User-Agent."""
    timeout: float = Field(20.0, gt=0, le=600, examples=[20.0, 60.0])
    """Seconds until a silent server is given up; a whole request may take three times as long."""
    max_bytes: int = Field(10_000_000, ge=1_000, examples=[10_000_000])
    """A larger body is not read."""
    retries: int = Field(2, ge=0, le=10, examples=[2])
    """How often a transient fault (a time-out, 502, 503, 504, 429) is tried again at once."""
    concurrency: int = Field(20, ge=1, le=200, examples=[20])
    """How many hosts are asked at the same time."""


class MailSettings(_Table):
    host: str = Field(examples=["mail.example.org"])
    """The SMTP server."""
    port: int | None = Field(None, ge=1, le=65535, examples=[587, 465])
    """587 for starttls, 465 for tls, 25 for none, unless given."""
    security: Literal["starttls", "tls", "none"] = Field("starttls", examples=["tls"])
    """How the connection is encrypted; certificates are always verified."""
    user: str | None = Field(None, examples=["me"])
    """The login; its password comes from MONITOR_SMTP_PASSWORD or `password_file`, never from this file."""
    password_file: Path | None = Field(None, examples=["mail-password.txt"])
    """A file that holds the password alone, readable by you only."""
    sender: MailAddress = Field(alias="from", examples=["Positions <monitor@example.org>"])
    """The From address of the digests."""
    timeout: float = Field(30.0, gt=0, le=600, examples=[30.0])
    """Seconds until a silent mail server is given up."""
    ca_file: Path | None = Field(None, examples=["university-ca.pem"])
    """A certificate authority of your own (PEM), beside the system's."""


class DigestSettings(_Table):
    to: tuple[MailAddress, ...] = Field(min_length=1, examples=[["me@example.org"]])
    """Who receives it; each gets a mail of their own."""
    name: str | None = Field(None, examples=["Optics, every Monday"])
    """What the digest is called, in its subject and in `monitor status`; "Positions" unless given."""
    every: SlotWords = Field(parse_slot("monday 07:00"), json_schema_extra={"default": "monday 07:00"})
    """When it is sent: "monday 07:00", "daily 07:00", "monthly 07:00" or "instant"."""
    timezone: Annotated[str, AfterValidator(_zone)] = Field("UTC", examples=["Europe/Stockholm", "America/New_York"])
    """The time zone of `every` and of the dates in the mail."""
    interests: tuple[str, ...] = Field((), examples=[["mathematical theory of deep learning", "optimal transport"]])
    """Plain sentences; new positions that match come first, ranked."""
    include: tuple[Phrase, ...] = Field((), examples=[["mathematic", "machine learning"]])
    """Only positions that contain one of these words or phrases."""
    exclude: tuple[Phrase, ...] = Field((), examples=[["professor", "administrat"]])
    """No positions that contain one of these words or phrases."""
    levels: tuple[Level, ...] = Field((), examples=[["phd", "postdoc"]])
    """Only these levels (positions of unknown level are kept): phd, postdoc, faculty, staff, master, other."""
    sources: tuple[str, ...] = Field((), examples=[["KTH vacancies"]])
    """Only these sources, by name; all of them unless given."""
    empty: bool = Field(False, examples=[True])
    """Send a mail even when there is nothing to tell."""

    @property
    def key(self) -> str:
        """What the store knows this digest by; stays the same when its filters change."""
        return self.name or ", ".join(sorted(a.casefold() for a in self.to))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class HeartbeatSettings(_Table):
    url: WebAddress = Field(examples=["https://heartbeat.example.org/0b5d"])
    """Asked for after each run in which no delivery was given up, so that a watcher notices when they stop coming."""


class SelectorSettings(_Table):
    item: str | None = Field(None, examples=["ul.vacancies > li"])
    """The element that holds one position."""
    title: str | None = Field(None, examples=["h3"])
    """The title within the item."""
    link: str | None = Field(None, examples=["a.apply"])
    """The link within the item."""
    deadline: str | None = Field(None, examples=[".closing-date"])
    """The deadline within the item."""

    def as_selectors(self) -> Selectors:
        return Selectors(self.item, self.title, self.link, self.deadline)


class Source(_Table):
    url: WebAddress = Field(examples=["https://www.lindholm.example/jobs/"])
    """The page or feed to watch. All other keys are optional."""
    name: str = Field("", examples=["Lindholm, mathematics"])
    """What it is called in mails and commands; taken from the URL unless given."""
    kind: Kind | None = Field(None, examples=["listing", "page"])
    """listing, feed, ad or page; found out by looking unless given."""
    every: Interval = timedelta(hours=12)
    """How often it is checked."""
    include: tuple[Phrase, ...] = Field((), examples=[["mathematic", "machine learning"]])
    """Only postings whose title or text contains one of these words or phrases."""
    exclude: tuple[Phrase, ...] = Field((), examples=[["professor", "administrat"]])
    """No postings whose title or text contains one of these words or phrases."""
    follow: bool = Field(True, examples=[False])
    """Open each position's own page for its fields."""
    closed_after: int = Field(3, ge=1, examples=[3])
    """Good checks in a row without it until a position is closed, where no own page can be asked or ever showed it."""
    pages: int = Field(5, ge=1, le=100, examples=[5, 1])
    """How far "next page" is followed."""
    render: bool = Field(False, examples=[True])
    """The page needs a browser to show anything (JavaScript). Not possible yet: `monitor check` says so."""
    headers: dict[str, str] = Field(default_factory=dict, examples=[{"Authorization": "env:LINDHOLM_TOKEN"}])
    """Extra request headers; `"env:NAME"` as a value takes it from the environment."""
    language: str | None = Field(None, pattern=r"^[a-z]{2}$", examples=["sv"])
    """ISO 639-1, where the page does not tell its language."""
    selectors: SelectorSettings = Field(SelectorSettings(), examples=[{"item": "ul.vacancies > li", "title": "h3"}])
    """CSS selectors, for the page that is not read rightly without them."""
    enabled: bool = Field(True, examples=[False])
    """Off: it is kept, but not checked."""


class Settings(_Table):
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
    file: Path = Field(Path("sources.toml"), exclude=True)

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def database(self) -> Path:
        return self.folder / self.store.path

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"
