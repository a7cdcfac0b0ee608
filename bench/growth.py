"""What a poll in which nothing has changed, and a digest, cost as the database grows.

    python bench/growth.py [--sources 200] [--sizes 10000 100000 1000000] [--repeat 3]

One cold poll of the load of `load` fills the database and a first digest is sent. Then history is added, position by
position as the store writes it: closed ones of the same sources, with the sightings, keys, events and search index that
their life would have left. What is open stays the same, so that only history grows. Costs are those of whole processes.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import World
from bench.load_server import PORT
from bench.peers import Server, machine, serving
from bench.peers_measure import Cost, measure
from bench.peers_setup import Monitor, Watched

ONE_LIFE = timedelta(days=40)  # from one generation of history to the one before
_DIGEST = """

[[digest]]
to = ["reader@example.org"]
interests = ["machine learning for climate and oceans", "protein folding, enzyme evolution"]
"""
_HISTORY = (
    """INSERT INTO positions (id, status, posting, first_seen, last_seen, closed_at)
    SELECT id + :offset, 'closed', json_set(posting,
        '$.title', json_extract(posting, '$.title') || ', call ' || :call,
        '$.url', json_extract(posting, '$.url') || '-' || :call,
        '$.deadline', :deadline), :opened, :closed, :closed
    FROM positions WHERE id <= :limit""",
    """INSERT INTO sightings (source, position, keys, listed, first_seen, last_seen, misses)
    SELECT s.source, s.position + :offset,
        (SELECT json_group_array(value || '-' || :call) FROM json_each(s.keys)), p.posting, :opened, :closed, 1
    FROM sightings s JOIN positions p ON p.id = s.position + :offset WHERE s.position <= :limit""",
    """INSERT INTO keys (key, position)
    SELECT key || '-' || :call, position + :offset FROM keys WHERE position <= :limit""",
    """INSERT INTO events (at, kind, source, position, title, url)
    SELECT :opened, 'new', source, position, json_extract(listed, '$.title'), json_extract(listed, '$.url')
    FROM sightings WHERE position > :offset AND position <= :offset + :limit""",
    """INSERT INTO events (at, kind, source, position, title, url)
    SELECT :closed, 'closed', source, position, json_extract(listed, '$.title'), json_extract(listed, '$.url')
    FROM sightings WHERE position > :offset AND position <= :offset + :limit""",
)


@dataclass(frozen=True, slots=True)
class Grown:
    """One database. positions: how many it holds; megabytes: its file; polls and digests: what each run cost."""

    monitor: Monitor
    positions: int
    megabytes: float
    polls: list[Cost]
    digests: list[Cost]


def grow(database: Path, size: int, now: datetime) -> int:
    """Adds closed positions until there are `size`, each generation a copy of the first cold poll; how many there are.

    The last digest counts as sent after all of it.
    """
    with closing(sqlite3.connect(database)) as db, db:
        (base,) = db.execute("SELECT max(id) FROM positions").fetchone()
        (count,) = db.execute("SELECT count(*) FROM positions").fetchone()
        call = 0
        while count < size:
            call += 1
            closed = now - call * ONE_LIFE
            values = {
                "call": call,
                "offset": call * 1_000_000,
                "limit": min(base, size - count),
                "opened": (closed - ONE_LIFE).isoformat(timespec="microseconds"),
                "closed": closed.isoformat(timespec="microseconds"),
                "deadline": closed.date().isoformat(),
            }
            for statement in _HISTORY:
                db.execute(statement, values)
            (count,) = db.execute("SELECT count(*) FROM positions").fetchone()
        db.execute("UPDATE digests SET through_event = (SELECT max(id) FROM events)")
    return int(count)


def run(monitor: Monitor, server: Server, *words: str) -> Cost:
    command = [str(monitor.bin() / "monitor"), *words]
    cost = measure(command, cwd=monitor.folder, env={}, server=server.process.pid)
    if cost.code:
        raise SystemExit(f"{' '.join(command)} ended with code {cost.code}:\n{cost.output[-2000:]}")
    return cost


def filled(seed: Monitor, size: int, now: datetime) -> Grown:
    """A copy of the first database, grown."""
    folder = seed.folder.parent / str(size)
    shutil.copytree(seed.folder, folder)
    database = folder / "monitor.db"
    count = grow(database, size, now)
    print(f"{count:,} positions are stored", file=sys.stderr)
    return Grown(Monitor(folder, ()), count, database.stat().st_size / 1e6, [], [])


def rows(grown: list[Grown]) -> list[str]:
    """Markdown; growth is CPU against the smallest database."""
    lines = [
        "| stored positions | database MB | unchanged poll: wall / CPU s | growth | memory MB"
        " | digest: wall / CPU s | growth | memory MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in grown:
        cells = [f"{one.positions:,}", f"{one.megabytes:,.0f}"]
        for costs, first in ((one.polls, grown[0].polls), (one.digests, grown[0].digests)):
            wall, cpu = (statistics.median(getattr(c, field) for c in costs) for field in ("wall", "cpu"))
            growth = cpu / statistics.median(c.cpu for c in first) - 1
            cells += [f"{wall:.2f} / {cpu:.2f}", f"{growth:+.0%}", f"{max(c.memory for c in costs):.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    now = datetime.now(UTC)
    world = World(options.sources, now.date())
    with tempfile.TemporaryDirectory() as folder, serving(world, options.port) as server:
        seed = Monitor(Path(folder) / "seed", [Watched.of(source, options.port) for source in world.sources])
        seed.folder.mkdir()
        seed.prepare()
        with (seed.folder / "sources.toml").open("a", encoding="utf-8") as file:
            file.write(_DIGEST)
        run(seed, server, "poll", "--json", "--force")
        run(seed, server, "digest", "--send", "--force")
        grown = [filled(seed, size, now) for size in options.sizes]
        for _ in range(options.repeat):  # in turns, so that a machine that slows down slows them all
            for one in grown:
                one.polls.append(run(one.monitor, server, "poll", "--json", "--force"))
        server.control("generation/1")
        for one in grown:
            run(one.monitor, server, "poll", "--json", "--force")
        for _ in range(options.repeat):
            for one in grown:
                one.digests.append(run(one.monitor, server, "digest", "--json"))
    foreign = statistics.median(cost.foreign for one in grown for cost in (*one.polls, *one.digests))
    print(f"\n{options.sources} sources, {machine()}; {now:%Y-%m-%d}")
    print(f"Other work took {foreign:.2f} cores in the median.\n")
    print("\n".join(rows(grown)))


if __name__ == "__main__":
    main()
