"""What a command costs: wall clock, processor time and memory of its whole process tree (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2  # seconds between two looks at the memory
_PATIENCE = 30.0  # seconds for processes that outlive the first
_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """wall and cpu (user and system, of all its processes) in seconds; memory: the peak in MB; code: the exit code.

    foreign: cores that everything else on the machine but the load's server used meanwhile.
    """

    wall: float
    cpu: float
    memory: float
    foreign: float
    code: int
    output: str


def measure(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], server: int) -> Cost:
    """Run a command to its end. server: the process id of the load's server, whose work is not foreign."""
    _adopt_orphans()
    users = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # few have it set
    log = cwd / "output.txt"
    with log.open("wb") as output:
        busy, served, start = _machine_seconds(), _process_seconds(server), time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env={**users, **env}, stdout=output, stderr=output, start_new_session=True
        )
        peaks: list[float] = [0.0]
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # it is waited for: nothing is left to ask
        ended.set()
        watch.join()
    cpu = usage.ru_utime + usage.ru_stime + _left_behind(process.pid)
    others = _machine_seconds() - busy - cpu - (_process_seconds(server) - served)
    return Cost(
        wall=wall,
        cpu=cpu,
        memory=max(max(peaks), usage.ru_maxrss / 1000),
        foreign=max(0.0, others / wall),
        code=process.returncode,
        output=log.read_text(encoding="utf-8", errors="replace"),
    )


def _adopt_orphans() -> None:
    """Processes whose parent ends without waiting for them become children of this one (prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _left_behind(group: int) -> float:
    """The processor time of what was started and not waited for, as worker processes are; waits until they end."""
    seconds, deadline = 0.0, time.monotonic() + _PATIENCE
    with contextlib.suppress(ChildProcessError):  # there are no more
        while True:
            process, _, usage = os.wait4(-group, os.WNOHANG)
            seconds += usage.ru_utime + usage.ru_stime if process else 0.0
            if not process and time.monotonic() > deadline:
                raise SystemExit(f"processes of group {group} go on after the one that started them")
            time.sleep(0 if process else 0.02)
    return seconds


def _watch(leader: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(_EVERY):
        peaks.append(sum(map(_proportional_megabytes, _session(leader))))


def _session(leader: int) -> list[int]:
    """The processes that were started from `leader`, which is the first of a session of its own."""
    found = []
    with os.scandir("/proc") as entries:
        for process in (int(entry.name) for entry in entries if entry.name.isdigit()):
            fields = _read(f"/proc/{process}/stat").rpartition(")")[2].split()
            if len(fields) > 3 and fields[3] == str(leader):
                found.append(process)
    return found


def _proportional_megabytes(process: int) -> float:
    """Resident memory, with pages that several processes share counted once among them."""
    for line in _read(f"/proc/{process}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _process_seconds(process: int) -> float:
    fields = _read(f"/proc/{process}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK if fields else 0.0


def _machine_seconds() -> float:
    """user, nice, system, irq and softirq of all cores."""
    fields = [int(field) for field in _read("/proc/stat").splitlines()[0].split()[1:]]
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / _TICK


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - it is read very often
            return file.read()
    except OSError:  # the process has ended
        return ""
