"""The programs that are compared: how each is installed, told what to watch, run for one round, and understood."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import LoadSource
from bench.load_pages import LISTING_SELECTOR
from bench.load_server import base_url

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "position-monitor" / "bench"
_BENCH = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as a person writes it down for any of the programs."""

    name: str
    url: str
    kind: str

    @classmethod
    def of(cls, source: LoadSource, port: int) -> Watched:
        return cls(source.name, base_url(source.host, port) + source.path, source.kind)


class Peer:
    """One program. told: what its last round reported, as (source name, kind of change); kind "" where it tells none.

    package: what is installed into an environment of its own; None for what runs in this project's.
    """

    name: str
    package: str | None = None
    env: Mapping[str, str] = {}
    reports = True

    def __init__(self, folder: Path, sources: Sequence[Watched]) -> None:
        self.folder = folder
        self.sources = sources

    @classmethod
    def bin(cls) -> Path:
        return CACHE / cls.package / "bin" if cls.package else Path(sys.executable).parent

    @classmethod
    def is_installed(cls) -> bool:
        return cls.package is None or (cls.bin() / cls.package).exists()

    @classmethod
    def install(cls) -> None:
        if cls.package and not cls.is_installed():
            CACHE.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, "-m", "venv", CACHE / cls.package], check=True)
            subprocess.run([cls.bin() / "pip", "install", "--quiet", cls.package], check=True)

    @classmethod
    def version(cls) -> str:
        if cls.package is None:
            return ""
        asked = f"import importlib.metadata as m; print(m.version({cls.package!r}))"
        return subprocess.run([cls.bin() / "python", "-c", asked], capture_output=True, text=True).stdout.strip()

    def prepare(self) -> None:
        """Write its configuration."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def told(self, output: str) -> Counter[tuple[str, str]]:
        return Counter()


class Monitor(Peer):
    """This program, as it is run."""

    name = "position-monitor"

    def prepare(self) -> None:
        lines = ["[fetch]", "allow_private_addresses = true", "delay = 0"]
        for source in self.sources:
            lines += ["", "[[source]]", f'name = "{source.name}"', f'url = "{source.url}"', "follow = false"]
        (self.folder / "sources.toml").write_text("\n".join(lines), encoding="utf-8")

    def command(self) -> list[str]:
        return [str(self.bin() / "monitor"), "poll", "--json", "--force"]

    def told(self, output: str) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for line in output.splitlines():
            checked = json.loads(line)
            assert not checked["error"], checked
            for kind in ("new", "changed", "closed"):
                found[checked["source"], kind] += checked[kind]
        return +found


class BareHttpx(Peer):
    """Only the requests: what no monitor on httpx can be below."""

    name = "bare httpx"
    reports = False

    def prepare(self) -> None:
        (self.folder / "urls.txt").write_text("\n".join(source.url for source in self.sources), encoding="utf-8")

    def command(self) -> list[str]:
        return [sys.executable, str(_BENCH / "peers_bare_httpx.py"), "urls.txt", "state.json"]


class Urlwatch(Peer):
    """With a filter written by hand for every source: the element of the list, the texts of the feed's entries."""

    name = "urlwatch"
    package = "urlwatch"
    html2text: Mapping[str, str] = {"html2text": "re"}

    def jobs(self) -> list[dict[str, object]]:
        listing = [{"css": LISTING_SELECTOR}, self.html2text]
        parts = " | ".join(f"//*[local-name()='{name}']" for name in ("title", "link", "description", "content"))
        feed = [{"xpath": {"path": parts, "method": "xml"}}]
        return [
            {"name": source.name, "url": source.url, "filter": feed if source.kind == "feed" else listing}
            for source in self.sources
        ]

    def prepare(self) -> None:
        # JSON is YAML; these files hold a document a job
        jobs = "\n---\n".join(json.dumps(job) for job in self.jobs())
        (self.folder / "jobs.yaml").write_text(jobs, encoding="utf-8")
        config = {"report": {"stdout": {"enabled": True, "color": False}, "text": {"line_length": 200}}}
        (self.folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")

    def command(self) -> list[str]:
        files = ["--urls", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--cache", "cache.db"]
        return [str(self.bin() / "urlwatch"), *files]

    def told(self, output: str) -> Counter[tuple[str, str]]:
        assert not re.search(r"^\d*\.? ?ERROR: ", output, re.M), output[:2000]
        return Counter({(name, "") for name in re.findall(r"^CHANGED: (source-\d+)", output, re.M)})


class Webchanges(Urlwatch):
    """The same jobs."""

    name = "webchanges"
    package = "webchanges"
    html2text: Mapping[str, str] = {"html2text": "strip_tags"}

    def command(self) -> list[str]:
        files = ["--jobs", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--database", "snapshots.db"]
        return [str(self.bin() / "webchanges"), *files]


class ChangeDetection(Peer):
    """In its batch mode, with the same filters; its first round is told the sources, the others look at all of them."""

    name = "changedetection.io"
    package = "changedetection.io"
    env: Mapping[str, str] = {
        "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",
        "DISABLE_VERSION_CHECK": "true",
        "FETCH_WORKERS": "10",
        "LISTEN_HOST": "127.0.0.1",
    }

    def command(self) -> list[str]:
        program = [str(self.bin() / "changedetection.io"), "-d", "store", "-p", "5999", "-l", "INFO", "-b"]
        if (self.folder / "store").exists():
            return [*program, "-r", "all"]
        feed = "xpath://*[local-name()='item' or local-name()='entry']"
        told = []
        for number, source in enumerate(self.sources):
            filters = [feed if source.kind == "feed" else LISTING_SELECTOR]
            told += ["-u", source.url, f"-u{number}", json.dumps({"include_filters": filters})]
        return [*program, "-C", *told]

    def told(self, output: str) -> Counter[tuple[str, str]]:
        assert " | ERROR " not in output, output[output.index(" | ERROR ") :][:2000]
        names = {source.url: source.name for source in self.sources}
        return Counter({(names[url], "") for url in re.findall(r"Change detected in UUID \S+ - (\S+)", output)})


PEERS: tuple[type[Peer], ...] = (Monitor, BareHttpx, Urlwatch, Webchanges, ChangeDetection)
