"""A page that hangs, kills or bloats its reader harms nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from monitor.models import Hints, Page, Reading
from monitor.pipeline.workers import SMALL, Workers

from .hostile import die, fail, grow, hang, well

HINTS = Hints(as_of=date(2026, 3, 2))


def page(size: int) -> Page:
    text = "x" * size
    fetched_at = datetime(2026, 3, 2, tzinfo=UTC)
    return Page(url="https://uni.example.org/", body=text.encode(), text=text, fetched_at=fetched_at)


LARGE, LITTLE = page(SMALL + 1), page(SMALL)


@pytest.mark.skipif(os.name == "nt", reason="address space is not bounded there")
def test_hostile_pages_are_trouble_and_the_others_are_read() -> None:
    async def run() -> list[Reading]:
        async with Workers(patience=2) as workers:
            await workers.read(LARGE, HINTS, well)
            return await asyncio.gather(*(workers.read(LARGE, HINTS, by) for by in (hang, well, die, well, grow, well)))

    hung, _, died, _, bloated, _ = readings = asyncio.run(run())
    assert "longer than 2 seconds" in (hung.trouble or "")
    assert "(its reader ended with 7)" in (died.trouble or "")
    assert bloated.trouble
    assert not any(reading.complete for reading in (hung, died, bloated))
    pids = {reading.text for reading in readings if not reading.trouble}
    assert str(os.getpid()) not in pids
    assert len([reading for reading in readings if not reading.trouble]) == 3


def test_a_fault_of_the_reader_itself_is_not_the_pages() -> None:
    async def run() -> None:
        async with Workers() as workers:
            await workers.read(LARGE, HINTS, fail)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


def test_a_small_page_starts_no_process() -> None:
    async def run() -> Reading:
        async with Workers() as workers:
            return await workers.read(LITTLE, HINTS, well)

    assert asyncio.run(run()).text == str(os.getpid())


def test_once_processes_run_they_read_small_pages_too() -> None:
    async def run() -> list[str]:
        async with Workers() as workers:
            return [(await workers.read(page, HINTS, well)).text for page in (LARGE, LITTLE)]

    assert str(os.getpid()) not in asyncio.run(run())


@pytest.mark.skipif(os.name == "nt", reason="processes are not forked from a server there")
def test_a_process_that_starts_too_late_says_nothing() -> None:
    code = (
        "import multiprocessing as m, _multiprocessing\n"
        "context = m.get_context('forkserver')\n"
        "context.set_forkserver_preload(['monitor.pipeline.warm'])\n"
        "lock = context.Lock()\n"
        "process = context.Process(target=print, args=(lock,))\n"
        "_multiprocessing.sem_unlink(lock._semlock.name)\n"
        "process.start()\n"
        "process.join()\n"
        "print(process.exitcode, flush=True)\n"
        "import os; os._exit(0)\n"  # else the lock is missed once more
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("1\n", "")
