"""What a poll asks, reads and loads, and what it leaves alone."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import parse
from monitor.fetch import Fetcher
from monitor.models import CHANGES, AdSeen, EventKind, Observation, Outcome, Status
from monitor.pipeline.check import CheckInput, check, read_ad_page
from monitor.pipeline.poll import Checked, poll
from monitor.settings import FetchSettings, Settings
from monitor.store import Store
from tests.fetch.cases import FAULTS
from tests.fetch.faults import KEEP, FaultServer, Script, response
from tests.servers import serving

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = "[fetch]\nallow_private_addresses = true\nobey_robots = {robots}\ndelay = 0\nretries = 0\n"
SOURCE = '[[source]]\nname = "{name}"\nurl = "{url}"\nfollow = {follow}\n'


def row(number: int, field: str) -> str:
    return f'<tr><td><a href="/jobs/{number}">PhD student in {field}</a></td><td>2026-0{number}-15</td></tr>'


OPTICS, ALGEBRA, LAW = row(4, "optics"), row(5, "algebra"), row(6, "law")


def listing(*rows: str, token: str = "", after: str = "", **headers: str) -> Script:
    text = (
        f"<html><head><title>Vacancies</title></head><body><!-- {token} --><h1>Vacancies</h1>"
        f'<input type="hidden" name="token" value="{token}"><table><tr><th>Position</th>'
        f"<th>Application deadline</th></tr>{''.join(rows)}</table>{after}</body></html>"
    )
    return (response(text.encode(), **headers), KEEP)


def ad(field: str, token: str = "") -> Script:
    text = (
        f"<html><head><title>PhD student in {field}</title></head><body><!-- {token} --><h1>PhD student in {field}</h1>"
        f"<p>We seek a PhD student in {field}. Your application should reach us by 30 April 2026.</p></body>"
    )
    return (response(text.encode()), KEEP)


def settings_of(path: Path, *urls: str, follow: bool = False, robots: bool = False) -> Settings:
    sources = (SOURCE.format(name=f"S{n}", url=url, follow=str(follow).lower()) for n, url in enumerate(urls))
    return parse(SETTINGS.format(robots=str(robots).lower()) + "".join(sources), path / "sources.toml")


def look(settings: Settings, store: Store, at: datetime) -> list[Checked]:
    return poll(settings, store, settings.source, at)


@contextlib.contextmanager
def watched(
    path: Path, scripts: Mapping[str, tuple[Script, ...]], **options: bool
) -> Iterator[tuple[Settings, Store, FaultServer]]:
    with serving(scripts) as server:
        settings = settings_of(path, server.url + "/jobs", **options)
        with Store.open(settings.database) as store:
            yield settings, store, server


def forbidden(*given: Any, **named: Any) -> Any:
    raise AssertionError("this is not needed")


def test_an_unchanged_list_is_neither_read_nor_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = tuple(listing(OPTICS, ALGEBRA, token=str(n)) for n in range(3))
    with watched(tmp_path, {"/jobs": pages}) as (settings, store, _):
        assert look(settings, store, NOW)[0].outcome is Outcome.BASELINE
        monkeypatch.setattr("monitor.pipeline.check.read", forbidden)
        monkeypatch.setattr("monitor.pipeline.concluding.compare", forbidden)
        monkeypatch.setattr(store, "known", forbidden)
        for hours in (1, 2):
            assert look(settings, store, NOW + hours * HOUR)[0].outcome is Outcome.UNCHANGED
        monkeypatch.undo()
        state = store.state(settings.source[0].url)
        assert state is not None
        assert (state.checked_at, state.good_at) == (NOW + 2 * HOUR, NOW + 2 * HOUR)
        assert len(store.moments(state.url)) == 1, "a body that shows the same is not kept twice"


def test_validators_that_are_new_are_kept_though_the_page_is_not(tmp_path: Path) -> None:
    pages = (listing(OPTICS, etag='"1"'), listing(OPTICS, token="x", etag='"2"'), (response(b"", "304 Not Modified"),))
    with watched(tmp_path, {"/jobs": pages}) as (settings, store, server):
        outcomes = [look(settings, store, NOW + n * HOUR)[0].outcome for n in range(3)]
        assert outcomes == [Outcome.BASELINE, Outcome.UNCHANGED, Outcome.NOT_MODIFIED]
        assert server.requests[-1].headers["if-none-match"] == '"2"'


def test_after_an_upgrade_only_the_pages_that_positions_have_now_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = tuple(listing(OPTICS.replace('/jobs/4"', f'/jobs/4?session={n}"')) for n in range(5))
    read: list[str] = []

    async def noted(url: str, *rest: Any) -> AdSeen:
        read.append(url)
        return await read_ad_page(url, *rest)

    with watched(tmp_path, {"/jobs": lists, "/jobs/4": (ad("optics"),)}, follow=True) as (settings, store, _):
        for day in range(4):
            look(settings, store, NOW + timedelta(days=day))
        (source,) = settings.source
        assert len(store.snapshots(source.url, listed=False)) > 2, "a short number may name something"
        for module in ("check", "concluding"):
            monkeypatch.setattr(f"monitor.pipeline.{module}.fingerprint", lambda _: "another reader")
        monkeypatch.setattr("monitor.pipeline.concluding.read_ad_page", noted)
        (checked,) = look(settings, store, NOW + timedelta(days=4))
        assert (checked.failed, checked.changed) == (False, 0)
        (position,) = store.positions()
        assert len(read) == len(set(read)) <= 2
        assert position.posting.deadline is not None


def test_a_deadline_that_passes_is_noticed_in_a_list_that_stays(tmp_path: Path) -> None:
    with watched(tmp_path, {"/jobs": (listing(OPTICS, ALGEBRA),)}) as (settings, store, _):
        for day in (0, 1, 44, 46):  # the first deadline is 15 April
            look(settings, store, NOW + timedelta(days=day))
        assert [p.posting.title for p in store.positions(Status.EXPIRED)] == ["PhD student in optics"]


def test_what_is_missing_is_counted_in_a_list_that_stays(tmp_path: Path) -> None:
    pages = (listing(OPTICS, ALGEBRA, LAW), listing(OPTICS, LAW))
    with watched(tmp_path, {"/jobs": pages, "/jobs/5": ((response(b"<p>Welcome</p>"), KEEP),)}) as (settings, store, _):
        closed = [look(settings, store, NOW + timedelta(days=day))[0].closed for day in range(6)]
    assert closed.count(1) == 1


def test_ads_are_opened_once_a_day_and_read_when_they_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ads = {"/jobs/4": tuple(ad("optics", str(n)) for n in range(9)), "/jobs/5": (ad("algebra"),)}
    with watched(tmp_path, {"/jobs": (listing(OPTICS, ALGEBRA),), **ads}, follow=True) as (settings, store, server):
        look(settings, store, NOW)
        look(settings, store, NOW + HOUR)
        assert server.paths().count("/jobs/4") == 1
        monkeypatch.setattr("monitor.pipeline.check.read_ad", forbidden)
        look(settings, store, NOW + 24 * HOUR)
        assert server.paths().count("/jobs/4") == 2
        assert [e for e in store.events() if e.kind in CHANGES] == []
        (sighting,) = next(store.positions()).sightings
        assert sighting.ad_checked_at == NOW + 24 * HOUR


def test_what_two_lists_show_at_once_is_one_position(tmp_path: Path) -> None:
    with serving({"/jobs/4": (ad("optics"),)}) as other:
        shared = OPTICS.replace("/jobs/4", other.url + "/jobs/4")
        lists = (listing(LAW), listing(LAW, shared))
        with serving({"/jobs": lists}) as one, serving({"/jobs": lists}) as two:
            settings = settings_of(tmp_path, one.url + "/jobs", two.url + "/jobs", follow=True)
            with Store.open(settings.database) as store:
                for day in (0, 1):
                    look(settings, store, NOW + timedelta(days=day))
                found = [p for p in store.positions() if "optics" in p.posting.title]
                assert [len(p.sightings) for p in found] == [2]
                assert [e.kind for e in store.events() if e.kind in CHANGES].count(EventKind.NEW) == 1


def test_half_a_list_does_not_pass_for_the_whole(tmp_path: Path) -> None:
    further = '<a rel="next" href="/jobs?page=2">Next</a>'
    first = listing(OPTICS, ALGEBRA, after=further, etag='"1"')
    gone = (response(b"", "500 Internal Server Error"), KEEP)
    with watched(tmp_path, {"/jobs": (first, gone, first, listing(LAW))}) as (settings, store, server):
        results = [look(settings, store, NOW + n * HOUR)[0] for n in range(2)]
        assert "could not be read" in results[0].warnings[0]
        assert [r.query for r in server.requests] == ["", "page=2", "", "page=2"]
        assert "if-none-match" not in server.requests[2].headers
        assert len(list(store.positions())) == 3


def test_an_unchanged_list_of_several_pages_is_told_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    further = '<a rel="next" href="/jobs?page=2">Next</a>'
    pages = [listing(OPTICS, ALGEBRA, after=further, token=str(n)) for n in range(3)]
    last = (listing(LAW), listing(LAW, token="x"), listing(LAW, row(7, "music")))
    scripts = tuple(script for pair in zip(pages, last, strict=True) for script in pair)
    with watched(tmp_path, {"/jobs": scripts}) as (settings, store, _):
        look(settings, store, NOW)
        with monkeypatch.context() as patched:
            patched.setattr("monitor.pipeline.check.read", forbidden)
            assert look(settings, store, NOW + HOUR)[0].outcome is Outcome.UNCHANGED
        assert look(settings, store, NOW + 2 * HOUR)[0].new == 1


def test_robots_txt_is_asked_for_once_a_day(tmp_path: Path) -> None:
    rules = (response(b"User-agent: *\nDisallow: /private\n", content_type="text/plain"), KEEP)
    scripts = {"/jobs": (listing(OPTICS),), "/robots.txt": (rules,)}
    with watched(tmp_path, scripts, robots=True) as (settings, store, server):
        for hours in (0, 6, 23):
            look(settings, store, NOW + hours * HOUR)
        assert server.paths().count("/robots.txt") == 1
        look(settings, store, NOW + 25 * HOUR)
        assert server.paths().count("/robots.txt") == 2


def test_that_there_is_no_robots_txt_is_remembered_but_no_failure(tmp_path: Path) -> None:
    broken = (response(b"", "503 Service Unavailable"), KEEP)
    none = (response(b"", "404 Not Found"), KEEP)
    scripts = {"/jobs": (listing(OPTICS),), "/robots.txt": (broken, none)}
    with watched(tmp_path, scripts, robots=True) as (settings, store, server):
        outcomes = [look(settings, store, NOW + n * HOUR)[0].outcome for n in range(3)]
        assert outcomes == [Outcome.FAILED, Outcome.BASELINE, Outcome.UNCHANGED]
        assert server.paths().count("/robots.txt") == 2


def test_the_sources_of_one_host_take_no_more_than_one_place(tmp_path: Path) -> None:
    """However many sources a host has, the others do not wait for it."""
    pages = {f"/{n}": (listing(OPTICS),) for n in range(30)}
    with serving(pages) as crowded, serving({"/jobs": (listing(ALGEBRA),)}) as other:
        urls = [f"{crowded.url}/{n}" for n in range(30)] + [other.url + "/jobs"]
        settings = settings_of(tmp_path, *urls)
        with Store.open(settings.database) as store:
            order = [checked.url for checked in look(settings, store, NOW)]
        assert crowded.most_busy == 1
    assert order.index(urls[-1]) < 10
    assert len(order) == 31


QUICK = [case for case in FAULTS if case.timeout > 1 and not case.greet]


def test_every_fault_ends_in_the_source_it_belongs_to(tmp_path: Path) -> None:
    """All faults of the web in one poll, between two good days; nothing stored is lost, no change is invented."""

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            scripts = ({"/page": (listing(OPTICS), case.script, listing(OPTICS))} for case in QUICK)
            servers = [await stack.enter_async_context(FaultServer(script)) for script in scripts]
            await asyncio.to_thread(three_days, [server.url + "/page" for server in servers])

    def three_days(urls: list[str]) -> None:
        settings = settings_of(tmp_path, *urls)
        settings = settings.replace(fetch=settings.fetch.replace(max_bytes=50_000))
        with Store.open(settings.database) as store:
            before, during, after = (look(settings, store, NOW + timedelta(days=day)) for day in range(3))
            assert [e for e in store.events() if e.kind in CHANGES] == []
            assert all(s.misses == 0 for p in store.positions(Status.OPEN) for s in p.sightings)
        assert {c.outcome for c in before} == {Outcome.BASELINE}
        assert {c.outcome for c in after} <= {Outcome.UNCHANGED, Outcome.OK}
        told = {c.url: c for c in during}
        wrong = [
            (case.name, told[url].outcome, told[url].error)
            for case, url in zip(QUICK, urls, strict=True)
            if told[url].outcome is not Outcome.FAILED or case.says not in (told[url].error or "")
        ]
        assert wrong == []

    asyncio.run(run())
    assert len(QUICK) > 60


def checked_elsewhere(given: CheckInput, settings: FetchSettings) -> Observation:
    """A whole check as one task of an executor: values in, a value out."""

    async def run() -> Observation:
        async with Fetcher(settings, now=lambda: given.now) as fetcher:
            return await check(given, fetcher)

    return asyncio.run(run())


def test_a_check_is_a_task_for_any_executor(tmp_path: Path) -> None:
    with watched(tmp_path, {"/jobs": (listing(OPTICS, ALGEBRA),)}) as (settings, store, _):
        source = settings.source[0]
        given = CheckInput(source=source, state=store.state(source.url), known=store.known(source.url), now=NOW)
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawned) as executor:
            seen = executor.submit(checked_elsewhere, given, settings.fetch).result()
    assert seen.reading is not None
    assert [posting.title for posting in seen.reading.postings] == ["PhD student in optics", "PhD student in algebra"]
    assert seen.gists.keys() == seen.pages.keys()
