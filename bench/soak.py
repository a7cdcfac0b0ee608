"""A year unattended: the daemon's own tick, hour by hour, over sites whose truth is known, with all that goes wrong.

python -m bench.soak [--days 365] [--sources 50] [--seed 1] [--keep FOLDER]

Real HTTP and SMTP on loopback, a real database file; only the clock is not the machine's. Sites fail in eight ways, are
built anew and change their encoding; the mail server is away for days, refuses, breaks off; the machine sleeps for a
week, its clock is set back an hour, its disk is full; the program is killed and started again. At the end every promise
is held against the truth; the exit code is 1 if one was broken. Apart from the moments of the kills a seed gives the
same year again.
"""

from __future__ import annotations

import argparse
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench.soak_promises import Promise, Truth, promises
from bench.soak_servers import SHOWN, UNKNOWN, Servers
from bench.soak_world import World
from monitor.config import load
from monitor.daemon import Daemon
from monitor.pipeline.digests import Sent
from monitor.pipeline.poll import Checked
from monitor.settings import Settings
from monitor.store import Store, back_up

CONFIG = """
[fetch]
allow_private_addresses = true
delay = 0
timeout = 2
[mail]
host = "localhost"
port = {port}
security = "none"
from = "monitor@example.org"
[[digest]]
name = "instant"
to = ["instant@example.org"]
every = "instant"
[[digest]]
name = "daily"
to = ["daily@example.org"]
every = "daily 07:00"
timezone = "America/New_York"
[[digest]]
name = "weekly"
to = ["weekly@example.org", "{unknown}"]
every = "monday 07:00"
timezone = "Europe/Stockholm"
"""
SOURCE = """
[[source]]
name = "{site.name}"
url = "{base}{site.path}"
every = "{hours} hours"
follow = {follow}
"""
KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from monitor.config import load
from monitor.daemon import Daemon
from monitor.store import Store
settings = load(Path(sys.argv[1]))
daemon = Daemon(settings, print, clock=lambda: datetime.fromisoformat(sys.argv[2]))
with Store.open(settings.database) as store:
    print("working", flush=True)
    daemon._tick(store)
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What happens to the machine, in days since the start: each in its part of the year, in a short run for less."""

    days: int
    seed: int

    def _span(self, share: float, length: float) -> tuple[float, float]:
        return share * self.days, share * self.days + min(length, self.days / 20)

    @property
    def sleep(self) -> tuple[float, float]:
        return self._span(0.47, 7)

    def sleeps(self, day: float) -> bool:
        return self.sleep[0] <= day < self.sleep[1]

    def disk_is_full(self, day: float) -> bool:
        since, until = self._span(0.65, 1)
        return since <= day < until

    def offset(self, day: float) -> timedelta:
        """By how much its clock is wrong; when that ends, it is set back."""
        since, until = self._span(0.15, 5)
        return timedelta(hours=1) if since <= day < until else timedelta(0)

    def kills(self) -> dict[int, float]:
        """Hour -> seconds of work after which the program is killed; one about every ten days."""
        dice = Random(f"{self.seed} kills")
        hours = dice.sample(range(24, self.days * 24), max(2, self.days // 10))
        mondays = [hour - hour % (7 * 24) + 6 for hour in hours[::3]]  # at that hour a digest goes out
        return {hour: dice.uniform(0.0, 0.6) for hour in (*hours, *mondays) if hour > 0}


@dataclass
class Run:
    """What was counted on the way. clock: what the machine's says. memory, sizes, pages: bytes at each midnight."""

    clock: datetime
    ticks: int = 0
    polls: int = 0
    kills: int = 0
    backups: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def hear(self, at: datetime, event: Checked | Sent) -> None:
        if isinstance(event, Checked):
            self.checks[event.outcome.value] += 1
        else:
            self.sent[event.state] += 1

    def say(self, words: str) -> None:
        self.said[words.partition("  ")[2]] += 1


def soak(config: Path, world: World, servers: Servers, seed: int, show: Callable[[str], None]) -> Run:
    """Live through the days."""
    run, machine, settings = Run(clock=world.start), Machine(world.days, seed), load(config)
    kills = machine.kills()
    began = time.monotonic()

    def started() -> Daemon:
        return Daemon(settings, run.say, clock=lambda: run.clock, log=run.hear)

    with ExitStack() as stack:
        store, daemon = stack.enter_context(Store.open(settings.database)), started()
        for hour in range(world.days * 24):
            day = (hour + 0.01) / 24
            servers.at(day)
            if machine.sleeps(day):
                continue
            run.clock = world.moment(day) + machine.offset(day)
            if hour % 24 == 0:
                _look_after(store, machine, day, run)
            if hour in kills:
                stack.pop_all().close()
                run.kills += _killed(config, run.clock, kills[hour])
                store = stack.enter_context(Store.open(settings.database))
                run.unsound += [f"day {day:.1f}: {fault}" for fault in half_stored(store)]
                daemon = started()
            before = sum(run.checks.values())
            daemon._tick(store)
            run.ticks += 1
            run.polls += sum(run.checks.values()) > before
            if hour % (30 * 24) == 30 * 24 - 1:
                _look_after_monthly(settings, store, run)
                show(
                    f"day {day:.0f}: {sum(run.checks.values())} checks, {sum(run.sent.values())} deliveries tried,"
                    f" {run.memory[-1] / 1e6:.0f} MB of memory, {run.sizes[-1] / 1e6:.1f} MB on disk,"
                    f" {(time.monotonic() - began) / 60:.1f} minutes"
                )
    run.seconds = time.monotonic() - began
    return run


def _look_after(store: Store, machine: Machine, day: float, run: Run) -> None:
    """Measured at midnight, when the disk fills up or is emptied, too."""
    run.memory.append(_memory())
    run.sizes.append(store.size())
    run.pages.append(store.size_of_pages())
    pages = store._connection.rows("PRAGMA page_count")[0]["page_count"]
    limit = pages if machine.disk_is_full(day) else 2**30
    store._connection.rows(f"PRAGMA max_page_count = {limit}")


def _look_after_monthly(settings: Settings, store: Store, run: Run) -> None:
    """What the operator's cron does: `monitor backup`, then `monitor prune`."""
    copy = settings.folder / "backup.db"
    back_up(settings.database, copy)
    with Store.open(copy, read_only=True) as backup:
        run.unsound += [f"backup: {fault}" for fault in backup.faults()]
        if backup.last_event() != store.last_event():
            run.unsound.append("backup: it is not of this moment")
    run.backups += 1
    if settings.store.keep:
        store.prune(run.clock - settings.store.keep)
        store.compact()


def _memory() -> int:
    """Bytes of this process that are resident now; the servers are another one."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _killed(config: Path, clock: datetime, after: float) -> bool:
    """One tick in a process that is killed after so many seconds; whether that came before its end."""
    command = [sys.executable, "-c", KILLED, str(config), clock.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() == -signal.SIGKILL


def half_stored(store: Store) -> list[str]:
    """What is wrong in the database as a kill has left it: damage, or a position of which there is only a part."""
    found = store.faults()
    found += [f"{p.posting.title} is stored by half" for p in store.positions() if not p.sightings]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the database and the mails stay")
    options = parser.parse_args()
    world = World(options.sources, options.days, options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        run, kept = year(world, folder, options.seed, lambda words: print(words, flush=True))
    _show(world, run, kept)
    sys.exit(any(promise.broken for promise in kept))


def year(
    world: World, folder: Path, seed: int, show: Callable[[str], None] = lambda _: None
) -> tuple[Run, list[Promise]]:
    """Live through the world in a folder, and hold every promise against its truth."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "sources.toml"
    with Servers(world, folder) as servers:
        sources = (
            SOURCE.format(
                site=site,
                base=servers.base(site),
                hours=site.every // timedelta(hours=1),
                follow=str(site.follow).lower(),
            )
            for site in world.sites
        )
        text = CONFIG.format(port=servers.mail_port, unknown=UNKNOWN) + "".join(sources)
        config.write_text(text, encoding="utf-8")
        run = soak(config, world, servers, seed, show)
    sound = Promise("the database is sound after every kill and in every backup", run.kills + run.backups)
    sound.broken += run.unsound
    return run, [*held_against_truth(world, folder, seed), sound, *_bounds(world, run)]


def held_against_truth(world: World, folder: Path, seed: int) -> list[Promise]:
    """What the database and the mails in a folder say, against the world."""
    settings = load(folder / "sources.toml")
    truth = Truth.read(world, folder / SHOWN, Machine(world.days, seed).sleep)
    with Store.open(settings.database, read_only=True) as store:
        return promises(truth, settings, store, folder)


def _bounds(world: World, run: Run) -> list[Promise]:
    """Memory and stored pages do not grow once the first 120 days, with all that is kept for 90, are over."""
    if world.days < 200:
        return []
    memory = Promise("memory stays flat", 1)
    early, late = max(run.memory[30:60]), max(run.memory[-30:])
    if late > early * 1.15 + 5e6:
        memory.broken.append(f"from {early / 1e6:.0f} to {late / 1e6:.0f} MB")
    pages = Promise("stored pages stay bounded", 1)
    early, late = max(run.pages[90:150]), max(run.pages[-60:])
    if late > early * 1.3:
        pages.broken.append(f"from {early / 1e6:.1f} to {late / 1e6:.1f} MB")
    return [memory, pages]


def _show(world: World, run: Run, kept: list[Promise]) -> None:
    def mega(values: list[int]) -> str:
        return ", ".join(f"{values[min(n * 30, len(values) - 1)] / 1e6:.1f}" for n in range(1, len(values) // 30 + 1))

    print(f"\n{world.count} sources, {world.days} days, seed {world.seed}: {run.seconds / 60:.1f} minutes")
    print(f"{run.ticks} ticks, {run.polls} polls, {sum(run.checks.values())} checks; {run.kills} kills that hit")
    print("checks:", ", ".join(f"{count} {name}" for name, count in run.checks.most_common()))
    print("tries to deliver:", ", ".join(f"{count} {name}" for name, count in run.sent.most_common()))
    print(f"troubles of sites: {sum(len(s.troubles) for s in world.sites)};", end=" ")
    print(f"new looks: {sum(len(s.looks) - 1 for s in world.sites)}")
    print(f"memory, MB, month by month: {mega(run.memory)}")
    print(f"database, MB: {mega(run.sizes)}; of that pages: {mega(run.pages)}")
    print("told to the operator:", *(f"{count} x {words}" for words, count in run.said.items()), sep="\n  ")
    print(f"\n{'promise':66} tested broken")
    for promise in kept:
        print(f"{promise.name:66} {promise.held:6} {len(promise.broken):6}")
    for promise in kept:
        if promise.broken:
            print(f"\n{promise.name}:", *promise.broken[:40], sep="\n  ")


if __name__ == "__main__":
    main()
