import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fields.labels import ROLES, role
from monitor.fields.lexicon import phrases

ENTRIES = [
    (language, label, name) for name in ROLES for language, all_ in phrases(f"labels.{name}").items() for label in all_
]


def test_every_label_of_the_lexicon_takes_effect() -> None:
    wrong = [entry for entry in ENTRIES if role(entry[1], entry[0]) != entry[2]]
    assert not wrong


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Last application date", "deadline"),
        ("SISTA ANSÖKNINGSDAG:", "deadline"),
        ("**Bewerbungsfrist:**", "deadline"),
        ("Deadline (CET)", "deadline"),
        ("Closing date / Sluitingsdatum", "deadline"),
        ("date limite de depot des candidatures", "deadline"),
        ("Published", "posted"),
        ("Ref. nr", "reference"),
        ("Ref.-Nr.", "reference"),
        ("Department", "department"),
        ("Ort", "location"),
        ("Start of online application", "opens"),
        ("Referee deadline", "referee"),
        ("Department of Physics", None),
        ("Deadline reflections on the end of time", None),
        ("", None),
    ],
)
def test_what_a_label_names(label: str, expected: str | None) -> None:
    assert role(label) == expected


def test_the_page_s_language_decides_between_two_meanings() -> None:
    assert role("Institution", "sv") == "department"
    assert role("Institution", "en") == "organization"


@settings(deadline=None)
@given(st.text())
def test_no_label_raises(label: str) -> None:
    assert role(label) in (*ROLES, None)
