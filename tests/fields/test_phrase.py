"""What is looked up word by word is what one regular expression of all phrases finds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import Pattern, fold, source

WORDS = st.sampled_from("phd ph d in stud student doktorand professur per month a_b 3 i".split())
PHRASES = st.lists(
    st.tuples(
        st.sampled_from(["", "*", "/"]),
        st.lists(st.tuples(WORDS, st.sampled_from(["", "*", ".", "-"])), min_size=1, max_size=3),
        st.sampled_from([" ", "* ", "*", "."]),
    ).map(lambda made: made[0] + made[2].join(word + mark for word, mark in made[1])),
    max_size=12,
)
TEXTS = st.lists(
    st.tuples(
        WORDS | st.text(max_size=4),
        st.sampled_from([" ", "", "-", " - ", "\n", "/", "/-", ".", "*", "  ", ":", "(", ")", "·"]),
    ),
    max_size=14,
).map(lambda parts: fold("".join(word + mark for word, mark in parts)))


def spans(found: object) -> list[tuple[int, int]]:
    return [match.span() for match in found if match]  # type: ignore[attr-defined]


@settings(max_examples=400)
@given(PHRASES, TEXTS, st.data())
def test_every_method_finds_what_the_expression_finds(phrases: list[str], text: str, data: st.DataObject) -> None:
    lookup, expression = Pattern(phrases), re.compile(source(phrases))
    begin = data.draw(st.integers(0, len(text)))
    for window in ((), (begin,), (begin, data.draw(st.integers(begin, len(text) + 2)))):
        assert spans(lookup.finditer(text, *window)) == spans(expression.finditer(text, *window))
        for name in ("search", "match", "fullmatch"):
            assert spans([getattr(lookup, name)(text, *window)]) == spans([getattr(expression, name)(text, *window)])


@pytest.mark.parametrize("topic", ["deadline.cues", "level.phd", "pay.month", "title.roles", "genre.offer"])
def test_every_phrase_of_the_lexicon_is_found(topic: str) -> None:
    phrases = all_phrases(topic)
    lookup = Pattern(phrases)
    missed = [phrase for phrase in phrases if not lookup.search(fold(f"Info: {phrase.replace('*', '')} 2026"))]
    assert not missed
