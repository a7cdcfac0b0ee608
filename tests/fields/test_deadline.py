import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fields.deadline import find_deadline
from monitor.fields.text import AdText
from monitor.models import DeadlineKind

AS_OF = date(2026, 1, 15)
DATA = tomllib.loads((Path(__file__).parent / "data" / "deadlines.toml").read_text(encoding="utf-8"))
CASES = [row for rows in DATA.values() for row in rows]


@pytest.mark.parametrize(("language", "text", "expected"), CASES, ids=[row[1][:60] for row in CASES])
def test_the_deadline_of_an_ad(language: str, text: str, expected: str) -> None:
    found = find_deadline(AdText(text=text, as_of=AS_OF, language=language or None))
    if not expected:
        assert found is None
        return
    assert found
    assert found.words in text
    value = found.value
    if expected == "rolling":
        assert (value.day, value.kind) == (None, DeadlineKind.ROLLING)
    else:
        assert value.kind is DeadlineKind.FIXED
        assert " ".join(filter(None, (str(value.day), value.time))) == expected


@settings(deadline=None)
@given(text=st.text(), language=st.sampled_from(["en", "sv", "de", "fi", None]))
def test_no_text_raises_and_the_evidence_is_of_the_text(text: str, language: str | None) -> None:
    found = find_deadline(AdText(text=text, as_of=AS_OF, language=language or None))
    assert found is None or found.words in text
