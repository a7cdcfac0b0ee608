"""Changes of sources.toml by the program: only what is meant changes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import rtoml
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import parse, source_tables
from monitor.config.editing import add_sources, edit_source, remove_source, source_value
from monitor.demo.site import DemoSite
from monitor.errors import ConfigError
from tests.command import monitor

CASES: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "editing.toml").read_text(encoding="utf-8")
)
FILE = Path("sources.toml")


def changed(case: dict[str, Any]) -> str:
    text: str = case["before"]
    if "add" in case:
        return add_sources(text, case["add"])
    number: int = case["remove"] if "remove" in case else case["edit"]
    name = parse(text, FILE).source[number].name
    if "remove" in case:
        return remove_source(text, number, name)
    return edit_source(text, number, name, {key: None if v == "" else v for key, v in case["changes"].items()})


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_meant_changes(name: str) -> None:
    case = CASES[name]
    for newline in ("\n", "\r\n"):
        before = {**case, "before": case["before"].replace("\n", newline)}
        if "refused" in case:
            with pytest.raises(ConfigError, match=case["refused"]):
                changed(before)
        else:
            assert changed(before) == case["after"].replace("\n", newline)


BLOCKS = [
    *("# a word", "", '[[digest]]\nname = "{}"\nto = ["me@example.org"]', "[source.selectors]", 'item = ".job"'),
    *['[[source]]\nurl = "https://{}.example.org/"'] * 4,
    *('include = [\n  "x", # one\n  "[[source]]",\n]', "pages = 2 # two"),
]


@given(
    st.lists(st.sampled_from(BLOCKS), max_size=12),
    st.integers(0, 3),
    st.sampled_from([{"pages": 9}, {"pages": None}, {"name": "New"}, {"every": "1 day"}]),
)
def test_a_change_says_what_is_wanted_or_is_refused(lines: list[str], number: int, changes: dict[str, Any]) -> None:
    """Whatever stands in the file, other tables say what they said."""
    text = "".join(line.format(at) + "\n" for at, line in enumerate(lines))
    try:
        tables = source_tables(text)
        parse(text, FILE)
    except (ConfigError, rtoml.TomlParsingError):
        return
    if number >= len(tables):
        return
    others = tables[:number] + tables[number + 1 :]
    comments = sorted(line for line in text.splitlines() if line.startswith("#"))
    try:
        edited = edit_source(text, number, "nobody", changes)
        removed = remove_source(text, number, "nobody")
        added = add_sources(text, [{"name": "Q", "url": "https://q.example.org/"}])
    except ConfigError:
        return
    assert source_tables(edited)[:number] + source_tables(edited)[number + 1 :] == others
    assert source_tables(removed) == others
    assert source_tables(added)[:-1] == tables
    for text in (edited, added):
        assert sorted(line for line in text.splitlines() if line.startswith("#")) == comments


@pytest.mark.parametrize(
    ("key", "words", "value"),
    [
        ("every", "2 hours", "2 hours"),
        ("include", "optics, fibre glass", ["optics", "fibre glass"]),
        ("include", '["a, b", "c"]', ["a, b", "c"]),
        ("follow", "no", False),
        ("follow", "true", True),
        ("follow", "perhaps", "perhaps"),
        ("pages", "3", 3),
        ("pages", "three", "three"),
        ("headers", '{ Accept-Language = "sv" }', {"Accept-Language": "sv"}),
        ("name", "true", "true"),
        ("include", " ", None),
    ],
)
def test_what_is_typed_becomes_the_value_of_its_key(key: str, words: str, value: object) -> None:
    assert source_value(key, words) == value


START = """# mine
[[source]]
name = "Optics"  # the best
url = "https://optics.example.org/jobs?l=en"
every = "6 hours"

# of another kind
[[source]]
url = "https://maths.example.org/jobs"

[[digest]]
to = ["me@example.org"]
sources = ["Optics"]
"""


def test_a_source_is_edited_paused_and_removed(tmp_path: Path) -> None:
    real, file = tmp_path / "real.toml", tmp_path / "sources.toml"
    real.write_text(START)
    real.chmod(0o600)
    file.symlink_to(real)
    shown = monitor("edit", "optics", cwd=tmp_path)
    assert (shown.code, tomllib.loads(shown.out)["every"]) == (0, "6 hours")
    done = monitor("edit", "https://www.optics.example.org/jobs", "name=Light", "every=1 day", cwd=tmp_path)
    assert (done.code, "every: 6 hours -> 1 day" in done.err) == (0, True)
    assert monitor("edit", "light", "every=1 day", cwd=tmp_path).err == "that is what it says already\n"
    assert file.read_text() == START.replace('"Optics"', '"Light"').replace("6 hours", "1 day")
    assert monitor("pause", "light", cwd=tmp_path).code == 0
    assert "paused: kept, but not checked" in monitor("check", cwd=tmp_path).out
    lines = monitor("sources", "--json", cwd=tmp_path).lines
    assert [(line["source"], line["enabled"]) for line in lines] == [("Light", False), ("maths.example.org/jobs", True)]
    assert "paused" in monitor("sources", cwd=tmp_path).out
    assert monitor("resume", "light", cwd=tmp_path).code == 0
    assert file.read_text() == START.replace('"Optics"', '"Light"').replace("6 hours", "1 day")
    assert monitor("remove", "maths.example.org/jobs", cwd=tmp_path).code == 0
    assert "# of another kind" in file.read_text()
    assert [line["source"] for line in monitor("sources", "--json", cwd=tmp_path).lines] == ["Light"]
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600


REFUSED = {
    "an unknown source": (["pause", "Optic"], 'did you mean "Optics"?'),
    "a part of a name": (["pause", "tics"], 'did you mean "Optics"?'),
    "an unknown key": (["edit", "Optics", "evry=2 hours"], "did you mean `every`?"),
    "no change": (["edit", "Optics", "every"], "write it as KEY=VALUE"),
    "a wrong value": (["edit", "Optics", "every=often"], "`every`: 'often' is no interval"),
    "two wrong values": (["edit", "Optics", "pages=0", "follow=perhaps"], "`follow`: it should be true or false"),
    "another's name": (["edit", "Optics", "name=maths.example.org/jobs"], "is already used above"),
    "no address": (["edit", "Optics", "url="], "`url` is missing"),
    "the only one of a digest": (["remove", "Optics"], 'is about "Optics" only'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_be_right_is_refused_and_changes_nothing(name: str, tmp_path: Path) -> None:
    args, words = REFUSED[name]
    (tmp_path / "sources.toml").write_text(START)
    result = monitor(*args, cwd=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert (tmp_path / "sources.toml").read_text() == START


def test_a_removed_source_closes_nothing_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    name, later = "Lindholm, Mathematics", "2026-03-09T06:00:00Z"
    file = tmp_path / "sources.toml"
    with DemoSite() as site:
        file.write_text(site.configuration())
        assert monitor("poll", "--source", name, "--as-of", site.now.isoformat(), cwd=tmp_path).code == 0
        (watched,) = [source for source in parse(file.read_text(), file).source if source.name == name]
        seen = [(line["id"], line["status"]) for line in monitor("positions", "--json", cwd=tmp_path).lines]
        sent = monitor("digest", "--send", "--force", "--as-of", site.now.isoformat(), cwd=tmp_path)
        assert sent.code == 0, sent.err
        assert "geometric analysis" in monitor("digest", "--force", "--as-of", "2026-03-20", cwd=tmp_path).out
        removed = monitor("remove", name, cwd=tmp_path)
        assert (removed.code, "none of its positions is told as closed" in removed.err) == (0, True)
        assert name in monitor("sources", cwd=tmp_path).err
        site.show(week=2)
        refused = monitor("poll", "--source", name, "--as-of", later, cwd=tmp_path)
        assert refused.code == 2
        assert [(line["id"], line["status"]) for line in monitor("positions", "--json", cwd=tmp_path).lines] == seen
        assert monitor("changes", "--json", cwd=tmp_path).lines == []
        assert "geometric analysis" not in monitor("digest", "--force", "--as-of", "2026-03-20", cwd=tmp_path).out
        assert monitor("add", watched.url, "--name", name, "--yes", "--as-of", later, cwd=tmp_path).code == 0
        (line,) = monitor("poll", "--source", name, "--json", "--as-of", later, cwd=tmp_path).lines
        assert line["outcome"] == "ok", "no first look: what has changed since is told"
