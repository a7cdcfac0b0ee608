"""What response headers say of time and cookies, and nothing that they can say is an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fetch.headers import cookies, fresh_until, retry_after

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DATE = {"date": "Mon, 02 Mar 2026 10:00:00 GMT"}  # the server's clock is two hours ahead


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, MAX-AGE=600, must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "s-maxage=600"}, None),  # for shared caches only
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": "max-age=600", "age": "200"}, 400),
        ({"cache-control": "max-age=600", "age": "900"}, None),
        ({"cache-control": "max-age=600", "age": "old"}, 600),
        ({"age": "-600"}, None),
        ({"cache-control": "max-age=600", "expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 600),
        ({"cache-control": "max-age=999999999999"}, 365 * 86400),
        ({"cache-control": "max-age=" + "9" * 5000}, 365 * 86400),
        ({"cache-control": "max-age=soon"}, None),
        ({"expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 3600),
        ({"expires": "Mon, 02 Mar 2026 11:00:00 GMT", **DATE}, 3600),
        ({"expires": "Thu, 19 Nov 1981 08:52:00 GMT"}, None),
        ({"expires": "0"}, None),
        ({"expires": "-1", **DATE}, None),
        ({"cache-control": "private", "expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 3600),
    ],
)
def test_how_long_a_page_is_fresh(headers: dict[str, str], seconds: int | None) -> None:
    assert fresh_until(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "99999999999"}, 365 * 86400),
        ({"retry-after": "Mon, 02 Mar 2026 08:30:00 GMT"}, 1800),
        ({"retry-after": "Mon, 02 Mar 2026 10:30:00 GMT", **DATE}, 1800),
        ({"retry-after": "Mon, 02 Mar 2020 08:30:00 GMT"}, 0),
        ({"retry-after": "Monday, 02-Mar-26 08:30:00 GMT"}, 1800),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], {}),
        (["a=1"], {"a": "1"}),
        (["a=1; Path=/; Secure", "b=2=3; HttpOnly"], {"a": "1", "b": "2=3"}),
        (["a=1", "a=2"], {"a": "2"}),
        (["a="], {"a": ""}),
        (["=1", "a", "", ";", "  =  "], {}),
    ],
)
def test_cookies(headers: list[str], expected: dict[str, str]) -> None:
    assert cookies(headers) == expected


VALUES = st.text(max_size=30) | st.from_regex(
    r"\w{3}, \d{1,2} \w{3} \d{1,5} \d\d:\d\d:\d\d [-+]?\w{3,5}", fullmatch=True
)
DAYS = st.datetimes(timezones=st.just(UTC)).map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S +1400"))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "age", "expires", "date", "retry-after"]), VALUES | DAYS, max_size=5
    )
)
def test_any_header_is_read(headers: dict[str, str]) -> None:
    until, wait = fresh_until(headers, NOW), retry_after(headers, NOW)
    assert until is None or NOW < until <= NOW + timedelta(days=365)
    assert wait is None or 0 <= wait <= 365 * 86400
