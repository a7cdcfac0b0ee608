"""One check of one source, from end to end: source state in, observation out. Network, but no database and no clock.

What compares pages (`diff`) is loaded where it is used: most checks find that nothing is to be compared.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Protocol

from monitor.errors import FetchError
from monitor.fetch import may_share
from monitor.identity import canonical_url, sighting_of
from monitor.models import AdSeen, Hints, Kind, Known, Observation, Page, Posting, Reading, Validators
from monitor.pipeline.late import read, read_ad
from monitor.pipeline.sameness import gist
from monitor.plain import dump
from monitor.settings import Source
from monitor.store import SourceState
from monitor.values import Value, replace
from monitor.words import mentions


class CheckInput(Value, kw_only=True):
    """Everything that a check depends on, besides the network."""

    source: Source
    state: SourceState | None
    known: Known
    now: datetime


class Web(Protocol):
    """Where pages come from: the network (`network.Network`), or what is stored of it."""

    async def get(
        self, url: str, *, validators: Validators = ..., headers: Mapping[str, str] | None = None
    ) -> Page | None:
        """The page, or None if it has not changed since it had these validators. FetchError: everything else."""
        ...


class Reader(Protocol):
    """Where pages are read: in this very process (`read_here`), or where it can do no harm (`workers.Workers.read`)."""

    async def __call__(self, page: Page, hints: Hints, by: Callable[[Page, Hints], Reading]) -> Reading: ...


async def read_here(page: Page, hints: Hints, by: Callable[[Page, Hints], Reading]) -> Reading:
    return by(page, hints)


async def check(
    given: CheckInput, web: Web, reader: Reader = read_here, stop: Callable[[], bool] = lambda: False
) -> Observation:
    """Look at a source. Never raises for what the network or a page does: that is part of the observation.

    stop: when it turns true no further ad is opened; those that were left are opened at the next check.
    """
    return await open_ads(given, await look(given, web, reader), web, reader, stop)


async def look(given: CheckInput, web: Web, reader: Reader = read_here) -> Observation:
    """The first half of a check, the list itself. Of `given.known` it needs the positions of a watched page only."""
    try:
        return await _look(given, web, reader)
    except FetchError as error:
        return Observation(
            source=given.source.url,
            at=given.now,
            trouble=error.in_full(),
            transient=error.transient,
            retry_after=error.retry_after,
            gone=error.gone,
        )


async def _look(given: CheckInput, web: Web, reader: Reader) -> Observation:
    """No reading of pages that show what they showed when they were stored; no pages either after a 304."""
    source, state = given.source, _current(given)
    seen = partial(Observation, source=source.url, at=given.now)
    # a 304 vouches for one page only: where the list goes on, all of it is fetched
    conditional = state and len(state.listed) <= 1
    validators = state.validators.get(source.url, Validators()) if state and conditional else Validators()
    first = await web.get(source.url, validators=validators, headers=request_headers(source, source.url))
    if first is None:
        return seen(not_modified=True)
    fetched = {source.url: first}
    if state and await _is_as_stored(state, fetched, given, web):
        return seen(pages=fetched, gists=dict(state.gists))
    pages, gists, reading = await _read_list(fetched, given, web, reader)
    if source.kind is Kind.PAGE and not reading.trouble:
        reading = await _settled(reading, given, web, reader)
    return seen(pages=pages, gists=gists, reading=selected(reading, source))


def _current(given: CheckInput) -> SourceState | None:
    """What is kept of the source, if today's reader and settings made it."""
    state = given.state
    return state if state and state.fingerprint == fingerprint(given.source) else None


async def _is_as_stored(state: SourceState, fetched: dict[str, Page], given: CheckInput, web: Web) -> bool:
    """Whether the list shows what it showed: page after page, as long as each is as before. Adds to `fetched`."""
    for url in state.listed:
        try:
            page = fetched.get(url) or await _page(url, given, web)
        except FetchError:
            return False
        fetched[url] = page
        if gist(page) != state.gists.get(url):
            return False
    return bool(state.listed)


async def _page(url: str, given: CheckInput, web: Web) -> Page:
    page = await web.get(url, headers=request_headers(given.source, url))
    assert page is not None, "an unconditional GET is never answered by 304"
    return page


async def _read_list(
    fetched: Mapping[str, Page], given: CheckInput, web: Web, reader: Reader
) -> tuple[dict[str, Page], dict[str, str], Reading]:
    """All pages of the list, their gists, and what they show. fetched: pages that were fetched already."""
    source = given.source
    pages = {source.url: fetched[source.url]}
    reading = await reader(pages[source.url], hints(source, given.known, given.now), read)
    while reading.next_page and not reading.trouble and len(pages) < source.pages and reading.next_page not in pages:
        url = reading.next_page
        try:
            pages[url] = fetched.get(url) or await _page(url, given, web)
        except FetchError as error:
            warning = f"page {len(pages) + 1} of the list could not be read: {error.in_full()}"
            reading = replace(reading, complete=False, next_page=None, warnings=(*reading.warnings, warning))
            # half a list vouches for nothing: the next check fetches and reads all of it
            return {url: replace(page, validators=Validators()) for url, page in pages.items()}, {}, reading
        more = await reader(pages[url], hints(source, given.known, given.now, kind=reading.kind), read)
        reading = _joined(reading, more)
    return pages, {url: gist(page) for url, page in pages.items()}, reading


async def _settled(reading: Reading, given: CheckInput, web: Web, reader: Reader) -> Reading:
    """A page that is watched for its text, without what changes by itself: one that changed is looked at once more.

    The second look comes after the pause between two requests to one host ([fetch] delay).
    """
    from monitor.diff.prose import text_change
    from monitor.diff.volatile import learned, settled

    source = given.source
    known = watched_text(given.known)
    text = learned(known, reading.text)
    if known and not text_change(known, text):
        return replace(reading, text=text)
    try:
        again = await reader(await _page(source.url, given, web), hints(source, given.known, given.now), read)
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


async def open_ads(
    given: CheckInput, seen: Observation, web: Web, reader: Reader = read_here, stop: Callable[[], bool] = lambda: False
) -> Observation:
    """The second half of a check: the positions' own pages that have something to say, opened one by one."""
    from monitor.diff import ads_to_open

    if seen.trouble:
        return seen
    ads = []
    gists = dict(seen.gists)
    for url in ads_to_open(given.known, seen.reading, given.source, given.now):
        if stop():
            break
        ads.append(await _open_ad(url, given, web, reader, gists))
    return replace(seen, ads=tuple(ads), gists=gists)


async def _open_ad(url: str, given: CheckInput, web: Web, reader: Reader, gists: dict[str, str]) -> AdSeen:
    source, state, address = given.source, _current(given), canonical_url(url)
    validators = state.validators.get(address, Validators()) if state else Validators()
    try:
        page = await web.get(url, validators=validators, headers=request_headers(source, url))
    except FetchError as error:
        trouble = None if error.gone else error.in_full()
        return AdSeen(url=url, gone=error.gone, trouble=trouble, unreachable=error.status is None)
    if page is None:
        return AdSeen(url=url, not_modified=True)
    if canonical_url(page.url) == canonical_url(source.url):
        return AdSeen(url=url, gone=True)  # an ad that leads back to the list is no more
    gists[address] = gist(page)
    if state and state.gists.get(address) == gists[address]:
        return AdSeen(url=url, page=page, not_modified=True)
    return await read_ad_page(url, page, source, given.now, reader)


async def read_ad_page(url: str, page: Page, source: Source, now: datetime, reader: Reader = read_here) -> AdSeen:
    """What a position's own page says; a page that is no ad speaks neither way."""
    reading = await reader(page, Hints(as_of=now.date(), language=source.language), read_ad)
    if reading.gone:
        return AdSeen(url=url, page=page, gone=True)
    if reading.trouble:
        return AdSeen(url=url, page=page, trouble=f"{url}: {reading.trouble}")
    return AdSeen(url=url, page=page, posting=reading.postings[0] if reading.postings else None)


async def reread(page: Page, source: Source, known: Known, reader: Reader) -> tuple[Posting, ...]:
    """The postings of a stored page of the list, as today's reader finds them."""
    from monitor.diff.volatile import learned

    reading = await reader(page, hints(source, known, page.fetched_at), read)
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
    if not source.headers or not may_share(source.url, url):
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
    return _fingerprint(source.kind, source.language, source.selectors, source.include, source.exclude, source.pages)


@lru_cache(maxsize=64)  # most sources leave all of these as they are
def _fingerprint(*settings: object) -> str:
    return hashlib.sha256((_readers_hash() + dump(settings)).encode()).hexdigest()[:16]


@cache
def _readers_hash() -> str:
    """Of all modules that a reading depends on, told by their contents."""
    package = Path(__file__).parents[1]
    files = [package / name for name in ("decoding.py", "words.py", "pipeline/reading.py")]
    for room in ("readers", "platforms", "fields", "lexicon"):
        files += (file for file in (package / room).rglob("*") if file.suffix in (".py", ".toml", ".txt"))
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()
