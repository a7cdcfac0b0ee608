"""The load of bench/ tells the truth: its pages show what they should, to this program's readers too."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime

import pytest

from bench.load import LoadSource, Opening, World
from bench.load_pages import page
from bench.load_server import Body, Site, address, base_url
from monitor.models import Hints, Page
from monitor.readers import read

TODAY = date(2026, 3, 2)
WORLD = World(10, TODAY, restless=50)  # five hosts: every layout of a list, everything that feeds do
GENERATIONS = 6
PORT = 8900


def served(source: LoadSource, generation: int) -> str:
    noise = {"token": b"0f" * 16, "count": b"1000000", "clock": b"2026-03-02T06:00:00.000000Z"}
    markup = page(WORLD, source, generation).replace("{base}", base_url(source.host, PORT))
    return Body(markup).whole(noise).decode()


@pytest.mark.parametrize("source", WORLD.sources, ids=lambda source: f"{source.kind}-{source.style}")
def test_the_program_reads_every_source_as_it_is(source: LoadSource) -> None:
    text = served(source, GENERATIONS)
    url = base_url(source.host, PORT) + source.path
    kind = "application/xml" if source.kind == "feed" else "text/html"
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    reading = read(Page(url=url, body=text.encode(), text=text, content_type=kind, fetched_at=at), Hints(as_of=TODAY))
    assert [(p.title, p.url, p.deadline) for p in reading.postings] == [
        (o.title, f"{base_url(source.host, PORT)}/jobs/{o.number}", o.deadline)
        for o in WORLD.shown(source.number, GENERATIONS)
    ]


@pytest.mark.parametrize("generation", range(1, GENERATIONS + 1))
def test_the_truth_is_all_that_changes(generation: int) -> None:
    changed = []
    for source in WORLD.sources:
        before, after = (by_number(WORLD.openings(source.number, g)) for g in (generation - 1, generation))
        changed += [(source.number, "new", number) for number in after.keys() - before.keys()]
        changed += [(source.number, "closed", number) for number in before.keys() - after.keys()]
        changed += [(source.number, "changed", n) for n in before.keys() & after.keys() if before[n] != after[n]]
    assert changed == [(c.source, c.kind, c.opening.number) for c in WORLD.truth(generation)]


def by_number(openings: tuple[Opening, ...]) -> dict[int, Opening]:
    return {opening.number: opening for opening in openings}


@pytest.mark.parametrize("source", WORLD.sources, ids=lambda source: f"{source.kind}-{source.style}")
def test_what_is_the_same_for_the_server_is_so_for_clients(source: LoadSource) -> None:
    site, asked = Site(WORLD, PORT), {"accept-encoding": "gzip"}
    head, _, first = site.answer(address(source.host), source.path, asked).partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    _, _, second = site.answer(address(source.host), source.path, asked).partition(b"\r\n\r\n")
    plain = [zlib.decompress(body, zlib.MAX_WBITS | 16) for body in (first, second)]
    assert len(first) == int(headers["content-length"])
    assert (plain[0] == plain[1]) == (source.kind == "feed" and source.style != 4)
    if "etag" in headers:
        again = site.answer(address(source.host), source.path, {**asked, "if-none-match": headers["etag"]})
        assert again.startswith(b"HTTP/1.1 304 ")
