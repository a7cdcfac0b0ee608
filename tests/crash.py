"""The program killed again and again at any moment, while a site changes and a mail server counts."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

from tests.delivery.smtp_server import Server

WORK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.config import load
from monitor.pipeline.digests import send_digests
from monitor.pipeline.poll import poll
from monitor.store import Store
settings = load(Path(sys.argv[1]))
with Store.open(settings.database) as store:
    print("working", flush=True)
    poll(settings, store, settings.source, datetime.now(UTC))
    send_digests(settings, store, datetime.now(UTC))
"""
CONFIG = """
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0
[mail]
host = "localhost"
port = {port}
security = "none"
from = "monitor@example.org"
[[digest]]
to = ["a@example.org", "b@example.org"]
every = "instant"
[[source]]
url = "http://127.0.0.1:{site}/jobs"
name = "Lindholm"
"""
TITLE = re.compile(r"PhD student in field number (\d+)")


class Site(ThreadingHTTPServer):
    """A list of positions that grows, each with a page of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.positions = 3


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        if self.path == "/jobs":
            rows = "".join(
                f'<tr><td><a href="/jobs/{n}">PhD student in field number {n}</a></td><td>2099-05-01</td></tr>'
                for n in range(self.server.positions)
            )
            head = "<tr><th>Position</th><th>Application deadline</th></tr>"
            body = f"<title>Vacancies</title><h1>Vacancies</h1><table>{head}{rows}</table>"
        else:
            number = self.path.rpartition("/")[2]
            body = (
                f"<title>Ad</title><h1>PhD student in field number {number}</h1><p>The University of Lindholm offers a"
                " fully funded PhD position. Application deadline: 1 May 2099.</p>"
            )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """told: recipient -> position -> the Message-IDs that told it as new. kills: those that hit a running process."""

    kills: int
    positions: int
    told: dict[str, dict[int, set[str]]]
    integrity: str


def crash(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill the program `kills` times between its start and its end, each time with one more position on the site."""
    chance = random.Random(seed)
    site = Site()
    Thread(target=site.serve_forever, daemon=True).start()
    hit = 0
    with Server(trustme.CA(), security="none") as mail:
        config = folder / "sources.toml"
        config.write_text(CONFIG.format(port=mail.port, site=site.server_port))
        _work(config, None)
        usual = _work(config, None)
        for _ in range(kills):
            site.positions += 1
            hit += _work(config, chance.uniform(0, 1.1 * usual)) < 0
        _work(config, None)
        _work(config, None)
        told = _told(mail)
    site.shutdown()
    site.server_close()
    connection = sqlite3.connect(folder / "monitor.db")
    integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return Outcome(hit, site.positions, told, integrity)


def _work(config: Path, kill_after: float | None) -> float:
    """One poll and one delivery; how long they took, or -1 if they were killed after so many seconds of work."""
    with subprocess.Popen([sys.executable, "-c", WORK, str(config)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        began = time.monotonic()
        try:
            code = process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -1
        assert code == 0
        return time.monotonic() - began


def _told(mail: Server) -> dict[str, dict[int, set[str]]]:
    told: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for envelope in mail.mailbox.envelopes:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        for number in set(map(int, TITLE.findall(body.get_content()))):
            told[envelope.rcpt_tos[0]][number].add(message["Message-ID"])
    return told
