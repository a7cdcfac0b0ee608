"""A page that hangs, kills or bloats its reader harms nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

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


def reading_alone(by: str, before: str = "") -> str:
    """What a page's reader says to a program that is one thread, as a poll is."""
    code = (
        "import asyncio, os, sys, threading\n"
        "from tests.pipeline.hostile import *\n"
        "from tests.pipeline.test_workers import HINTS, LARGE, Workers\n"
        f"{before}\n"
        "async def run():\n"
        "    async with Workers() as workers:\n"
        f"        print((await workers.read(LARGE, HINTS, {by})).text.replace(str(os.getpid()), 'the program'))\n"
        "asyncio.run(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked from the program on Linux only")
def test_a_program_of_one_thread_forks_its_reader_itself() -> None:
    assert reading_alone("parent") == "the program"
    threads = "threading.Thread(target=threading.Event().wait, daemon=True).start()"
    assert reading_alone("parent", before=threads) != "the program"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked from the program on Linux only")
def test_a_forked_reader_holds_nothing_open_that_is_the_programs(tmp_path: Path) -> None:
    database = tmp_path / "monitor.db"
    shown = reading_alone("open_files", before=f"database = open({str(database)!r}, 'w')")
    assert "socket:" in shown
    assert str(database) not in shown


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
