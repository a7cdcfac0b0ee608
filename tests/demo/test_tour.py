"""The demo's folder: its own is written anew, another's is left alone."""

from __future__ import annotations

from pathlib import Path

from monitor.demo.tour import tour
from tests.command import monitor


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "sources.toml"
    own.write_text('[[source]]\nurl = "https://example.org/jobs"\n')
    mail = tmp_path / "outbox" / "2026-03-02-1-me@example.org.eml"
    mail.parent.mkdir()
    mail.write_text("kept")
    before = own.read_text()
    result = monitor("demo", "--folder", ".", cwd=tmp_path)
    assert result.code == 2
    assert "holds files that are not the demo's" in result.err
    assert (own.read_text(), mail.read_text()) == (before, "kept")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["outbox", "sources.toml"]


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    result = monitor("demo", "--folder", "taken/demo", cwd=tmp_path)
    assert result.code == 2
    assert "taken/demo: cannot be written" in result.err


def test_it_is_made_anew_each_time_and_can_be_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first, second = ([sorted((c.source, c.outcome) for c in look.checks) for look in tour(folder)] for _ in range(2))
    assert first == second
    assert len(list((folder / "outbox").glob("*.eml"))) == 2
    assert monitor("--config", "demo/sources.toml", "positions", cwd=tmp_path).code == 0
