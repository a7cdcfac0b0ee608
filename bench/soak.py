"""A year unattended, in minutes: the daemon's own tick, hour by hour, over sources and faults whose truth is known.

python -m bench.soak [--days 365] [--sources 50] [--every "2 days"] [--seed 1]

Its clock jumps years ahead and hours back, the machine sleeps a week, the disk is full for a day, the mail server is
down for two, and the program is started anew every month. At the end every promise is held against the truth.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import trustme

from bench.soak_world import Fault, Life, Web, World
from monitor.config import load
from monitor.daemon import Daemon
from monitor.models import Event, EventKind
from monitor.pipeline.digests import Sent
from monitor.pipeline.poll import Checked
from monitor.store import Store
from tests.delivery.smtp_server import Server

START = datetime(2026, 1, 5, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SUBSCRIBERS = {"weekly": "monday 07:00", "daily": "daily 06:00"}
CONFIG = """
[fetch]
allow_private_addresses = true
obey_robots = false
delay = 0
retries = 0
[mail]
host = "localhost"
port = {port}
security = "none"
from = "monitor@example.org"
"""
DIGEST = '[[digest]]\nname = "{name}"\nto = ["{name}@example.org"]\nevery = "{slot}"\ntimezone = "Europe/Stockholm"\n'
SOURCE = '[[source]]\nname = "Department {n}"\nurl = "http://127.0.0.{address}:{port}/jobs"\nevery = "{every}"\n'


@dataclass
class Run:
    """What was counted on the way. clock: what the machine's says. said: what the daemon told the operator."""

    clock: datetime = START
    ticks: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def hear(self, at: datetime, event: Checked | Sent) -> None:
        if isinstance(event, Checked):
            self.checks[event.outcome.value] += 1
        else:
            self.sent[event.state] += 1


def soak(config: Path, world: World, mail: Server, days: int, seed: int) -> Run:
    """Tick through the days; everything that can go wrong with a machine does, once at least."""
    chance = random.Random(seed)
    run = Run()
    settings = load(config)
    asleep, ahead, back, full, down = (chance.randrange(days // 10, days) for _ in range(5))
    began = time.monotonic()
    for month in range(0, days, 30):
        daemon = Daemon(settings, run.said.append, clock=lambda: run.clock, log=run.hear)
        with Store.open(settings.database) as store:
            for hour in range(month * 24, min(month + 30, days) * 24):
                world.now = START + hour * HOUR
                day = hour // 24
                if asleep <= day < asleep + 7:
                    continue
                run.clock = world.now
                if day == ahead and hour % 24 == 12:
                    run.clock += timedelta(days=3650)
                elif day == back and 6 <= hour % 24 < 12:
                    run.clock -= 3 * HOUR
                if hour % 24 == 0:
                    limit = store._connection.rows("PRAGMA page_count")[0]["page_count"] if day == full else 2**30
                    store._connection.rows(f"PRAGMA max_page_count = {limit}")
                    drop = down <= day < down + 2
                    mail.fault.step, mail.fault.answer = ("CONNECT", "421 4.3.2 closing") if drop else ("", "")
                    run.memory.append(_memory())
                    run.sizes.append(store.size())
                daemon._tick(store)
                run.ticks += 1
    run.seconds = time.monotonic() - began
    return run


def _memory() -> int:
    """Bytes that are resident now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def broken_promises(store: Store, world: World, mail: Server, days: int) -> Iterator[str]:
    """A line for each promise that was not kept."""
    yield from store.faults()
    events = store.events()
    yield from _against_truth(events, world, START + days * DAY)
    yield from _troubles(events)
    yield from _mails(store, events, mail)
    for delivery in store.outbox.lost():
        yield f"given up: {delivery.error}"
    yield from (f"still pending: {d.error}" for d in store.outbox.pending())


def _against_truth(events: list[Event], world: World, end: datetime) -> Iterator[str]:
    told: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.title:
            told[event.title].append(event)
    titles = {life.title for life in world.lives}
    yield from (f"told, but never there: {title}" for title in told if title not in titles)
    for life in world.lives:
        kinds = Counter(event.kind for event in told[life.title])
        first = kinds[EventKind.NEW] + kinds[EventKind.BASELINE]
        seen = min(life.closed, end) - max(life.opened, START)
        if first > 1 or (first == 0 and seen > _patience(life, world)):
            yield f"{life.title}: told {first} times as new, was there {seen}"
        if kinds[EventKind.REOPENED]:
            yield f"{life.title}: reopened, never closed"
        closings = [event.at for event in told[life.title] if event.kind is EventKind.CLOSED]
        if len(closings) > 1 or any(at < life.closed for at in closings):
            yield f"{life.title}: closed at {closings}, truly at {life.closed}"
        early = life.closed < min(life.deadline_at(life.closed), end) - _patience(life, world)
        if first and early and not closings:
            yield f"{life.title}: closed at {life.closed}, never told"
        yield from _moved(life, told[life.title], world, end)


def _moved(life: Life, told: list[Event], world: World, end: datetime) -> Iterator[str]:
    moves = [event for event in told if event.kind is EventKind.CHANGED and "deadline" in event.fields]
    others = [event for event in told if event.kind is EventKind.CHANGED and "deadline" not in event.fields]
    yield from (f"{life.title}: changed in {', '.join(event.fields)}, which never changed" for event in others)
    born = next((e.at for e in told if e.kind in (EventKind.NEW, EventKind.BASELINE)), None)
    if born is None:
        return
    shown = bool(life.moved_at and life.moved_at > born)
    lasting = life.moved_at and min(life.closed, life.deadline, end) - life.moved_at > _patience(life, world)
    if len(moves) > shown or (shown and lasting and not moves):
        yield f"{life.title}: {len(moves)} deadlines told as moved, {int(shown)} moved at {life.moved_at}"


def _patience(life: Life, world: World) -> timedelta:
    """How long a change may last without being seen: two checks, the sleep, and the faults of its source meanwhile."""
    faults: list[Fault] = [
        f for f in world.faults if f.source == life.source and f.end > life.opened and f.start < life.closed
    ]
    return 13 * DAY + sum((fault.end - fault.start + 2 * DAY for fault in faults), timedelta())


def _troubles(events: list[Event]) -> Iterator[str]:
    """Trouble is told once, and once that it is over."""
    state: dict[str, EventKind] = {}
    for event in events:
        if event.kind in (EventKind.TROUBLE, EventKind.RECOVERED):
            before = state.get(event.source, EventKind.RECOVERED)
            if event.kind is before:
                yield f"{event.source_name}: {event.kind.value} told twice, again at {event.at}"
            state[event.source] = event.kind


_WRAP = re.compile(r"\s+")


def _mails(store: Store, events: list[Event], mail: Server) -> Iterator[str]:
    """Every event stands in one digest of each subscriber, and that digest came, with one Message-ID."""
    bodies: dict[str, str] = {}
    for envelope in mail.mailbox.envelopes:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        text = message.get_body(("plain",))
        assert text is not None
        words = _WRAP.sub(" ", text.get_content())
        if bodies.setdefault(message["Message-ID"], words) != words:
            yield f"two mails with one Message-ID {message['Message-ID']}"
    for name in SUBSCRIBERS:
        rows = store._connection.rows(
            "SELECT d.through_event AS through, v.message_id AS id FROM digests d"
            " LEFT JOIN deliveries v ON v.digest = d.id WHERE d.subscriber = ? ORDER BY d.id",
            [name],
        )
        after = 0
        for row in rows:
            window = [
                e for e in events if after < e.id <= row["through"] and e.title and e.kind is not EventKind.BASELINE
            ]
            body = bodies.get(row["id"] or "", "")
            missing = [e for e in window if e.title and e.title not in body]
            if missing:
                yield f"{name}: {len(missing)} of {len(window)} changes not in their digest, as {missing[0].title}"
            if row["through"] < after:
                yield f"{name}: a digest goes back from event {after} to {row['through']}"
            after = row["through"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--every", default="2 days")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = World.of(options.seed, START, options.days, options.sources)
    with (
        tempfile.TemporaryDirectory() as folder,
        Web(world, options.sources) as web,
        Server(trustme.CA(), security="none") as mail,
    ):
        config = Path(folder) / "sources.toml"
        text = CONFIG.format(port=mail.port)
        text += "".join(DIGEST.format(name=name, slot=slot) for name, slot in SUBSCRIBERS.items())
        for n in range(options.sources):
            text += SOURCE.format(n=n, address=n + 1, port=web.port, every=options.every)
        config.write_text(text, encoding="utf-8")
        run = soak(config, world, mail, options.days, options.seed)
        with Store.open(config.parent / "monitor.db") as store:
            broken = list(broken_promises(store, world, mail, options.days))
            kinds = Counter(event.kind.value for event in store.events())
    _show(run, web.requests, kinds, len(mail.mailbox.envelopes), broken)


def _show(run: Run, requests: int, kinds: Counter[str], mails: int, broken: list[str]) -> None:
    def mega(values: list[int]) -> str:
        quarters = [values[min(len(values) * q // 4, len(values) - 1)] for q in range(1, 5)]
        return ", ".join(f"{value / 1e6:.1f}" for value in quarters)

    print(
        f"{run.ticks} ticks, {sum(run.checks.values())} checks, {requests} requests in {run.seconds / 60:.1f} minutes"
    )
    print("checks:", ", ".join(f"{count} {name}" for name, count in run.checks.most_common()))
    print("events:", ", ".join(f"{count} {name}" for name, count in kinds.most_common()))
    print(f"mails: {mails} taken;", ", ".join(f"{count} {name}" for name, count in run.sent.most_common()))
    print(f"memory, MB, at each quarter: {mega(run.memory)}; database: {mega(run.sizes)}")
    print("told to the operator:", *(dict.fromkeys(words[22:] for words in run.said)), sep="\n  ")
    print(f"broken promises: {len(broken)}", *broken[:40], sep="\n  ")


if __name__ == "__main__":
    main()
