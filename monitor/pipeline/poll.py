"""One pass over the sources that are due: many checks side by side, one writer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.cadence import next_check_at
from monitor.diff import compare, refresh
from monitor.errors import MonitorError
from monitor.fetch import Fetcher
from monitor.identity import lookup_keys, sighting_of
from monitor.models import CHANGES, EventKind, Kind, Known, Observation, Outcome, Position, Verdict
from monitor.pipeline.check import CheckInput, check, fingerprint, read_ad_page, reread
from monitor.settings import Settings, Source
from monitor.store import SourceState, Store

log = logging.getLogger("monitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of one check, as `monitor poll` tells it. error: the sentence of a failure or a suspicion."""

    source: str
    url: str
    outcome: Outcome
    new: int = 0
    changed: int = 0
    closed: int = 0
    listed: int | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return self.outcome in (Outcome.FAILED, Outcome.SUSPECT)

    def in_words(self) -> str:
        """What a person is told of it, on one line."""
        if self.error:
            return self.error
        if self.outcome is Outcome.BASELINE:
            return f"first look, {self.listed or 0} open"
        counted = ((self.new, "new"), (self.changed, "changed"), (self.closed, "closed"))
        return ", ".join(f"{count} {word}" for count, word in counted if count) or "nothing new"


def due_sources(settings: Settings, store: Store, now: datetime) -> list[Source]:
    """The enabled sources whose time has come, those waiting longest first."""
    times = store.due_times()
    due = [s for s in settings.source if s.enabled and (s.url not in times or times[s.url] <= now)]
    return sorted(due, key=lambda s: (s.url in times, times.get(s.url, now)))


def poll(
    settings: Settings,
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    report: Callable[[Checked], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Checked]:
    """Check the sources and store what is seen. `report` hears each result as it comes; `stop` ends the pass early."""
    return asyncio.run(_poll(settings, store, sources, now, report, stop))


async def _poll(
    settings: Settings,
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    report: Callable[[Checked], None],
    stop: Callable[[], bool],
) -> list[Checked]:
    results: list[Checked] = []
    async with Fetcher(settings.fetch, now=lambda: now) as fetcher:
        async for source, observation in _observe(settings, store, sources, now, fetcher, stop):
            result = _concluded(store, source, observation)
            results.append(result)
            report(result)
    return results


async def _observe(
    settings: Settings,
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    fetcher: Fetcher,
    stop: Callable[[], bool],
) -> AsyncIterator[tuple[Source, Observation]]:
    """The observations as they come in; never more checks under way than `concurrency`, so memory stays flat."""
    waiting = list(reversed(sources))
    running: dict[asyncio.Task[Observation], Source] = {}
    while waiting or running:
        while waiting and len(running) < settings.fetch.concurrency and not stop():
            source = waiting.pop()
            given = CheckInput(source=source, state=store.state(source.url), known=store.known(source.url), now=now)
            running[asyncio.create_task(_guarded(given, fetcher, stop))] = source
        if not running:
            return
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            yield running.pop(task), task.result()


async def _guarded(given: CheckInput, fetcher: Fetcher, stop: Callable[[], bool]) -> Observation:
    """A fault of the program itself in one source is told like a fault of the source, and does not stop the rest."""
    try:
        return await check(given, fetcher, stop)
    except Exception as error:
        return _own_fault(given.source, given.now, error)


def _concluded(store: Store, source: Source, observation: Observation) -> Checked:
    """As `conclude`, where a fault of the program itself does not stop the rest either."""
    try:
        return conclude(store, source, observation)
    except MonitorError:  # the database: nothing else can be stored either
        raise
    except Exception as error:
        return conclude(store, source, _own_fault(source, observation.at, error))


def _own_fault(source: Source, now: datetime, error: Exception) -> Observation:
    log.error("the check of %s failed", source.url, exc_info=error)
    words = f"the monitor itself failed on it ({type(error).__name__}: {error}); please report this"
    return Observation(source=source.url, at=now, trouble=words)


def conclude(store: Store, source: Source, observation: Observation) -> Checked:
    """Compare an observation with what is known, and store both it and the verdict."""
    now = observation.at
    state = store.state(source.url)
    known = _known_today(store, source, state, observation)
    verdict = compare(known, observation, source, now)
    failures = known.failures + 1 if verdict.trouble else 0
    fresh_until = min((p.fresh_until for p in observation.pages.values() if p.fresh_until), default=None)
    store.record(
        observation,
        verdict,
        name=source.name,
        fingerprint=fingerprint(source),
        next_check_at=next_check_at(
            source,
            now,
            failures=failures,
            retry_after=observation.retry_after,
            fresh_until=fresh_until,
        ),
    )
    return _checked(source, observation, verdict)


def _known_today(store: Store, source: Source, state: SourceState | None, observation: Observation) -> Known:
    """What is known, as today's reader would have read it: an upgrade or a changed setting is no news."""
    reading = observation.reading
    keys = lookup_keys(reading.postings if reading else (), source.url)
    known = store.known(source.url, keys)
    if source.kind is Kind.PAGE:
        known = _as_named_today(known, source)
    if reading is None or state is None or state.fingerprint in (None, fingerprint(source)):
        return known
    listed = [
        posting for _, page in store.snapshots(source.url, listed=True) for posting in reread(page, source, known)
    ]
    ads = [read_ad_page(url, page, source, page.fetched_at) for url, page in store.snapshots(source.url, listed=False)]
    return refresh(known, listed, ads)


def _as_named_today(known: Known, source: Source) -> Known:
    """A page that is watched for its text bears its source's name, which may change like any other setting."""

    def named(position: Position) -> Position:
        if sighting_of(position, source.url) is None:
            return position
        sightings = tuple(
            replace(s, listed=replace(s.listed, title=source.name)) if s.source == source.url else s
            for s in position.sightings
        )
        return replace(position, posting=replace(position.posting, title=source.name), sightings=sightings)

    return replace(known, positions=tuple(map(named, known.positions)))


def _checked(source: Source, observation: Observation, verdict: Verdict) -> Checked:
    events = [update.event for update in verdict.updates if update.event in CHANGES]
    return Checked(
        source=source.name,
        url=source.url,
        outcome=verdict.outcome,
        new=events.count(EventKind.NEW) + events.count(EventKind.REOPENED),
        changed=events.count(EventKind.CHANGED),
        closed=events.count(EventKind.CLOSED),
        listed=len(observation.reading.postings) if observation.reading else None,
        error=verdict.trouble,
        warnings=verdict.warnings + (observation.reading.warnings if observation.reading else ()),
    )
