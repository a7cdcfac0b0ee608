"""Disks that are full, read-only or damaged: a sentence, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.daemon import Daemon
from monitor.errors import StoreError
from monitor.models import EventKind
from monitor.store import Store
from tests.command import monitor
from tests.servers import serving
from tests.store.small_site import CONFIG, START, ad, listing, watch


@pytest.fixture
def home(tmp_path: Path) -> Path:
    watch(tmp_path, 3)
    return tmp_path


def test_a_full_database_stops_a_check_whole_and_the_next_one_makes_up_for_it(tmp_path: Path) -> None:
    lists = (listing(0, 1), listing(*range(9)))
    now = START
    said: list[str] = []
    with serving({"/jobs": lists, **{f"/jobs/{n}": (ad(n),) for n in range(9)}}) as server:
        (tmp_path / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        settings = load(tmp_path / "sources.toml")
        daemon = Daemon(settings, said.append, clock=lambda: now)
        with Store.open(settings.database) as store:
            daemon._tick(store)
            before = store.events()
            (pages,) = store._connection.rows("PRAGMA page_count")
            store._connection.rows(f"PRAGMA max_page_count = {pages['page_count']}")
            for _ in range(3):
                now += timedelta(days=2)
                daemon._tick(store)
            assert store.events() == before
            full = [words for words in said if "cannot grow: the disk is full" in words]
            assert len(full) == 1, "told once, not at every tick"
            store._connection.rows("PRAGMA max_page_count = 1000000")
            now += timedelta(days=2)
            daemon._tick(store)
            told = [event.title for event in store.events() if event.kind is EventKind.NEW]
            assert len(told) == len(set(told)) == 7
            assert store.faults() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a disk of its own")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _stuff(file: Path) -> None:
    """Take all the room that its disk has left."""
    with file.open("wb", buffering=0) as opened:
        while True:
            opened.write(os.urandom(4096))


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    watch(small_disk, 2)
    stuffing = small_disk / "stuffing"
    with pytest.raises(OSError, match="No space"):
        _stuff(stuffing)
    with Store.open(small_disk / "monitor.db", read_only=True) as store:
        before = store.events()
    poll = ["poll", "--force", "--as-of", (START + timedelta(days=9)).isoformat()]
    for command in (poll, ["digest", "--send", "--force"], ["backup", "copy.db"]):
        result = monitor(*command, cwd=small_disk)
        assert (result.code, "Traceback" in result.err, "itself failed" in result.err) == (2, False, False), result.err
        assert "full" in result.err or "No space" in result.err, result.err
    assert monitor("changes", cwd=small_disk).code == 0, "what reads goes on"
    stuffing.unlink()
    with Store.open(small_disk / "monitor.db") as store:
        assert store.events() == before
        assert store.faults() == []
    again = monitor(*poll, cwd=small_disk)  # the site is gone by now, which is its own trouble
    assert (again.code, "refused the connection" in again.out) == (1, True)


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    """The home on a disk that cannot be written."""
    if os.geteuid():
        home.chmod(0o555)
        for file in home.iterdir():
            file.chmod(0o444)
        yield home
        home.chmod(0o755)
        return
    bind = ["mount", "--bind", str(home), str(home)]
    if not shutil.which("mount") or subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(home)], check=True)
    yield home
    subprocess.run(["umount", "-l", str(home)], check=True)


def test_on_a_read_only_disk_what_reads_works_and_what_writes_says_why_not(read_only: Path) -> None:
    for command in (["status"], ["changes"], ["positions"], ["search", "student"], ["digest"]):
        result = monitor(*command, cwd=read_only)
        assert result.code == 0, (command, result.err)
    for command in (["poll"], ["digest", "--send"], ["prune"], ["run"]):
        result = monitor(*command, cwd=read_only)
        assert (result.code, "cannot be written" in result.err) == (2, True), (command, result.err)
        assert "Traceback" not in result.err


def test_a_damaged_file_is_told_by_every_command_and_left_alone(home: Path) -> None:
    database = home / "monitor.db"
    for file in home.glob("monitor.db-*"):
        file.unlink()
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    damaged = database.read_bytes()
    for command in (["status"], ["poll", "--force"], ["digest"], ["backup", "copy.db"], ["prune"]):
        result = monitor(*command, cwd=home)
        assert (result.code, "monitor.db" in result.err) == (2, True), (command, result.err)
        assert "Traceback" not in result.err
        assert "program itself failed" not in result.err
    assert database.read_bytes() == damaged


def test_a_truncated_file_is_told(home: Path) -> None:
    database = home / "monitor.db"
    for file in home.glob("monitor.db-*"):
        file.unlink()
    database.write_bytes(database.read_bytes()[:9000])
    assert monitor("doctor", cwd=home).code == 1
    with pytest.raises(StoreError):
        _read_all(database)


def _read_all(database: Path) -> None:
    with Store.open(database) as store:
        list(store.positions())
        store.events()
        store.prune(START)
