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


def ad(text: str, title: str | None = None) -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1), title=title)


@pytest.mark.parametrize(("level", "title"), [(level, title) for level, titles in CASES.items() for title in titles])
def test_title(level: str, title: str) -> None:
    found = level_of(title)
    assert (found.value if found else "unknown") == level
    assert found is None or found.words in title


def entries(name: str) -> list[str]:
    """The entries of a list in all languages, without their wildcards."""
    return [phrase.replace("*", "") for group in phrases(f"level.{name}").values() for phrase in group]


@pytest.mark.parametrize("name", ["phd", "phd_hint", "postdoc", "faculty", "support", "staff", "master", "other"])
def test_each_entry_says_its_level(name: str) -> None:
    level = {"phd_hint": Level.PHD, "support": Level.STAFF}.get(name) or Level(name)
    assert [e for e in entries(name) if getattr(level_of(e), "value", None) is not level] == []


def test_each_offer_of_a_doctorate_makes_a_doctoral_position() -> None:
    title = "Wissenschaftliche Mitarbeiterin (m/w/d)"
    found = {e: find_level(ad(f"Text. {e}.", title)) for e in entries("phd_offer")}
    assert [e for e, level in found.items() if getattr(level, "value", None) is not Level.PHD] == []


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
