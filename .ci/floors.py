"""Runs the scorers on the labelled corpus beside the project, and fails when a figure has fallen under its floor.

usage: floors.py SHARED [SCORER ...]

SHARED: the folder that holds corpus/ and score/. All scorers of floors.toml run unless some are named.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text(encoding="utf-8"))


def figures(scorer: str, line: str) -> dict[str, float]:
    """The figures of a scorer's last line, by name."""
    if scorer == "listings":
        found = re.search(r"F1 by site ([\d.]+), perfect (\d+) of \d+, deadlines (\d+)/(\d+), invented (\d+)", line)
        assert found, line
        f1, perfect, right, labelled, invented = map(float, found.groups())
        return {"macro F1": f1, "perfect": perfect, "deadlines": right / labelled, "not invented": -invented}
    if scorer == "texts":
        return {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)(?:,|$)", line)}
    if scorer == "adpages":
        found_all = re.findall(r"([\w ]+) (\d+)/(\d+) \(of", line)
        return {name.strip(): int(right) / int(labelled) for name, right, labelled in found_all}
    made = {}
    for name, precision, recall in re.findall(r"(\w+) P ([\d.]+) R ([\d.]+)", line):
        made |= {f"{name} precision": float(precision), f"{name} recall": float(recall)}
    alarms = re.search(r"false alarms in (\d+)", line)
    assert alarms, line
    return made | {"no false alarms": -float(alarms[1])}


def main() -> int:
    shared, *wanted = sys.argv[1:]
    fallen = []
    for scorer, table in FLOORS.items():
        if wanted and scorer not in wanted:
            continue
        command = [sys.executable, f"{shared}/score/score.py", scorer, *table.get("options", [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines()
        print(lines[-1] if lines else done.stderr[-2000:], flush=True)
        if done.returncode or not lines:
            fallen.append(f"{scorer} did not run to its end")
            continue
        reached = figures(scorer, lines[-1])
        for name, floor in table["floors"].items():
            if reached.get(name, float("-inf")) < floor:
                fallen.append(f"{scorer}: {name} is {reached.get(name)}, its floor {floor}")
    print("\n".join(fallen) or "no figure has fallen")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
