"""The `monitor` command, called as its script calls it, but within this process."""

from __future__ import annotations

import io
import json
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from monitor.cli import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def monitor(*args: str, cwd: Path) -> Result:
    """The command, called as its script calls it."""
    out, err = io.StringIO(), io.StringIO()
    with (
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", ["monitor", *args]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Result(int(ended.value.code or 0), out.getvalue(), err.getvalue())
