"""sources.toml: what is accepted, and how what is not is told."""

from __future__ import annotations

import contextlib
import json
import tomllib
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load, parse, read_table, schema
from monitor.config.editing import add_source
from monitor.errors import ConfigError
from monitor.settings import (
    DigestSettings,
    FetchSettings,
    MailSettings,
    Source,
    StoreSettings,
    Table,
    parse_interval,
    parse_slot,
)

ROOT = Path(__file__).parent.parent
CASES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "data" / "config_faults.toml").read_text(encoding="utf-8")
)
FILE = Path("sources.toml")
NEEDED = {  # what a table needs besides
    "store": "",
    "fetch": "",
    "mail": 'host = "mail.example.org"\nfrom = "me@example.org"\n',
    "[digest]": 'to = ["me@example.org"]\n',
    "[source]": 'url = "https://example.org/jobs"\n',
}
TABLES: dict[str, type[Table]] = {
    "store": StoreSettings,
    "fetch": FetchSettings,
    "mail": MailSettings,
    "[digest]": DigestSettings,
    "[source]": Source,
}
MINIMAL = '[[source]]\nurl = "https://example.org/jobs"\n'


@pytest.mark.parametrize("name", CASES)
def test_faults_are_told_with_their_line(name: str) -> None:
    case = CASES[name]
    with pytest.raises(ConfigError) as caught:
        parse(case["text"].lstrip("\n"), FILE)
    assert caught.value.faults == [f"sources.toml:{fault}" for fault in case["faults"].splitlines()]


def test_only_a_url_is_needed() -> None:
    settings = parse(MINIMAL, FILE)
    source = settings.source[0]
    assert (source.name, source.every, source.follow, source.kind) == (
        "example.org/jobs",
        timedelta(hours=12),
        True,
        None,
    )
    assert settings.mail is None


def test_sources_of_one_place_get_names_that_differ() -> None:
    text = MINIMAL.replace("jobs", "jobs?a=1") + MINIMAL.replace("jobs", "jobs?a=2")
    assert [s.name for s in parse(text, FILE).source] == ["example.org/jobs?a=1", "example.org/jobs?a=2"]


def test_paths_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[store]\npath = "data/m.db"\n' + MINIMAL)
    settings = load(tmp_path / "sources.toml")
    assert settings.database == tmp_path / "data" / "m.db"
    assert settings.outbox == tmp_path / "outbox"


def test_a_missing_file_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load(tmp_path / "sources.toml")
    assert "monitor init" in str(caught.value.tip)


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes(b'[store]\npath = "b\xe5t.db"\n')
    with pytest.raises(ConfigError, match=r"sources.toml:2: the file is not UTF-8 text"):
        load(tmp_path / "sources.toml")


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_the_shipped_file_is_right_and_has_its_schema() -> None:
    settings = load(ROOT / "sources.toml")
    assert len(settings.source) == 5
    shipped = json.loads((ROOT / "sources.schema.json").read_text(encoding="utf-8"))
    assert shipped == schema(), "make the schema anew: monitor schema > sources.schema.json"


def test_every_key_is_described_in_the_schema() -> None:
    tables = {k: v for k, v in schema()["$defs"].items() if k.endswith("Settings") or k == "Source"}
    keys = [(f"{t}.{k}", p) for t, v in tables.items() for k, p in v["properties"].items()]
    assert [name for name, key in keys if not (key.get("description") and key.get("examples"))] == []
    assert [name for name, key in schema()["properties"].items() if "description" not in key] == []


@pytest.mark.parametrize(
    ("table", "key"),
    [(table, key) for table, wanted in TABLES.items() for key in wanted.__struct_encode_fields__],
)
def test_every_example_and_default_of_the_schema_is_right(table: str, key: str) -> None:
    name = TABLES[table].__name__
    described = schema()["$defs"][name]["properties"][key]
    values = [*described["examples"], *([described["default"]] if "default" in described else [])]
    needed = tomllib.loads(NEEDED[table])
    for value in values:
        assert read_table({**needed, key: value}, TABLES[table])


def test_adding_a_source_keeps_comments_and_order() -> None:
    before = (ROOT / "sources.toml").read_text(encoding="utf-8")
    after = add_source(before, "https://example.org/phd", name="Ex")
    assert after.startswith(before.rstrip("\n"))
    assert parse(after, FILE).source[-1].url == "https://example.org/phd"


def test_adding_the_first_source() -> None:
    after = add_source("# nothing yet\n", "https://example.org/phd")
    assert after.startswith("# nothing yet\n")
    assert [s.url for s in parse(after, FILE).source] == ["https://example.org/phd"]


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text, FILE)


ODD = (
    *('""', '" "', r'"\u0000"', r'"a\nb"', '"[::1"', '"https://["', '"9999999999 weeks"', '"monday 99:99"', '"🦭@🦭"'),
    *("-1", "0", "1e400", "nan", "inf", "99999999999999999999", "true", "2026-03-02", "07:00:00"),
    *("[]", "[[]]", "[1]", '[""]', '["\\ud7ff"]', "{}", "{ a = 1 }", '{ a = "" }', "[{}]"),
)


@pytest.mark.parametrize(
    ("table", "key"),
    [(table, key) for table, wanted in TABLES.items() for key in wanted.__struct_encode_fields__],
)
def test_no_value_raises_anything_but_a_config_error(table: str, key: str) -> None:
    rest = "".join(line for line in NEEDED[table].splitlines(keepends=True) if not line.startswith(f"{key} "))
    for value in ODD:
        with contextlib.suppress(ConfigError):
            parse(f"[{table}]\n{rest}{key} = {value}\n", FILE)


@pytest.mark.parametrize(
    ("words", "expected"),
    [("6 hours", timedelta(hours=6)), ("1 Day", timedelta(days=1)), ("30minutes", timedelta(minutes=30))],
)
def test_intervals(words: str, expected: timedelta) -> None:
    assert parse_interval(words) == expected


@pytest.mark.parametrize(
    ("words", "period", "at"),
    [
        ("instant", "instant", time(7)),
        ("daily 06:30", "day", time(6, 30)),
        ("Friday 18:05", "week", time(18, 5)),
        ("monthly", "month", time(7)),
    ],
)
def test_slots(words: str, period: str, at: time) -> None:
    slot = parse_slot(words)
    assert (slot.period, slot.at) == (period, at)
