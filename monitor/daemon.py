"""`monitor run`: one guarded tick, over and over. What is due stands in the store, so nothing is lost by a restart."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import FrameType

import schedule

from monitor.config import load
from monitor.errors import MonitorError
from monitor.pipeline.digests import Sent, send_digests
from monitor.pipeline.poll import Checked, due_sources, poll
from monitor.pipeline.upkeep import beat, keep_house
from monitor.settings import Settings
from monitor.store import Store, WriterLock

TICK_SECONDS = 15
UPKEEP_EVERY = timedelta(minutes=10)

log = logging.getLogger("monitor")


class Daemon:
    """Polls what is due and sends what is due, until it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        log: Callable[[datetime, Checked | Sent], None] | None = None,
    ) -> None:
        """log: hears every check and delivery; without it, what is worth telling is said in words."""
        self._settings = settings
        self._say = say
        self._clock = clock
        self._stopping = threading.Event()
        self._reload = threading.Event()
        self._log = log
        self._trouble: str | None = None  # of the last tick
        self._upkeep_at: datetime | None = None
        self._unbeaten: str | None = None  # why the last heartbeat could not be sent

    def run(self) -> None:
        """Returns after SIGTERM or SIGINT, when the checks under way have ended, or soon. StoreError: it is in use."""
        settings = self._settings
        with ExitStack() as stack:
            stack.enter_context(WriterLock(settings.database, purpose="run", now=self._clock()))
            store = stack.enter_context(Store.open(settings.database))
            self._listen()
            self._tell(f"watching {_count(settings)}; stop with Ctrl-C")
            scheduler = schedule.Scheduler()
            scheduler.every(TICK_SECONDS).seconds.do(self._tick, store)
            self._tick(store)
            while not self._stopping.wait(min(max(scheduler.idle_seconds or 0, 0), 1)):
                self._reread()
                scheduler.run_pending()
        self._tell("stopped")

    def stop(self) -> None:
        self._stopping.set()

    def _listen(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping.set()
            signal.signal(number, signal.SIG_DFL)  # who asks twice does not want to wait; nothing is lost by it

        def reload(number: int, frame: FrameType | None) -> None:
            self._reload.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if hasattr(signal, "SIGHUP"):  # not on Windows
            signal.signal(signal.SIGHUP, reload)

    def _tick(self, store: Store) -> None:
        """Never raises: a job that raises would be called again at once, and starve the others.

        What stops one tick after another (a full disk, a broken template) is told once.
        """
        trouble = None
        try:
            now = self._clock()
            poll(
                self._settings,
                store,
                due_sources(self._settings, store, now),
                now,
                self._report_check,
                self._stopping.is_set,
            )
            if not self._stopping.is_set():
                send_digests(self._settings, store, self._clock(), report=self._report_sent, stop=self._stopping.is_set)
                self._look_after(store)
        except MonitorError as error:
            trouble = error.in_full()
        except Exception as error:
            log.exception("a tick failed")
            trouble = f"the monitor itself failed ({type(error).__name__}: {error}); it goes on, please report this"
        if trouble and trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble

    def _look_after(self, store: Store) -> None:
        """Every ten minutes, and whenever the clock was set back."""
        now = self._clock()
        if self._upkeep_at and timedelta(0) <= now - self._upkeep_at < UPKEEP_EVERY:
            return
        self._upkeep_at = now
        gc.collect()  # circles that the passes left, which Python by itself looks for the more seldom the more it holds
        keep_house(self._settings, store, now)
        warning = beat(self._settings, store, now)
        if warning and warning != self._unbeaten:
            self._tell(warning)
        self._unbeaten = warning

    def _reread(self) -> None:
        """sources.toml again after SIGHUP; one that is broken leaves the old settings in force."""
        if not self._reload.is_set():
            return
        self._reload.clear()
        try:
            after = load(self._settings.file)
        except MonitorError as error:
            self._tell(f"sources.toml is not taken over, the old settings stay in force:\n{error}")
            return
        if after.database != self._settings.database:
            self._tell("the path of [store] has changed; that needs a restart, and all the rest is taken over")
            after = after.replace(store=self._settings.store)
        self._settings = after
        self._tell(f"sources.toml read again: {_count(after)}")

    def _report_check(self, checked: Checked) -> None:
        if self._log:
            self._log(self._clock(), checked)
        elif checked.in_words() != "nothing new":
            self._tell(f"{checked.source}: {checked.in_words()}")

    def _report_sent(self, sent: Sent) -> None:
        if self._log:
            self._log(self._clock(), sent)
            return
        self._tell(
            f"digest to {sent.recipient}: {sent.state}" + (f", {sent.error}" if sent.error else f" ({sent.where})")
        )

    def _tell(self, words: str) -> None:
        self._say(f"{self._clock():%Y-%m-%d %H:%M:%SZ}  {words}")


def _count(settings: Settings) -> str:
    number = len(settings.source)
    return f"{number} source{'' if number == 1 else 's'}"


def run(
    settings: Settings, say: Callable[[str], None], log: Callable[[datetime, Checked | Sent], None] | None = None
) -> None:
    """Watch until told to stop."""
    Daemon(settings, say, log=log).run()
