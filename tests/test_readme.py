"""README's commands and configuration are run as they stand, against the bundled site."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from monitor.cli import COMMANDS
from monitor.config import parse, schema
from monitor.demo.site import DemoSite
from monitor.settings import (
    DigestSettings,
    FetchSettings,
    HeartbeatSettings,
    MailSettings,
    SelectorSettings,
    Slot,
    Source,
    StoreSettings,
    Table,
)
from tests.command import monitor

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACE = "https://www.lindholm.example"  # stands for the bundled site


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def commands() -> Iterator[str]:
    for block in blocks("sh"):
        for line in block.splitlines():
            if command := line.partition("#")[0].strip():
                yield command


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


@pytest.mark.parametrize("block", blocks("toml") + blocks("toml", (ROOT / "docs/configuration.md").read_text("utf-8")))
def test_configuration_is_right(block: str) -> None:
    assert parse(block, Path("sources.toml"))


def test_make_has_the_two_commands_of_the_first_page() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert [c for c in commands() if c.startswith("make")] == ["make demo", "make test"]
    assert {"demo", "test"} <= set(targets)


FEEDS = f'''<opml version="2.0"><body>
<outline type="rss" text="Graduate school" xmlUrl="{PLACE}/graduate-school/news.xml"/></body></opml>'''
DATED = ("add", "check", "poll", "digest")  # the bundled site is that of a day in 2026


def test_a_newcomer_gets_to_a_digest(site: DemoSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of "Watch your own pages", in order; sources that lie outside this machine are left out."""
    (tmp_path / "feeds.opml").write_text(FEEDS.replace(PLACE, site.url))
    file, told = tmp_path / "sources.toml", {}
    for command in commands():
        program, *args = shlex.split(command.replace(PLACE, site.url))
        if program != "monitor":
            continue
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        result = monitor(*args, *(["--as-of", site.now.isoformat()] if args[0] in DATED else []), cwd=tmp_path)
        assert result.code == 0, result.err
        told[" ".join(args[:3]).replace(site.url, PLACE)] = result
        if args[0] == "init":
            only_here = file.read_text(encoding="utf-8").partition("[[source]]")[0]
            fetch = "[fetch]\nallow_private_addresses = true\nobey_robots = false\n"
            file.write_text(
                only_here.replace("[fetch]\n", fetch).replace("delay = 1.0", "delay = 0.0"), encoding="utf-8"
            )
    assert list(told) == [
        "init",
        f"add {PLACE}/jobs/",
        "check",
        "poll",
        "digest",
        "add --from catalogue",
        "import feeds.opml --yes",
        "sources",
        "edit Graduate school every=6 hours",
        "pause Graduate school",
    ]
    assert "Doctoral student in" in told[f"add {PLACE}/jobs/"].out
    assert "next due" in told["check"].out or "the next poll does" in told["check"].out
    assert "first look, 18 open" in told["poll"].out
    digest = told["digest"].out
    assert digest.startswith("To: me@example.org\nSubject: Positions")
    assert "Doctoral student in mathematical theory of deep learning" in digest
    assert "Graduate school" in told["sources"].out
    assert parse(file.read_text(encoding="utf-8"), file).source[-1].enabled is False


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_key_is_explained() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    tables = [d for name, d in schema()["$defs"].items() if name.endswith("Settings") or name == "Source"]
    assert [key for table in tables for key in table["properties"] if f"| `{key}` |" not in text] == []


def test_the_defaults_are_those_of_the_program() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    tables: dict[str, type[Table]] = {
        "store": StoreSettings,
        "fetch": FetchSettings,
        "mail": MailSettings,
        "heartbeat": HeartbeatSettings,
        "digest": DigestSettings,
        "source": Source,
        "source.selectors": SelectorSettings,
    }
    sections = re.split(r"(?m)^## \[+([a-z.]+)\]+$", text)[1:]
    told = {
        (name, key): default
        for name, section in zip(sections[::2], sections[1::2], strict=True)
        for key, default in re.findall(r"(?m)^\| `(\w+)` \| (.*?) ?\|", section)
    }
    assert told == {
        (name, field.encode_name): _default(field) for name, table in tables.items() for field in fields(table)
    }


def _default(field: FieldInfo) -> str:
    """As sources.toml would say it; nothing for what has none, or an empty one."""
    if field.required:
        return "needed"
    value = field.default if field.default_factory is NODEFAULT else field.default_factory()
    if isinstance(value, Slot):
        value = schema()["$defs"]["DigestSettings"]["properties"]["every"]["default"]
    if isinstance(value, timedelta):
        return json.dumps(f"{value.days} days" if value.days else f"{value.seconds // 3600} hours")
    if value in (None, "", (), {}) or isinstance(value, SelectorSettings):
        return ""
    return json.dumps(value)


def test_every_command_is_explained() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"monitor {name}" not in text] == []


def test_the_version_is_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in changelog
