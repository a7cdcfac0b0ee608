"""`monitor run` as a process: it works, it is alone, it stops cleanly, and it takes over a changed sources.toml."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from monitor.config import parse
from monitor.daemon import Daemon
from monitor.store import Store
from tests.fetch.faults import response
from tests.servers import serving
from tests.test_bad_input import LIST

CONFIG = """
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0
[[digest]]
to = ["me@example.org"]
every = "instant"
[[source]]
name = "Lindholm"
follow = false
url = "{url}/jobs"
"""


class Running:
    """A `monitor run` and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        assert process.stderr is not None
        threading.Thread(target=self._listen, args=(process.stderr,), daemon=True).start()

    def _listen(self, stderr: IO[str]) -> None:
        for line in stderr:
            self._lines.put(line)

    def until(self, words: str, seconds: float = 20) -> str:
        """The first line from now on that has these words."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} was not said, but {self.said}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def running(config: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "monitor", "--config", str(config), "run"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    coming = LIST.replace("2026-", f"{datetime.now(UTC).year + 1}-")
    with serving({"/jobs": ((response(coming.encode()),),)}) as site:
        file = tmp_path / "sources.toml"
        file.write_text(CONFIG.format(url=site.url))
        yield file


def test_it_polls_sends_and_stops_cleanly(config: Path) -> None:
    with running(config) as daemon:
        daemon.until("Lindholm: first look, 3 open")
        daemon.until("digest to me@example.org: sent")
        assert daemon.end() == 0
        daemon.until("stopped")
    assert len(list((config.parent / "outbox").glob("*.eml"))) == 1
    with Store.open(config.parent / "monitor.db") as store:
        assert len(list(store.positions())) == 3


def test_ctrl_c_is_a_clean_end_too(config: Path) -> None:
    with running(config) as daemon:
        daemon.until("watching 1 source")
        assert daemon.end(signal.SIGINT) == 0


def test_a_second_one_is_refused_by_name(config: Path) -> None:
    with running(config) as daemon:
        daemon.until("watching 1 source")
        second = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(config), "run"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert second.returncode == 2
        assert f"in use by `monitor run`, process {daemon.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP on this system")
def test_sighup_takes_over_a_right_file_and_refuses_a_broken_one(config: Path) -> None:
    right = config.read_text()
    with running(config) as daemon:
        daemon.until("digest to")
        config.write_text(right + "[[sourc]]\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("unknown table [sourc]")
        config.write_text(right + '[[source]]\nname = "two"\nurl = "http://127.0.0.1:9/"\nevery = "1 day"\n')
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("sources.toml read again: 2 sources")
        assert daemon.end() == 0


def test_a_tick_that_fails_is_told_and_the_next_one_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    settings = parse("", tmp_path / "sources.toml")
    daemon = Daemon(settings, said.append, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))
    bad = ZeroDivisionError("unexpected")
    outcomes = iter([bad, bad, None, bad])

    def due(*args: object) -> list[object]:
        error = next(outcomes)
        if error:
            raise error
        return []

    monkeypatch.setattr("monitor.daemon.due_sources", due)
    with Store.open(settings.database) as store:
        daemon._tick(store)
        daemon._tick(store)
        assert len(said) == 1, "what lasts is told once"
        daemon._tick(store)
        daemon._tick(store)
    assert len(said) == 2
    assert all("please report this" in line for line in said)
