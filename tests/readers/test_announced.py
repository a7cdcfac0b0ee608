"""What a page announces besides its own content: feeds, frames, lists of positions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Page
from monitor.readers.announced import Announced, announced

URL = "https://www.lindholm.example/institute/jobs/"
SITE = "https://www.lindholm.example"
RSS = "type='application/rss+xml'"


def of(html: str, url: str = URL) -> Announced:
    return announced(Page(url=url, body=html.encode(), text=html, fetched_at=datetime(2026, 3, 2, tzinfo=UTC)))


FEEDS = {
    "a feed in the head": (f"<link rel='alternate' {RSS} href='/jobs.xml'>", [f"{SITE}/jobs.xml"]),
    "Atom, without quotes": ("<link rel=alternate type=application/atom+xml href=feed>", [f"{URL}feed"]),
    "JSON Feed": ("<link rel='alternate' type='application/feed+json' href='/jobs.json'>", [f"{SITE}/jobs.json"]),
    "XML of no more exact type": ("<link rel='alternate' type='text/xml' href='/jobs.xml'>", [f"{SITE}/jobs.xml"]),
    "a card for embedding": ("<link rel='alternate' type='text/xml+oembed' href='/oembed?f=xml'>", []),
    "another language is none": ("<link rel='alternate' hreflang='sv' type='text/html' href='/sv/jobb'>", []),
    "nor is a style sheet": ("<link rel='alternate stylesheet' type='text/css' href='/rss.css'>", []),
    "a link named by its address": ("<a href='/jobs/rss'>Subscribe</a>", [f"{SITE}/jobs/rss"]),
    "a link with a query": ("<a href='/jobs/?format=rss'><img src='/i.png'></a>", [f"{SITE}/jobs/?format=rss"]),
    "feedback is no feed, nor is a bursary": (
        "<a href='/feedback'>F</a><a href='/bursary'>B</a><a href='/tress'>T</a>",
        [],
    ),
    "comments are not": (f"<link rel='alternate' {RSS} title='Comments' href='/comments/feed/'>", []),
    "its base counts": (
        f"<base href='https://cdn.lindholm.example/x/'><link rel='alternate' {RSS} href='jobs.xml'>",
        ["https://cdn.lindholm.example/x/jobs.xml"],
    ),
    "the one of positions first": (
        f"<link rel='alternate' {RSS} title='News' href='/news.xml'><link rel='alternate' {RSS} href='/vacancies.xml'>",
        [f"{SITE}/vacancies.xml", f"{SITE}/news.xml"],
    ),
    "once": (f"<link rel='alternate' {RSS} href='/jobs.xml'><a href='/jobs.xml' {RSS}>RSS</a>", [f"{SITE}/jobs.xml"]),
    "no address at all": (f"<link rel='alternate' {RSS} href='  '><a href='http://['>RSS</a><a>RSS</a>", []),
}


@pytest.mark.parametrize("case", FEEDS)
def test_feeds(case: str) -> None:
    html, feeds = FEEDS[case]
    assert list(of(f"<html><head>{html}</head><body></body></html>").feeds) == feeds


def test_frames_and_lists() -> None:
    seen = of(
        "<iframe src='https://jobs.example.org/list'></iframe>"
        "<iframe data-src='/late'></iframe><iframe src='#'></iframe>"
        "<a href='/vacancies'>Vacancies</a> <a href='/news/7'>Vacancies at our university rise for the third year</a>"
        "<a href='/lediga-jobb'>Lediga jobb</a> <a href='/about'>About us</a>"
    )
    assert seen.frames == ("https://jobs.example.org/list", f"{SITE}/late")
    assert seen.forward is None
    assert of("<meta http-equiv='Refresh' content='0; url=/en/jobs'>").forward == f"{SITE}/en/jobs"
    assert seen.lists == (f"{SITE}/vacancies", f"{SITE}/lediga-jobb")


@given(st.text(alphabet="<>/='\" abefhiklmnrsty", max_size=200))
def test_any_markup_is_looked_at_without_harm(html: str) -> None:
    seen = of(html)
    assert all(url.startswith(("http://", "https://")) for url in (*seen.feeds, *seen.frames, *seen.lists))
