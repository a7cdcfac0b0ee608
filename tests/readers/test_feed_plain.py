"""A plain feed is read as feedparser reads it, and any other is left to it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decoding import decode
from monitor.models import Hints, Page
from monitor.readers.feed import read_feed, xml_feed
from monitor.readers.feed_items import joined
from monitor.readers.feed_plain import plain_feed

FOLDER = Path(__file__).parent
FEEDS = sorted((FOLDER / "feeds").glob("*.xml"))
NAMESPACES = (
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:job="https://recruit.example.org/ns/job"'
)


def page(body: bytes, content_type: str = "application/xml; charset=utf-8") -> Page:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    text = decode(body, content_type)
    return Page(url="https://example.org/jobs/feed", body=body, text=text, content_type=content_type, fetched_at=moment)


def atom(head: str, *entries: str) -> Page:
    written = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return page(f'<feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}>{head}{written}</feed>'.encode())


def rss(head: str, *items: str) -> Page:
    written = "".join(f"<item>{item}</item>\n" for item in items)
    return page(f'<rss version="2.0"{NAMESPACES}><channel>{head}{written}</channel></rss>'.encode())


MADE_OF: dict[str, list[str]] = tomllib.loads((FOLDER / "feed_elements.toml").read_text(encoding="utf-8"))
WORDS, STARTS = st.sampled_from(MADE_OF["words"]), st.sampled_from(MADE_OF["elements"])
WRITTEN = st.builds(lambda start, words: f"<{start}>{words}</{start.partition(' ')[0]}>", STARTS, WORDS)
AUTHOR = st.builds("<author><name>{}</name><email>{}</email></author>".format, WORDS, WORDS)
PARTS = st.lists(WRITTEN | AUTHOR, max_size=4, unique=True).map("".join)


@given(st.sampled_from([atom, rss]), PARTS, st.lists(PARTS, max_size=3))
def test_a_feed_is_read_as_feedparser_reads_it_or_not_at_all(
    made: Callable[..., Page], head: str, entries: list[str]
) -> None:
    feed = made(head, *entries)
    assert plain_feed(feed) in (None, xml_feed(feed))


@pytest.mark.parametrize("file", FEEDS, ids=lambda f: f.name)
def test_the_feeds_of_the_folder(file: Path) -> None:
    feed = page(file.read_bytes())
    assert plain_feed(feed) in (None, xml_feed(feed))


PLAIN = [
    atom(
        "<title>Vacancies</title><id>tag:example.org,1</id><updated>2026-03-01T00:00:00Z</updated>"
        "<author><name>Example University</name><uri>https://example.org/</uri></author>",
        "<title>Postdoc in optics</title><link href='/1'/><id>urn:1</id><published>2026-03-01T00:00:00Z</published>"
        "<category term='physics'/><content type='html'>&lt;p&gt;Apply by 20 May 2026.&lt;/p&gt;</content>",
    ),
    rss(
        "<title>Vacancies</title><link>https://example.org/</link><description>All of them</description>"
        "<language>sv-SE</language><atom:link href='https://example.org/jobs/feed' rel='self'/><ttl>60</ttl>",
        "<title>Doktorand i logik</title><link>/2</link><guid isPermaLink='false'>7</guid><dc:creator>HR</dc:creator>"
        "<pubDate>Sun, 01 Mar 2026 09:00:00 GMT</pubDate><category>Jobs</category><job:location>Lund</job:location>"
        "<description>En text</description><content:encoded><![CDATA[<p>En längre text</p>]]></content:encoded>",
        "<title>Vaktmästare</title><guid>/3</guid><closingDate>2026-05-20</closingDate>",
    ),
]


@pytest.mark.parametrize("feed", PLAIN, ids=["atom", "rss"])
def test_the_usual_elements_are_plain(feed: Page) -> None:
    read = plain_feed(feed)
    assert read is not None
    assert read.items
    assert read == xml_feed(feed)


@pytest.mark.parametrize(
    "feed",
    [
        atom("", "<title>A</title><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>B</div></content>"),
        atom("<link rel='next' href='/feed?page=2'/>", "<title>A</title>"),
        rss("", "<title>A</title><title>B</title>"),
        rss("", "<title xml:base='https://example.net/'>A</title>"),
        rss("", "<title>A</title><unheard>B</unheard>"),
        rss("", "<title>K\u00c3\u00b6ln</title>"),
        page(b"<rss version='2.0'><channel><item><title>A</item></channel></rss>"),
        page(
            b"<!DOCTYPE rss [<!ENTITY b 'B'>]><rss version='2.0'><channel><item><title>A</title></item></channel></rss>"
        ),
        page(b"<rss version='2.0'><channel><item><title>A</title></item></channel></rss>", "text/xml"),
        page(
            b"<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>A</title></channel></rss>"
        ),
        page(b"<rdf version='2.0'><channel><item><title>A</title></item></channel></rdf>"),
        page("<!DOCTYPE rss [<!ENTITY b 'B'>]><rss><channel><title>&b;</title></channel></rss>".encode("utf-16")),
        page(b"<p>charset=utf-8"),
    ],
    ids=range(13),
)
def test_what_is_unusual_is_left_to_feedparser(feed: Page) -> None:
    assert plain_feed(feed) is None


def test_a_feed_is_read_to_the_same_postings_either_way() -> None:
    (plain,) = (feed for feed in PLAIN if b"<rss" in feed.body)
    unusual = page(plain.body.replace(b"<ttl>60</ttl>", b"<unheard>60</unheard>"))
    hints = Hints(as_of=date(2026, 3, 2))
    assert plain_feed(unusual) is None
    assert read_feed(plain, hints) == read_feed(unusual, hints)
    assert len(read_feed(plain, hints).postings) == 2


@given(
    st.sampled_from(["https://www.example.org/jobs/?page=2", "http://example.org", ""]),
    st.from_regex(r"(https?:)?(//[a-z0-9.-]{1,8}(:[0-9]{2,4})?)?[/a.%;?#~_-]{0,8}", fullmatch=True),
)
def test_an_address_is_joined_as_urljoin_does(base: str, address: str) -> None:
    assert joined(base, address) == urljoin(base, address)
