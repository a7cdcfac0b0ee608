"""A backup is whole and of one moment, comes while others write, and destroys nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store import Store, back_up
from tests.command import monitor
from tests.store.small_site import START, watch


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    watch(folder, 3)
    return folder


@pytest.fixture
def home(watched: Path, tmp_path: Path) -> Path:
    for name in ("sources.toml", "monitor.db"):
        (tmp_path / name).write_bytes((watched / name).read_bytes())
    return tmp_path


def titles(database: Path) -> list[str]:
    with Store.open(database, read_only=True) as store:
        return [p.posting.title for p in store.positions()]


def test_a_backup_is_one_file_that_can_take_the_databases_place(home: Path) -> None:
    result = monitor("backup", "copy.db", cwd=home)
    assert (result.code, "written to copy.db" in result.err) == (0, True)
    before = titles(home / "monitor.db")
    assert titles(home / "copy.db") == before
    for file in home.glob("monitor.db*"):
        file.unlink()
    (home / "copy.db").rename(home / "monitor.db")
    assert not list(home.glob("copy.db*")), "it is one file"
    assert len(monitor("positions", "--json", cwd=home).lines) == len(before) > 0


def test_it_comes_while_another_one_writes_and_is_of_one_moment(home: Path) -> None:
    database = home / "monitor.db"
    with Store.open(database) as store, store._connection.transaction():
        store._connection.execute("DELETE FROM deliveries")
        store._connection.execute("UPDATE sources SET name = 'half done'")
        (line,) = monitor("backup", "copy.db", "--json", cwd=home).lines
    assert line["bytes"] == (home / "copy.db").stat().st_size
    with Store.open(home / "copy.db", read_only=True) as copy:
        assert [state.name for state in copy.states()] == ["Lindholm"]
        assert copy.faults() == []


def test_an_earlier_backup_is_replaced_and_a_folder_is_filled(home: Path) -> None:
    (home / "backups").mkdir()
    for _ in range(2):
        assert monitor("backup", "backups", cwd=home).code == 0
    assert [f.name for f in (home / "backups").iterdir()] == ["monitor.db"]


@pytest.mark.skipif(os.name == "nt", reason="modes and folders are POSIX's")
def test_while_it_grows_it_is_private_and_then_its_name_is_written_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = home / "monitor.db"
    database.chmod(0o640)
    growing: list[int] = []
    synced: list[bool] = []

    def copymode(source: Path, draft: Path, original: Callable[[Path, Path], None] = shutil.copymode) -> None:
        growing.append(stat.S_IMODE(draft.stat().st_mode))
        original(source, draft)

    def fsync(opened: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(opened).st_mode))

    monkeypatch.setattr("monitor.store.backup.shutil.copymode", copymode)
    monkeypatch.setattr("monitor.store.backup.os.fsync", fsync)
    back_up(database, home / "copy.db")
    assert (growing, stat.S_IMODE((home / "copy.db").stat().st_mode)) == ([0o600], 0o640)
    assert synced == [False, True]


@pytest.mark.parametrize(
    ("target", "words"),
    [("thesis.txt", "no backup of the monitor"), ("other.db", "no backup of the monitor"), ("monitor.db", "itself")],
)
def test_what_is_no_backup_is_left_alone(home: Path, target: str, words: str) -> None:
    (home / "thesis.txt").write_text("the only copy", encoding="utf-8")
    other = sqlite3.connect(home / "other.db")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    before = (home / target).read_bytes()
    result = monitor("backup", target, cwd=home)
    assert (result.code, words in result.err) == (2, True)
    assert (home / target).read_bytes() == before


def test_a_folder_that_is_not_there_is_told(home: Path) -> None:
    result = monitor("backup", "nowhere/copy.db", cwd=home)
    assert (result.code, "Traceback" in result.err) == (2, False)
    assert "nowhere" in result.err


def test_of_a_damaged_database_the_earlier_backup_stays(home: Path) -> None:
    database, target = home / "monitor.db", home / "copy.db"
    back_up(database, target)
    before = target.read_bytes()
    size = len(database.read_bytes())
    with database.open("r+b") as file:
        for page in range(2, size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)
    with pytest.raises(StoreError):
        back_up(database, target)
    assert target.read_bytes() == before
    assert not list(home.glob(".copy*"))


def test_readers_work_while_a_poll_writes(home: Path) -> None:
    with Store.open(home / "monitor.db") as store, store._connection.transaction():
        store._connection.execute("DELETE FROM events")
        later = (START + timedelta(days=4)).isoformat()
        for command in (["status"], ["changes"], ["positions"], ["search", "student"], ["export", "--format", "csv"]):
            assert monitor(*command, cwd=home).code == 0, command
        assert monitor("digest", "--as-of", later, cwd=home).code == 0
        assert len(monitor("changes", "--json", cwd=home).lines) > 0, "what is not yet committed is not seen"


def test_what_reads_does_not_write(home: Path) -> None:
    with Store.open(home / "monitor.db", read_only=True) as store, pytest.raises(StoreError):
        store.prune(START)
