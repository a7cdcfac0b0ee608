import itertools
import tomllib
from datetime import date
from pathlib import Path

import pytest
from babel.dates import format_date, get_month_names
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fields.dates import day_order, find_dates, next_such_day
from monitor.fields.lexicon import phrases
from monitor.fields.months import find_months, fold, month_number

AS_OF = date(2026, 1, 15)
DATA = tomllib.loads((Path(__file__).parent / "data" / "dates.toml").read_text(encoding="utf-8"))
CASES = [row for rows in DATA.values() for row in rows]
LOCALES = {"en": "en_GB", "no": "nb"}
MONTHS = [(language, LOCALES.get(language, language)) for language in phrases("dates.months")]


@pytest.mark.parametrize(("language", "text", "expected"), CASES, ids=[row[1] for row in CASES])
def test_days_in_a_text(language: str, text: str, expected: str) -> None:
    seen = find_dates(text, as_of=AS_OF, language=language)
    assert ", ".join(f"{one.value} {one.time}" if one.time else str(one.value) for one in seen) == expected
    for one, following in itertools.pairwise(seen):
        assert one.end <= following.start


@pytest.mark.parametrize(("language", "locale"), MONTHS)
def test_the_lexicon_knows_every_month_name_of_its_language(language: str, locale: str) -> None:
    rows = [{fold(form) for form in row.split()} for row in phrases("dates.months")[language]]
    assert len(rows) == 12
    for context in ("format", "stand-alone"):
        for number, name in get_month_names("wide", context, locale).items():
            assert fold(name.removeprefix("de ").removeprefix("d’")) in rows[number - 1]


@pytest.mark.parametrize(("language", "row", "number"), [
    (language, row, number)
    for language, rows in phrases("dates.months").items()
    for number, row in enumerate(rows, 1)
])  # fmt: skip
def test_every_month_form_is_read(language: str, row: str, number: int) -> None:
    for form in row.split():
        assert month_number(form, language) == number
        seen = find_dates(f"14 {form} 2026", as_of=AS_OF, language=language)
        assert [one.value for one in seen] == [date(2026, number, 14)], form


@settings(deadline=None)
@given(
    day=st.dates(date(1995, 1, 1), date(2095, 12, 31)),
    which=st.sampled_from([pair for pair in MONTHS if pair[0] != "gl"]),
    width=st.sampled_from(["short", "medium", "long", "full"]),
)
def test_every_date_that_a_program_writes_is_read_back(day: date, which: tuple[str, str], width: str) -> None:
    language, locale = which
    as_of = date(day.year, 6, 1)
    written = format_date(day, format=width, locale=locale)
    assert [one.value for one in find_dates(written, as_of=as_of, language=language)] == [day], written


@settings(deadline=None)
@given(day=st.dates(date(1995, 1, 1), date(2095, 12, 31)))
def test_american_dates_are_read_where_the_order_is_known(day: date) -> None:
    written = format_date(day, "MM/dd/yyyy", locale="en_US")
    assert [one.value for one in find_dates(written, as_of=AS_OF, day_first=False)] == [day]


@settings(deadline=None)
@given(text=st.text(), six_digits=st.booleans())
def test_no_text_raises_and_spans_lie_within_it(text: str, six_digits: bool) -> None:
    for one in find_dates(text, as_of=AS_OF, six_digits=six_digits):
        assert 0 <= one.start < one.end <= len(text)
    for month in find_months(text):
        assert 0 <= month.start < month.end <= len(text)


@settings(deadline=None)
@given(st.text(alphabet="0123456789.-/ :,marchjuneto–", max_size=60))
def test_no_muddle_of_digits_raises(text: str) -> None:
    find_dates(text, as_of=AS_OF)


def test_six_digits_are_a_date_only_on_request() -> None:
    assert find_dates("260115", as_of=AS_OF) == []
    assert [one.value for one in find_dates("260115", as_of=AS_OF, six_digits=True)] == [date(2026, 1, 15)]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("September 2026", ["2026-09"]),
        ("octobre - décembre 2026", ["2026-10", "2026-12"]),
        ("from 09/2026", ["2026-09"]),
        ("2026-09", ["2026-09"]),
        ("we wrześniu 2026", ["2026-09"]),
        ("2026-09-14 and 14 September 2026", []),
        ("between 2019 and 2020", []),
    ],
)
def test_months_without_a_day(text: str, months: list[str]) -> None:
    assert [str(month) for month in find_months(text)] == months


@pytest.mark.parametrize(
    ("url", "day_first"),
    [
        ("https://jobs.example.edu/1", False),
        ("https://example.se", True),
        ("https://example.org", None),
        (None, None),
        ("http://[", None),
    ],
)
def test_a_site_of_a_country_tells_the_order_of_day_and_month(url: str | None, day_first: bool | None) -> None:
    assert day_order(url) is day_first


def test_the_next_such_day() -> None:
    assert next_such_day(1, 14, AS_OF) == date(2026, 1, 14)
    assert next_such_day(11, 14, AS_OF) == date(2026, 11, 14)
    assert next_such_day(11, 15, AS_OF) == date(2025, 11, 15)
    assert next_such_day(2, 30, AS_OF) is None
