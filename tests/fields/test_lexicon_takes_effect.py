"""Every entry of the tables [deadline], [start] and [duration] does what its table says, in its own language."""

from collections.abc import Iterator
from datetime import date

import pytest

from monitor.fields.deadline import find_deadline
from monitor.fields.duration import find_duration
from monitor.fields.lexicon import phrases
from monitor.fields.start import find_start
from monitor.fields.text import AdText
from monitor.models import DeadlineKind

DAY = date(2026, 3, 15)
LANGUAGES = tuple(phrases("deadline.cues"))


def day_in(language: str) -> str:
    month = phrases("dates.months")[language][2].split()[0]
    return f"15. {month} 2026" if language in ("de", "no", "da", "fi", "cs") else f"15 {month} 2026"


def bare(phrase: str) -> str:
    return phrase.replace("*", "")


def entries(topic: str) -> list[tuple[str, str]]:
    return [(language, bare(phrase)) for language, words in phrases(topic).items() for phrase in words]


def first(topic: str, language: str, position: int = 0) -> str:
    return bare(phrases(topic)[language][position])


def ad(text: str, language: str) -> AdText:
    return AdText(text=text, as_of=date(2026, 1, 15), language=language)


def deadlines(sentences: Iterator[tuple[str, str]]) -> dict[str, object]:
    """What is read wrongly: sentence -> what it was taken for."""
    found = {text: find_deadline(ad(text, language)) for language, text in sentences}
    return {text: one and one.value for text, one in found.items() if not one or one.value.day != DAY}


def test_every_cue_of_a_deadline() -> None:
    assert not deadlines((lang, f"Info. {cue} {day_in(lang)}.") for lang, cue in entries("deadline.cues"))


def test_every_word_for_an_extended_deadline_beats_the_old_one() -> None:
    old = {lang: f"{first('labels.deadline', lang)}: 2026-02-01\n" for lang in LANGUAGES}
    assert not deadlines((lang, f"{old[lang]}{new} {day_in(lang)}.") for lang, new in entries("deadline.extended"))


def test_every_limit_beside_an_action() -> None:
    assert not deadlines(
        (lang, f"{first('deadline.actions', lang)} abc {limit} {day_in(lang)}.")
        for lang, limit in entries("deadline.limits")
    )


def test_every_limit_after_the_day() -> None:
    assert not deadlines(
        (lang, f"{first('deadline.actions', lang)} {day_in(lang)} {limit}.")
        for lang, limit in entries("deadline.limits_after")
    )


def test_every_action_before_a_limit() -> None:
    assert not deadlines(
        (lang, f"{action} abc {first('deadline.limits', lang)} {day_in(lang)}.")
        for lang, action in entries("deadline.actions")
    )


def limits(language: str) -> tuple[str, ...]:
    return tuple(f" {limit}" for limit in phrases("deadline.limits")[language])


def test_every_word_that_makes_a_day_something_else() -> None:
    wrong = [
        text
        for lang, other in entries("deadline.other")
        for limit in ["" if other.endswith(limits(lang)) else first("deadline.limits", lang)]
        for text in [f"{first('deadline.actions', lang)} abc {other} {limit} {day_in(lang)}."]
        if (found := find_deadline(ad(text, lang))) and found.value.day
    ]
    assert not wrong


def test_every_event_that_closes_without_the_post() -> None:
    wrong = [
        text
        for lang, event in entries("deadline.events")
        for text in [f"Abc {event} deadline {day_in(lang)}."]
        if find_deadline(ad(text, lang))
    ]
    assert not wrong


def test_every_word_for_no_fixed_deadline() -> None:
    texts = [(lang, f"Abc: {phrase}.") for lang, phrase in entries("deadline.rolling")]
    texts += [
        (lang, f"{first('labels.deadline', lang)}: {value}") for lang, value in entries("deadline.rolling_values")
    ]
    found = {text: find_deadline(ad(text, lang)) for lang, text in texts}
    assert not [text for text, one in found.items() if not one or one.value.kind is not DeadlineKind.ROLLING]


def starts(sentences: Iterator[tuple[str, str]], expected: str) -> dict[str, object]:
    found = {text: find_start(ad(text, language)) for language, text in sentences}
    return {text: one and one.value for text, one in found.items() if not one or one.value != expected}


def test_every_cue_of_a_start() -> None:
    assert not starts(((lang, f"Abc {cue} {day_in(lang)}.") for lang, cue in entries("start.cues")), DAY.isoformat())


def test_every_place_before_the_day_on_which_a_post_starts() -> None:
    assert not starts(
        ((lang, f"{first('start.posts', lang)} {place} {day_in(lang)}.") for lang, place in entries("start.place")),
        DAY.isoformat(),
    )


def test_every_word_for_a_post() -> None:
    assert not starts(
        ((lang, f"{post} {first('start.place', lang)} {day_in(lang)}.") for lang, post in entries("start.posts")),
        DAY.isoformat(),
    )


def test_every_season() -> None:
    assert not starts(
        ((lang, f"{first('start.cues', lang)}: {season} 2026") for lang, season in entries("start.seasons")), "2026"
    )


def test_every_word_for_as_soon_as_possible() -> None:
    texts = [(lang, f"Abc {phrase}.") for lang, phrase in entries("start.soon")]
    texts += [(lang, f"{first('labels.start', lang)}: {value}") for lang, value in entries("start.soon_values")]
    assert not starts(iter(texts), "asap")


def test_every_subject_that_starts_without_the_post() -> None:
    wrong = [
        text
        for lang, other in entries("start.others")
        for text in [f"Abc {other} {first('start.cues', lang)} {day_in(lang)}."]
        if find_start(ad(text, lang))
    ]
    assert not wrong


def durations(sentences: Iterator[tuple[str, str, float]]) -> dict[str, object]:
    found = {text: (find_duration(ad(text, language)), months) for language, text, months in sentences}
    return {text: one and one.value for text, (one, months) in found.items() if (one.value if one else 0) != months}


def unit(language: str) -> str:
    return first("duration.years", language)


def test_every_number_and_unit() -> None:
    numbers = [
        (lang, f"{first('duration.cues', lang)} {word} {unit(lang)}", float(value) * 12)
        for lang, rows in phrases("duration.numbers").items()
        for value, *words in (row.split() for row in rows)
        for word in words
        if float(value) <= 10
    ]
    units = [
        (lang, f"{first('duration.cues', lang)} 3 {bare(word)}", float(months))
        for topic, months in (("duration.years", 36), ("duration.months", 3))
        for lang, words in phrases(topic).items()
        for word in words
    ]
    adjectives = [
        (lang, f"{first('duration.cues', lang)} {row.split()[1]}", float(row.split()[0]))
        for lang, rows in phrases("duration.adjectives").items()
        for row in rows
    ]
    assert not durations(iter([*numbers, *units, *adjectives]))


def test_every_cue_of_a_duration() -> None:
    assert not durations((lang, f"Abc {cue} 3 {unit(lang)}.", 36.0) for lang, cue in entries("duration.cues"))


def test_every_word_that_an_amount_describes() -> None:
    assert not durations((lang, f"Abc 3 {unit(lang)} {post}.", 36.0) for lang, post in entries("duration.posts"))


@pytest.mark.parametrize("topic", ["duration.not_before", "duration.not_after"])
def test_every_word_that_makes_an_amount_something_else(topic: str) -> None:
    shape = "{cue}: {word} 3 {unit}." if topic.endswith("before") else "{cue} 3 {unit} {word}."
    assert not durations(
        (lang, shape.format(cue=first("duration.cues", lang), word=word, unit=unit(lang)), 0.0)
        for lang, word in entries(topic)
    )


def test_every_word_for_a_total_beats_what_is_initial() -> None:
    pairs = [(lang, initial, first("duration.total", lang)) for lang, initial in entries("duration.initial")]
    pairs += [(lang, first("duration.initial", lang), total) for lang, total in entries("duration.total")]
    sentences = [
        (lang, f"{cue} {initial} 2 {unit(lang)}. {cue} {total} 4 {unit(lang)}.", 48.0)
        for lang, initial, total in pairs
        for cue in [first("duration.cues", lang)]
    ]
    assert not durations(iter(sentences))


def test_every_word_before_a_last_day() -> None:
    assert not durations(
        (lang, f"{first('labels.start', lang)}: 2024-03-15\nAbc {until} {day_in(lang)}.", 24.0)
        for lang, until in entries("duration.until")
    )
