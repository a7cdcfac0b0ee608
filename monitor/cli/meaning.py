"""What sources.toml means, in words: for `monitor check`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.cli.common import printable
from monitor.values import asdict

if TYPE_CHECKING:
    from monitor.models import Kind
    from monitor.settings import DigestSettings, Settings, Source

_KINDS = {
    None: "a list, feed or single ad (found out by looking)",
    "listing": "a list of positions",
    "feed": "a feed of positions",
    "ad": "a single ad",
    "page": "a page without positions, watched for its text",
}
_FOUND = {
    "listing": "found to be a list of positions",
    "feed": "found to be a feed of positions",
    "ad": "found to be a single ad",
    "page": "found to show no position as yet",
}
_SECURITY = {"starttls": "encrypted (STARTTLS)", "tls": "encrypted (TLS)", "none": "not encrypted"}


def source_words(source: Source, found: Kind | None, due: datetime | None, now: datetime) -> str:
    """Its name and address, what is done with it, and when.

    found: what the checks so far found it to be. due: its next check. None before its first.
    """
    filters = "; ".join(_filters(source))
    said = (", ".join(_doings(source, found)), filters, _next_words(source, due, now))
    return _lines(f"{source.name}: {source.url}", *filter(None, said))


def _lines(first: str, *others: str) -> str:
    return "\n    ".join(map(printable, (first, *others)))


def _doings(source: Source, found: Kind | None) -> Iterator[str]:
    kind = source.kind.value if source.kind else None
    yield _FOUND[found.value] if found and not kind else _KINDS[kind]
    yield f"looked at every {interval_words(source.every.total_seconds())}"
    if kind in (None, "listing") and source.pages > 1:
        yield f"up to {source.pages} pages of it"
    if kind in (None, "listing", "feed"):
        yield "each ad opened" if source.follow else "no ad opened"
    if source.closed_after != type(source)(url=source.url).closed_after:
        yield f"closed after {source.closed_after} checks without it, where no ad can be asked"


def _filters(source: Source) -> Iterator[str]:
    yield from _mentions(source)
    if source.language:
        yield f'its language is "{source.language}"'
    chosen = [name for name, css in asdict(source.selectors).items() if css]
    if chosen:
        yield f"CSS selectors say where to find {', '.join(chosen)}"
    if source.headers:
        yield f"asked with the headers {', '.join(source.headers)}"


def _next_words(source: Source, due: datetime | None, now: datetime) -> str:
    if not source.enabled:
        return "paused: kept, but not checked"
    if due is None:
        return "not looked at yet: the next poll does"
    return "due now" if due <= now else f"next due {due:%Y-%m-%d %H:%M} UTC"


def interval_words(seconds: float) -> str:
    for unit, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = int(seconds // size)
            return unit if count == 1 else f"{count} {unit}s"
    return f"{int(seconds)} seconds"


def digest_words(digest: DigestSettings, now: datetime) -> str:
    """Who is told, when, and what."""
    from monitor.cadence import next_slot
    from monitor.settings import WEEKDAYS

    slot = digest.every
    when = {
        "instant": "as soon as there is something",
        "day": f"daily at {slot.at:%H:%M}",
        "week": f"every {WEEKDAYS[slot.weekday].title()} at {slot.at:%H:%M}",
        "month": f"on the first of the month at {slot.at:%H:%M}",
    }[slot.period]
    zone = "" if slot.period == "instant" else f" {digest.timezone}"
    said = ["; ".join(_choices(digest))]
    if slot.period != "instant":
        said.append(f"next {next_slot(slot, digest.zone, now).astimezone(digest.zone):%A %d %B %Y, %H:%M}")
    return _lines(f"digest to {', '.join(digest.to)}: {when}{zone}", *said)


def _mentions(table: Source | DigestSettings) -> Iterator[str]:
    if table.include:
        yield f"only what mentions {_any_of(table.include)}"
    if table.exclude:
        yield f"nothing that mentions {_any_of(table.exclude)}"


def _choices(digest: DigestSettings) -> Iterator[str]:
    yield f"from {', '.join(digest.sources)}" if digest.sources else "from every source"
    if digest.levels:
        yield f"of the levels {', '.join(digest.levels)}, or of an unknown one"
    yield from _mentions(digest)
    if digest.interests:
        count = len(digest.interests)
        yield f"what matches {'the interest' if count == 1 else f'one of the {count} interests'} comes first"
    yield "sent even when there is nothing to tell" if digest.empty else "not sent when there is nothing to tell"


def mail_words(settings: Settings) -> str:
    mail = settings.mail
    if mail:
        return f"digests go to {mail.host}, {_SECURITY[mail.security]}"
    return f"digests go to {settings.outbox}, as .eml files"


def _any_of(phrases: tuple[str, ...]) -> str:
    *most, last = (f'"{phrase}"' for phrase in phrases)
    return f"{', '.join(most)} or {last}" if most else last
