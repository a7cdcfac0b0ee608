"""Databases of earlier schema versions, as SQL text.

`python -m tests.store.stored` writes the one of today's schema, from a small site that was watched;
`python -m tests.store.stored STEP` that of a step between two others, from the one before it. What a release has left
with people never changes.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from monitor.store import Store
from monitor.store.migrations import NAMES, migrate
from tests.store.small_site import watch

FOLDER = Path(__file__).parent / "schemas"


def dumped(database: Path) -> Iterator[str]:
    """The database as statements: tables, their rows, then what is built on them. A full text index is made anew."""
    with closing(sqlite3.connect(database)) as connection:
        made = connection.execute(
            "SELECT type, name, sql FROM sqlite_schema"
            " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        ).fetchall()
        indexes = [name for _, name, sql in made if sql.startswith("CREATE VIRTUAL TABLE")]
        made = [row for row in made if not any(row[1].startswith(f"{index}_") for index in indexes)]
        tables = [row for row in made if row[0] == "table" and row[1] not in indexes]
        for _, _, sql in tables:
            yield f"{sql};"
        for _, name, _ in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            values = " || ', ' || ".join(f'quote("{column}")' for column in columns)
            for (row,) in connection.execute(f"SELECT {values} FROM {name}"):
                yield f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({row});"
        for row in made:
            if row not in tables:
                yield f"{row[2]};"
        for index in indexes:
            yield f"INSERT INTO {index} ({index}) VALUES ('rebuild');"


def restore(dump: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")


def watched(database: Path) -> tuple[str, str]:
    """The name of today's last step, and the dump of a small site watched with it."""
    folder = database.parent
    watch(folder, 6, send=True)
    with Store.open(database) as store:
        (state,) = store.states()
        host = urlsplit(state.url).netloc
    return NAMES[-1], "\n".join(dumped(database)).replace(host, "lindholm.example")


def stepped(name: str, database: Path) -> str:
    """The dump of the step before `name`, with that step done."""
    restore(FOLDER / f"{NAMES[NAMES.index(name) - 1]}.sql", database)
    with closing(sqlite3.connect(database)) as connection:
        migrate(connection, through=name)
    return "\n".join(dumped(database))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "monitor.db"
        version, text = (sys.argv[1], stepped(sys.argv[1], database)) if len(sys.argv) > 1 else watched(database)
    file = FOLDER / f"{version}.sql"
    file.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {file}")


if __name__ == "__main__":
    main()
