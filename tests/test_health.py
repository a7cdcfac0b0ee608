"""`monitor status` and `monitor doctor`: what is wrong is said, with what to do, and by the exit code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from monitor.store import Store
from tests.command import monitor
from tests.delivery.smtp_server import PASSWORD, USER, Server
from tests.fetch.faults import KEEP, Script, response
from tests.servers import FETCH, serving
from tests.test_look_back import LAW, OPTICS, listing

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIG = (
    FETCH
    + """[[digest]]
name = "Positions"
to = ["me@example.org"]
[[source]]
name = "Lindholm"
url = "{url}/jobs"
follow = false
[[source]]
name = "Sörsjön"
url = "{url}/plain"
follow = false
[[source]]
name = "Switched off"
url = "{url}/nowhere"
enabled = false
"""
)
DOWN: Script = (response(b"busy", "503 Service Unavailable"), KEEP)


def watched(folder: Path, *plain: Script) -> None:
    """A folder in which two sources were polled once a day, for as many days as `plain` has scripts."""
    with serving({"/jobs": (listing(OPTICS), listing(OPTICS, LAW)), "/plain": plain}) as server:
        (folder / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        for day in range(len(plain)):
            monitor("poll", "--force", "--as-of", (START + timedelta(days=day)).isoformat(), cwd=folder)


def _message(digest: int) -> list[tuple[str, str, bytes]]:
    return [("me@example.org", f"<{digest}@example.org>", b"mail")]


def bind(folder: Path, *states: str) -> None:
    """Deliveries to one recipient, oldest first: pending, sent or failed."""
    with Store.open(folder / "monitor.db") as store:
        for state in states:
            store.outbox.bind("Positions", at=START, through_event=0, subject="x", messages=_message)
            delivery = store.outbox.pending()[-1]
            if state != "pending":
                error = "mail.example.org refused the recipient" if state == "failed" else None
                store.outbox.settle(delivery.id, at=START, error=error)


def test_status_of_good_sources(tmp_path: Path) -> None:
    watched(tmp_path, listing(LAW), listing(LAW))
    result = monitor("status", "--json", "--as-of", (START + timedelta(days=1)).isoformat(), cwd=tmp_path)
    (line,) = result.lines
    assert (result.code, line["good"]) == (0, True)
    assert [source["source"] for source in line["sources"]] == ["Lindholm", "Sörsjön"], (
        "what is switched off is left out"
    )
    lindholm = line["sources"][0]
    assert lindholm["last_good"] == (START + timedelta(days=1)).isoformat()
    assert datetime.fromisoformat(lindholm["due"]) > START + timedelta(days=1)
    assert (lindholm["yields"], lindholm["failures"], lindholm["trouble"]) == (1.5, 0, None)
    assert line["digests"] == [
        {"subscriber": "Positions", "last": None, "nothing_to_tell": None, "next": "2026-03-09T07:00:00+00:00"}
    ]
    assert line["database"]["bytes"] > 0
    assert (line["pending"], line["failed"]) == ([], [])


def test_status_of_a_source_in_trouble(tmp_path: Path) -> None:
    watched(tmp_path, listing(LAW), DOWN, DOWN)
    result = monitor("status", "--json", cwd=tmp_path)
    (line,) = result.lines
    assert (result.code, line["good"]) == (1, False)
    source = line["sources"][1]
    assert (source["failures"], source["trouble_since"]) == (2, (START + timedelta(days=1)).isoformat())
    assert source["last_good"] == START.isoformat()
    assert "503" in source["trouble"]
    shown = monitor("status", cwd=tmp_path)
    assert shown.code == 1
    assert "Sörsjön: in trouble since 2026-03-03 06:00, 2 checks" in shown.out
    assert "503" in shown.out


@pytest.mark.parametrize(
    ("states", "pending", "failed", "code"),
    [
        ((), 0, 0, 0),
        (("sent",), 0, 0, 0),
        (("pending",), 1, 0, 0),
        (("failed",), 0, 1, 1),
        (("sent", "failed"), 0, 1, 1),
        (("failed", "sent"), 0, 0, 0),
        (("failed", "sent", "failed", "pending"), 1, 1, 1),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_status_of_deliveries(states: tuple[str, ...], pending: int, failed: int, code: int, tmp_path: Path) -> None:
    watched(tmp_path, listing(LAW))
    bind(tmp_path, *states)
    result = monitor("status", "--json", cwd=tmp_path)
    (line,) = result.lines
    assert (len(line["pending"]), len(line["failed"]), result.code) == (pending, failed, code)
    for delivery in line["failed"]:
        assert (delivery["recipient"], delivery["given_up"], delivery["next_try"]) == (
            "me@example.org",
            START.isoformat(),
            None,
        )
    shown = monitor("status", cwd=tmp_path).out
    assert ("given up for me@example.org" in shown) == bool(failed)
    assert ("to be sent to me@example.org" in shown) == bool(pending)


def test_the_figures_for_prometheus(tmp_path: Path) -> None:
    watched(tmp_path, listing(LAW), DOWN)
    bind(tmp_path, "pending")
    config = tmp_path / "sources.toml"
    config.write_text(config.read_text("utf-8").replace('name = "Lindholm"', r'name = "Lind\\ \"holm"'), "utf-8")
    file = tmp_path / "monitor.prom"
    file.write_text("of before", "utf-8")
    assert monitor("status", "--prometheus", "monitor.prom", "--as-of", START.isoformat(), cwd=tmp_path).code == 1
    text = file.read_text("utf-8")
    lines = text.splitlines()
    sample = re.compile(r'position_monitor_[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? -?[0-9.e+]+')
    assert [line for line in lines if not line.startswith("# ") and not sample.fullmatch(line)] == []
    assert f"position_monitor_status_timestamp_seconds {START.timestamp():.15g}" in lines
    assert 'position_monitor_source_failures{source="Sörsjön"} 1' in lines
    assert r'position_monitor_source_failures{source="Lind\\ \"holm"} 0' in lines
    assert {"position_monitor_good 0", "position_monitor_deliveries_pending 1"} <= set(lines)
    assert text.endswith("\n")


def test_status_before_the_first_poll(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("", encoding="utf-8")
    result = monitor("status", cwd=tmp_path)
    assert (result.code, "is not there yet" in result.err) == (2, True)


def test_status_of_a_source_that_was_never_checked(tmp_path: Path) -> None:
    watched(tmp_path, listing(LAW))
    file = tmp_path / "sources.toml"
    file.write_text(file.read_text() + '[[source]]\nname = "New"\nurl = "https://example.org/new"\n', encoding="utf-8")
    result = monitor("status", "--json", cwd=tmp_path)
    new = result.lines[0]["sources"][-1]
    assert (result.code, new["source"], new["last_good"], new["yields"], new["due"]) == (0, "New", None, None, None)
    assert "never" in monitor("status", cwd=tmp_path).out


# doctor


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder whose sources were polled, and can be reached still."""
    with serving({"/jobs": (listing(OPTICS),), "/plain": (DOWN,)}) as server:
        (tmp_path / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        monitor("poll", "--source", "Lindholm", "--as-of", START.isoformat(), cwd=tmp_path)
        yield tmp_path


def test_a_healthy_home_needs_nothing(home: Path) -> None:
    result = monitor("doctor", "--json", cwd=home)
    assert result.code == 0, result.out
    assert [line["what"] for line in result.lines] == [
        "configuration",
        "time zones",
        "database",
        "disk",
        "templates",
        "mail",
        "network",
    ]
    assert all(line["good"] and line["do"] is None for line in result.lines)
    assert "is sound, schema m" in monitor("doctor", cwd=home).out
    assert not (home / "outbox").exists(), "nothing is written"


def test_a_home_before_its_first_poll_needs_nothing(home: Path) -> None:
    for file in home.glob("monitor.db*"):
        file.unlink()
    result = monitor("doctor", cwd=home)
    assert (result.code, "the first poll makes it" in result.out) == (0, True)
    assert not (home / "monitor.db").exists()


def _no_configuration(home: Path) -> None:
    (home / "sources.toml").unlink()


def _broken_configuration(home: Path) -> None:
    (home / "sources.toml").write_text("[[sourc]]\n", encoding="utf-8")


def _no_source(home: Path) -> None:
    (home / "sources.toml").write_text('[[digest]]\nto = ["me@example.org"]\n', encoding="utf-8")


def _no_database(home: Path) -> None:
    (home / "monitor.db").write_bytes(b"my thesis, the only copy" * 100)


def _lost_rows(home: Path) -> None:
    connection = sqlite3.connect(home / "monitor.db")
    connection.execute("DELETE FROM sources")
    connection.commit()
    connection.close()


def _damaged_pages(home: Path) -> None:
    """The pages of one index overwritten, as by a disk that fails."""
    connection = sqlite3.connect(home / "monitor.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_position'").fetchone()
    connection.close()
    with (home / "monitor.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\x0a" + b"\x00" * (size - 1))


def _broken_template(home: Path) -> None:
    (home / "templates").mkdir()
    (home / "templates" / "digest.html").write_text("{{ nothing.of.this }}", encoding="utf-8")


def _no_mail_server(home: Path) -> None:
    text = (home / "sources.toml").read_text(encoding="utf-8")
    mail = '[mail]\nhost = "localhost"\nport = 9\nsecurity = "none"\nfrom = "monitor@example.org"\n'
    (home / "sources.toml").write_text(mail + text, encoding="utf-8")


def _no_password(home: Path) -> None:
    text = (home / "sources.toml").read_text(encoding="utf-8")
    mail = '[mail]\nhost = "localhost"\nuser = "me"\npassword_file = "secret"\nfrom = "monitor@example.org"\n'
    (home / "sources.toml").write_text(mail + text, encoding="utf-8")


def _unreachable(home: Path) -> None:
    file = home / "sources.toml"
    file.write_text(re.sub(r"http://127.0.0.1:\d+", "http://127.0.0.1:9", file.read_text()), encoding="utf-8")


def _refusing(home: Path) -> None:
    file = home / "sources.toml"
    file.write_text(file.read_text().replace("/jobs", "/forbidden"), encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "what", "words", "do"),
    [
        (_no_configuration, "configuration", "there is no such file", "monitor init"),
        (_broken_configuration, "configuration", "unknown table [sourc]", ""),
        (_no_source, "configuration", "no source is named yet", "Change"),
        (_no_database, "database", "damaged or no database", "backup"),
        (_lost_rows, "database", "belongs to nothing", "backup"),
        (_damaged_pages, "database", "damaged", "ackup"),
        (_broken_template, "templates", "digest.html", ""),
        (_no_mail_server, "mail", "localhost:9 refused the connection", "port"),
        (_no_password, "mail", "password file", ""),
        (_unreachable, "network", "none of 2 sources answers; http://127.0.0.1:9/jobs", "firewall"),
    ],
    ids=lambda value: value.__name__.strip("_").replace("_", " ") if callable(value) else "",
)
def test_what_is_wrong_is_said_with_what_to_do(
    harm: Callable[[Path], None], what: str, words: str, do: str, home: Path
) -> None:
    harm(home)
    config = str(home / "sources.toml")  # in full: templates that were read are kept by the path of their folder
    result = monitor("doctor", "--config", config, "--json", cwd=home)
    assert result.code == 1
    (wrong,) = [line for line in result.lines if not line["good"]]
    assert wrong["what"] == what
    assert words in wrong["words"]
    assert wrong["do"]
    assert do in wrong["do"]
    shown = monitor("doctor", "--config", config, cwd=home)
    assert (shown.code, f"to do  {what}: " in shown.out) == (1, True)


def test_a_server_that_refuses_is_no_fault_of_the_network(home: Path) -> None:
    _refusing(home)
    assert monitor("doctor", cwd=home).code == 0


def test_a_clock_that_was_set_back(home: Path) -> None:
    result = monitor("doctor", "--json", "--as-of", (START - timedelta(days=1)).isoformat(), cwd=home)
    assert [line["what"] for line in result.lines if not line["good"]] == ["clock"]
    assert "the next poll makes up for it" in result.out


def test_after_a_clock_was_set_back_a_source_is_shown_as_due(home: Path) -> None:
    for at, due in ((START + timedelta(minutes=1), False), (START - timedelta(days=1), True)):
        status = monitor("status", "--as-of", at.isoformat(), cwd=home)
        (line,) = (line for line in status.out.splitlines() if line.startswith("Lindholm"))
        assert ("now" in line) is due
        assert ("due now" in monitor("check", "--as-of", at.isoformat(), cwd=home).out) is due


def test_a_disk_that_is_nearly_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.doctor.LEAST_FREE", 10**18)
    result = monitor("doctor", "--json", cwd=home)
    assert [line["what"] for line in result.lines if not line["good"]] == ["disk"]


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    """A mail server that the home sends through, with its password in a file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "ca.pem")
    with Server(authority) as running:
        mail = (
            f'[mail]\nhost = "localhost"\nport = {running.port}\nuser = "{USER}"\nca_file = "ca.pem"\n'
            'password_file = "secret"\nfrom = "monitor@example.org"\n'
        )
        text = (home / "sources.toml").read_text(encoding="utf-8")
        (home / "sources.toml").write_text(mail + text, encoding="utf-8")
        (home / "secret").write_text(PASSWORD, encoding="utf-8")
        (home / "secret").chmod(0o600)
        yield running


def test_the_login_is_tried_and_nothing_is_sent(home: Path, server: Server) -> None:
    result = monitor("doctor", cwd=home)
    assert result.code == 0, result.out
    assert f"localhost:{server.port} answers, and takes the login of {USER}" in result.out
    assert (server.connections, server.mailbox.envelopes) == (1, [])
    assert PASSWORD not in result.out


def test_a_wrong_password_is_told(home: Path, server: Server) -> None:
    (home / "secret").write_text("guess", encoding="utf-8")
    result = monitor("doctor", "--json", cwd=home)
    (wrong,) = [line for line in result.lines if not line["good"]]
    assert (result.code, wrong["what"]) == (1, "mail")
    assert "refused the login" in wrong["words"]
    assert "password_file" in wrong["do"]


def test_a_password_that_others_can_read(home: Path, server: Server) -> None:
    (home / "secret").chmod(0o644)
    result = monitor("doctor", "--json", cwd=home)
    (wrong,) = [line for line in result.lines if not line["good"]]
    assert (result.code, wrong["what"]) == (1, "password")
    assert "chmod 600" in wrong["words"]
    checked = monitor("check", cwd=home)
    assert "chmod 600" in checked.err
