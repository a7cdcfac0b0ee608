"""Pages read off the event loop, in processes that can be killed: no page can hang the program or eat its memory.

A parser that is caught in hostile markup holds the interpreter and cannot be interrupted from within.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from monitor.models import Hints, Kind, Page, Reading

PATIENCE = 5.0  # seconds of one page; a slow machine needs half a second for the largest real ones
SMALL = 8_000  # characters: so little can be built in no way that takes long, and is read at once
_MEMORY = 2 << 30  # bytes of address space of one process
_PAGES = 100  # read by one process before another one takes its place: what the readers remember grows with them

_TOO_LONG = "reading the page takes longer than {seconds:g} seconds, so it was given up; it may be built to do so"
_BROKE = "the page breaks whatever tries to read it (its reader ended with {code}), so it was given up"

By: TypeAlias = Callable[[Page, Hints], Reading]
if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext

    Context: TypeAlias = ForkContext | ForkServerContext | SpawnContext


class Workers:
    """An async context manager. One process for each core but the first: that is the loop's, which fetches, compares
    and stores.

    They start with the first page that needs one. But where this process has no threads yet (a fork would copy their
    locks as they are), the first one is forked from it at once, with all that is loaded already, and waits.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._cores = asyncio.Semaphore(min(max((os.cpu_count() or 1) - 1, 1), 8))
        self._idle: list[_Worker] = []
        self._loaded = False

    async def __aenter__(self) -> Workers:
        if sys.platform == "linux" and threading.active_count() == 1:
            self._idle.append(_Worker(multiprocessing.get_context("fork"), _forked))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._idle:
            worker.end()

    async def read(self, page: Page, hints: Hints, by: By) -> Reading:
        """What a page shows. One that cannot be read within the time is the source's trouble, in a sentence.

        Where no process has read yet, a small page is read here; else there, where all that reading takes is loaded.
        """
        if not self._loaded and len(page.text) <= SMALL:
            return by(page, hints)
        self._loaded = True
        async with self._cores:
            # in a thread, as a process takes its time to start and to read
            worker = self._idle.pop() if self._idle else await asyncio.to_thread(_Worker, _server(), _serve)
            try:
                reading = await asyncio.to_thread(worker.read, page, hints, by, self._patience)
                if worker.pages < _PAGES:
                    self._idle.append(worker)
                return reading
            except TimeoutError:
                trouble = _TOO_LONG.format(seconds=self._patience)
            except (EOFError, ConnectionError):
                trouble = _BROKE.format(code=worker.end())
            except MemoryError:
                trouble = _BROKE.format(code="no memory left")
            finally:
                if worker not in self._idle:
                    worker.end()
        return Reading(kind=hints.kind or Kind.PAGE, complete=False, trouble=trouble)


def _server() -> Context:
    """Of processes that are forked from a server that has loaded the readers."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["monitor.pipeline.warm"])
    return context


class _Worker:
    """A process that reads one page after another, and this end of the pipe to it. pages: read so far."""

    def __init__(self, context: Context, target: Callable[[Connection], None]) -> None:
        self.pages = 0
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def read(self, page: Page, hints: Hints, by: By, patience: float) -> Reading:
        """Blocks. TimeoutError: not read within so many seconds; EOFError, ConnectionError: the process has ended."""
        self.pages += 1
        self._pipe.send((page, hints, by))
        self._pipe.recv()  # it has begun
        if not self._pipe.poll(patience):
            raise TimeoutError
        found: Reading | Exception = self._pipe.recv()
        if isinstance(found, Exception):
            raise found
        return found

    def end(self) -> int | None:
        """The code with which it has ended, killed or by itself."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
        return self._process.exitcode


def _forked(pipe: Connection) -> None:
    """Nothing of what the program has open, its database, its lock, its connections, is held by who may outlive it."""
    signal.set_wakeup_fd(-1)
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor > 2 and descriptor != pipe.fileno():
            with suppress(OSError):
                os.close(descriptor)
    _serve(pipe)


def _serve(pipe: Connection) -> None:
    """Until the program closes its end of the pipe, or ends. It is told to stop by nobody else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    gc.set_threshold(200_000)  # a page's elements hold one another till it is read: nothing to find among them before
    gc.freeze()  # what is loaded is not looked at again, which would copy it
    with suppress(EOFError, ConnectionError):
        while True:
            page, hints, by = pipe.recv()
            import monitor.pipeline.reading  # noqa: F401  what loading takes is not the page's fault

            pipe.send(None)
            pipe.send(_outcome(page, hints, by))


def _outcome(page: Page, hints: Hints, by: By) -> Reading | Exception:
    try:
        return by(page, hints)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return error
