"""A database of every earlier schema version becomes one of today's, and nothing that was in it is lost."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.models import EventKind, Status
from monitor.store import Store
from monitor.store.migrations import NAMES
from tests.command import monitor
from tests.store.stored import FOLDER, restore

STORED = sorted(FOLDER.glob("*.sql"))


def test_every_step_has_a_stored_database() -> None:
    assert tuple(file.stem for file in STORED) == NAMES, (
        "`python -m tests.store.stored` writes the one of today's schema"
    )


@pytest.fixture(params=STORED, ids=lambda file: file.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    database = tmp_path / "monitor.db"
    restore(request.param, database)
    return database


def schema(database: Path) -> set[str]:
    """Every table with its columns in any order, every index, view and trigger."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        found = {" ".join(sql.split()) for kind, _, sql in rows if kind != "table"}
        for name in (name for kind, name, _ in rows if kind == "table"):
            columns = sorted(str(row[1:]) for row in connection.execute(f"PRAGMA table_info({name})"))
            found.add(f"{name}: {columns}")
    return {re.sub(r"IF NOT EXISTS ", "", line) for line in found}


def test_it_gets_todays_schema(old: Path, tmp_path: Path) -> None:
    with Store.open(old) as store:
        assert store.schema_version() == NAMES[-1]
        assert store.faults() == []
    with Store.open(tmp_path / "fresh.db"):
        pass
    assert schema(old) == schema(tmp_path / "fresh.db")


@pytest.mark.parametrize("read_only", [False, True], ids=["to write", "to read"])
def test_nothing_in_it_is_lost(old: Path, read_only: bool) -> None:
    before = old.read_bytes()
    with Store.open(old, read_only=read_only) as store:
        (state,) = store.states()
        assert (state.name, state.trouble, len(state.counts)) == ("Lindholm", None, 6)
        whole = store.state(state.url)
        assert whole is not None
        assert whole.validators
        positions = list(store.positions())
        assert [p.status for p in positions].count(Status.CLOSED) > 0
        assert all(p.posting.deadline and p.sightings and p.sightings[0].keys for p in positions)
        assert {e.kind for e in store.events()} >= {EventKind.BASELINE, EventKind.NEW, EventKind.CLOSED}
        assert len(store.moments(state.url)) == 6
        assert store.snapshots(state.url, listed=True)[0][1].body.startswith(b"<!doctype html>")
        assert [h.position.posting.title for h in store.search("algebra")] == ["Doctoral student in algebra (1)"]
        last = store.outbox.last("me@example.org")
        assert last is not None
        assert last.through_event <= store.last_event()
        assert store.outbox.pending() == []
    if read_only:
        assert old.read_bytes() == before, "what only reads leaves it as it is"


def test_the_work_goes_on(old: Path) -> None:
    (old.parent / "sources.toml").write_text(
        '[[digest]]\nto = ["me@example.org"]\n[[source]]\nname = "Lindholm"\nurl = "http://lindholm.example/jobs"\n',
        encoding="utf-8",
    )
    assert monitor("status", cwd=old.parent).code == 0
    assert monitor("replay", cwd=old.parent).code == 0
    sent = monitor("digest", "--send", "--force", "--as-of", "2026-03-09", cwd=old.parent)
    assert (sent.code, monitor("doctor", cwd=old.parent).out.count("is sound")) == (0, 1)
    with Store.open(old) as store:
        assert store.prune(store.events()[-1].at).lists == 0


def test_an_ad_that_lay_under_an_address_for_each_session_lies_under_one(tmp_path: Path) -> None:
    database = tmp_path / "monitor.db"
    restore(FOLDER / "m005_kinds.sql", database)
    ad = "http://lindholm.example/jobs/7"
    with closing(sqlite3.connect(database)) as connection, connection:
        for number, token in enumerate(("91d6e83b5c", "4be20c77aa")):
            asked = f"{ad}?session={token}"
            connection.execute(
                "INSERT INTO pages SELECT source, ?, ?, last_modified, listed, gist FROM pages WHERE url = ?",
                [asked, f'"{number}"', ad],
            )
            connection.execute(
                "INSERT INTO snapshots (source, url, final_url, at, listed, content_type, sha256, body)"
                " SELECT source, ?, ?, at, listed, content_type, ?, body FROM snapshots WHERE url = ?",
                [asked, asked, token, ad],
            )
    with Store.open(database) as store:
        (state,) = store.states()
        whole, page = store.state(state.url), store.ad_page(state.url, f"{ad}?session=of+today")
        assert page is not None
        assert whole is not None
        assert page.url == f"{ad}?session=4be20c77aa", "the newest body, and what was really fetched"
        address = "https://lindholm.example/jobs/7"
        assert [url for url, _ in store.snapshots(state.url, listed=False)].count(address) == 1
        assert [v.etag for url, v in whole.validators.items() if "/jobs/7" in url] == ['"1"']
        assert whole.listed == (state.url,), "the pages of the list lie under the URLs that are asked"


def test_one_of_a_newer_program_is_refused(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_to_come', '')"
        )
    for read_only in (False, True):
        with (
            pytest.raises(StoreError, match=r"newer version of the monitor.*m999_to_come") as caught,
            Store.open(old, read_only=read_only),
        ):
            pass
        assert "upgrade" in str(caught.value.tip)
