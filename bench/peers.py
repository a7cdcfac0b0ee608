"""This program, its peers and a bare loop of requests, side by side on one load in one run.

    python bench/peers.py --sources 200 [--repeat 3] [--only NAME ...] [--install]

Starts the server of `load_server` and lets every program look at all sources: the first time (cold), when nothing has
changed, and when 1 % of the sources have changed by one position each. The programs take turns within each round, so
that a machine that slows down slows them all; medians are told. --install puts the peers into environments of their
own below the user's cache folder, from the package index that pip is configured for; what is not installed is left
out, and named. Costs are those of whole processes, from start to end, with their children. Needs Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import World
from bench.load_server import PORT, address
from bench.peers_measure import Cost, measure
from bench.peers_setup import PEERS, BareHttpx, Monitor, Peer, Watched

ROUNDS = ("cold", "unchanged", "changed")
_BENCH = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Result:
    """One program in one round. served: MB that the server sent. right, missed, false: changes against the truth."""

    peer: str
    round: str
    cost: Cost
    served: float
    requests: int
    not_modified: int
    right: int
    missed: int
    false: int


class Server:
    """The load's server in its own process."""

    def __init__(self, world: World, port: int) -> None:
        self._url = f"http://{address(0)}:{port}/-/"
        command = [sys.executable, str(_BENCH / "load_server.py"), "--sources", str(world.count)]
        command += ["--today", world.today.isoformat(), "--restless", str(world.restless), "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("The server of the load did not start; what it said stands above.")

    def control(self, words: str) -> dict[str, int]:
        """`generation/N` or `counts`; what was served since the last call."""
        with urllib.request.urlopen(self._url + words, timeout=60) as response:
            counts: dict[str, int] = json.load(response)
            return counts


@contextmanager
def serving(world: World, port: int) -> Iterator[Server]:
    server = Server(world, port)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def run_round(peer: Peer, name: str, generation: int, world: World, server: Server) -> Result:
    server.control("counts")
    cost = measure(peer.command(), cwd=peer.folder, env=peer.env, server=server.process.pid)
    counts = server.control("counts")
    if cost.code:
        raise SystemExit(f"{peer.name} ended with code {cost.code}:\n{cost.output[-2000:]}")
    told = peer.told(cost.output)
    truth = Counter((world.sources[c.source].name, c.kind) for c in world.truth(generation) if name == "changed")
    if any(kind == "" for _, kind in told):
        truth = Counter((source, "") for source, _ in truth)
    if name == "cold":
        told = Counter()  # what is new to the program at first sight is no change
    return Result(
        peer=peer.name,
        round=name,
        cost=cost,
        served=counts["sent"] / 1e6,
        requests=counts["requests"],
        not_modified=counts["not_modified"],
        right=(told & truth).total(),
        missed=(truth - told).total(),
        false=(told - truth).total(),
    )


def progress(result: Result) -> None:
    cost = result.cost
    print(
        f"{result.peer:20} {result.round:9} wall {cost.wall:7.2f} s  cpu {cost.cpu:7.2f} s"
        f"  memory {cost.memory:5.0f} MB  requests {result.requests}  304 {result.not_modified}"
        f"  right {result.right}  missed {result.missed}  false {result.false}  foreign {cost.foreign:.2f}",
        file=sys.stderr,
    )


def table(results: Sequence[Result], peers: Sequence[Peer]) -> Iterator[str]:
    """Markdown: what each program needed, in medians."""
    yield "| program | cold: wall / CPU s | unchanged: wall / CPU s | changed: wall / CPU s | memory MB |" + (
        " served MB | right | missed | false |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for peer in peers:
        costs = [
            f"{_median(results, peer.name, r, lambda x: x.cost.wall):.2f} /"
            f" {_median(results, peer.name, r, lambda x: x.cost.cpu):.2f}"
            for r in ROUNDS
        ]
        own = [r for r in results if r.peer == peer.name]
        memory = max(r.cost.memory for r in own)
        served = " / ".join(f"{_median(results, peer.name, r, lambda x: x.served):.1f}" for r in ROUNDS)
        marks = [str(sum(getattr(r, field) for r in own)) for field in ("right", "missed", "false")]
        if not peer.reports:
            marks = ["–"] * 3
        yield f"| {peer.name} {peer.version()} | {' | '.join(costs)} | {memory:.0f} | {served} | {' | '.join(marks)} |"


def ratios(results: Sequence[Result], peers: Sequence[Peer]) -> Iterator[str]:
    """Markdown: how many times this program's wall clock and processor time the others need."""
    yield "| program | cold: wall / CPU | unchanged: wall / CPU | changed: wall / CPU |"
    yield "| --- | --- | --- | --- |"
    for peer in peers:
        cells = []
        for name in ROUNDS:
            parts = []
            for value in (lambda x: x.cost.wall, lambda x: x.cost.cpu):
                parts.append(_median(results, peer.name, name, value) / _median(results, Monitor.name, name, value))
            cells.append(" / ".join(f"{part:.2f}" for part in parts))
        yield f"| {peer.name} | {' | '.join(cells)} |"


def goals(results: Sequence[Result]) -> Iterator[str]:
    """The goals of the project, each with what was measured."""

    def cpu(peer: str, name: str) -> float:
        return _median(results, peer, name, lambda x: x.cost.cpu)

    names = {r.peer for r in results}
    if BareHttpx.name in names:
        ratio = cpu(Monitor.name, "unchanged") / cpu(BareHttpx.name, "unchanged")
        yield f"unchanged round: {ratio:.2f} times the CPU of bare httpx (goal: at most 1.5)"
    if others := names - {Monitor.name, BareHttpx.name}:
        fastest = min(others, key=lambda name: cpu(name, "changed"))
        ratio = cpu(fastest, "changed") / cpu(Monitor.name, "changed")
        yield f"1 %-changed round: {fastest}, the fastest peer, needs {ratio:.1f} times the CPU (goal: at least 5)"
    own = [r for r in results if r.peer == Monitor.name]
    right, missed, false = (sum(getattr(r, field) for r in own) for field in ("right", "missed", "false"))
    yield f"changes: {right} right, {missed} missed, {false} false (goal: all right, none false)"
    yield f"peak memory: {max(r.cost.memory for r in own):.0f} MB (goal: under 200)"


def _median(results: Sequence[Result], peer: str, name: str, value: Callable[[Result], float]) -> float:
    return statistics.median(value(r) for r in results if r.peer == peer and r.round == name)


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    name = model[1] if model else platform.machine()
    return f"{os.cpu_count()} cores ({name}), Linux {platform.release()}, Python {platform.python_version()}"


def chosen(options: argparse.Namespace) -> list[type[Peer]]:
    """The programs to run; says which are left out."""
    peers = [p for p in PEERS if not options.only or p is Monitor or p.name in options.only]
    for peer in peers:
        if options.install:
            peer.install()
        if not peer.is_installed():
            print(f"{peer.name} is left out: it is not installed (--install does that)")
    return [p for p in peers if p.is_installed()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=200, help="a multiple of 200")
    parser.add_argument("--repeat", type=int, default=1, help="unchanged and changed rounds, of each so many")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these peers, beside this program")
    parser.add_argument("--install", action="store_true")
    parser.add_argument(
        "--restless", type=int, default=0, metavar="PERCENT", help="listings that say something else each time"
    )
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    world = World(options.sources, datetime.now(UTC).date(), options.restless)
    sources = [Watched.of(source, options.port) for source in world.sources]
    results: list[Result] = []
    classes = chosen(options)
    with tempfile.TemporaryDirectory() as folder, serving(world, options.port) as server:
        peers = []
        for peer_class in classes:
            own = Path(folder) / peer_class.name
            own.mkdir()
            peers.append(peer_class(own, sources))
            peers[-1].prepare()
        rounds = [("cold", 0)]
        for generation in range(options.repeat):
            rounds += [("unchanged", generation), ("changed", generation + 1)]
        for name, generation in rounds:
            server.control(f"generation/{generation}")
            time.sleep(2)  # urlwatch tells its snapshots apart by whole seconds
            for peer in peers:
                results.append(run_round(peer, name, generation, world, server))
                progress(results[-1])
    today = datetime.now(UTC).date()
    print(f"\n{options.sources} sources, {options.restless} % of listings restless, {machine()}; {today}")
    print(f"Other work took {statistics.median(r.cost.foreign for r in results):.2f} cores in the median.\n")
    print("\n".join((*table(results, peers), "", *ratios(results, peers), "", *goals(results))))


if __name__ == "__main__":
    main()
