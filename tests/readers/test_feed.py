"""Feeds: a case is a file in feeds/ with its .expected.json beside it, which lists what must be so."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.decoding import decode
from monitor.models import Hints, Kind, Page, Reading
from monitor.plain import to_json
from monitor.readers.feed import looks_like_feed, read_feed

FOLDER = Path(__file__).parent / "feeds"
CASES = sorted(f for f in FOLDER.iterdir() if not f.name.endswith(".expected.json"))
HINTS = Hints(as_of=date(2026, 3, 2))
URL = "https://feeds.example.org/jobs/feed"


def page(body: bytes, content_type: str = "", url: str = URL) -> Page:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    return Page(url=url, body=body, text=decode(body, content_type), content_type=content_type, fetched_at=moment)


@pytest.mark.parametrize("file", CASES, ids=lambda f: f.name)
def test_feed(file: Path) -> None:
    expected: dict[str, Any] = json.loads((FOLDER / f"{file.stem}.expected.json").read_text(encoding="utf-8"))
    body = page(file.read_bytes(), url="https://feeds.example.org/jobs/")
    assert looks_like_feed(body)
    reading: dict[str, Any] = to_json(read_feed(body, HINTS))
    assert reading["kind"] == "feed"
    postings = [{k: p[k] for k in e} for p, e in zip(reading["postings"], expected["postings"], strict=True)]
    assert {**{k: reading[k] for k in expected}, "postings": postings} == expected


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://www.example.org/vacancies/rss", 2),
        ("https://www.example.org/rss?category=jobs", 2),
        ("https://www.example.org/index.xml", 0),
    ],
)
def test_the_address_can_say_that_a_feed_is_of_positions(url: str, kept: int) -> None:
    items = "<item><title>Gardener</title></item><item><title>Cook</title></item>"
    body = f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>".encode()
    assert len(read_feed(page(body, url=url), HINTS).postings) == kept


ITEMS: list[dict[str, Any]] = tomllib.loads((FOLDER.parent / "feed_items.toml").read_text(encoding="utf-8"))["item"]


@pytest.mark.parametrize("item", ITEMS, ids=[i["title"] for i in ITEMS])
def test_an_item_among_news_is_a_position_or_none(item: dict[str, Any]) -> None:
    written = f"<item><title>{item['title']}</title><description>{item['words']}</description></item>"
    others = "<item><title>Lunch</title></item><item><title>Dinner</title></item>"
    body = f"<rss version='2.0'><channel><title>News</title>{written}{others}</channel></rss>"
    titles = [p.title for p in read_feed(page(body.encode(), url="https://www.example.org/index.xml"), HINTS).postings]
    assert titles == [item["title"]] * item["position"]


ITEM = "<rss version='2.0'><channel><title>Jobs</title><item><title>{}</title>{}</item></channel></rss>"


def only(title: str, more: str = "") -> Any:
    (posting,) = read_feed(page(ITEM.format(title, more).encode()), HINTS).postings
    return posting


@pytest.mark.parametrize(
    ("title", "more", "deadline"),
    [
        ("PhD student in logic (Deadline: 8 May 2026)", "", date(2026, 5, 8)),
        ("PhD student in logic", "<description>Closing date: 1 June 2026</description>", date(2026, 6, 1)),
        ("PhD student in logic", "<applicationDeadline>15 April 2026</applicationDeadline>", date(2026, 4, 15)),
        ("PhD student in logic", "<expires>2026-04-16T00:00:00Z</expires>", date(2026, 4, 16)),
        ("PhD student in logic", "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>", None),
    ],
)
def test_deadline(title: str, more: str, deadline: date | None) -> None:
    posting = only(title, more)
    assert posting.deadline == deadline
    assert ("deadline" in posting.evidence) == (deadline is not None)


def test_the_evidence_is_what_the_feed_says() -> None:
    posting = only("Postdoc in topology", "<closingDate>2026-05-02</closingDate><company>Lindmark College</company>")
    assert posting.evidence["deadline"] == "2026-05-02"
    assert posting.evidence["organization"] == "Lindmark College"
    assert posting.evidence["level"] == "Postdoc"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "sent nothing"),
        (b"%PDF-1.7 \x00\xff", "no feed that can be read"),
        (b"{}", "no feed that can be read"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "no feed that can be read"),
        (b"<!doctype html><html><title>Jobs</title><p>Lecturer</p></html>", "is a web page and no feed"),
        (
            b'<html><head><link rel=alternate type="application/rss+xml" href="/jobs.rss"></head></html>',
            "names https://feeds.example.org/jobs.rss as its feed",
        ),
    ],
)
def test_what_is_no_feed_is_told_in_a_sentence(body: bytes, said: str) -> None:
    reading = read_feed(page(body), HINTS)
    assert not looks_like_feed(page(body)) or body.startswith(b"{")
    assert said in (reading.trouble or "")
    assert not reading.postings
    assert not reading.none_open


def test_entities_are_not_unfolded() -> None:
    nested = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "boom">{nested}]>' + ITEM.format("Lecturer &e12;", "")
    reading = read_feed(page(bomb.encode()), HINTS)
    assert all(len(p.title) < 100 for p in reading.postings)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_charsets(charset: str) -> None:
    body = f"<?xml version='1.0' encoding='{charset}'?>" + ITEM.format(
        "Chargé d’études à Besançon".replace("’", "'"), ""
    )
    reading = read_feed(page(body.encode(charset)), HINTS)
    assert [p.title for p in reading.postings] == ["Chargé d'études à Besançon"]


def test_a_wrong_charset_loses_no_item() -> None:
    body = b"<?xml version='1.0' encoding='utf-8'?>" + ITEM.format("Maître de conférences", "").encode("latin-1")
    assert len(read_feed(page(body, "application/rss+xml"), HINTS).postings) == 1


def test_a_page_is_not_taken_for_a_feed_by_its_words() -> None:
    for body in (b"<html><body>&lt;rss&gt; <rss></body></html>", b"<svg><feed/></svg>", b"plain rss", b'{"jobs": []}'):
        assert not looks_like_feed(page(body))


ANY = st.binary(max_size=300) | st.sampled_from(
    [b"<item>", b"<title>PhD position", b"</title>", b"<link>http://[", b"<guid>", b"&#xfffffff;", b"<![CDATA["]
)


@given(
    st.lists(ANY, max_size=8), st.sampled_from([b"", b"<rss><channel>", b"<feed>", b'{"items": [', b"<!DOCTYPE a ["])
)
@example([b"<!ENTITY a 'b'>"], b"<!DOCTYPE a [")
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_borne(parts: list[bytes], start: bytes) -> None:
    body = page(start + b"".join(parts))
    looks_like_feed(body)
    reading: Reading = read_feed(body, HINTS)
    assert reading.kind is Kind.FEED
