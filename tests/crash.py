"""The program killed again and again at any moment, while a site changes and a mail server counts."""

from __future__ import annotations

import multiprocessing
import random
import re
import signal
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

import trustme

from monitor.config import load
from monitor.models import EventKind
from monitor.pipeline.digests import send_digests
from monitor.pipeline.poll import poll
from monitor.store import Store
from tests.delivery.smtp_server import Server

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
SHOWN = 20  # positions at a time
UNDISTURBED_EVERY = 5  # runs, so that nothing comes and goes unseen, and the time of each part is known
MOVED_TO = date(2099, 6, 1)
SECTION = re.compile(r"^([A-Z][^a-z\n]+) \(\d+\)$", re.M)


class Site(ThreadingHTTPServer):
    """The newest SHOWN of its positions, each with a page of its own; the deadlines of the first `moved` have moved."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.positions = 3
        self.moved = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """The program was killed and has hung up."""

    def go_on(self) -> None:
        """A position comes, the deadline of an earlier one moves, and in time the earliest one goes."""
        self.positions += 1
        self.moved += 1

    @property
    def gone(self) -> int:
        """How many it shows no more."""
        return max(0, self.positions - SHOWN)

    def deadline(self, number: int) -> date:
        return MOVED_TO if number < self.moved else date(2099, 5, 1)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        if self.path == "/jobs":
            rows = "".join(
                f'<tr><td><a href="/jobs/{n}">PhD student in field number {n}</a></td>'
                f"<td>{self.server.deadline(n)}</td></tr>"
                for n in range(self.server.gone, self.server.positions)
            )
            head = "<tr><th>Position</th><th>Application deadline</th></tr>"
            body = f"<title>Vacancies</title><h1>Vacancies</h1><table>{head}{rows}</table>"
        elif (number := int(self.path.rpartition("/")[2])) < self.server.gone:
            self.send_error(404)
            return
        else:
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
    """kills: during which part of the work they came. gone: how many of the positions the site shows no more.

    told, moved, closed: recipient -> position -> the Message-IDs that told it as new, its deadline as moved, and its
    end. changed: those whose move the log has, and how often. repeats: recipient -> mails that came again, each with
    the Message-ID that it had. faults: what was wrong in the database after any of the kills: damage, half a check, a
    deadline that is not the site's.
    """

    kills: Counter[str]
    positions: int
    gone: int
    told: dict[str, dict[int, set[str]]]
    moved: dict[str, dict[int, set[str]]]
    closed: dict[str, dict[int, set[str]]]
    changed: Counter[int]
    repeats: Counter[str]
    faults: list[str]


def crash(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill the program `kills` times, in each part of its work as often; before each run the site goes on."""
    chance = random.Random(seed)
    site = Site()
    Thread(target=site.serve_forever, daemon=True).start()
    hit = Counter[str]()
    faults: list[str] = []
    with Server(trustme.CA(), security="none") as mail:
        config = folder / "sources.toml"
        config.write_text(CONFIG.format(port=mail.port, site=site.server_port))
        _work(config)
        for number in range(4 * kills):
            if number % UNDISTURBED_EVERY == 0:
                site.go_on()
                _, usual = _work(config)
            site.go_on()
            part = chance.choice(list(usual))
            killed, _ = _work(config, part, chance.uniform(0, usual[part]))
            hit.update(filter(None, [killed]))
            faults += _faults(folder / "monitor.db")
            if sum(hit.values()) == kills:
                break
        _work(config)
        _work(config)
        mails = [(e.rcpt_tos[0], message_from_bytes(_bytes(e.content))["Message-ID"]) for e in mail.mailbox.envelopes]
        repeats = Counter(recipient for (recipient, _), count in Counter(mails).items() for _ in range(count - 1))
        told, moved, closed = (_told(mail, what) for what in ("new", "moved", "closed"))
    site.shutdown()
    site.server_close()
    with Store.open(folder / "monitor.db", read_only=True) as store:
        changed = Counter(
            _number(event.title) for event in store.events() if event.kind is EventKind.CHANGED and event.fields
        )
        wrong = [p for p in store.positions() if p.posting.deadline != site.deadline(_number(p.posting.title))]
        faults += [f"{p.posting.title}: {p.posting.deadline}" for p in wrong]
    return Outcome(hit, site.positions, site.gone, told, moved, closed, changed, repeats, faults)


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


def _work(config: Path, kill_in: str = "", after: float = 0.0) -> tuple[str | None, dict[str, float]]:
    """One poll and one delivery, killed so many seconds after a part of the work began.

    What was being done then, None if they came to their end; and how many seconds each part took.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash", "monitor.pipeline.warm"])  # a start is nothing that is to be tried
    here, there = context.Pipe()
    process = context.Process(target=run, args=(config, there))
    process.start()
    there.close()
    began: dict[str, float] = {}
    with here, suppress(EOFError):
        while True:
            part = here.recv()
            if part not in began and part == kill_in:
                time.sleep(after)
                process.kill()
            began.setdefault(part, time.monotonic())
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    ends = [*list(began.values())[1:], time.monotonic()]
    seconds = {part: end - begin for (part, begin), end in zip(began.items(), ends, strict=True)}
    return list(began)[-1] if process.exitcode else None, seconds


def run(config: Path, say: Connection[str, None]) -> None:
    """What `monitor run` does in a tick, once; says which part of it begins."""
    settings = load(config)
    with Store.open(settings.database) as store:
        say.send("poll")
        poll(settings, store, settings.source, datetime.now(UTC))
        say.send("digest")
        send_digests(settings, store, datetime.now(UTC), report=lambda _: say.send("delivery"))


def _told(mail: Server, what: str) -> dict[str, dict[int, set[str]]]:
    """What the mails tell as "new" (or open when first seen), "moved" or "closed".

    A position that is told only when its deadline has moved already is told as new and, at once, as moved.
    """
    told: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for envelope in mail.mailbox.envelopes:
        message = message_from_bytes(_bytes(envelope.content), policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        _, *parts = SECTION.split("\n".join(body.get_content().splitlines()))
        for heading, words in zip(parts[::2], parts[1::2], strict=True):
            section = {"CHANGED": "moved", "CLOSED": "closed"}.get(heading, "new")
            for entry in re.split(r"^\* ", words, flags=re.M)[1:]:
                already = what == "moved" and section == "new" and f"{MOVED_TO:%b %Y}" in entry
                if section == what or already:
                    told[envelope.rcpt_tos[0]][_number(entry)].add(message["Message-ID"])
    return told


def broken_promises(outcome: Outcome) -> list[str]:
    """A line for each promise that the kills broke."""
    broken = list(outcome.faults)
    broken += [
        f"position {n}: its move stands {count} times in the log" for n, count in outcome.changed.items() if count > 1
    ]
    for recipient in ("a@example.org", "b@example.org"):
        kinds = (
            ("new", outcome.told[recipient], range(outcome.positions)),
            ("moved", outcome.moved[recipient], sorted(outcome.changed)),
            ("closed", outcome.closed[recipient], range(outcome.gone)),
        )
        for what, told, all_ in kinds:
            broken += [f"{recipient}: position {n} never told as {what}" for n in all_ if n not in told]
            broken += [
                f"{recipient}: position {n} told as {what} in {len(i)} digests" for n, i in told.items() if len(i) > 1
            ]
    return broken
