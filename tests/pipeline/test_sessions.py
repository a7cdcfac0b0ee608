"""A site that puts another session token into its links at every request: an ad is one page nevertheless."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import parse
from monitor.models import CHANGES, AdSeen, EventKind
from monitor.pipeline.archive import replay
from monitor.pipeline.check import read_ad_page
from monitor.pipeline.poll import poll
from monitor.settings import Settings
from monitor.store import Store
from monitor.values import replace
from tests.fetch.faults import KEEP, FaultServer, Script, response
from tests.servers import FETCH, serving

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIG = (
    FETCH
    + """[[source]]
name = "Lindholm"
url = "{url}/jobs"
every = "1 hour"
"""
)
FIELDS = {4: "nonlinear optics", 5: "commutative algebra", 6: "maritime law"}
POLLS = 10


def token(poll: int) -> str:
    return f"{poll:02}d6e83b5c"


def listing(poll: int, *numbers: int, day: int = 1) -> Script:
    rows = "".join(
        f'<li><h3><a href="/jobs/{n}?session={token(poll)}">Doctoral student in {FIELDS[n]}</a></h3>'
        f"<p>Application deadline: 2026-08-{n + day:02}</p></li>"
        for n in numbers
    )
    html = f"<!doctype html><title>Vacancies</title><main><h1>Vacancies</h1><ul>{rows}</ul></main><p>Visit {poll}</p>"
    return (response(html.encode()), KEEP)


def ad(poll: int, n: int, **headers: str) -> Script:
    html = f"""<!doctype html><title>Doctoral student in {FIELDS[n]}</title>
<nav><a href="/jobs?session={token(poll)}">All vacancies</a></nav>
<main><h1>Doctoral student in {FIELDS[n]}</h1>
<p>Lindholm University announces a position in the group of Ottoline Wrenfield.</p></main>"""
    return (response(html.encode(), **headers), KEEP)


GONE: Script = (response(b"no such page", "404 Not Found"), KEEP)
AS_BEFORE: Script = (response(b"", "304 Not Modified"), KEEP)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Settings, Store, FaultServer]]:
    """Ten polls, a day apart, and one an hour later, in which no ad is opened. One ad has an ETag, the other none."""
    scripts = {
        "/jobs": tuple(listing(n, 4, 5) for n in range(POLLS + 1)),
        "/jobs/4": tuple(ad(n, 4) for n in range(POLLS)),
        "/jobs/5": (ad(0, 5, etag='"1"'), AS_BEFORE),
    }
    with serving(scripts) as server:
        settings = parse(CONFIG.format(url=server.url), tmp_path / "sources.toml")
        with Store.open(settings.database) as store:
            for day in range(POLLS):
                poll(settings, store, settings.source, NOW + timedelta(days=day))
            poll(settings, store, settings.source, NOW + timedelta(days=POLLS - 1, hours=1))
            yield settings, store, server


def test_the_store_does_not_grow(watched: tuple[Settings, Store, FaultServer]) -> None:
    settings, store, server = watched
    (source,) = settings.source
    asked = {(r.path, r.query) for r in server.requests if r.path != "/jobs"}
    assert asked == {(f"/jobs/{n}", f"session={token(day)}") for n in (4, 5) for day in range(POLLS)}
    ads = [f"https://{server.url.removeprefix('http://')}/jobs/{n}" for n in (4, 5)]
    assert sorted(url for url, _ in store.snapshots(source.url, listed=False)) == ads
    state = store.state(source.url)
    assert state is not None
    assert sorted(state.validators) == sorted([source.url, *ads])
    assert len(list(store.positions())) == 2
    assert [e for e in store.events() if e.kind in CHANGES] == []


def test_validators_and_gists_hold_across_sessions(watched: tuple[Settings, Store, FaultServer]) -> None:
    settings, store, server = watched
    sent = [r.headers.get("if-none-match") for r in server.requests if r.path == "/jobs/5"]
    assert sent == [None, *['"1"'] * (POLLS - 1)]
    page = store.ad_page(settings.source[0].url, f"{server.url}/jobs/4?session={token(POLLS)}")
    assert page is not None
    assert page.url == f"{server.url}/jobs/4?session={token(0)}", "what was fetched when it was last read"


def test_open_positions_keep_their_ads(watched: tuple[Settings, Store, FaultServer]) -> None:
    settings, store, _ = watched
    (source,) = settings.source
    assert store.prune(NOW + timedelta(days=400)).ads == 0
    for position in store.positions():
        assert store.ad_page(source.url, position.sightings[0].listed.url or "") is not None


def test_after_an_upgrade_the_ads_are_read_again(
    watched: tuple[Settings, Store, FaultServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, store, _ = watched
    read: list[str] = []

    async def reworded(url: str, *rest: Any) -> AdSeen:
        read.append(url)
        seen = await read_ad_page(url, *rest)
        return replace(seen, posting=replace(seen.posting, department="Optics")) if seen.posting else seen

    for module in ("check", "concluding"):
        monkeypatch.setattr(f"monitor.pipeline.{module}.fingerprint", lambda _: "another reader")
        monkeypatch.setattr(f"monitor.pipeline.{module}.read_ad_page", reworded)
    poll(settings, store, settings.source, NOW + timedelta(days=POLLS - 1, hours=2))
    assert len(read) == 2, "what is stored of them"
    assert {p.posting.department for p in store.positions()} == {"Optics"}
    assert [e for e in store.events() if e.kind in CHANGES] == [], "an upgrade is no news"


def test_replay_tells_what_was_told(tmp_path: Path) -> None:
    scripts = {
        "/jobs": (listing(0, 4, 5), listing(1, 4, 5, 6), listing(2, 4, 5, 6, day=9), listing(3, 5, 6, day=9)),
        "/jobs/4": (*(ad(n, 4) for n in range(3)), GONE),
        "/jobs/5": tuple(ad(n, 5) for n in range(5)),
        "/jobs/6": tuple(ad(n, 6) for n in range(5)),
    }
    with serving(scripts) as server:
        settings = parse(CONFIG.format(url=server.url), tmp_path / "sources.toml")
        with Store.open(settings.database) as store:
            for day in range(5):
                poll(settings, store, settings.source, NOW + timedelta(days=day))
    with Store.open(settings.database, read_only=True) as store:
        told, again = store.events(), replay(store, settings.source)
    kinds = [e.kind for e in told if e.kind in CHANGES]
    assert kinds == [EventKind.NEW, *[EventKind.CHANGED] * 3, EventKind.CLOSED]
    assert [(e.at, e.kind, e.title, e.fields) for e in again] == [(e.at, e.kind, e.title, e.fields) for e in told]
