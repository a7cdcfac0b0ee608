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
    print(f"{outcome.kills} of {options.kills} kills hit the running program")
    for recipient, told in sorted(outcome.told.items()):
        repeats = outcome.repeats[recipient]
        print(
            f"{recipient}: {len(told)} of {outcome.positions} positions told, {len(outcome.moved[recipient])} of"
            f" {len(outcome.changed)} moves; {repeats} mails came twice, with the same Message-ID"
        )
    broken = broken_promises(outcome)
    print(f"broken promises: {len(broken)}", *broken, sep="\n  ")


if __name__ == "__main__":
    main()
