"""One check of one source, from end to end: source state in, observation out. Network, but no database and no clock."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Protocol

from monitor.diff import ads_to_open
from monitor.diff.prose import text_change
from monitor.diff.volatile import learned, settled
from monitor.errors import FetchError
from monitor.fetch import may_share
from monitor.identity import canonical_url, sighting_of
from monitor.models import AdSeen, Hints, Kind, Known, Observation, Page, Posting, Reading, Validators
from monitor.readers import READERS, read
from monitor.settings import Source
from monitor.store import SourceState
from monitor.words import mentions


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """Everything that a check depends on, besides the network."""

    source: Source
    state: SourceState | None
    known: Known
    now: datetime


class Web(Protocol):
    """Where pages come from: the network (`fetch.Fetcher`), or what is stored of it."""

    async def get(
        self, url: str, *, validators: Validators = ..., headers: Mapping[str, str] | None = None
    ) -> Page | None:
        """The page, or None if it has not changed since it had these validators. FetchError: everything else."""
        ...


async def check(given: CheckInput, web: Web, stop: Callable[[], bool] = lambda: False) -> Observation:
    """Look at a source. Never raises for what the network or a page does: that is part of the observation.

    stop: when it turns true no further ad is opened; those that were left are opened at the next check.
    """
    source, now = given.source, given.now
    try:
        pages, reading = await look(given, web)
    except FetchError as error:
        return Observation(
            source=source.url,
            at=now,
            trouble=error.in_full(),
            transient=error.transient,
            retry_after=error.retry_after,
            gone=error.gone,
        )
    ads = await _open_ads(given, reading, web, stop)
    return Observation(source=source.url, at=now, pages=pages, reading=reading, ads=ads, not_modified=not pages)


async def look(given: CheckInput, web: Web) -> tuple[dict[str, Page], Reading | None]:
    """The pages of the list and what they show together: no pages after a 304, no reading of the same bytes."""
    source, state = given.source, given.state
    unread = state is None or state.fingerprint != fingerprint(source)
    # a 304 vouches for one page only: where the list goes on, all of it is fetched
    conditional = state is not None and not unread and len(state.listed) <= 1
    validators = state.validators.get(source.url, Validators()) if state and conditional else Validators()
    first = await web.get(source.url, validators=validators, headers=request_headers(source, source.url))
    if first is None:
        return {}, None
    pages = {source.url: first}
    reading = read(first, hints(source, given.known, given.now))
    while reading.next_page and not reading.trouble and len(pages) < source.pages and reading.next_page not in pages:
        url = reading.next_page
        try:
            page = await web.get(url, headers=request_headers(source, url))
        except FetchError as error:
            warning = f"page {len(pages) + 1} of the list could not be read: {error.in_full()}"
            reading = replace(reading, complete=False, next_page=None, warnings=(*reading.warnings, warning))
            break
        assert page is not None, "an unconditional GET is never answered by 304"
        pages[url] = page
        reading = _joined(reading, read(page, hints(source, given.known, given.now, kind=reading.kind)))
    if not unread and state and _as_stored(pages, state):
        return pages, None
    if source.kind is Kind.PAGE and not reading.trouble:
        reading = await _settled(reading, given, web)
    return pages, selected(reading, source)


async def _settled(reading: Reading, given: CheckInput, web: Web) -> Reading:
    """A page that is watched for its text, without what changes by itself: one that changed is looked at once more.

    The second look comes after the pause between two requests to one host ([fetch] delay).
    """
    source = given.source
    known = watched_text(given.known)
    text = learned(known, reading.text)
    if known and not text_change(known, text):
        return replace(reading, text=text)
    try:
        page = await web.get(source.url, headers=request_headers(source, source.url))
        assert page is not None, "an unconditional GET is never answered by 304"
        again = read(page, hints(source, given.known, given.now))
        unread = again.trouble
    except FetchError as error:
        unread = error.in_full()
    if unread:
        warning = f"it has changed, but could not be looked at once more to see what changes by itself: {unread}"
        return replace(reading, text=text, warnings=(*reading.warnings, warning))
    return replace(reading, text=settled(text, again.text))


def watched_text(known: Known) -> str:
    """What a page that is watched for its text said at the last good check; nothing before the first."""
    texts = (sighting.listed.text for p in known.positions if (sighting := sighting_of(p, known.source)))
    return next(filter(None, texts), "")


def _joined(before: Reading, after: Reading) -> Reading:
    """Two successive pages of one list."""
    if after.trouble:
        return replace(before, complete=False, next_page=None, warnings=(*before.warnings, after.trouble))
    seen = {(p.url, p.title) for p in before.postings}
    fresh = tuple(p for p in after.postings if (p.url, p.title) not in seen)
    return replace(
        before,
        postings=before.postings + fresh,
        next_page=after.next_page if fresh else None,
        complete=after.next_page is None,
        closed=before.closed + after.closed,
        warnings=tuple(dict.fromkeys(before.warnings + after.warnings)),
    )


def selected(reading: Reading, source: Source) -> Reading:
    """The reading without the postings that the source's include and exclude words leave out."""
    if not source.include and not source.exclude:
        return reading

    def wanted(posting: Posting) -> bool:
        words = "\n".join(filter(None, (posting.title, posting.department, posting.summary, posting.text)))
        return (not source.include or mentions(words, source.include)) and not mentions(words, source.exclude)

    return replace(reading, postings=tuple(filter(wanted, reading.postings)))


def _as_stored(pages: Mapping[str, Page], state: SourceState) -> bool:
    return tuple(pages) == state.listed and all(
        hashlib.sha256(page.body).hexdigest() == state.bodies.get(url) for url, page in pages.items()
    )


async def _open_ads(
    given: CheckInput, reading: Reading | None, web: Web, stop: Callable[[], bool]
) -> tuple[AdSeen, ...]:
    ads = []
    for url in ads_to_open(given.known, reading, given.source, given.now):
        if stop():
            break
        ads.append(await _open_ad(url, given, web))
    return tuple(ads)


async def _open_ad(url: str, given: CheckInput, web: Web) -> AdSeen:
    source, state = given.source, given.state
    current = state is not None and state.fingerprint == fingerprint(source)
    validators = state.validators.get(url, Validators()) if state and current else Validators()
    try:
        page = await web.get(url, validators=validators, headers=request_headers(source, url))
    except FetchError as error:
        trouble = None if error.gone else error.in_full()
        return AdSeen(url=url, gone=error.gone, trouble=trouble, unreachable=error.status is None)
    if page is None:
        return AdSeen(url=url, not_modified=True)
    if canonical_url(page.url) == canonical_url(source.url):
        return AdSeen(url=url, gone=True)  # an ad that leads back to the list is no more
    return read_ad_page(url, page, source, given.now)


def read_ad_page(url: str, page: Page, source: Source, now: datetime) -> AdSeen:
    """What a position's own page says; a page that is no ad speaks neither way."""
    reading = READERS[Kind.AD](page, Hints(as_of=now.date(), language=source.language))
    if reading.gone:
        return AdSeen(url=url, page=page, gone=True)
    if reading.trouble:
        return AdSeen(url=url, page=page, trouble=f"{url}: {reading.trouble}")
    return AdSeen(url=url, page=page, posting=reading.postings[0] if reading.postings else None)


def reread(page: Page, source: Source, known: Known) -> tuple[Posting, ...]:
    """The postings of a stored page of the list, as today's reader finds them."""
    reading = read(page, hints(source, known, page.fetched_at))
    if source.kind is Kind.PAGE:  # the page is its own posting
        return (Posting(title=source.name, url=source.url, text=learned(watched_text(known), reading.text)),)
    return selected(reading, source).postings


def hints(source: Source, known: Known, now: datetime, kind: Kind | None = None) -> Hints:
    return Hints(
        as_of=now.date(),
        kind=source.kind or kind,
        language=source.language,
        selectors=source.selectors.as_selectors(),
        signature=known.signature,
    )


def request_headers(source: Source, url: str) -> dict[str, str]:
    """The source's own headers, which may be secrets: for no other host than its own, whatever its pages link to.

    A value `env:NAME` stands for that variable of the environment.
    """
    if not may_share(source.url, url):
        return {}
    made = {}
    for name, value in source.headers.items():
        if value.startswith("env:"):
            variable = value.removeprefix("env:")
            if variable not in os.environ:
                raise FetchError(
                    f"the header {name} needs the environment variable {variable}, which is not set",
                    url=source.url,
                    tip="set it before the monitor starts",
                )
            value = os.environ[variable].strip()  # a file that it was read from ended with a line break
        made[name] = value
    return made


def fingerprint(source: Source) -> str:
    """Changes when the same bytes could be read differently: another reader, or other settings of the source."""
    settings = source.model_dump_json(include={"kind", "language", "selectors", "include", "exclude"})
    return hashlib.sha256((_readers_hash() + settings).encode()).hexdigest()[:16]


@cache
def _readers_hash() -> str:
    digest = hashlib.sha256()
    for room in ("readers", "fields", "lexicon"):
        for file in sorted(_files(files("monitor") / room), key=lambda f: f.name):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(folder: Traversable) -> Iterable[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith((".py", ".toml")):
            yield entry
