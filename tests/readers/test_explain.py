"""What `monitor inspect --explain` says of a list: the groups that were weighed, and selectors that read the same."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.models import Hints, Selectors
from monitor.readers.explain import explain
from monitor.readers.listing import read_listing
from monitor.values import replace
from tests.readers.test_listing import case, page, titles

LISTS = [
    "cards-weiterlesen",
    "system-data-rows",
    "table-german",
    "details-summary",
    "aria-grid",
    "dutch-whole-card-link",
]


@pytest.mark.parametrize("name", LISTS)
def test_selectors_read_the_same_positions(name: str) -> None:
    where, hints, _ = case(name)
    found = explain(where, hints)
    assert found.selectors is not None
    with_them = read_listing(where, replace(hints, selectors=found.selectors))
    without = read_listing(where, hints)
    assert [(p.title, p.url, p.deadline) for p in with_them.postings] == [
        (p.title, p.url, p.deadline) for p in without.postings
    ]
    assert not with_them.warnings


@pytest.mark.parametrize("name", LISTS)
def test_the_winner_stands_first_with_what_speaks_for_it(name: str) -> None:
    where, hints, _ = case(name)
    first = explain(where, hints).candidates[0]
    assert first.taken > 0
    assert first.signature in read_listing(where, hints).signature
    assert any(value > 0 for _, value in first.evidence)
    assert set(first.titles) <= set(titles(read_listing(where, hints)))


def test_what_was_considered_is_told_of_a_page_without_positions() -> None:
    where, hints, _ = case("other-news")
    found = explain(where, hints)
    assert found.candidates
    assert not any(candidate.taken for candidate in found.candidates)
    assert found.selectors is None


@pytest.mark.parametrize("text", ["", "<", "<ul><li><a href='http://[x'>PhD student</a>", "a" * 10])
def test_any_text_is_explained(text: str) -> None:
    found = explain(page(text), Hints(as_of=date(2026, 3, 1)))
    assert found.selectors is None or isinstance(found.selectors, Selectors)
