"""BM25 as SQLite counts it, over terms that are given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.store.search import bm25

DOCUMENTS = {
    10: ["optim", "transport", "optim"],
    -3: ["transport", "econom", "and", "much", "else", "besides"],
    2**70: ["optimumtransport"],
    7: ["medieval", "histor"],
}


def test_rare_terms_and_short_documents_count_more() -> None:
    scores = bm25(DOCUMENTS, ["optim", "transport"])
    assert scores.keys() == {10, -3}
    assert scores[10] > scores[-3] > 0


def test_a_star_stands_for_all_that_begin_so() -> None:
    assert bm25(DOCUMENTS, ["optim*"]).keys() == {10, 2**70}
    assert bm25(DOCUMENTS, ["transpor"]) == {}


def test_nothing_asked_is_nothing_found() -> None:
    assert bm25(DOCUMENTS, []) == bm25(DOCUMENTS, ["", "*"]) == bm25({}, ["optim"]) == {}


def test_very_many_terms_can_be_asked_for() -> None:
    assert bm25(DOCUMENTS, ["histor", *(f"term{n}*" for n in range(5_000))]).keys() == {7}


TERM = st.text(max_size=12)


@given(st.dictionaries(st.integers(), st.lists(TERM, max_size=5), max_size=4), st.lists(TERM, max_size=5))
def test_no_term_is_an_operator(documents: dict[int, list[str]], query: list[str]) -> None:
    operators = ["AND", "NOT", "terms:", '"', "NEAR(", "^", "-", "+", "{", ")"]
    scores = bm25(documents, [*query, *operators])
    assert scores.keys() <= documents.keys()
    assert all(score > 0 for score in scores.values())
