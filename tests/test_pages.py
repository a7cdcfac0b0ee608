"""A programme page without any position, watched over HTTP: what changes by itself is silent, what changes is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import Result, monitor
from tests.fetch.faults import KEEP, Script, response
from tests.servers import FETCH, serving

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIG = (
    FETCH
    + """[[digest]]
to = ["me@example.org"]
every = "daily 06:00"
[[source]]
name = "Doctoral programme in optics"
kind = "page"
url = "{url}/programme"
"""
)
SAYINGS = (
    "Light travels faster than sound, which is why some people appear bright until they speak.",
    "Old physicists never die, they merely go into a state of lower and lower energy.",
    "The optimist believes that this is the best possible laboratory in the whole world.",
    "A theorist and an experimentalist walk into a bar and cannot agree upon its position.",
)
AUTUMN = "The next call for doctoral students opens in the autumn of this year."
MAY = "The call is open: doctoral students may apply until the last day of May through the portal."


def page(*paragraphs: str, saying: str, visit: int = 1) -> Script:
    """The page at one visit: besides its paragraphs a clock, a counter, a token and a saying of the day."""
    body = f"""<!doctype html><title>Doctoral programme</title>
<nav><a href="/">Home</a> <a href="/login?token={visit * 7919:012x}">Log in</a></nav>
<main><h1>Doctoral programme in optics</h1>
<p>The programme brings together twelve research groups that work with light.</p>
{"".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)}
<blockquote>{saying}</blockquote>
<p>Students are admitted by a committee, which meets twice a year in Lindholm.</p>
<p>Visitor number {4000 + visit}. It is {visit % 24:02}:{visit % 60:02} o'clock.</p></main>
<footer>Page {visit:040x}, rendered in {visit} ms</footer>"""
    return (response(body.encode()), KEEP)


@dataclass
class Watch:
    """Polls a script, six hours apart, and gives what was told each time."""

    folder: Path
    at: datetime = START
    results: list[Result] = field(default_factory=list)

    def poll(self) -> dict[str, Any]:
        self.results.append(monitor("poll", "--force", "--json", "--as-of", self.at.isoformat(), cwd=self.folder))
        self.at += timedelta(hours=6)
        return self.results[-1].lines[0]

    def changes(self) -> list[dict[str, Any]]:
        return monitor("changes", "--json", cwd=self.folder).lines


def watch(scripts: Sequence[Script], folder: Path, polls: int) -> tuple[list[dict[str, Any]], Watch, int]:
    """The lines of the polls, the watch, and the number of requests. A digest goes out after the first poll."""
    with serving({"/programme": tuple(scripts)}) as server:
        (folder / "sources.toml").write_text(CONFIG.format(url=server.url))
        watching = Watch(folder)
        lines = [watching.poll()]
        assert monitor("digest", "--send", "--force", "--as-of", START.isoformat(), cwd=folder).code == 0
        lines += [watching.poll() for _ in range(polls - 1)]
        return lines, watching, len(server.requests)


def test_noise_is_silent_and_a_change_is_told_once(tmp_path: Path) -> None:
    scripts = [page(AUTUMN, saying=SAYINGS[visit % 3], visit=visit) for visit in range(4)]  # the first look takes two
    scripts += [page(MAY, saying=SAYINGS[visit % 4], visit=visit) for visit in range(4, 8)]
    lines, watching, _ = watch(scripts, tmp_path, 5)
    assert [line["outcome"] for line in lines[:3]] == ["baseline", "unchanged", "unchanged"]
    assert [line["changed"] for line in lines] == [0, 0, 0, 1, 0]
    (change,) = watching.changes()
    assert (change["kind"], change["title"]) == ("changed", "Doctoral programme in optics")
    assert change["fields"] == {"text": {"before": AUTUMN, "after": MAY}}
    digest = monitor("digest", "--as-of", watching.at.isoformat(), cwd=tmp_path).out
    told = " ".join(digest.split())
    assert "May through the portal" in told
    assert "1 changed" in told
    assert not any(saying[:30] in told for saying in SAYINGS)


def test_a_quiet_page_is_asked_once_a_check(tmp_path: Path) -> None:
    lines, _, requests = watch([page(AUTUMN, saying=SAYINGS[0])], tmp_path, 4)
    assert [line["outcome"] for line in lines] == ["baseline", "unchanged", "unchanged", "unchanged"]
    assert requests == 5, "the first look is confirmed by a second one"


def test_a_paragraph_that_comes_beside_what_is_volatile_is_told(tmp_path: Path) -> None:
    scripts = [page(AUTUMN, saying=SAYINGS[visit % 2], visit=visit) for visit in range(3)]
    scripts += [page(AUTUMN, MAY, saying=SAYINGS[visit % 2], visit=visit) for visit in range(3, 6)]
    lines, watching, _ = watch(scripts, tmp_path, 4)
    assert [line["changed"] for line in lines] == [0, 0, 1, 0]
    (change,) = watching.changes()
    assert change["fields"] == {"text": {"before": None, "after": MAY}}


def test_a_page_that_is_read_anew_is_no_news(tmp_path: Path) -> None:
    """Other settings: the stored page is read again, and what was learned of it stays; another name is no news."""
    scripts = tuple(page(AUTUMN, saying=SAYINGS[visit % 4], visit=visit) for visit in range(12))
    with serving({"/programme": scripts}) as server:
        file = tmp_path / "sources.toml"
        file.write_text(CONFIG.format(url=server.url))
        watching = Watch(tmp_path)
        watching.poll()
        file.write_text(file.read_text() + 'language = "en"\n')
        assert [watching.poll()["outcome"] for _ in range(3)] == ["unchanged"] * 3
        file.write_text(file.read_text().replace("Doctoral programme in optics", "What Lindholm offers"))
        assert [watching.poll()["outcome"] for _ in range(4)] == ["unchanged"] * 4
    assert watching.changes() == []
    positions = monitor("positions", "--json", cwd=tmp_path).lines
    assert [(p["title"], p["status"]) for p in positions] == [("What Lindholm offers", "open")]


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ((response(b"busy", "503 Service Unavailable"), KEEP), "ok"),
        ((response(b"<title>Just a moment...</title><div id=cf-challenge>Checking your browser</div>"), KEEP), "ok"),
    ],
    ids=["503", "wall"],
)
def test_a_second_look_that_fails_keeps_the_first(second: Script, outcome: str, tmp_path: Path) -> None:
    quiet = page(AUTUMN, saying=SAYINGS[0])
    lines, watching, _ = watch([quiet, quiet, page(MAY, saying=SAYINGS[0]), second], tmp_path, 2)
    assert [line["outcome"] for line in lines] == ["baseline", outcome]
    assert [change["fields"]["text"]["after"] for change in watching.changes()] == [MAY]


def test_a_page_that_is_gone_is_told_and_one_that_is_down_is_not(tmp_path: Path) -> None:
    quiet = page(AUTUMN, saying=SAYINGS[0])
    down = (response(b"no", "503 Service Unavailable"), KEEP)
    lines, watching, _ = watch([quiet, quiet, down, quiet, (response(b"no", "404 Not Found"), KEEP)], tmp_path, 4)
    assert [line["outcome"] for line in lines[:3]] == ["baseline", "failed", "unchanged"]
    assert [change["kind"] for change in watching.changes()] == ["closed"]


def test_a_page_without_positions_is_added_as_one(tmp_path: Path) -> None:
    with serving({"/programme": (page(AUTUMN, saying=SAYINGS[0]),)}) as server:
        head, _, _ = CONFIG.format(url=server.url).partition("[[source]]")
        (tmp_path / "sources.toml").write_text(head)
        added = monitor("add", f"{server.url}/programme", "--yes", "--as-of", START.isoformat(), cwd=tmp_path)
        assert (added.code, 'kind = "page"' in added.err) == (0, True), added.err
        assert 'kind = "page"' in (tmp_path / "sources.toml").read_text()
        assert Watch(tmp_path).poll()["outcome"] == "baseline"
