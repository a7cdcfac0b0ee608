import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fields.duration import find_duration
from monitor.fields.start import find_start
from monitor.fields.text import AdText

AS_OF = date(2026, 1, 15)


def cases(name: str) -> list[list[Any]]:
    tables = tomllib.loads((Path(__file__).parent / "data" / name).read_text(encoding="utf-8"))
    return [row for rows in tables.values() for row in rows]


@pytest.mark.parametrize(("language", "text", "expected"), cases("start.toml"))
def test_the_start_of_a_position(language: str, text: str, expected: str) -> None:
    found = find_start(AdText(text=text, as_of=AS_OF, language=language or None))
    assert (found.value if found else "") == expected
    assert not found or found.words in text


@pytest.mark.parametrize(("language", "text", "months"), cases("duration.toml"))
def test_the_duration_of_a_position(language: str, text: str, months: float) -> None:
    found = find_duration(AdText(text=text, as_of=AS_OF, language=language or None))
    assert (found.value if found else 0) == months
    assert not found or found.words in text


WORDS = st.lists(
    st.sampled_from("start from Fall 2026 3 years 1+3 month PhD position Beginn: 1.9.2026 \n for ( ) år".split(" "))
)


@settings(deadline=None)
@given(text=st.one_of(st.text(), WORDS.map(" ".join)))
def test_no_text_raises_and_the_evidence_is_of_the_text(text: str) -> None:
    ad = AdText(text=text, as_of=AS_OF)
    for found in (find_start(ad), find_duration(ad)):
        assert found is None or found.words in text
