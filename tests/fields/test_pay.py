"""Pay from the words of ads. Cases: data/pay.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.lexicon import phrases
from monitor.fields.pay import find_pay
from monitor.fields.text import AdText
from monitor.models import Pay

CASES = tomllib.loads((Path(__file__).parent / "data" / "pay.toml").read_text(encoding="utf-8"))["case"]
TYPICAL = {"year": "30,000 EUR", "month": "2,500 EUR", "week": "700 EUR", "hour": "25 EUR"}


def pay(text: str, language: str | None = None, url: str | None = None) -> Pay | None:
    found = find_pay(AdText(text=text, as_of=date(2031, 3, 1), language=language, url=url))
    assert found is None or found.words in text
    return found.value if found else None


def entries(name: str) -> list[str]:
    """The entries of a list in all languages, without their wildcards."""
    return [phrase.replace("*", "") for group in phrases(f"pay.{name}").values() for phrase in group]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:50])
def test_case(case: dict[str, Any]) -> None:
    seen = pay(case["text"], case.get("language"), case.get("url"))
    if case.get("none"):
        assert seen is None
        return
    assert seen is not None
    keys = ("minimum", "maximum", "currency", "period")
    assert {k: getattr(seen, k) for k in keys} == {k: case.get(k) for k in keys}
    assert seen.text == case.get("words", seen.text)


def minimum(text: str) -> float | None:
    seen = pay(text)
    return seen.minimum if seen else None


def spread(text: str) -> tuple[float | None, float | None]:
    seen = pay(text)
    return (seen.minimum, seen.maximum) if seen else (None, None)


def test_each_word_for_pay_explains_an_amount() -> None:
    assert [w for w in entries("cues") if not (minimum(f"{w} 2500 EUR") or minimum(f"{w} 25 EUR"))] == []


def test_each_other_purpose_denies_an_amount() -> None:
    assert [w for w in entries("not_pay") if pay(f"Salary, {w} 2500 EUR")] == []


@pytest.mark.parametrize("period", TYPICAL)
def test_each_period(period: str) -> None:
    texts = [f"Salary: {TYPICAL[period]}{'' if w[0] == '/' else ' '}{w}" for w in entries(period)]
    assert [text for text in texts if getattr(pay(text), "period", None) != period] == []


def test_each_word_of_a_range() -> None:
    assert [w for w in entries("to") if spread(f"Salary: EUR 2000 {w} EUR 2500") != (2000, 2500)] == []


def test_each_step_joins_amounts() -> None:
    assert [w for w in entries("steps") if spread(f"Salary: EUR 2000 {w}, EUR 2500 later") != (2000, 2500)] == []


def test_each_scale_and_rate_is_kept_as_words() -> None:
    texts = [f"{w} 7" for w in entries("scales")] + entries("rates")
    assert [text for text in texts if getattr(pay(f"Offered: {text}"), "text", None) != text] == []


@given(st.text(max_size=400), st.sampled_from([None, "sv", "en", "xx"]), st.none() | st.text(max_size=20))
def test_any_text(text: str, language: str | None, url: str | None) -> None:
    pay(text, language, url)


@given(st.text(alphabet="0123456789 .,'-–kKE€$£krEUR()/\nto stipend per month", max_size=300))
def test_any_numbers(text: str) -> None:
    pay(text)
