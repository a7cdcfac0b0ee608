"""The commands as programs and persons call them: their JSON, their exit codes, their words."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.cli import COMMANDS
from monitor.demo.site import DemoSite
from tests.command import monitor

ROOT = Path(__file__).parent.parent
MONDAY, NEXT_MONDAY = "2026-03-02T06:00:00+00:00", "2026-03-09T06:00:00+00:00"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


@pytest.fixture(scope="module")
def home(site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo's site was watched for two Mondays."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "sources.toml").write_text(site.configuration())
    site.show(week=1)
    assert monitor("poll", "--as-of", MONDAY, cwd=folder).code == 0
    site.show(week=2)
    assert monitor("poll", "--force", "--as-of", NEXT_MONDAY, cwd=folder).code == 1, "one source is down"
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    result = monitor(command, "--help", cwd=tmp_path)
    assert result.code == 0
    assert result.out.startswith("Usage: ")


def test_help_needs_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['monitor', '--help']; from monitor.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'httpx', 'selectolax', 'feedparser', 'sqlite_utils', 'jinja2', 'rich'}\n"
        "print('heavy:', *heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("Usage: monitor ")
    assert done.stdout.endswith("\nheavy:\n")


def test_a_poll_without_news_needs_no_heavy_library(site: DemoSite, tmp_path: Path) -> None:
    site.show(week=1)
    (tmp_path / "sources.toml").write_text(site.configuration())
    words = ["poll", "--json", "--source", "Graduate school, feed", "--as-of", MONDAY]
    assert monitor(*words, cwd=tmp_path).lines[0]["outcome"] == "baseline"
    code = (
        f"import sys; sys.argv = ['monitor', *{words}]; from monitor.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'selectolax', 'feedparser', 'sqlite_utils', 'rich', 'tomlkit', 'w3lib.url', 'monitor.diff'}\n"
        "print('heavy:', *heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
    )
    line, *rest = done.stdout.splitlines()
    assert (json.loads(line)["outcome"], rest) == ("not-modified", ["heavy:"])


def test_poll_gives_a_line_a_source(site: DemoSite, tmp_path: Path) -> None:
    site.show(week=1)
    (tmp_path / "sources.toml").write_text(site.configuration())
    result = monitor("poll", "--json", "--as-of", MONDAY, cwd=tmp_path)
    assert result.code == 0
    assert {line["source"] for line in result.lines} >= {"Lindholm, Mathematics", "Graduate school, feed"}
    for line in result.lines:
        assert line == {
            "source": line["source"],
            "outcome": "baseline",
            "new": 0,
            "changed": 0,
            "closed": 0,
            "error": None,
        }
    again = monitor("poll", "--as-of", MONDAY, cwd=tmp_path)
    assert (again.code, again.out) == (0, "")
    assert "nothing is due" in again.err
    forced = monitor("poll", "--force", "--json", "--as-of", "2026-03-02T07:00:00Z", cwd=tmp_path)
    assert {line["outcome"] for line in forced.lines} <= {"not-modified", "unchanged"}


def test_poll_of_one_source(home: Path) -> None:
    result = monitor("poll", "--source", "Lindholm, Mathematics", "--json", "--as-of", NEXT_MONDAY, cwd=home)
    assert [line["source"] for line in result.lines] == ["Lindholm, Mathematics"]
    wrong = monitor("poll", "--source", "Lindholm, Mathmatics", cwd=home)
    assert wrong.code == 2
    assert 'did you mean "Lindholm, Mathematics"?' in wrong.err


def test_sources_are_listed_with_their_health(home: Path) -> None:
    lines = {line["source"]: line for line in monitor("sources", "--json", cwd=home).lines}
    assert set(lines["Lindholm, Mathematics"]) == {
        *("source", "url", "kind", "platform", "enabled", "last_good", "positions", "due", "trouble", "trouble_since")
    }
    assert lines["Lindholm, Mathematics"]["last_good"] == NEXT_MONDAY
    assert lines["Lindholm, Mathematics"]["positions"] > 0
    (down,) = [line for line in lines.values() if line["trouble"]]
    shown = monitor("sources", cwd=home)
    assert (shown.code, shown.err) == (0, "")
    assert f"{down['source']}: {down['trouble']}" in shown.out.replace("\n", " ")
    assert "in trouble" in shown.out
    assert "next due 2026-03-" in monitor("check", "--as-of", NEXT_MONDAY, cwd=home).out
    assert "due now" in monitor("check", "--as-of", "2027-01-01", cwd=home).out


def test_changes_are_told_in_order_and_since(home: Path) -> None:
    lines = monitor("changes", "--json", cwd=home).lines
    assert lines
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert {line["kind"] for line in lines} <= {"new", "changed", "closed", "reopened"}
    assert set(lines[0]) == {"id", "at", "kind", "source", "position", "title", "url", "fields"}
    moved = next(line for line in lines if "deadline" in line["fields"])
    assert set(moved["fields"]["deadline"]) == {"before", "after"}
    assert monitor("changes", "--since", str(lines[0]["id"]), "--json", cwd=home).lines == lines[1:]
    assert monitor("changes", "--since", "2026-03-03", "--json", cwd=home).lines == lines
    assert monitor("changes", "--since", "2026-03-20", "--json", cwd=home).lines == []


def test_positions_have_all_their_fields(home: Path) -> None:
    lines = monitor("positions", "--json", cwd=home).lines
    wanted = {"id", "title", "url", "deadline", "deadline_kind", "level", "supervisors", "pay", "evidence", "sources"}
    assert all(wanted | {"status", "first_seen", "last_seen"} <= set(line) for line in lines)
    assert {"open", "closed"} <= {line["status"] for line in lines}
    assert len({line["id"] for line in lines}) == len(lines)
    shown = monitor("positions", cwd=home)
    assert "doctoral student" in shown.out.casefold()


def test_inspect_saves_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "ad.txt").write_text(
        "PhD position in optics\n\nThe University of Lindholm offers a fully funded PhD position.\n"
        "Application deadline: 15 April 2026\n"
    )
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8")
    result = monitor("inspect", "ad.txt", "holiday.jpg", "nowhere.html", "--json", "--as-of", MONDAY, cwd=tmp_path)
    assert result.code == 1
    ad, *failed = result.lines
    assert set(ad) == {"target", "kind", "postings", "next_page", "warnings"}
    assert (ad["kind"], ad["postings"][0]["deadline"]) == ("ad", "2026-04-15")
    assert "15 April 2026" in ad["postings"][0]["evidence"]["deadline"]
    assert [line["kind"] for line in failed] == ["error", "error"]
    assert not (tmp_path / "monitor.db").exists()


def test_inspect_of_a_url(site: DemoSite, home: Path) -> None:
    site.show(week=2)
    result = monitor("inspect", f"{site.url}/maths/open-positions", "--json", "--as-of", NEXT_MONDAY, cwd=home)
    assert result.lines[0]["kind"] == "listing"
    assert len(result.lines[0]["postings"]) >= 3


def test_inspect_shows_an_address_as_it_is_and_says_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "f[type]=phd[red].html").write_text("<title>404</title><h1>404 Not Found</h1>")
    shown = monitor("inspect", "f[type]=phd[red].html", cwd=tmp_path)
    assert shown.out.startswith("f[type]=phd[red].html: ")
    notes = [line for line in shown.out.splitlines() if "note: " in line]
    assert notes
    assert len(notes) == len(set(notes))


def test_inspect_reads_the_body_of_a_saved_mail(tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(
        b"From: a@example.org\r\nContent-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        b"PhD position in optics\r\n\r\nThe University of Lindholm announces a fully funded PhD position.\r\n"
        b"Supervisor: Professor Ottoline Wr\xe9nfield\r\nApplication deadline: 15 April 2026\r\n"
    )
    (line,) = monitor("inspect", "mail.eml", "--json", "--as-of", MONDAY, cwd=tmp_path).lines
    assert line["postings"][0]["supervisors"] == ["Ottoline Wrénfield"]


def test_a_sample_needs_no_database(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[digest]]\nto = ["you@example.org"]\n')
    (line,) = monitor("digest", "--test", "--json", "--as-of", MONDAY, cwd=tmp_path).lines
    assert (line["recipient"], line["state"]) == ("you@example.org", "sent")
    assert "Sample (invented)" in (tmp_path / line["where"]).read_text(encoding="ascii")
    assert not (tmp_path / "monitor.db").exists()
    (tmp_path / "sources.toml").write_text(
        '[mail]\nhost = "localhost"\nport = 9\nsecurity = "none"\nfrom = "me@example.org"\n'
        '[[digest]]\nto = ["you@example.org"]\n'
    )
    refused = monitor("digest", "--test", cwd=tmp_path)
    assert refused.code == 1
    assert "localhost:9 refused the connection" in refused.out


def test_a_digest_is_previewed_and_sent(site: DemoSite, tmp_path: Path) -> None:
    site.show(week=1)
    (tmp_path / "sources.toml").write_text(site.configuration())
    monitor("poll", "--as-of", MONDAY, cwd=tmp_path)
    refused = monitor("digest", "--send", "--html", "look.html", cwd=tmp_path)
    assert (refused.code, "--html goes with the preview" in refused.err) == (2, True)
    preview = monitor("digest", "--as-of", MONDAY, "--html", "look.html", cwd=tmp_path)
    assert preview.code == 0
    assert preview.out.startswith("To: you@example.org\nSubject: Positions at Lindholm")
    assert (tmp_path / "look.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not (tmp_path / "outbox").exists()
    (line,) = monitor("digest", "--send", "--json", "--as-of", MONDAY, cwd=tmp_path).lines
    assert (line["recipient"], line["state"], line["error"]) == ("you@example.org", "sent", None)
    assert (tmp_path / line["where"]).exists()
    again = monitor("digest", "--send", "--as-of", MONDAY, cwd=tmp_path)
    assert (again.code, again.out) == (0, "")
    assert "nothing to send" in again.err
    silent = monitor("digest", "--send", "--force", "--as-of", "2026-03-02T06:05:00+00:00", cwd=tmp_path)
    assert (silent.code, silent.err) == (0, "nothing to send: there is nothing to tell\n")
    told = monitor("status", "--as-of", "2026-03-02T06:05:00+00:00", cwd=tmp_path).out
    assert ": last 2026-03-02 06:00, nothing to tell 2026-03-02 06:05, next 2026-03-" in told


def test_a_source_that_was_taken_out_keeps_its_name(site: DemoSite, tmp_path: Path) -> None:
    site.show(week=1)
    file = tmp_path / "sources.toml"
    file.write_text(site.configuration())
    monitor("poll", "--as-of", MONDAY, cwd=tmp_path)
    named = {name for line in monitor("positions", "--json", cwd=tmp_path).lines for name in line["sources"]}
    name = sorted(named)[0]
    assert monitor("remove", name, cwd=tmp_path).code == 0
    assert {n for line in monitor("positions", "--json", cwd=tmp_path).lines for n in line["sources"]} == named
    assert name in monitor("export", "--format", "csv", cwd=tmp_path).out


def test_init_check_add_poll(site: DemoSite, tmp_path: Path) -> None:
    site.show(week=1)
    begun = monitor("init", cwd=tmp_path)
    assert (begun.code, "its 5 sources are examples, and real: `monitor remove NAME`" in begun.err) == (0, True)
    file = tmp_path / "sources.toml"
    assert (tmp_path / "sources.schema.json").exists()
    twice = monitor("init", cwd=tmp_path)
    assert (twice.code, "already there" in twice.err) == (2, True)
    checked = monitor("check", cwd=tmp_path)
    assert checked.code == 0
    assert "KTH vacancies: https://www.kth.se/lediga-jobb?l=en\n    a list, feed or single ad" in checked.out
    assert "digest to me@example.org: every Monday at 07:00 Europe/Stockholm" in checked.out
    file.write_text(file.read_text().replace("delay = 1.0", "allow_private_addresses = true\ndelay = 0.0"))
    before = file.read_text()
    added = monitor("add", f"{site.url}/maths/open-positions", "--name", "Maths", "--yes", cwd=tmp_path)
    assert added.code == 0, added.err
    assert file.read_text().startswith(before.rstrip("\n"))
    assert (
        "a list, feed or single ad (found out by looking)" in monitor("check", cwd=tmp_path).out.partition("Maths:")[2]
    )
    assert monitor("poll", "--source", "Maths", "--as-of", MONDAY, cwd=tmp_path).code == 0
    assert "found to be a list of positions, looked at every" in monitor("check", cwd=tmp_path).out
    twice = monitor("add", f"{site.url}/maths/open-positions", "--yes", cwd=tmp_path)
    assert (twice.code, 'has this address already: it is "Maths"' in twice.err) == (2, True)
    same = monitor("add", f"{site.url}/jobs/", "--name", "Maths", "--yes", cwd=tmp_path)
    assert (same.code, 'has a source "Maths" already' in same.err) == (2, True)
    missing = monitor("add", f"{site.url}/nothing", "--yes", cwd=tmp_path)
    assert (missing.code, "404 Not Found" in missing.err) == (1, True), "a source that fails, and no wrong usage"
    assert file.read_text().count("/nothing") == 0


def test_add_keeps_the_file_where_and_as_it_is(site: DemoSite, tmp_path: Path) -> None:
    """A link stays one, a file that only its owner reads stays so, and line ends and a mark at the start do no harm."""
    site.show(week=1)
    real, link = tmp_path / "real.toml", tmp_path / "sources.toml"
    real.write_bytes(b"\xef\xbb\xbf[fetch]\r\nallow_private_addresses = true\r\ndelay = 0.0\r\n")
    real.chmod(0o600)
    link.symlink_to(real)
    added = monitor("add", f"{site.url}/maths/open-positions", "--yes", cwd=tmp_path)
    assert added.code == 0, added.err
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.read_bytes().startswith(b"[fetch]\r\nallow_private_addresses = true\r\n")
    assert "maths/open-positions" in monitor("check", cwd=tmp_path).out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["real.toml", "sources.toml"]


NOTES = {
    "nothing to do": ("", ["no source is named yet", "there is no [[digest]]"]),
    "a password in the clear": (
        '[mail]\nhost = "mail.example.org"\nsecurity = "none"\nuser = "me"\nfrom = "me@example.org"\n',
        ['with security = "none" the password of me goes to mail.example.org for all to read'],
    ),
    "a secret that is not set": (
        '[[source]]\nurl = "https://example.org/jobs"\nheaders = { Authorization = "env:NO_SUCH_TOKEN" }\n',
        ["the header Authorization needs NO_SUCH_TOKEN in the environment"],
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_check_notes_what_is_hardly_meant(name: str, tmp_path: Path) -> None:
    text, notes = NOTES[name]
    (tmp_path / "sources.toml").write_text(text)
    result = monitor("check", cwd=tmp_path)
    assert result.code == 0
    assert [note for note in notes if note not in result.err] == []


USAGE = {
    "no such command": (["frobnicate"], "No such command"),
    "a command misspelt": (["pol"], "Did you mean 'poll'?"),
    "no web address": (["add", "lindholm.example/jobs"], "'lindholm.example/jobs' is no web address"),
    "no such option": (["poll", "--fast"], "No such option"),
    "a bad time": (["poll", "--as-of", "yesterday"], "neither a date"),
    "a time without a zone": (["poll", "--as-of", "2026-03-02T07:00"], "no time zone"),
    "no configuration": (["poll"], "sources.toml: there is no such file"),
    "nothing polled yet": (["--config", "empty.toml", "positions"], "is not there yet"),
    "a broken configuration": (["poll", "--config", "broken.toml"], "broken.toml:1: unknown table [sourc]"),
    "a preview of nothing": (["--config", "reader.toml", "digest"], "monitor.db is not there yet"),
    "no digest": (["--config", "empty.toml", "digest"], "there is no [[digest]]"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_a_sentence_and_exit_code_2(name: str, tmp_path: Path) -> None:
    args, words = USAGE[name]
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "broken.toml").write_text("[[sourc]]\n")
    (tmp_path / "reader.toml").write_text('[[digest]]\nto = ["me@example.org"]\n')
    result = monitor(*args, cwd=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_corrupt_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    (tmp_path / "monitor.db").write_bytes(b"not a database at all, " * 50)
    result = monitor("positions", cwd=tmp_path)
    assert result.code == 2
    assert "damaged" in result.err
    assert "tip: restore a backup" in result.err


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m monitor positions --json | head -n 1",
        shell=True,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
