"""One pass over the sources that are due: many checks side by side, one writer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from monitor.cadence import falls_due, next_check_at
from monitor.errors import MonitorError
from monitor.fetch import Fetcher, host_of, run
from monitor.models import Kind, Known, Observation, Outcome
from monitor.pipeline.check import CheckInput, Reader, Web, look
from monitor.pipeline.network import Network
from monitor.pipeline.workers import Workers
from monitor.settings import Settings, Source
from monitor.store import QuietCheck, SourceState, Store
from monitor.values import Value

STOP_SECONDS = 20.0  # that the checks under way have to end in, once the program is told to stop
_LOOK_SECONDS = 0.25  # how often it is asked whether it is, and what has found nothing is written down
_HOSTS = 30  # whose sources' states are loaded at a time

log = logging.getLogger("monitor")


class Checked(Value, kw_only=True):
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
    times = {url: falls_due(*given, now) for url, given in store.due_times().items()}
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
    return run(_poll(settings, store, sources, now, report, stop))


async def _poll(
    settings: Settings,
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    report: Callable[[Checked], None],
    stop: Callable[[], bool],
) -> list[Checked]:
    """Hosts side by side, the sources of one host one after another; the one thread of the event loop writes."""
    results: list[Checked] = []
    batches = _batches(sources, store)

    async def work(pass_: Pass) -> None:
        for batch in batches:
            for source, state in batch:
                if stop():
                    return
                results.append(await pass_.checked(source, state))
                report(results[-1])

    async with Fetcher(settings.fetch, now=lambda: now, robots=store) as fetcher, Workers() as workers:
        pass_ = Pass(store, Network(fetcher), workers.read, now, stop, [])
        try:
            async with asyncio.TaskGroup() as hosts:
                tasks = [hosts.create_task(work(pass_)) for _ in range(min(settings.fetch.concurrency, len(sources)))]
                await _end_in_time(tasks, stop, pass_.write_quiet)
        except BaseExceptionGroup as errors:  # the database, or whoever hears the results: the first says it all
            raise errors.exceptions[0] from None
        finally:
            pass_.write_quiet()
    return results


async def _end_in_time(
    tasks: Sequence[asyncio.Task[None]], stop: Callable[[], bool], meanwhile: Callable[[], None]
) -> None:
    """Wait for the checks; once told to stop, so long and no longer. What is given up has left nothing behind."""
    running, left = set(tasks), STOP_SECONDS
    while running:
        _, running = await asyncio.wait(running, timeout=_LOOK_SECONDS)
        meanwhile()
        left -= _LOOK_SECONDS if stop() else 0
        if left <= 0:
            for task in running:
                task.cancel()


def _batches(sources: Sequence[Source], store: Store) -> Iterator[list[tuple[Source, SourceState | None]]]:
    """The sources of each host together, in the order in which the hosts come first, with what is kept of them."""
    hosts: dict[str, list[Source]] = {}
    for source in sources:
        hosts.setdefault(host_of(source.url), []).append(source)
    waiting = iter(hosts.values())
    while some := list(islice(waiting, _HOSTS)):
        states = store.states_of_lists(source.url for batch in some for source in batch)
        yield from ([(source, states.get(source.url)) for source in batch] for batch in some)


class Pass(Value):
    """What the checks of one pass share. quiet: those that found nothing, and are not written down yet."""

    store: Store
    web: Web
    reader: Reader
    now: datetime
    stop: Callable[[], bool]
    quiet: list[QuietCheck]

    async def checked(self, source: Source, state: SourceState | None) -> Checked:
        """A fault of the program itself is told like a fault of the source, and does not stop the rest."""
        try:
            return await self._checked(source, state)
        except MonitorError:  # the database: nothing else can be stored either
            raise
        except Exception as error:
            log.error("the check of %s failed", source.url, exc_info=error)
            words = f"the monitor itself failed on it ({type(error).__name__}: {error}); please report this"
            from monitor.pipeline.concluding import conclude

            return conclude(self.store, source, Observation(source=source.url, at=self.now, trouble=words))

    async def _checked(self, source: Source, state: SourceState | None) -> Checked:
        """The list first; its positions are loaded only where there is something to conclude about them."""
        known = Known(source=source.url, signature=state.signature if state else ())
        if source.kind is Kind.PAGE:
            known = self.store.known(source.url)
        given = CheckInput(source=source, state=state, known=known, now=self.now)
        seen = await look(given, self.web, self.reader)
        if state and _says_nothing(seen, state, source):
            self.quiet.append(_nothing_new(source, seen))
            return Checked(source=source.name, url=source.url, outcome=self.quiet[-1].outcome)
        from monitor.pipeline.concluding import second_half  # a poll without news needs nothing of it

        return await second_half(self.store, given, seen, self.web, self.reader, self.stop)

    def write_quiet(self) -> None:
        """Many checks at a time; of what is lost when the program dies before, nothing was news."""
        if self.quiet:
            checks = self.quiet.copy()
            self.quiet.clear()
            self.store.record_quiet(checks)


def _says_nothing(seen: Observation, state: SourceState, source: Source) -> bool:
    """Whether the list is as it was, and nothing else about its positions is to be asked or concluded now."""
    unchanged = seen.reading is None and seen.trouble is None and source.kind is not Kind.PAGE
    if state.checked_at and state.checked_at > seen.at:
        return False  # the clock was set back: what was to hold until then holds no more
    sound = state.baseline_at is not None and not state.failures and not state.trouble
    settled = state.settled_until is not None and seen.at < state.settled_until
    asked = not source.follow or (state.ads_until is not None and seen.at < state.ads_until)
    return unchanged and sound and settled and asked


def _nothing_new(source: Source, seen: Observation) -> QuietCheck:
    return QuietCheck(
        source=source.url,
        name=source.name,
        at=seen.at,
        outcome=Outcome.NOT_MODIFIED if seen.not_modified else Outcome.UNCHANGED,
        next_check_at=next_check_at(source, seen.at, fresh_until=seen.fresh_until),
        validators={url: page.validators for url, page in seen.pages.items()},
    )
