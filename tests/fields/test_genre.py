"""Ads told from other texts. Cases: data/genre.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.genre import Genre, job_cues, judge
from monitor.fields.lexicon import phrases
from monitor.fields.registry import FIELDS
from monitor.fields.text import AdText

CASES = tomllib.loads((Path(__file__).parent / "data" / "genre.toml").read_text(encoding="utf-8"))
KINDS = ("call", "offer", "label", "part", "apply", "general", "study", "told", "elsewhere")


def genre(text: str) -> Genre:
    ad = AdText(text=text, as_of=date(2031, 3, 1))
    return judge(text, [name for name, find in FIELDS.items() if find(ad)])


@pytest.mark.parametrize("text", CASES["ads"], ids=lambda text: text.strip()[:40])
def test_ad(text: str) -> None:
    assert genre(text).is_ad, genre(text)


@pytest.mark.parametrize("text", CASES["others"], ids=lambda text: text.strip()[:40])
def test_other_text(text: str) -> None:
    assert not genre(text).is_ad, genre(text)


@pytest.mark.parametrize("kind", KINDS)
def test_each_entry_is_a_cue_of_its_kind(kind: str) -> None:
    entries = [phrase.replace("*", "") for group in phrases(f"genre.{kind}").values() for phrase in group]
    assert [e for e in entries if kind not in job_cues(f"{e}\n2031" if kind == "label" else f"It is {e} 2031")] == []


def test_each_title_of_another_kind_of_text_heads_it() -> None:
    entries = [(language, p.replace("*", "")) for language, group in phrases("genre.titles").items() for p in group]
    assert [e for e in entries if "titles" not in job_cues(f"{e[1]} Norrhamn\nThe text.", e[0])] == []
    assert [e for e in entries if "titles" in job_cues(f"The text.\n{e[1]} Norrhamn", e[0])] == []


def test_the_name_of_a_position_is_no_title_of_another_kind() -> None:
    assert "titles" in job_cues("Workshop on dunes, for doctoral students")
    assert "titles" not in job_cues("Workshop technician")
    assert "titles" not in job_cues("Doctoral student: a workshop of dunes")


def test_a_long_ad_is_judged_like_a_short_one() -> None:
    text = CASES["ads"][0]
    around = "\nThe faculty has nine departments. Usually guests like the library." * 100
    assert genre(text + around).is_ad


def test_the_score_is_explained() -> None:
    genre = judge("We invite applications, as in 2031. Frequently asked questions.", ["organization", "title"])
    assert dict(genre.cues) == {"call": ("invite applications",), "general": ("Frequently asked questions",)}
    assert genre.score == pytest.approx(2.0 - 2.0 + 1.75 + 0.75)


def test_what_is_about_one_case_is_told_from_a_guide() -> None:
    text = "The doctoral student works in a project on random walks. Send your CV."
    assert not judge(text).is_ad
    assert judge(text, ["organization", "start", "duration_months"]).is_ad


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    for words in judge(text).cues.values():
        assert all(word in text for word in words)
