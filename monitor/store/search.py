"""SQLite's FTS5: full-text search over positions, kept by triggers in the transaction that writes the position; and its
BM25 for documents that are not stored."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing

from monitor.models import Position
from monitor.store.connection import Connection
from monitor.values import Value
from monitor.words import one_line

WEIGHTS = (10.0, 4.0, 4.0, 6.0, 3.0, 1.0)  # title, organization, department, supervisors, summary, text
OPENING, CLOSING = "\x02", "\x03"  # around the words that were found; no text of a page has them
_LONGEST = 500  # characters of a query


class Hit(Value, kw_only=True):
    """position: one that has all words. score: bm25, the higher the better.

    excerpt: where the words stand, each between OPENING and CLOSING.
    """

    position: Position
    score: float
    excerpt: str


def match_expression(words: str, column: str | None = None) -> str | None:
    """What FTS5 is asked: all words, the last one as the beginning of a word. None where there is no word.

    Each word is quoted, so that nothing in it is an operator. column: only there.
    """
    line = one_line(words, _LONGEST).removesuffix("…").replace('"', " ")
    wanted = [word for word in line.split() if re.search(r"[^\W_]", word)]
    if not wanted:
        return None
    asked = " ".join(f'"{word}"' for word in wanted) + " *"
    return f"{column} : ({asked})" if column else asked


def ranked_ids(store: Connection, words: str, *, column: str | None, limit: int) -> list[tuple[int, float, str]]:
    """Position id, score and excerpt of what has all words, the best first."""
    expression = match_expression(words, column)
    if expression is None:
        return []
    rows = store.rows(
        "SELECT rowid AS id, -bm25(position_index, ?, ?, ?, ?, ?, ?) AS score,"
        " snippet(position_index, -1, ?, ?, '…', 20) AS excerpt"
        " FROM position_index WHERE position_index MATCH ? ORDER BY score DESC, rowid LIMIT ?",
        [*WEIGHTS, OPENING, CLOSING, expression, limit],
    )
    return [(row["id"], row["score"], row["excerpt"]) for row in rows]


def bm25(documents: Mapping[int, Sequence[str]], query: Sequence[str]) -> dict[int, float]:
    """The BM25 score of each document that has a term of the query, the higher the better; over 0.

    documents: each as its terms, in order. query: terms; `term*` stands for all that begin so.
    """
    asked = " OR ".join(_quoted(term) for term in query if re.search(r"\w", term))
    if not asked:
        return {}
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE documents USING fts5(terms, content = '', tokenize = 'unicode61 remove_diacritics 0')"
        )
        database.executemany(
            "INSERT INTO documents (rowid, terms) VALUES (?, ?)",
            ((number, " ".join(terms)) for number, terms in enumerate(documents.values())),
        )
        keys = list(documents)
        rows = database.execute("SELECT rowid, -bm25(documents) FROM documents WHERE documents MATCH ?", [asked])
        return {keys[number]: score for number, score in rows}


def _quoted(term: str) -> str:
    """A term in which nothing is an operator but a `*` at its end."""
    word = re.sub(r"\W+", " ", term)
    return f'"{word}" *' if term.endswith("*") else f'"{word}"'
