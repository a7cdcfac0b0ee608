"""Whether two bodies show the same, by a table; and that text which changes is noticed, whatever stands around it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Page
from monitor.pipeline.sameness import gist

CASES = tomllib.loads((Path(__file__).parent / "sameness.toml").read_text(encoding="utf-8"))["case"]
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def page(text: str, url: str = "https://uni.example.org/jobs") -> Page:
    return Page(url=url, body=text.encode(), text=text, content_type="text/html", fetched_at=NOW)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_shows_the_same(case: dict[str, Any]) -> None:
    assert (gist(page(case["before"])) == gist(page(case["after"]))) is case["same"]


def test_another_address_is_another_page() -> None:
    assert gist(page("<p>PhD</p>")) != gist(page("<p>PhD</p>", "https://uni.example.org/login"))


noise = st.sampled_from(
    [
        "<!-- a -->",
        "<script>var a = '<p>';</script>",
        "<style>p > a {}</style>",
        '<input type="hidden" value="1">',
        '<p id="a" class="b">Text</p>',
        '<a href="/1" data-x="y" title="<b>">A</a>',
        "<!--->",
        '<link rel="icon" href="/f.ico">',
        "&lt;!--",
        '<img src="/a.png" alt="A">',
    ]
)


@given(st.lists(noise, max_size=8), st.lists(noise, max_size=8))
def test_no_noise_hides_a_change(before: list[str], after: list[str]) -> None:
    """Complete pieces of markup, in any order, around a line that changes."""
    head, foot = "".join(before), "".join(after)
    assert gist(page(f"{head}<li>PhD in optics</li>{foot}")) != gist(page(f"{head}<li>PhD in algebra</li>{foot}"))


changing = st.sampled_from(
    [
        "<!-- {} -->",
        "<script>var a = '<p>{}';</script>",
        "<style>.a{} > a</style>",
        '<input type="hidden" value="{}">',
        '<p id="a{}" class="b">Text</p>',
        '<a href="/1;jsessionid={}" data-x="{}">A</a>',
        '<meta name="csrf-token" content="{}">',
        '<img src="/{}.png" alt="A">',
    ]
)


@given(st.lists(changing | noise, max_size=8), st.integers(0, 99), st.integers(0, 99))
def test_noise_alone_is_no_change(pieces: list[str], before: int, after: int) -> None:
    shown = "<li>PhD in optics</li>".join(pieces)
    assert gist(page(shown.replace("{}", str(before)))) == gist(page(shown.replace("{}", str(after))))


@pytest.mark.parametrize(
    ("head", "piece"),
    [("<p>", piece) for piece in ("<!--", "<!-- -->", "<script ", "<script>", "<script></script", "<style>", ' id="')]
    + [("<input ", "type=hidden "), ("<link ", "icon "), ("<meta ", "name=token "), ("<rss>", "<!--"), ("", "?sid=")]
    + [("<p>", " id="), ("<p>", " data-")],
)
def test_no_page_takes_time_that_grows_with_its_square(head: str, piece: str) -> None:
    """Where it did, this would take minutes."""
    text = head + piece * (400_000 // len(piece))
    assert gist(page(f"{text} PhD A<item>")) != gist(page(f"{text} PhD B<item>"))


@given(st.text(alphabet="<>!-/\"= abscriptylen'", max_size=60))
def test_any_text_has_a_gist(text: str) -> None:
    assert gist(page(text)) == gist(page(text))
