from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.models import Hints, Kind, Page
from monitor.readers.plain import read_page

HINTS = Hints(as_of=date(2026, 3, 2))


def page(text: str, content_type: str = "text/html") -> Page:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    url = "https://www.example.org/~person/"
    return Page(url=url, body=text.encode(), text=text, content_type=content_type, fetched_at=moment)


def test_the_main_text_is_kept() -> None:
    text = "<p>I count the birds of Lindholm, and have done so since the spring of 1998.</p>" * 3
    reading = read_page(page(f"<html><nav><a href=/>Home</a></nav><main><h1>Birds</h1>{text}</main></html>"), HINTS)
    assert reading.kind is Kind.PAGE
    assert "I count the birds" in reading.text
    assert reading.trouble is None
    assert not reading.postings


def test_plain_text_needs_no_markup() -> None:
    assert read_page(page("Nothing here.\n", "text/plain"), HINTS).text == "Nothing here."


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x.js></script>", "bot challenge"),
        ("<title>Log in</title><form><input name=user><input type=password></form>", "login"),
        ("<div>" * 5000, "nested so deeply"),
    ],
)
def test_what_stands_in_its_place_is_told(html: str, said: str) -> None:
    reading = read_page(page(html), HINTS)
    assert said in (reading.trouble or "")
    assert reading.warnings == (reading.trouble,)
