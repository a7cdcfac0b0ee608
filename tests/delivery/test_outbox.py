"""Digests as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.delivery import CHANNELS, channel_of, outbox
from monitor.digest import Rendered
from monitor.errors import DeliveryError
from monitor.settings import Settings
from tests.delivery.test_message import CALENDAR, PLAIN, built, parsed


def test_a_repeat_replaces_the_file(tmp_path: Path) -> None:
    settings = Settings(file=tmp_path / "sources.toml")
    assert channel_of(settings) == "outbox"
    with CHANNELS["outbox"](settings, None) as channel:
        channel.deliver(built(), sender="", recipient="", name="2026-11-23-7-me@example.org")
        again = Rendered("Positions: 3 new", "Drei – three\n", "<p>Drei – three</p>\n")
        where = channel.deliver(built(again), sender="", recipient="", name="2026-11-23-7-me@example.org")
    assert where == str(tmp_path / "outbox" / "2026-11-23-7-me@example.org.eml")
    assert sorted(file.name for file in (tmp_path / "outbox").iterdir()) == [
        "2026-11-23-7-me@example.org.eml",
        "2026-11-23-7-me@example.org.html",
    ]
    assert Path(where).read_bytes() == built(again)
    assert parsed(Path(where).read_bytes())["Subject"] == "Positions: 3 new"
    assert Path(where).with_suffix(".html").read_text(encoding="utf-8") == "<p>Drei – three</p>\n"


def test_the_calendar_lies_beside_the_mail(tmp_path: Path) -> None:
    file = outbox.deliver(built(calendar=CALENDAR), tmp_path, "2026.11-me@example.org")
    assert sorted(f.name.removeprefix("2026.11-me@example.org") for f in tmp_path.iterdir()) == [
        ".eml",
        ".html",
        ".ics",
    ]
    assert file.with_suffix(".ics").read_bytes().decode() == CALENDAR


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file is in the way")
    with pytest.raises(DeliveryError, match="could not be written") as caught:
        outbox.deliver(built(PLAIN), tmp_path / "outbox", "name")
    assert not caught.value.final


def test_a_failure_halfway_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = outbox.deliver(built(), tmp_path, "name")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monitor.delivery.outbox.os.fsync", full)
    with pytest.raises(DeliveryError, match="No space left on device"):
        outbox.deliver(built(Rendered("other", "", "")), tmp_path, "name")
    assert file.read_bytes() == built()
    assert sorted(f.name for f in tmp_path.iterdir()) == ["name.eml", "name.html"]
