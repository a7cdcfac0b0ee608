"""Openings, funding and closing. Cases: data/openings.toml, data/funding.toml, data/closed.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.closed import find_closed
from monitor.fields.funding import find_funded
from monitor.fields.lexicon import phrases
from monitor.fields.openings import find_openings
from monitor.fields.text import AdText

DATA = Path(__file__).parent / "data"


def cases(name: str) -> Any:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def ad(text: str, title: str | None = None) -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1), title=title)


def entries(topic: str) -> list[str]:
    """The entries of a list in all languages, without their wildcards."""
    return [phrase.replace("*", "") for group in phrases(topic).values() for phrase in group]


def openings(text: str, title: str | None = None) -> int | None:
    found = find_openings(ad(text, title))
    assert found is None or found.words in text or found.words in (title or "")
    return found.value if found else None


def funded(text: str) -> bool | None:
    found = find_funded(ad(text))
    assert found is None or found.words in text
    return found.value if found else None


def closed(text: str) -> bool:
    found = find_closed(ad(text))
    assert found is None or found.words in text
    return found is not None


@pytest.mark.parametrize("case", cases("openings")["case"], ids=lambda case: case["text"][:50])
def test_openings(case: dict[str, Any]) -> None:
    assert openings(case["text"], case.get("title")) == case.get("number")


def test_each_number_word_counts() -> None:
    missed = []
    for language, numbers in phrases("openings.numbers").items():
        noun = phrases("openings.nouns")[language][0].replace("*", "")
        for number, forms in enumerate(numbers[1:], 2):
            missed += [w for w in forms.split("|") if openings(f"Vacancy: we offer {w} {noun}.") != number]
    assert missed == []


def test_each_noun_is_counted() -> None:
    assert [noun for noun in entries("openings.nouns") if openings(f"Call for applications for 3 {noun}.") != 3] == []


def test_each_word_that_offers() -> None:
    assert [w for w in entries("openings.offered") if openings(f"There are {w} 3 seats as contracts now.") != 3] == []


def test_each_label_of_openings() -> None:
    assert [label for label in entries("openings.labels") if openings(f"Text.\n{label}: 3\nText.") != 3] == []


def test_each_word_that_says_a_number_counts_something_else() -> None:
    assert [w for w in entries("openings.given") if openings(f"Call for applications: {w} 7 positions.") == 7] == []
    assert [w for w in entries("openings.units") if openings(f"Call for applications for 7 {w} positions.") == 7] == []


def test_each_plural_makes_a_title_no_single_position() -> None:
    assert [w for w in entries("openings.plurals") if openings("Text.", f"PhD {w}") == 1] == []


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in cases("funding").items() for text in texts])
def test_funding(kind: str, text: str) -> None:
    assert funded(text) is {"paid": True, "unpaid": False, "unsaid": None}[kind]


def test_each_word_of_funding() -> None:
    assert [w for w in entries("funding.yes") if funded(f"Text: {w}") is not True] == []
    assert [w for w in entries("funding.no") if funded(f"Text: {w}") is not False] == []


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in cases("closed").items() for text in texts])
def test_closed(kind: str, text: str) -> None:
    assert closed(text) is (kind == "closed")


def test_each_phrase_closes_and_each_condition_takes_it_back() -> None:
    assert [p for p in entries("closed.phrases") if not closed(f"Text.\n{p}")] == []
    assert [w for w in entries("closed.unless") if closed(f"Open {w} the position has been filled.")] == []


@given(st.text(max_size=300), st.none() | st.text(max_size=60))
def test_any_text(text: str, title: str | None) -> None:
    openings(text, title)
    funded(text)
    closed(text)
