"""Whatever a site sends: a clear sentence, the other sources go on, nothing stored is lost, all is well afterwards."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from monitor.config import parse
from monitor.models import CHANGES, Outcome, Status
from monitor.pipeline.poll import Checked, poll
from monitor.settings import Settings
from monitor.store import Store
from tests.fetch.faults import RESET, Flood, Script, redirect, response
from tests.servers import serving

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = "".join(
    f'<tr><td><a href="/jobs/{n}">PhD student in {field}</a></td><td>2026-0{n}-15</td></tr>'
    for n, field in ((4, "optics"), (5, "algebra"), (6, "robotics"))
)
LIST = (
    "<html><head><title>Vacancies</title></head><body><h1>Vacancies</h1><table>"
    f"<tr><th>Position</th><th>Application deadline</th></tr>{ROWS}</table></body></html>"
)
GOOD: Script = (response(LIST.encode()),)
ADS: dict[str, tuple[Script, ...]] = {  # they stay where they are, so nothing is closed
    f"/jobs/{n}": ((response(f"<title>Ad</title><h1>PhD student in {field}</h1>".encode()),),)
    for n, field in ((4, "optics"), (5, "algebra"), (6, "robotics"))
}
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Jobs</title><item><title>Postdoc in topology</title>'
    "<link>http://example.org/7</link><guid>7</guid></item></channel></rss>"
)


@dataclass(frozen=True)
class Fault:
    """What the site sends in its bad hour, and what is said of it; no sentence: it is read all the same."""

    script: Script
    outcome: Outcome
    sentence: str = ""


FAULTS = {
    "forbidden": Fault((response(b"no", "403 Forbidden"),), Outcome.FAILED, "403"),
    "not found": Fault((response(b"no", "404 Not Found"),), Outcome.FAILED, "404"),
    "gone": Fault((response(b"no", "410 Gone"),), Outcome.FAILED, "410"),
    "too many requests": Fault((response(b"", "429 Too Many Requests", retry_after="120"),), Outcome.FAILED, "429"),
    "server error": Fault((response(b"oops", "500 Internal Server Error"),), Outcome.FAILED, "500"),
    "unavailable": Fault((response(b"oops", "503 Service Unavailable"),), Outcome.FAILED, "503"),
    "empty body": Fault((response(b""),), Outcome.FAILED, "empty"),
    "a PDF": Fault((response(b"%PDF-1.7 ...", content_type="application/pdf"),), Outcome.FAILED, "PDF"),
    "an image that says it is HTML": Fault((response(b"\x89PNG\r\n\x1a\n" + bytes(64)),), Outcome.FAILED, "image"),
    "a body without end": Fault(
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", Flood(b"x" * 65536, 50_000_000)),
        Outcome.FAILED,
        "larger than",
    ),
    "a redirect loop": Fault((redirect("/jobs"),), Outcome.FAILED, "redirect"),
    "a reset connection": Fault((RESET,), Outcome.FAILED, "connection"),
    "garbage for HTTP": Fault((b"SSH-2.0-OpenSSH_9.2\r\n",), Outcome.FAILED, "HTTP"),
    "a body that is cut short": Fault((response(LIST.encode(), content_length="99999"),), Outcome.FAILED, "end"),
    "a gzip that is none": Fault((response(b"not gzip", content_encoding="gzip"),), Outcome.SUSPECT),
    "a gzip bomb": Fault(
        (response(zlib.compress(bytes(60_000_000), 9, 31), content_encoding="gzip"),), Outcome.FAILED, "larger than"
    ),
    "a maintenance page with status 200": Fault(
        (response(b"<html><title>Maintenance</title><h1>We are down for maintenance</h1><p>Back soon.</p></html>"),),
        Outcome.SUSPECT,
        "maintenance",
    ),
    "a bot challenge with status 200": Fault(
        (
            response(
                b"<html><title>Just a moment...</title><body><h1>Checking your browser before accessing the site</h1>"
                b"<p>Please enable JavaScript and cookies to continue</p></body></html>"
            ),
        ),
        Outcome.SUSPECT,
        "",
    ),
    "an empty list": Fault((response(LIST.replace(ROWS, "").encode()),), Outcome.SUSPECT, ""),
    "hostile nesting": Fault((response(b"<div>" * 50_000),), Outcome.SUSPECT, "nested"),
    "nothing but zeros": Fault((response(bytes(5000)),), Outcome.FAILED, ""),
    "a wrong charset": Fault(
        (
            response(
                LIST.replace("Vacancies", "Lediga tjänster").encode("cp1252"), content_type="text/html; charset=utf-8"
            ),
        ),
        Outcome.OK,
    ),
    "an unknown charset": Fault(
        (response(LIST.encode(), content_type="text/html; charset=klingon"),), Outcome.UNCHANGED
    ),
}


@contextmanager
def sites(tmp_path: Path, bad_hour: Script, extra: str = "") -> Iterator[Settings]:
    """A site with a bad hour between two good ones, and beside it one that is always well."""
    with (
        serving({"/jobs": (GOOD, bad_hour, GOOD), **ADS}) as bad,
        serving({"/jobs": ((response(LIST.replace("PhD student in", "Postdoc in").encode()),),)}) as well,
    ):
        text = f"""
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0
timeout = 1
retries = 0
[[source]]
name = "bad"
follow = false
url = "{bad.url}/jobs"
{extra}
[[source]]
name = "well"
follow = false
url = "{well.url}/jobs"
"""
        yield parse(text, tmp_path / "sources.toml")


def check(settings: Settings, store: Store, days: int) -> dict[str, Checked]:
    return {c.source: c for c in poll(settings, store, settings.source, NOW + timedelta(days=days))}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_hour_loses_nothing(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    with sites(tmp_path, fault.script) as settings, Store.open(settings.database) as store:
        assert {c.outcome for c in check(settings, store, 0).values()} == {Outcome.BASELINE}
        before = {p.posting.title: p.posting for p in store.positions(Status.OPEN)}
        assert len(before) == 6

        during = check(settings, store, 1)
        assert during["bad"].outcome in (
            (fault.outcome, Outcome.UNCHANGED) if fault.outcome is Outcome.OK else (fault.outcome,)
        )
        assert fault.sentence.casefold() in (during["bad"].error or "").casefold()
        assert "Traceback" not in (during["bad"].error or "")
        assert during["well"].outcome is Outcome.UNCHANGED

        after = check(settings, store, 2)
        assert after["bad"].outcome in (Outcome.OK, Outcome.UNCHANGED)
        assert {p.posting.title: p.posting for p in store.positions(Status.OPEN)} == before
        assert [e for e in store.events() if e.kind in CHANGES] == []


UNREACHABLE = {
    "a host that does not exist": ("http://nowhere.invalid/jobs", "nowhere.invalid"),
    "a port where nobody listens": ("http://127.0.0.1:9/jobs", "refused"),
    "no TLS where it is asked for": ("https://127.0.0.1:{port}/jobs", "TLS"),
}


@pytest.mark.parametrize("name", UNREACHABLE)
def test_what_cannot_be_reached_is_told_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    url, sentence = UNREACHABLE[name]
    with serving({"/jobs": (GOOD,)}) as well:
        text = (
            "[fetch]\nallow_private_addresses = true\nobey_robots = false\ndelay = 0\nretries = 0\ntimeout = 2\n"
            f'[[source]]\nname = "bad"\nurl = "{url.format(port=well.port)}"\n'
            f'[[source]]\nname = "well"\nfollow = false\nurl = "{well.url}/jobs"\n'
        )
        settings = parse(text, tmp_path / "sources.toml")
        with Store.open(settings.database) as store:
            results = check(settings, store, 0)
            assert results["bad"].outcome is Outcome.FAILED
            assert sentence in (results["bad"].error or "")
            assert results["well"].outcome is Outcome.BASELINE
            state = store.state(settings.source[0].url)
            assert state is not None
            assert (state.failures, state.next_check_at is not None) == (1, True)


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    with serving({"/jobs": (GOOD,)}) as site:
        settings = parse(
            f'[fetch]\ndelay = 0\n[[source]]\nname = "bad"\nurl = "{site.url}/jobs"\n', tmp_path / "s.toml"
        )
        with Store.open(settings.database) as store:
            result = check(settings, store, 0)["bad"]
    assert result.outcome is Outcome.FAILED
    assert "allow_private_addresses" in (result.error or "")
    assert site.requests == []


def test_a_feed_that_turns_into_html_is_no_news(tmp_path: Path) -> None:
    feed: Script = (response(FEED.encode(), content_type="application/rss+xml"),)
    html: Script = (response(b"<html><h1>Welcome to our new site</h1><p>Everything has moved.</p></html>"),)
    with serving({"/feed": (feed, html, feed)}) as site:
        text = (
            "[fetch]\nallow_private_addresses = true\nobey_robots = false\ndelay = 0\n"
            f'[[source]]\nname = "feed"\nfollow = false\nurl = "{site.url}/feed"\n'
        )
        settings = parse(text, tmp_path / "sources.toml")
        with Store.open(settings.database) as store:
            assert check(settings, store, 0)["feed"].outcome is Outcome.BASELINE
            during = check(settings, store, 1)["feed"]
            assert (during.outcome, bool(during.error)) == (Outcome.SUSPECT, True)
            assert check(settings, store, 2)["feed"].outcome in (Outcome.OK, Outcome.UNCHANGED)
            assert [p.posting.title for p in store.positions(Status.OPEN)] == ["Postdoc in topology"]
            assert [e for e in store.events() if e.kind in CHANGES] == []


@pytest.mark.parametrize("stage", ["monitor.pipeline.check.read", "monitor.pipeline.concluding.compare"])
def test_a_fault_of_the_monitor_itself_stops_one_source_only(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, name = stage.rpartition(".")
    right = getattr(import_module(module), name)

    def failing(*given: Any) -> Any:
        """On what the source "bad" shows: of `read` the page, of `compare` what is known and what was seen."""
        if given[0].url == bad if name == "read" else given[1].source == bad and given[1].reading:
            raise ZeroDivisionError("unexpected")
        return right(*given)

    monkeypatch.setattr("monitor.pipeline.poll.log.error", lambda *args, **kwargs: None)
    other = (response(f"{LIST}<p>Welcome</p>".encode()),)
    with sites(tmp_path, other) as settings, Store.open(settings.database) as store:
        bad = settings.source[0].url
        check(settings, store, 0)
        monkeypatch.setattr(stage, failing)
        results = check(settings, store, 1)
        assert results["bad"].outcome is Outcome.FAILED
        assert "please report this" in (results["bad"].error or "")
        assert not results["well"].failed
        assert len(list(store.positions(Status.OPEN))) == 6, "nothing stored is lost"
