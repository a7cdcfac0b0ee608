"""Pages read off the event loop, in processes that can be killed: no page can hang the program or eat its memory.

A parser that is caught in hostile markup holds the interpreter and cannot be interrupted from within.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import TimeoutError as TimeIsUp
from types import TracebackType
from typing import TYPE_CHECKING

from monitor.models import Hints, Kind, Page, Reading

if TYPE_CHECKING:
    from pebble import ProcessPool

PATIENCE = 5.0  # seconds of one page; a slow machine needs half a second for the largest real ones
SMALL = 8_000  # characters: so little can be built in no way that takes long, and is read at once
_MEMORY = 2 << 30  # bytes of address space of one process
_PAGES = 100  # read by one process before another one takes its place: what the readers remember grows with them

_TOO_LONG = "reading the page takes longer than {seconds:g} seconds, so it was given up; it may be built to do so"
_BROKE = "the page breaks whatever tries to read it (its reader ended with {code}), so it was given up"


class Workers:
    """An async context manager. Processes start with the first page that needs one, one for each core but the first:
    that is the loop's, which fetches, compares and stores.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> Workers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(self._pool.join)

    async def read(self, page: Page, hints: Hints, by: Callable[[Page, Hints], Reading]) -> Reading:
        """What a page shows. One that cannot be read within the time is the source's trouble, in a sentence.

        Where no process runs yet, a small page is read here; else there, where all that reading takes is loaded.
        """
        if self._pool is None and len(page.text) <= SMALL:
            return by(page, hints)
        from pebble import ProcessExpired

        if self._pool is None:
            self._pool = _new_pool()
        try:
            # in a thread, as the first one waits until the processes have started
            task = await asyncio.to_thread(self._pool.schedule, by, (page, hints), timeout=self._patience)
            return await asyncio.wrap_future(task)
        except TimeIsUp:
            trouble = _TOO_LONG.format(seconds=self._patience)
        except (ProcessExpired, MemoryError) as error:
            trouble = _BROKE.format(code=getattr(error, "exitcode", "no memory left"))
        return Reading(kind=hints.kind or Kind.PAGE, complete=False, trouble=trouble)


def _new_pool() -> ProcessPool:
    """Not forked from this process, whose threads may hold locks, but from a server that has loaded the readers."""
    from pebble import ProcessPool

    method = "spawn" if sys.platform == "win32" else "forkserver"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload(["monitor.pipeline.warm"])
    cores = min(max((os.cpu_count() or 1) - 1, 1), 8)
    return ProcessPool(max_workers=cores, max_tasks=_PAGES, initializer=_bounded, context=context)


def _bounded() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
