"""Kills the program at random moments of poll, digest and delivery, and counts what was told.

python bench/crash.py [--kills 300] [--seed 1]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.crash import crash


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = crash(Path(folder), options.kills, options.seed)
    print(f"{outcome.kills} of {options.kills} kills hit; database: {outcome.integrity}")
    for recipient, told in sorted(outcome.told.items()):
        doubled = sum(len(ids) > 1 for ids in told.values())
        lost = outcome.positions - len(told)
        print(f"{recipient}: {outcome.positions} positions, {lost} not told, {doubled} told in two digests")


if __name__ == "__main__":
    main()
