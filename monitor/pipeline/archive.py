"""The stored pages looked at again with today's program: what they show, what differs, what would have been told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import FetchError
from monitor.identity import canonical_url, distinct, keys_of, match, sighting_of
from monitor.models import (
    Event,
    FieldChange,
    Kind,
    Known,
    Page,
    Position,
    Posting,
    Reading,
    Sighting,
    Status,
    Validators,
)
from monitor.pipeline.check import CheckInput, check, look
from monitor.pipeline.concluding import conclude
from monitor.readers.plain import whole_text
from monitor.settings import Source
from monitor.store import Store
from monitor.values import Value, field_names

_UNCOMPARED = ("text", "evidence", "identifier", "language")
_NO_VALIDATORS = Validators()


class Archive:
    """The web as it stood at a moment, as far as one source's pages are stored.

    Of a position's own page only the last body is kept: it is the answer until the position was closed, and from then
    on there is none (404), unless the closing stood in that body itself.
    """

    def __init__(self, store: Store, source: Source) -> None:
        self.at = datetime.max.replace(tzinfo=UTC)
        self._store = store
        self._source = source.url
        self.closings: Mapping[str, datetime] = {
            canonical_url(sighting.listed.url): position.closed_at
            for position in store.known(source.url).positions
            for sighting in position.sightings
            if position.closed_at and sighting.source == source.url and sighting.listed.url
        }

    async def get(
        self, url: str, *, validators: Validators = _NO_VALIDATORS, headers: Mapping[str, str] | None = None
    ) -> Page | None:
        """The body that was stored last by `at`. FetchError where there was none."""
        page = self._store.page_at(self._source, url, self.at)
        if page:
            return page
        page, closed_at = self._store.ad_page(self._source, url), self.closings.get(canonical_url(url))
        says_closed = page is not None and closed_at is not None and page.fetched_at >= closed_at
        if closed_at and self.at >= closed_at and not says_closed:
            raise FetchError("the position was closed by then", url=url, status=404)
        if page is None or (says_closed and closed_at and self.at < closed_at):
            raise FetchError("no body of it was stored by then", url=url)
        return page


def replay(
    store: Store, sources: Iterable[Source], report: Callable[[datetime], None] = lambda at: None
) -> list[Event]:
    """The log that today's reader and rules make of the stored pages, from an empty database on; `store` is only read.

    Time goes from one stored body of a list to the next; where a position is missing from it, the checks that follow
    are made again too. What could not be trusted or fetched left no trace. The events and positions have numbers of
    their own. `report` hears each moment.
    """
    with Store.open(Path(":memory:")) as anew:
        asyncio.run(_fold(store, anew, [_without_headers(source) for source in sources], report))
        return anew.events()


async def _fold(store: Store, anew: Store, sources: Sequence[Source], report: Callable[[datetime], None]) -> None:
    archives = [Archive(store, source) for source in sources]
    stored = [frozenset(store.moments(source.url)) for source in sources]
    steps = sorted(
        (at, number)
        for number, source in enumerate(sources)
        for at in {*stored[number], *archives[number].closings.values(), *_later_checks(store, source)}
    )
    for at, number in steps:
        source, archive = sources[number], archives[number]
        known = anew.known(source.url)
        if at not in stored[number] and not _misses_any(known):
            continue
        archive.at = at
        given = CheckInput(source=source, state=anew.state(source.url), known=known, now=at)
        conclude(anew, source, await check(given, archive))
        report(at)


def _later_checks(store: Store, source: Source) -> Iterator[datetime]:
    """When the checks were that found a list as it was before, about: those that absence takes to count as closed."""
    state = store.state(source.url)
    if state is None or state.checked_at is None:
        return
    moments = store.moments(source.url)
    for at, following in zip(moments, [*moments[1:], state.checked_at], strict=True):
        for number in range(1, source.closed_after + 1):
            if (later := at + number * source.every) <= following:
                yield later


def _misses_any(known: Known) -> bool:
    sightings = (sighting_of(p, known.source) for p in known.positions if p.status is not Status.CLOSED)
    return any(sighting and sighting.misses for sighting in sightings)


def _without_headers(source: Source) -> Source:
    """Nothing is asked of the network, so no secret is needed."""
    return source.replace(headers={})


class Look(Value, kw_only=True):
    """What a source's list showed at a moment, as it is read today. text: a line a block (of a feed: its entries)."""

    at: datetime
    reading: Reading
    text: str


class ListChange(Value, kw_only=True):
    """Two looks at one list compared. changed: the posting as it is now, and its fields before and after."""

    added: tuple[Posting, ...] = ()
    removed: tuple[Posting, ...] = ()
    changed: tuple[tuple[Posting, Mapping[str, FieldChange]], ...] = ()


def last_two_looks(store: Store, source: Source) -> tuple[Look, Look] | None:
    """The last two stored states of a source's list, which differ in their bytes; None before there are two."""
    moments = store.moments(source.url)[-2:]
    if len(moments) < 2:
        return None
    before, after = (asyncio.run(_look(store, _without_headers(source), at)) for at in moments)
    return before, after


async def _look(store: Store, source: Source, at: datetime) -> Look:
    archive = Archive(store, source)
    archive.at = at
    given = CheckInput(source=source, state=None, known=store.known(source.url), now=at)
    seen = await look(given, archive)
    if seen.trouble:
        raise FetchError(seen.trouble, url=source.url)
    assert seen.reading is not None, "without a state of before, every page is read"
    return Look(at=at, reading=seen.reading, text=_text(seen.pages.values(), seen.reading))


def _text(pages: Iterable[Page], reading: Reading) -> str:
    if reading.kind is Kind.PAGE:
        return reading.text
    if reading.kind is Kind.FEED:
        entries = ((p.title, p.url, p.text or p.summary) for p in reading.postings)
        return "\n".join(line for entry in entries for line in entry if line)
    return "\n".join(whole_text(page) for page in pages)


def list_change(before: Look, after: Look, source: str) -> ListChange:
    """Which postings came, which went, and every field in which the others differ, be it worth telling or not."""
    old, new = distinct(before.reading.postings), distinct(after.reading.postings)
    known = [
        Position(id=number, posting=posting, first_seen=before.at, last_seen=before.at, sightings=(sighting,))
        for number, (posting, keys) in enumerate(zip(old, keys_of(old, source), strict=True))
        if (sighting := Sighting(source=source, keys=keys, listed=posting, first_seen=before.at, last_seen=before.at))
    ]
    matching = match(new, known, source, after.at)
    pairs = ((new[i], _fields(position.posting, new[i])) for i, position in matching.pairs)
    return ListChange(
        added=tuple(new[i] for i in matching.new),
        removed=tuple(position.posting for position in matching.missing),
        changed=tuple((posting, fields) for posting, fields in pairs if fields),
    )


def _fields(before: Posting, after: Posting) -> dict[str, FieldChange]:
    names = (name for name in field_names(Posting) if name not in _UNCOMPARED)
    values = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return {name: FieldChange(old, new) for name, old, new in values if old != new and _place(old) != _place(new)}


def _place(value: object) -> object:
    """An address without its query, where recruitment systems have their sessions; any other value as it is."""
    return value.partition("?")[0] if isinstance(value, str) and value.startswith(("http://", "https://")) else value
