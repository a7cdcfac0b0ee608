"""Kills the program at random moments of poll, digest and delivery, and counts what was told.

python -m bench.crash [--kills 300] [--seed 1]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.crash import broken_promises, crash


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = crash(Path(folder), options.kills, options.seed)
    parts = ", ".join(f"{count} during {part}" for part, count in outcome.kills.most_common())
    print(f"{sum(outcome.kills.values())} kills hit the running program: {parts}")
    for recipient, told in sorted(outcome.told.items()):
        moved, closed = outcome.moved[recipient], outcome.closed[recipient]
        print(
            f"{recipient}: {len(told)} of {outcome.positions} positions told, {len(moved)} moves, {len(closed)} of"
            f" {outcome.gone} closings; {outcome.repeats[recipient]} mails came twice, with the same Message-ID"
        )
    broken = broken_promises(outcome)
    print(f"broken promises: {len(broken)}", *broken, sep="\n  ")


if __name__ == "__main__":
    main()
