"""Levels from titles and texts. Cases: data/level.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.level import find_level, level_of
from monitor.fields.lexicon import phrases
from monitor.fields.text import AdText
from monitor.models import Level

CASES = tomllib.loads((Path(__file__).parent / "data" / "level.toml").read_text(encoding="utf-8"))
OF_LIST = {"phd_hint": Level.PHD, "phd_offer": None, "support": Level.STAFF}


def ad(text: str, title: str | None = None) -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1), title=title)


@pytest.mark.parametrize(("level", "title"), [(level, title) for level, titles in CASES.items() for title in titles])
def test_title(level: str, title: str) -> None:
    found = level_of(title)
    assert (found.value if found else "unknown") == level
    assert found is None or found.words in title


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        (name, phrase)
        for name in ("phd", "phd_hint", "postdoc", "faculty", "support", "staff", "master", "other")
        for group in phrases(f"level.{name}").values()
        for phrase in group
    ],
)
def test_each_phrase_says_its_level(name: str, phrase: str) -> None:
    found = level_of(phrase.replace("*", ""))
    assert found is not None
    assert found.value == OF_LIST.get(name, name)


@pytest.mark.parametrize("phrase", [p for group in phrases("level.phd_offer").values() for p in group])
def test_each_offer_of_a_doctorate_makes_a_doctoral_position(phrase: str) -> None:
    found = find_level(ad(f"Text. {phrase.replace('*', '')}.", title="Wissenschaftliche Mitarbeiterin (m/w/d)"))
    assert found is not None
    assert found.value is Level.PHD


def test_text_decides_where_the_title_does_not() -> None:
    text = "Institute of Logic\nWe look for a motivated person to join as a PhD student with Professor Wren."
    found = find_level(ad(text))
    assert found is not None
    assert found.value is Level.PHD
    found = find_level(ad("The department seeks a lecturer.", title="Join us"))
    assert found is not None
    assert found.value is Level.FACULTY


@given(st.text(max_size=300), st.none() | st.text(max_size=60))
def test_any_text(text: str, title: str | None) -> None:
    found = find_level(ad(text, title))
    assert found is None or found.words in text or found.words in (title or "")
