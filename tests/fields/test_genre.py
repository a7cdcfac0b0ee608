"""Ads told from other texts. Cases: data/genre.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.genre import is_ad, job_cues, judge
from monitor.fields.lexicon import phrases
from monitor.fields.text import AdText

CASES = tomllib.loads((Path(__file__).parent / "data" / "genre.toml").read_text(encoding="utf-8"))
KINDS = ("call", "offer", "label", "part", "apply", "general", "study", "told", "elsewhere")


def ad(text: str, title: str | None = None) -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1), title=title)


@pytest.mark.parametrize("text", CASES["ads"], ids=lambda text: text.strip()[:40])
def test_ad(text: str) -> None:
    assert is_ad(ad(text)), judge(ad(text))


@pytest.mark.parametrize("text", CASES["others"], ids=lambda text: text.strip()[:40])
def test_other_text(text: str) -> None:
    assert not is_ad(ad(text)), judge(ad(text))


@pytest.mark.parametrize("kind", KINDS)
def test_each_entry_is_a_cue_of_its_kind(kind: str) -> None:
    entries = [phrase.replace("*", "") for group in phrases(f"genre.{kind}").values() for phrase in group]
    assert [e for e in entries if kind not in job_cues(f"{e}\n2031" if kind == "label" else f"It is {e} 2031")] == []


def test_a_long_ad_is_judged_like_a_short_one() -> None:
    text = CASES["ads"][0]
    around = "\nThe faculty has nine departments. Usually guests like the library." * 100
    assert is_ad(ad(text + around))


def test_the_score_is_explained() -> None:
    genre = judge(ad("We invite applications. Frequently asked questions."))
    assert dict(genre.cues) == {"call": ("invite applications",), "general": ("Frequently asked questions",)}
    assert genre.score == pytest.approx(0.5)


@given(st.text(max_size=400), st.none() | st.text(max_size=60))
def test_any_text(text: str, title: str | None) -> None:
    for words in judge(ad(text, title)).cues.values():
        assert all(word in text for word in words)
