"""Histories as data: what each check of a source shows, and what is to be told of it.

A file of scenarios/ holds `[[scenario]]` tables. `posting.NAME` is a posting; `check` is a list of steps:

- `list`: the names shown, in order; the same as before unless given. `set.NAME.FIELD`: from now on this is its value.
- `page.NAME`: what its own page answers from now on: "alive" (as long as nothing is said), "gone", "refused",
  "unreachable", "silent" (a page that speaks of something else), "not-modified", or a table of the fields in which the
  page differs from the list.
- `closed`: the names that the list shows among those that are closed, in this step.
- `hours`: since the check before (6). `kind`, `complete`, `none_open`, `wall`, `drifted`, `text`: of the reading.
  `not_modified`, `failed` (with `transient`, `gone`): there is no reading. `source`: which of several, by a letter.
- `tells`: the events, "new NAME", "changed NAME: fields", "closed NAME"; nothing unless given. Where `outcome`,
  `notice`, `asked` or `status.NAME` stand, they are compared too.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import read_table
from monitor.models import AdSeen, Contact, DeadlineKind, Kind, Observation, Page, Pay, Posting, Reading, Verdict
from monitor.settings import Source
from monitor.values import replace
from tests.diff.world import World

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
FILES = sorted(Path(__file__).parent.joinpath("scenarios").glob("*.toml"))
SCENARIOS = [
    pytest.param(scenario, id=f"{file.stem}: {scenario['name']}")
    for file in FILES
    for scenario in tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]
]


def build(name: str, table: dict[str, Any]) -> Posting:
    values = {k: v for k, v in table.items() if v != ""}
    if values.get("deadline") == "rolling":
        values |= {"deadline": None, "deadline_kind": DeadlineKind.ROLLING}
    elif values.get("deadline"):
        values["deadline_kind"] = DeadlineKind.FIXED
    if "pay" in values:
        values["pay"] = Pay(**values["pay"])
    if "supervisors" in values:
        values["supervisors"] = tuple(values["supervisors"])
    if "contacts" in values:
        values["contacts"] = tuple(Contact(email=mail) for mail in values["contacts"])
    words = values.pop("words", None)
    evidence = {"name": name} | ({"deadline": words} if words else {})
    return Posting(**{"title": name, **values, "evidence": evidence})


class History:
    """The state of a scenario: the site as it is by now, and the world as it is known."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.world = World()
        self.now = START
        self.tables = {name: dict(table) for name, table in scenario["posting"].items()}
        self.pages: dict[str, Any] = {}
        self.shown: list[str] = []
        self.settings = scenario.get("source", {})

    def step(self, step: dict[str, Any]) -> tuple[Verdict, tuple[str, ...]]:
        self.now += timedelta(hours=step.get("hours", 6))
        for name, values in step.get("set", {}).items():
            self.tables[name].update(values)
        self.pages.update(step.get("page", {}))
        self.shown = step.get("list", self.shown)
        letter = step.get("source", "a")
        source = read_table({"url": f"https://{letter}.example.org/jobs", **self.settings}, Source)
        if "failed" in step:
            seen = Observation(
                source=source.url,
                at=self.now,
                trouble=step["failed"],
                transient=step.get("transient", True),
                gone=step.get("gone", False),
            )
            return self.world.check(source, self.now, None, {}, seen)
        kind = Kind(step.get("kind", "listing"))
        reading = Reading(
            kind=kind,
            postings=tuple(build(name, self.tables[name]) for name in self.shown),
            complete=step.get("complete", kind is not Kind.FEED),
            none_open=step.get("none_open", False),
            closed=tuple(self.tables[name]["url"] for name in step.get("closed", [])),
            trouble=step.get("wall"),
            drifted=step.get("drifted", False),
            text=step.get("text", ""),
        )
        answers = {ad.url: ad for name in self.tables if (ad := self.answer(name))}
        return self.world.check(source, self.now, None if step.get("not_modified") else reading, answers)

    def answer(self, name: str) -> AdSeen | None:
        posting = build(name, self.tables[name])
        if not posting.url:
            return None
        says = self.pages.get(name, "alive")
        if isinstance(says, dict):
            return AdSeen(url=posting.url, posting=build(name, self.tables[name] | says))
        page = Page(url=posting.url, body=b"", text="<h1>Welcome to our careers site</h1>", fetched_at=self.now)
        return {
            "alive": AdSeen(url=posting.url, posting=posting),
            "gone": AdSeen(url=posting.url, gone=True),
            "refused": AdSeen(url=posting.url, trouble="the server answers with 403"),
            "unreachable": AdSeen(url=posting.url, trouble="no server answers", unreachable=True),
            "silent": AdSeen(url=posting.url, page=page),
            "not-modified": AdSeen(url=posting.url, not_modified=True),
        }[says]

    def names(self, verdict: Verdict) -> list[str]:
        told = []
        for update in verdict.updates:
            if update.event:
                name = update.sighting.listed.evidence.get("name", "page")
                fields = f": {', '.join(sorted(update.fields))}" if update.fields else ""
                told.append(f"{update.event.value} {name}{fields}")
        return sorted(told)

    def status(self, name: str) -> str:
        (found,) = (
            p for p in self.world.positions.values() if any(s.listed.evidence["name"] == name for s in p.sightings)
        )
        return found.status.value


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: dict[str, Any]) -> None:
    history = History(scenario)
    for number, step in enumerate(scenario["check"], 1):
        verdict, asked = history.step(step)
        here = f"check {number}"
        assert history.names(verdict) == sorted(step.get("tells", [])), here
        if "outcome" in step:
            assert verdict.outcome.value == step["outcome"], here
        assert (verdict.notice.value if verdict.notice else None) == step.get("notice"), here
        if "asked" in step:
            asked_names = [n for n, t in history.tables.items() if t.get("url") in asked]
            assert sorted(asked_names) == sorted(step["asked"]), here
        for name, status in step.get("status", {}).items():
            assert history.status(name) == status, f"{here}: {name}"
        if "positions" in step:
            assert len(history.world.positions) == step["positions"], here
        for name, url in step.get("main_url", {}).items():
            assert url in [
                p.posting.url
                for p in history.world.positions.values()
                if any(s.listed.evidence["name"] == name for s in p.sightings)
            ], here


def test_every_scenario_has_its_own_name() -> None:
    names = [param.id for param in SCENARIOS]
    assert len(set(names)) == len(names) >= 40


def test_a_posting_that_is_built_keeps_its_name() -> None:
    assert replace(build("a", {}), title="b").evidence["name"] == "a"
