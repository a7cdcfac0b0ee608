"""The wheel holds all that the program needs: it works from another folder, without the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from monitor import __version__
from monitor.store import Store

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the wheel alone; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    assert f"-{__version__}-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


def run(installed: Path, home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "monitor", *args]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import monitor; print(monitor.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)
    result = run(installed, tmp_path, "demo")
    assert result.returncode == 0, result.stderr
    assert list((tmp_path / "demo" / "outbox").glob("*.eml"))


def test_init_check_and_doctor_work_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "init").returncode == 0
    assert run(installed, tmp_path, "check").returncode == 0
    file = tmp_path / "sources.toml"
    file.write_text(
        re.sub(r'(?m)^url = ".*"', 'url = "http://127.0.0.1:9/"', file.read_text("utf-8"), count=1), "utf-8"
    )
    text = file.read_text("utf-8")
    head, _, sources = text.partition("[[source]]")
    only = sources.partition("[[source]]")[0]
    file.write_text(
        head.replace("[fetch]\n", "[fetch]\nallow_private_addresses = true\n") + "[[source]]" + only, "utf-8"
    )
    result = run(installed, tmp_path, "doctor")
    assert "templates: the program's own can be filled" in result.stdout
    assert run(installed, tmp_path, "poll").returncode == 1, "the source is down, and that is all"


def test_what_is_deployed_names_commands_that_exist() -> None:
    from monitor.cli import COMMANDS

    text = "\n".join(file.read_text("utf-8") for file in sorted(DEPLOY.rglob("*")) if file.is_file())
    named = set(re.findall(r"monitor --config \S+ (\w+)", text)) | set(re.findall(r"^ +monitor (\w+)", text, re.M))
    assert {"poll", "digest", "run", "backup"} <= named <= set(COMMANDS)


@pytest.mark.skipif(not Path("/usr/bin/systemd-analyze").exists(), reason="no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        there = unit.read_text("utf-8").replace("/usr/local/bin/monitor", sys.executable)
        (tmp_path / unit.name).write_text(there, "utf-8")
    verify = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in (DEPLOY / "systemd").iterdir())]
    result = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (result.returncode, [line for line in result.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout as the workflow has it, with a remote beside it."""
    if not (shutil.which("git") and shutil.which("bash")):
        pytest.skip("no git here")
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q", "--bare", str(tmp_path / "remote")], check=True)
    subprocess.run([*git, "clone", "-q", str(tmp_path / "remote"), str(tmp_path / "home")], check=True)
    tool = tmp_path / "bin" / "monitor"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m monitor "$@"\n', "utf-8")
    tool.chmod(0o755)
    (tmp_path / "home" / "sources.toml").write_text("", "utf-8")
    return tmp_path / "home"


def step(name: str, repository: Path) -> int:
    """The exit code of a step of the workflow, run as GitHub runs it."""
    import yaml

    workflow = yaml.safe_load((DEPLOY / "github-actions.yml").read_text("utf-8"))
    (script,) = (one["run"] for one in workflow["jobs"]["poll"]["steps"] if one.get("name") == name)
    folders = f"{repository.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": folders, "PYTHONPATH": str(ROOT), "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(["bash", "-e", "-c", script], cwd=repository, env=environment, check=False).returncode


def test_the_workflow_keeps_the_database_and_never_begins_it_anew_over_a_kept_one(repository: Path) -> None:
    database = repository / "monitor.db"
    assert step("Fetch the database", repository) == 0
    assert not database.exists(), "the first run has none"
    with Store.open(database) as store:
        first = store.schema_version()
    assert step("Keep the database", repository) == 0
    for file in repository.glob("*.db*"):
        file.unlink()
    assert step("Fetch the database", repository) == 0
    with Store.open(database, read_only=True) as store:
        assert store.schema_version() == first
    database.unlink()
    (repository.parent / "remote").rename(repository.parent / "away")
    assert step("Fetch the database", repository) != 0
    assert not list(repository.glob("monitor.db*")), "so nothing is kept in the place of what is there"


def test_the_container_gets_every_file_that_the_wheel_needs() -> None:
    import tomllib

    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = " ".join(re.findall(r"^COPY (?!--from)(.*)$", (DEPLOY / "Containerfile").read_text("utf-8"), re.M))
    assert [path for path in (*wheel["packages"], *wheel["force-include"]) if path not in copied.split()] == []
