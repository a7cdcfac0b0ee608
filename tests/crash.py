"""The program killed again and again at any moment, while a site changes and a mail server counts."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

from monitor.models import EventKind
from monitor.store import Store
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
MEASURED_EVERY = 5  # kills
SECTION = re.compile(r"^([A-Z][^a-z\n]+) \(\d+\)$", re.M)


class Site(ThreadingHTTPServer):
    """A list of positions that grows, each with a page of its own; the deadlines of the first `moved` have moved."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.positions = 3
        self.moved = 0

    def deadline(self, number: int) -> date:
        return date(2099, 6, 1) if number < self.moved else date(2099, 5, 1)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        if self.path == "/jobs":
            rows = "".join(
                f'<tr><td><a href="/jobs/{n}">PhD student in field number {n}</a></td>'
                f"<td>{self.server.deadline(n)}</td></tr>"
                for n in range(self.server.positions)
            )
            head = "<tr><th>Position</th><th>Application deadline</th></tr>"
            body = f"<title>Vacancies</title><h1>Vacancies</h1><table>{head}{rows}</table>"
        else:
            number = int(self.path.rpartition("/")[2])
            body = (
                f"<title>Ad</title><h1>PhD student in field number {number}</h1><p>The University of Lindholm offers a"
                f" fully funded PhD position. Application deadline: {self.server.deadline(number):%d %B %Y}.</p>"
            )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """kills: those that hit a running process. told, moved: recipient -> position -> the Message-IDs that told it as
    new, and its deadline as moved. changed: those whose move the log has, and how often. repeats: recipient -> mails
    that came again, each with the Message-ID that it had. faults: what was wrong in the database after any of the
    kills: damage, half a check, a deadline that is not the site's.
    """

    kills: int
    positions: int
    told: dict[str, dict[int, set[str]]]
    moved: dict[str, dict[int, set[str]]]
    changed: Counter[int]
    repeats: Counter[str]
    faults: list[str]


def crash(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill the program `kills` times between its start and its end; each time a position comes and a deadline moves."""
    chance = random.Random(seed)
    site = Site()
    Thread(target=site.serve_forever, daemon=True).start()
    hit = 0
    faults: list[str] = []
    with Server(trustme.CA(), security="none") as mail:
        config = folder / "sources.toml"
        config.write_text(CONFIG.format(port=mail.port, site=site.server_port))
        _work(config, None)
        usual = _work(config, None)
        for number in range(kills):
            if number % MEASURED_EVERY == MEASURED_EVERY - 1:
                usual = _work(config, None)  # a longer list takes longer, and no part of the work is to be spared
            site.positions += 1
            site.moved += 1
            hit += _work(config, chance.uniform(0, 1.1 * usual)) < 0
            faults += _faults(folder / "monitor.db")
        _work(config, None)
        _work(config, None)
        mails = [(e.rcpt_tos[0], message_from_bytes(_bytes(e.content))["Message-ID"]) for e in mail.mailbox.envelopes]
        repeats = Counter(recipient for (recipient, _), count in Counter(mails).items() for _ in range(count - 1))
        told, moved = _told(mail, changed=False), _told(mail, changed=True)
    site.shutdown()
    site.server_close()
    with Store.open(folder / "monitor.db", read_only=True) as store:
        changed = Counter(
            _number(event.title) for event in store.events() if event.kind is EventKind.CHANGED and event.fields
        )
        wrong = [p for p in store.positions() if p.posting.deadline != site.deadline(_number(p.posting.title))]
        faults += [f"{p.posting.title}: {p.posting.deadline}" for p in wrong]
    return Outcome(hit, site.positions, told, moved, changed, repeats, faults)


def _bytes(content: object) -> bytes:
    assert isinstance(content, bytes)
    return content


def _number(title: str | None) -> int:
    match = TITLE.search(title or "")
    assert match, title
    return int(match[1])


def _faults(database: Path) -> list[str]:
    """What is wrong in the database as a kill has left it. Half a check has positions without events or sightings."""
    with Store.open(database, read_only=True) as store:
        found = store.faults()
        told = {event.position.id for event in store.events() if event.position}
        for position in store.positions():
            if position.id not in told or not position.sightings:
                found.append(f"{position.posting.title} is stored by half")
        return found


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


def _told(mail: Server, *, changed: bool) -> dict[str, dict[int, set[str]]]:
    told: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for envelope in mail.mailbox.envelopes:
        message = message_from_bytes(_bytes(envelope.content), policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        _, *parts = SECTION.split("\n".join(body.get_content().splitlines()))
        for heading, words in zip(parts[::2], parts[1::2], strict=True):
            if (heading == "CHANGED") == changed:
                for number in map(int, TITLE.findall(words)):
                    told[envelope.rcpt_tos[0]][number].add(message["Message-ID"])
    return told


def broken_promises(outcome: Outcome) -> list[str]:
    """A line for each promise that the kills broke."""
    broken = list(outcome.faults)
    broken += [
        f"position {n}: its move stands {count} times in the log" for n, count in outcome.changed.items() if count > 1
    ]
    for recipient in ("a@example.org", "b@example.org"):
        told, moved = outcome.told[recipient], outcome.moved[recipient]
        broken += [f"{recipient}: position {n} never told" for n in range(outcome.positions) if n not in told]
        broken += [f"{recipient}: move of position {n} never told" for n in outcome.changed if n not in moved]
        for what, ids in (("position", told), ("move of position", moved)):
            broken += [f"{recipient}: {what} {n} told in {len(i)} digests" for n, i in ids.items() if len(i) > 1]
    return broken
