"""`monitor run` as a process: it works, it is alone, it stops cleanly, and it takes over a changed sources.toml."""

from __future__ import annotations

import json
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
from monitor.pipeline.poll import poll
from monitor.store import Store
from tests.command import monitor
from tests.fetch.faults import KEEP, STALL, Script, response
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


SLOW = """
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0.4
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
def running(config: Path, *options: str, stdout: int = subprocess.DEVNULL) -> Iterator[Running]:
    command = [sys.executable, "-m", "monitor", "--config", str(config), "run", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=stdout, text=True) as process:
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_poll_that_is_told_to_stop_ends_after_the_source_in_hand(number: signal.Signals, tmp_path: Path) -> None:
    config = tmp_path / "sources.toml"
    source = '[[source]]\nname = "Lindholm {n}"\nurl = "{url}/{n}"\nfollow = false\n'
    with serving({f"/{n}": ((response(LIST.encode()), KEEP),) for n in range(3)}) as site:
        config.write_text(SLOW + "".join(source.format(n=n, url=site.url) for n in range(3)))
        command = [sys.executable, "-m", "monitor", "--config", str(config), "poll", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.send_signal(number)
            others, said = process.communicate(timeout=20)
    checked = len([first, *others.splitlines()])
    assert (process.returncode, checked < 3) == (0, True)
    assert f"stopped after {checked} of 3 sources" in said
    with Store.open(tmp_path / "monitor.db") as store:
        assert len(store.states()) == checked


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


def test_a_server_that_never_answers_does_not_keep_it_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.poll.STOP_SECONDS", 0.5)
    with serving({"/jobs": ((STALL,),)}) as site:
        settings = parse(CONFIG.format(url=site.url), tmp_path / "sources.toml")
        with Store.open(settings.database) as store:
            asked: list[bool] = []

            def stop() -> bool:
                asked.append(True)
                return len(asked) > 2

            assert poll(settings, store, settings.source, datetime.now(UTC), stop=stop) == []
            assert store.states() == [], "what was given up has left nothing behind"


def test_the_log_has_a_line_for_each_check_and_delivery_and_no_secret(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_LINDHOLM", "s3cr3t-token")
    text = config.read_text() + 'headers = { Authorization = "env:TOKEN_OF_LINDHOLM" }\n'
    config.write_text(
        text.replace("127.0.0.1", "localhost") + '[[source]]\nname = "Down"\nurl = "http://127.0.0.1:9/"\n'
    )
    with running(config, "--json", stdout=subprocess.PIPE) as daemon:
        assert daemon.process.stdout is not None
        lines = [json.loads(daemon.process.stdout.readline()) for _ in range(3)]
        assert daemon.end() == 0
    checks = {line["source"]: line for line in lines if "source" in line}
    assert checks["Lindholm"]["outcome"] == "baseline"
    assert (checks["Down"]["outcome"], "refused" in checks["Down"]["error"]) == ("failed", True)
    assert [line["state"] for line in lines if "recipient" in line] == ["sent"]
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)
    assert "s3cr3t" not in json.dumps(lines) + "".join(daemon.said)


@pytest.mark.parametrize(
    ("answers", "lost", "beats", "said"),
    [
        ((response(b"OK", content_type="text/plain"), KEEP), False, 1, 0),
        ((response(b"", "204 No Content"), KEEP), False, 1, 0),
        ((response(b"no", "404 Not Found"), KEEP), False, 1, 1),
        ((response(b"OK", content_type="text/plain"), KEEP), True, 0, 0),
    ],
    ids=["taken", "taken without a word", "refused", "not sent after a delivery was given up"],
)
def test_the_heartbeat(answers: Script, lost: bool, beats: int, said: int, tmp_path: Path) -> None:
    times = iter(datetime(2026, 3, 2, 12, minute, tzinfo=UTC) for minute in range(60))
    heard: list[str] = []
    with serving({"/beat/0b5d": (answers,)}) as site:
        text = f'[fetch]\nallow_private_addresses = true\n[heartbeat]\nurl = "{site.url}/beat/0b5d"\n'
        daemon = Daemon(parse(text, tmp_path / "sources.toml"), heard.append, clock=lambda: next(times))
        with Store.open(tmp_path / "monitor.db") as store:
            if lost:
                at = datetime(2026, 3, 1, tzinfo=UTC)
                store.outbox.bind(
                    "me", at=at, through_event=0, subject="x", messages=lambda n: [("a@b.example", f"<{n}>", b"")]
                )
                store.outbox.settle(1, at=at, error="refused")
            daemon._tick(store)
            daemon._tick(store)
        assert (site.paths(), len(heard)) == (["/beat/0b5d"] * beats, said), heard
    assert "0b5d" not in "".join(heard)


def test_a_heartbeat_that_cannot_be_sent_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(24))
    heard: list[str] = []
    answers = iter(["it is down", "it is down", None, "it is down"])
    monkeypatch.setattr("monitor.daemon.beat", lambda *_: next(answers))
    daemon = Daemon(parse("", tmp_path / "sources.toml"), heard.append, clock=lambda: next(times))
    with Store.open(tmp_path / "monitor.db") as store:
        for told in (1, 1, 1, 2):
            daemon._look_after(store)
            assert len(heard) == told


def test_a_poll_gives_a_sign_of_life_too(config: Path) -> None:
    with serving({"/beat": ((response(b"OK", content_type="text/plain"), KEEP),)}) as site:
        config.write_text(config.read_text() + f'[heartbeat]\nurl = "{site.url}/beat"\n')
        assert monitor("poll", cwd=config.parent).code == 0
        assert site.paths() == ["/beat"]
    assert monitor("poll", cwd=config.parent).err.count("note: the heartbeat could not be sent") == 1
