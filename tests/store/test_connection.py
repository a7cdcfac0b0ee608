"""Rows as they are written, and what is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store import Store
from monitor.store.connection import Connection
from tests.command import monitor
from tests.servers import serving
from tests.store.small_site import CONFIG, START, ad, listing


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    opened = Connection(tmp_path / "monitor.db")
    yield opened
    opened.close()


def test_an_upsert_writes_its_columns_of_its_row_alone(connection: Connection) -> None:
    def pages() -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.rows("SELECT url, etag, gist, listed FROM pages ORDER BY url")]

    source = "https://lindholm.example/jobs"
    connection.upsert("sources", {"url": source, "name": "Lindholm"}, pk=["url"])
    for url in ("a", "b"):
        row = {"source": source, "url": url, "etag": '"1"', "gist": f"of {url}", "listed": 1}
        connection.upsert("pages", row, pk=["source", "url"])
    connection.upsert("pages", {"source": source, "url": "b", "etag": None, "listed": 2}, pk=["source", "url"])
    assert pages() == [("a", '"1"', "of a", 1), ("b", None, "of b", 2)]


def test_an_insert_gives_the_number_of_its_row(connection: Connection) -> None:
    at = START.isoformat()
    row = {"status": "open", "posting": '{"title":"Tides"}', "first_seen": at, "last_seen": at}
    numbers = [connection.insert("positions", row) for _ in range(3)]  # each is indexed for the search, too
    assert numbers == [row["id"] for row in connection.rows("SELECT id FROM positions ORDER BY id")] == [1, 2, 3]


def test_what_is_new_is_stored_without_the_library_of_the_schema(tmp_path: Path) -> None:
    ads = {f"/jobs/{n}": (ad(n),) for n in range(3)}
    with serving({"/jobs": (listing(0, 1), listing(0, 1, 2)), **ads}) as server:
        (tmp_path / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        assert monitor("poll", "--as-of", START.isoformat(), cwd=tmp_path).code == 0
        words = ["poll", "--as-of", (START + timedelta(days=2)).isoformat()]
        code = (
            f"import sys; sys.argv = ['monitor', *{words}]; from monitor.cli import main\n"
            "try: main()\n"
            "except SystemExit: pass\n"
            "assert 'sqlite_utils' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, timeout=30, check=True)
    with Store.open(tmp_path / "monitor.db", read_only=True) as store:
        assert [event.kind for event in store.events()] == ["baseline", "baseline", "new"]
