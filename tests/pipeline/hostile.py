"""What a page may do to its reader; by name, so that another process finds it."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.models import Hints, Kind, Page, Reading


def hang(page: Page, hints: Hints) -> Reading:
    while True:
        pass


def die(page: Page, hints: Hints) -> Reading:
    os._exit(7)


def grow(page: Page, hints: Hints) -> Reading:
    kept = []
    while True:
        kept.append(bytes(200_000_000))


def fail(page: Page, hints: Hints) -> Reading:
    raise ZeroDivisionError("unexpected")


def well(page: Page, hints: Hints) -> Reading:
    return Reading(kind=Kind.PAGE, text=str(os.getpid()))


def parent(page: Page, hints: Hints) -> Reading:
    return Reading(kind=Kind.PAGE, text=str(os.getppid()))


def open_files(page: Page, hints: Hints) -> Reading:
    links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return Reading(kind=Kind.PAGE, text="\n".join(str(link.readlink()) for link in links))
