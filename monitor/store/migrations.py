"""The schema, step by step. A step that has shipped is never edited: a later one changes what it made."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from monitor.identity import canonical_url

if TYPE_CHECKING:
    from sqlite_utils import Database


def migrate(connection: sqlite3.Connection, *, through: str | None = None) -> None:
    """Take the steps that the database still lacks, up to the one of that name if given.

    The library is loaded here: a database of today's schema does not need it.
    """
    from sqlite_utils import Database, Migrations

    steps = Migrations("monitor")
    for step in STEPS[: NAMES.index(through) + 1 if through else None]:
        steps()(step)
    steps.apply(Database(connection))


def m001_first_schema(db: Database) -> None:
    for statement in re.split(r";\n+(?=CREATE)", FIRST_SCHEMA):
        db.execute(statement)


def m002_cheap_unchanged_checks(db: Database) -> None:
    """What tells without its positions that a source is as it was, and the robots.txt of hosts."""
    for statement in UNCHANGED_CHECKS:
        db.execute(statement)


def m003_retention(db: Database) -> None:
    """From which moment on the list of a source is kept whole."""
    db.execute("ALTER TABLE sources ADD COLUMN kept_from TEXT")
    db.execute("CREATE INDEX snapshots_by_time ON snapshots (at)")


def m004_present_positions(db: Database) -> None:
    """What a source shows now is found without all that it ever showed."""
    db.execute("CREATE INDEX sightings_by_misses ON sightings (source, misses)")
    db.execute("CREATE INDEX positions_not_closed ON positions (id) WHERE status <> 'closed'")


def m005_kinds(db: Database) -> None:
    """What the list of a source was found to be, and whose data it is."""
    db.execute("ALTER TABLE sources ADD COLUMN kind TEXT")
    db.execute("ALTER TABLE sources ADD COLUMN platform TEXT")


def m006_ads_by_canonical_url(db: Database) -> None:
    """An ad that lay under an address for each session lies under one; of several bodies the newest stays."""
    db.register_function(canonical_url, deterministic=True)
    for statement in ADS_BY_CANONICAL_URL:
        db.execute(statement)


STEPS: tuple[Callable[[Database], None], ...] = (
    m001_first_schema,
    m002_cheap_unchanged_checks,
    m003_retention,
    m004_present_positions,
    m005_kinds,
    m006_ads_by_canonical_url,
)
NAMES = tuple(step.__name__ for step in STEPS)

FIRST_SCHEMA = """
CREATE TABLE sources (
    url TEXT PRIMARY KEY, name TEXT NOT NULL, fingerprint TEXT,
    baseline_at TEXT, good_at TEXT, checked_at TEXT, next_check_at TEXT, outcome TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    trouble TEXT, trouble_since TEXT, trouble_told INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '[]', signature TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE pages (
    source TEXT NOT NULL REFERENCES sources(url), url TEXT NOT NULL,
    etag TEXT, last_modified TEXT, listed INTEGER NOT NULL,
    PRIMARY KEY (source, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL REFERENCES sources(url),
    url TEXT NOT NULL, final_url TEXT NOT NULL, at TEXT NOT NULL, listed INTEGER NOT NULL,
    content_type TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX snapshots_by_page ON snapshots (source, url, id);

CREATE TABLE positions (
    id INTEGER PRIMARY KEY, status TEXT NOT NULL, posting TEXT NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, closed_at TEXT
) STRICT;
CREATE INDEX positions_by_status ON positions (status);

CREATE VIEW position_words AS SELECT
    id,
    json_extract(posting, '$.title') AS title,
    json_extract(posting, '$.organization') AS organization,
    json_extract(posting, '$.department') AS department,
    json_extract(posting, '$.supervisors') AS supervisors,
    json_extract(posting, '$.summary') AS summary,
    json_extract(posting, '$.text') AS text
FROM positions;

CREATE VIRTUAL TABLE position_index USING fts5(
    title, organization, department, supervisors, summary, text,
    content = 'position_words', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER position_indexed AFTER INSERT ON positions BEGIN
    INSERT INTO position_index (rowid, title, organization, department, supervisors, summary, text)
    SELECT * FROM position_words WHERE id = new.id;
END;

CREATE TRIGGER position_unindexed BEFORE UPDATE OF posting ON positions WHEN old.posting IS NOT new.posting BEGIN
    INSERT INTO position_index (position_index, rowid, title, organization, department, supervisors, summary, text)
    SELECT 'delete', * FROM position_words WHERE id = old.id;
END;

CREATE TRIGGER position_reindexed AFTER UPDATE OF posting ON positions WHEN old.posting IS NOT new.posting BEGIN
    INSERT INTO position_index (rowid, title, organization, department, supervisors, summary, text)
    SELECT * FROM position_words WHERE id = new.id;
END;

CREATE TRIGGER position_forgotten BEFORE DELETE ON positions BEGIN
    INSERT INTO position_index (position_index, rowid, title, organization, department, supervisors, summary, text)
    SELECT 'delete', * FROM position_words WHERE id = old.id;
END;

CREATE TABLE sightings (
    source TEXT NOT NULL REFERENCES sources(url), position INTEGER NOT NULL REFERENCES positions(id),
    keys TEXT NOT NULL, listed TEXT NOT NULL, ad TEXT, ad_checked_at TEXT,
    first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, misses INTEGER NOT NULL DEFAULT 0,
    past TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (source, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_position ON sightings (position);

CREATE TABLE keys (
    key TEXT NOT NULL, position INTEGER NOT NULL REFERENCES positions(id),
    PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources(url), position INTEGER REFERENCES positions(id),
    title TEXT, url TEXT, fields TEXT NOT NULL DEFAULT '{}', text TEXT
) STRICT;
CREATE INDEX events_by_position ON events (position);

CREATE TABLE digests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscriber TEXT NOT NULL, at TEXT NOT NULL,
    through_event INTEGER NOT NULL, subject TEXT
) STRICT;
CREATE INDEX digests_by_subscriber ON digests (subscriber, id);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, digest INTEGER NOT NULL REFERENCES digests(id),
    recipient TEXT NOT NULL, message_id TEXT NOT NULL, message BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL, settled_at TEXT, error TEXT,
    UNIQUE (digest, recipient)
) STRICT;
CREATE INDEX deliveries_by_state ON deliveries (state, next_try_at);
"""

UNCHANGED_CHECKS = (
    "ALTER TABLE pages ADD COLUMN gist TEXT",
    "CREATE INDEX pages_of_list ON pages (source, listed) WHERE listed > 0",
    "ALTER TABLE sources ADD COLUMN settled_until TEXT",
    "ALTER TABLE sources ADD COLUMN ads_until TEXT",
    "CREATE TABLE robots (origin TEXT PRIMARY KEY, at TEXT NOT NULL, body BLOB) STRICT, WITHOUT ROWID",
)

ADS_BY_CANONICAL_URL = (
    "DELETE FROM snapshots WHERE listed = 0 AND id NOT IN"
    " (SELECT max(id) FROM snapshots WHERE listed = 0 GROUP BY source, canonical_url(url))",
    "DELETE FROM pages WHERE listed = 0 AND (source, url) NOT IN (SELECT source, url FROM snapshots WHERE listed = 0)",
    "UPDATE snapshots SET url = canonical_url(url) WHERE listed = 0",
    "UPDATE OR IGNORE pages SET url = canonical_url(url) WHERE listed = 0",
)
