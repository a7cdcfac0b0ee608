"""Sources from other programs' files: each fixture says in its comments what is expected of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import parse, source_tables
from monitor.config.editing import add_sources
from monitor.errors import ConfigError
from monitor.importing import Candidate, Entry, Skipped, not_yet_watched, opml, read_sources
from monitor.settings import Source
from tests.command import monitor

FILES = sorted((Path(__file__).parent / "data" / "imports").iterdir())
FILE = Path("sources.toml")


def added(entries: Sequence[Entry]) -> list[dict[str, object]]:
    return [dict(entry.keys) for entry in entries if isinstance(entry, Candidate)]


def expected(text: str, what: str) -> list[str]:
    return re.findall(rf"^(?:#|<!--) {what}: (.*?)(?: -->)?$", text, re.M)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_a_file_gives_its_sources(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    entries = not_yet_watched(read_sources(file.read_bytes(), file.name), ())
    assert added(entries) == [json.loads(line) for line in expected(text, "expected")]
    skipped = [f"{entry.what}, {entry.why}" for entry in entries if isinstance(entry, Skipped)]
    for line in expected(text, "skipped"):
        what, _, why = line.partition(", ")
        assert any(one.startswith(f"{what}, ") and why in one for one in skipped), line
    assert len(skipped) == len(expected(text, "skipped"))
    left_out = {key for entry in entries if isinstance(entry, Candidate) for key in entry.left_out}
    assert ", ".join(sorted(left_out)) == "".join(expected(text, "left out"))


def test_a_name_that_is_taken_is_left_out_and_a_watched_page_skipped() -> None:
    known = [Source(url="https://a.example.org/jobs", name="A")]
    found = not_yet_watched(read_sources(b"https://b.example.org/ A\nhttps://www.a.example.org/jobs/ B\n", "l"), known)
    assert added(found) == [{"url": "https://b.example.org/"}]
    assert found[1] == Skipped("B", 'it is watched already, as "A"')


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "kind": st.sampled_from(["listing", "feed", "ad", "page"]),
        "every": st.sampled_from(["6 hours", "1 day"]),
        "include": st.lists(NAMES.filter(lambda name: any(map(str.isalnum, name))), max_size=3),
        "follow": st.booleans(),
        "pages": st.integers(1, 100),
        "selectors": st.just({"item": ".job > a", "title": "h2"}),
    },
)


@given(st.lists(KEYS, max_size=5))
def test_what_is_exported_is_imported_again_as_it_was(tables: list[dict[str, object]]) -> None:
    sources = [{**keys, "url": f"https://u{n}.example.org/jobs.xml?n={n}&l=en"} for n, keys in enumerate(tables)]
    text = add_sources("", sources)
    try:
        before = parse(text, FILE)
    except ConfigError:
        return  # two of one name
    written = opml(source_tables(text), [source.name for source in before.source])
    again = add_sources("", added(not_yet_watched(read_sources(written.encode(), "e.opml"), ())))
    assert parse(again, FILE).source == before.source


def test_headers_are_not_exported() -> None:
    written = opml([{"url": "https://a.example.org/", "headers": {"Authorization": "secret"}}], ["A"])
    assert "secret" not in written


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
HOSTILE = {
    "an entity bomb": f'<!DOCTYPE o [<!ENTITY l0 "ha">{LAUGHS}]><opml><outline text="&l9;" url="https://a.b/"/></opml>',
    "a file as an entity": '<!DOCTYPE o [<!ENTITY f SYSTEM "file:///etc/passwd">]><opml><outline text="&f;"/></opml>',
    "an entity from nowhere": '<opml><outline text="&nbsp;" url="https://a.example.org/"/></opml>',
    "half a file": "<opml><body><outline",
    "another encoding than it says": '<?xml version="1.0" encoding="no-such"?><opml/>',
    "YAML that does not end": "url: [a\n",
    "YAML of a hundred thousand brackets": "url: " + "[" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_told_in_a_sentence(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^evil(:\d+)?: ") as caught:
        read_sources(HOSTILE[name].encode(), "evil")
    assert len(str(caught.value)) < 200


def test_merged_keys_of_yaml_are_not_expanded() -> None:
    assert added(read_sources(f"url: https://a.example.org/\n---\n{MERGES}".encode(), "y")) == [
        {"url": "https://a.example.org/"}
    ]


def test_objects_of_yaml_are_not_made() -> None:
    text = b"url: !!python/object/apply:os.system ['exit 1']\n---\nname: x\nurl: !!python/name:os.system https://a.b.example/\n"
    assert added(read_sources(text, "y")) == [{"name": "x", "url": "https://a.b.example/"}]


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_file_raises_anything_but_a_sentence(data: bytes) -> None:
    for start in (b"", b"<opml>", b"url: "):
        try:
            entries = not_yet_watched(read_sources(start + data, "f"), ())
        except ConfigError:
            continue
        parse(add_sources("", added(entries)), FILE)


def test_import_shows_asks_and_adds(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('# mine\n[[source]]\nurl = "https://lindholm.example.org/jobs"\n')
    (tmp_path / "jobs.yaml").write_bytes((Path(__file__).parent / "data" / "imports" / "urlwatch.yaml").read_bytes())
    before = (tmp_path / "sources.toml").read_text()
    dry = monitor("import", "jobs.yaml", "--dry-run", cwd=tmp_path)
    assert dry.code == 0
    assert "add   Off: https://off.example.org/jobs" in dry.out
    assert "skip  Disk: it runs a command" in dry.out
    assert "skip  Lindholm vacancies: it is watched already" in dry.out
    assert "nothing was changed" in dry.err
    assert (tmp_path / "sources.toml").read_text() == before
    done = monitor("import", "jobs.yaml", "--yes", "--json", cwd=tmp_path)
    assert done.code == 0
    assert sum(line["skipped"] is None for line in done.lines) == 4
    text = (tmp_path / "sources.toml").read_text()
    assert text.startswith(before)
    assert len(tomllib.loads(text)["source"]) == 5
    again = monitor("import", "jobs.yaml", "--yes", cwd=tmp_path)
    assert (again.code, "nothing that is not watched already" in again.err) == (0, True)
    assert (tmp_path / "sources.toml").read_text() == text
    missing = monitor("import", "nothing.opml", cwd=tmp_path)
    assert (missing.code, "nothing.opml: cannot be read" in missing.err) == (2, True)


def test_what_is_edited_while_import_asks_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sources.toml"
    file.write_text("", encoding="utf-8")
    (tmp_path / "list.txt").write_text("https://a.example.org/jobs\n", encoding="utf-8")

    def answer(*_: object, **__: object) -> bool:
        file.write_text("# edited meanwhile\n", encoding="utf-8")
        return True

    monkeypatch.setattr("click.confirm", answer)
    assert monitor("import", "list.txt", cwd=tmp_path).code == 0
    text = file.read_text(encoding="utf-8")
    assert ("# edited meanwhile" in text, "https://a.example.org/jobs" in text) == (True, True)


def test_export_writes_opml_that_import_takes(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "A & B"\nurl = "https://a.example.org/feed.xml"\n')
    done = monitor("export", "--opml", "--output", "mine.opml", cwd=tmp_path)
    assert done.code == 0, done.err
    assert 'type="rss" xmlUrl="https://a.example.org/feed.xml"' in (tmp_path / "mine.opml").read_text()
    (tmp_path / "other.toml").write_text("")
    assert monitor("import", "mine.opml", "--yes", "--config", "other.toml", cwd=tmp_path).code == 0
    assert tomllib.loads((tmp_path / "other.toml").read_text())["source"] == [
        {"name": "A & B", "url": "https://a.example.org/feed.xml"}
    ]
    neither = monitor("export", cwd=tmp_path)
    assert (neither.code, "Missing option '--format' or '--opml'" in neither.err) == (2, True)
