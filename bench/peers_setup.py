"""The programs that are compared: how each is installed, told what to watch, run for one round, and understood."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
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
    """In its batch mode, after its API was told the sources, with the same filters; adding them is not measured."""

    name = "changedetection.io"
    package = "changedetection.io"
    port = 5999
    env: Mapping[str, str] = {
        "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",
        "DISABLE_VERSION_CHECK": "true",
        "LISTEN_HOST": "127.0.0.1",
        "FETCH_WORKERS": "10",
    }

    def prepare(self) -> None:
        command = [*self._program(), "-C", "-P", "true"]
        with (self.folder / "prepare.txt").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **self.env}, stdout=log, stderr=log)
            try:
                key = self._api_key()
                for source in self.sources:
                    self._add(key, source)
            finally:
                process.terminate()
                process.wait(60)

    def _program(self) -> list[str]:
        return [str(self.bin() / self.package), "-d", "store", "-p", str(self.port)]

    def _api_key(self) -> str:
        """Out of its store, as soon as it answers."""
        for _ in range(120):
            time.sleep(0.5)
            for file in (self.folder / "store").glob("*.json"):
                if found := re.search(r'"api_access_token":\s*"(\w+)"', file.read_text(encoding="utf-8")):
                    return found[1]
        raise RuntimeError(f"{self.name} has not started: see {self.folder / 'prepare.txt'}")

    def _add(self, key: str, source: Watched) -> None:
        feed = "xpath://*[local-name()='item' or local-name()='entry']"
        watch = {
            "url": source.url,
            "title": source.name,
            "include_filters": [feed if source.kind == "feed" else LISTING_SELECTOR],
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/watch",
            data=json.dumps(watch).encode(),
            headers={"x-api-key": key, "Content-Type": "application/json"},
        )
        for patience in range(20):
            try:
                urllib.request.urlopen(request, timeout=30).close()
            except urllib.error.URLError:  # it is still starting
                time.sleep(patience)
            else:
                return

    def command(self) -> list[str]:
        return [*self._program(), "-l", "INFO", "-b", "-r", "all"]


PEERS: tuple[type[Peer], ...] = (Monitor, BareHttpx, Urlwatch, Webchanges, ChangeDetection)
