"""The catalogue of sources: what stands in it, and how `monitor add --from catalogue` picks from it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hatchling.builders.wheel import WheelBuilder

from monitor.cli import catalogue
from monitor.cli.catalogue import Entry, choose, entries
from monitor.config import read_table
from monitor.demo.site import DemoSite
from monitor.errors import ConfigError
from monitor.identity import canonical_url
from monitor.settings import Source
from tests.command import monitor

ROOT = Path(__file__).parent.parent


def test_every_entry_is_a_source_of_its_own() -> None:
    known = entries()
    assert len(known) >= 60
    for entry in known:
        read_table({"name": entry.name, "url": entry.url, **({"kind": entry.kind} if entry.kind else {})}, Source)
        assert entry.url.startswith("https://")
        assert re.fullmatch(r"[A-Z]{2}|any", entry.country), entry
        assert entry.languages
        assert all(re.fullmatch("[a-z]{2}", language) for language in entry.languages), entry
        assert re.fullmatch(r"20\d\d(-[01]\d(-[0-3]\d)?)?", entry.seen_on), entry
        assert entry.seen
    for key in (lambda e: canonical_url(e.url), lambda e: e.url, lambda e: e.name):
        assert len({key(entry) for entry in known}) == len(known)


def test_entries_of_a_group_stand_together() -> None:
    groups = [entry.group for entry in entries()]
    starts = [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]
    assert len(starts) == len(set(starts))


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {"kind": "listing", "languages": ("en",), "seen": "a list", "seen_on": "2026"}
    made = [
        Entry(group="North", name="Lindholm", url="https://www.lindholm.example/jobs/", country="SE", **rest),  # type: ignore[arg-type]
        Entry(group="North", name="Lindholm, optics", url="https://o.lindholm.example/", country="SE", **rest),  # type: ignore[arg-type]
        Entry(group="South", name="Ångdal", url="https://angdal.example/vacancies", country="IT", **rest),  # type: ignore[arg-type]
    ]
    monkeypatch.setattr(catalogue, "entries", lambda: made)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(
    ("words", "name"),
    [("lindholm", "Lindholm"), ("optics", "Lindholm, optics"), ("angdal", "Ångdal"), ("south it", "Ångdal")],
)
def test_words_choose_one(words: str, name: str) -> None:
    entry = choose(words, ask=False)
    assert entry
    assert entry.name == name


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(
    ("words", "told"), [("Angdall", 'did you mean "Ångdal"'), ("SE", '2 entries of the catalogue fit "SE"')]
)
def test_words_that_choose_none_or_several_are_told(words: str, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        choose(words, ask=False)


@pytest.mark.usefixtures("_small")
def test_one_of_several_is_picked_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    with patch.object(catalogue, "_at_a_terminal", return_value=True), patch("click.prompt", return_value=2):
        entry = choose("north", ask=True)
    assert entry
    assert entry.name == "Lindholm, optics"
    assert "Lindholm, optics" in capsys.readouterr().out


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def test_add_looks_at_an_entry_and_adds_it(site: DemoSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {"kind": "listing", "languages": ("en",), "seen": "a list", "seen_on": "2026"}
    made = Entry(group="North", name="Lindholm", url=f"{site.url}/jobs/", country="SE", **rest)  # type: ignore[arg-type]
    monkeypatch.setattr(catalogue, "entries", lambda: [made])
    (tmp_path / "sources.toml").write_text("[fetch]\nallow_private_addresses = true\ndelay = 0\n")
    added = monitor("add", "--from", "catalogue", "lindholm", "--yes", cwd=tmp_path)
    assert added.code == 0, added.err
    (line,) = monitor("sources", "--json", cwd=tmp_path).lines
    assert line["source"] == "Lindholm"
    assert line["url"].startswith(site.url)


def test_the_whole_catalogue_is_shown_by_group(tmp_path: Path) -> None:
    shown = monitor("add", "--from", "catalogue", cwd=tmp_path)
    assert shown.code == 0, "it needs no sources.toml"
    assert all(group in shown.out for group in {entry.group for entry in entries()})
    wrong = monitor("add", cwd=tmp_path)
    assert (wrong.code, "Missing argument 'URL'" in wrong.err) == (2, True)


def test_the_wheel_holds_it(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        assert packed.read("monitor/templates/catalogue.toml") == (ROOT / "docs" / "catalogue.toml").read_bytes()
        assert "monitor/templates/sources.toml" in packed.namelist()
