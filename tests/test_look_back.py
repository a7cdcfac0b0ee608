"""What is stored, looked at again: search, show, diff and replay, over a small site that was watched for some weeks."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.cli.unified import unified
from monitor.models import EventKind, Observation, Outcome, Posting, Sighting, Status, Update, Verdict
from monitor.store import Store
from tests.command import monitor
from tests.fetch.faults import KEEP, Script, response
from tests.servers import FETCH, serving

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIG = (
    FETCH
    + """[[digest]]
to = ["me@example.org"]
[[source]]
name = "Lindholm"
url = "{url}/jobs"
every = "1 day"
[[source]]
name = "Sörsjön"
url = "{url}/plain"
every = "1 day"
follow = false
"""
)
OPTICS, ALGEBRA, ROBOTS, LAW = (
    ("optics", "Doctoral student in nonlinear optics", "2026-05-01"),
    ("algebra", "Doctoral student in commutative algebra", "2026-05-02"),
    ("robots", "Postdoctoral researcher in café robotics", "2026-05-03"),
    ("law", "Associate professor of maritime law", "2026-05-04"),
)
Row = tuple[str, str, str]


def listing(*rows: Row) -> Script:
    items = "".join(
        f'<li><h3><a href="/jobs/{name}">{title}</a></h3><p>Application deadline: {deadline}</p></li>'
        for name, title, deadline in rows
    )
    html = f"<!doctype html><title>Vacancies</title><main><h1>Vacancies</h1><ul>{items}</ul></main>"
    return (response(html.encode()), KEEP)


def ad(row: Row, words: str = "") -> Script:
    _, title, deadline = row
    html = f"""<!doctype html><title>{title}</title><main><h1>{title}</h1>
<p>Lindholm University announces a position for a {title.lower()}, who will work with Ottoline Wrenfield's group.</p>
<p>{words}</p><p>Application deadline: {deadline}</p></main>"""
    return (response(html.encode()), KEEP)


def moved(row: Row, deadline: str) -> Row:
    return (*row[:2], deadline)


GONE: Script = (response(b"no such page", "404 Not Found"), KEEP)
LATER = moved(ALGEBRA, "2026-05-20")
SCRIPTS: dict[str, tuple[Script, ...]] = {
    "/jobs": (
        listing(OPTICS, ALGEBRA),
        listing(OPTICS, LATER, ROBOTS),
        listing(OPTICS, LATER, ROBOTS),
        listing(LATER, ROBOTS),
    ),
    "/jobs/optics": (ad(OPTICS, "Lasers in a cellar."), ad(OPTICS, "Lasers in a cellar."), GONE),
    "/jobs/algebra": (ad(ALGEBRA), ad(LATER)),
    "/jobs/robots": (ad(ROBOTS, "The café serves Swedish buns."),),
    "/plain": (listing(LAW),),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the site was polled on six days."""
    folder = tmp_path_factory.mktemp("home")
    with serving(SCRIPTS) as server:
        (folder / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        for day in range(6):
            at = START + timedelta(days=day)
            assert monitor("poll", "--force", "--as-of", at.isoformat(), cwd=folder).code == 0
    return folder


def checksum(folder: Path) -> str:
    """Of all that is stored."""
    with closing(sqlite3.connect(folder / "monitor.db")) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


# search


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (["optics"], {OPTICS[1]}),
        (["OPTICS", "doctoral"], {OPTICS[1]}),
        (["doctoral", "stud"], {OPTICS[1], ALGEBRA[1]}),
        (["doct", "student"], set()),
        (["cafe"], {ROBOTS[1]}),
        (["CAFÉ", "robo"], {ROBOTS[1]}),
        (["buns"], {ROBOTS[1]}),
        (["zeppelin"], set()),
        (['"optics"'], {OPTICS[1]}),
        (["optics*"], {OPTICS[1]}),
        (["title:optics"], set()),
        (["optics", "NEAR", "doctoral"], set()),
        (["NEAR(optics"], set()),
        (["***", '"', "("], set()),
    ],
)
def test_search(home: Path, words: list[str], titles: set[str]) -> None:
    result = monitor("search", "--json", "--", *words, cwd=home)
    assert (result.code, {line["title"] for line in result.lines}) == (0, titles)
    shown = monitor("search", "--", *words, cwd=home)
    assert all(title in shown.out for title in titles)
    assert bool(titles) != ("no position has all of these words" in shown.err)


def test_a_word_that_looks_like_an_option_is_a_word(home: Path) -> None:
    assert [line["title"] for line in monitor("search", "-optics", "--json", cwd=home).lines] == [OPTICS[1]]
    assert monitor("search", "--drop-table", "-", cwd=home).code == 0


def test_search_ranks_titles_first_and_closed_ones_are_found(home: Path) -> None:
    lines = monitor("search", "--json", "lasers", cwd=home).lines
    assert [(line["title"], line["status"]) for line in lines] == [(OPTICS[1], "closed")]
    assert "Lasers in a cellar" in lines[0]["excerpt"]
    lines = monitor("search", "--json", "doctoral", cwd=home).lines
    assert [line["score"] for line in lines] == sorted((line["score"] for line in lines), reverse=True)
    assert len(monitor("search", "--json", "--limit", "1", "doctoral", cwd=home).lines) == 1


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    with Store.open(home / "monitor.db") as opened:
        yield opened


@given(
    st.text() | st.lists(st.sampled_from(["AND", "OR", "NOT", "NEAR(", '"', "*", "^", "-", "+", ":", "optics", ")"]))
)
@settings(deadline=None)
def test_no_query_is_refused(store: Store, words: str | list[str]) -> None:
    query = words if isinstance(words, str) else " ".join(words)
    assert isinstance(store.search(query), list)
    assert isinstance(store.search(query, column="title"), list)


def test_the_index_follows_what_is_written(tmp_path: Path) -> None:
    def write(store: Store, title: str, position: int | None, day: int) -> None:
        at = START + timedelta(days=day)
        posting = Posting(title=title, url="https://example.org/1", text=f"All about {title}.")
        sighting = Sighting(source="https://example.org", keys=("k",), listed=posting, first_seen=at, last_seen=at)
        event = EventKind.NEW if position is None else None
        update = Update(position=position, posting=posting, status=Status.OPEN, sighting=sighting, event=event)
        store.record(
            Observation(source="https://example.org", at=at),
            Verdict(outcome=Outcome.OK, updates=(update,)),
            name="x",
            fingerprint="f",
            next_check_at=at,
        )

    with Store.open(tmp_path / "monitor.db") as store:
        for day, title in enumerate(["Optics", "Optics", "Algebra", "Élan"]):
            write(store, title, 1 if day else None, day)
        assert [p.id for p in store.positions()] == [1], "the index does not disturb the numbers"
        assert [hit.position.id for hit in store.search("elan")] == [1]
        assert store.search("optics") == store.search("algebra") == []
        store._connection.execute("INSERT INTO position_index (position_index, rank) VALUES ('integrity-check', 1)")
        store._connection.execute("DELETE FROM sightings")
        store._connection.execute("DELETE FROM keys")
        store._connection.execute("DELETE FROM events")
        store._connection.execute("DELETE FROM positions")
        assert store.search("elan") == []
        store._connection.execute("INSERT INTO position_index (position_index, rank) VALUES ('integrity-check', 1)")


# show


def test_show_tells_a_life(home: Path) -> None:
    (life,) = monitor("show", "commutative", "--json", cwd=home).lines
    assert [event["kind"] for event in life["events"]] == ["baseline", "changed"]
    assert life["events"][1]["fields"] == {"deadline": {"before": "2026-05-02", "after": "2026-05-20"}}
    (sighting,) = life["sightings"]
    assert sighting["source"] == "Lindholm"
    assert sighting["url"].endswith("/jobs/algebra")
    assert sighting["first_seen"] == START.isoformat()
    shown = monitor("show", str(life["id"]), cwd=home).out
    assert f"position {life['id']}: open" in shown
    assert "deadline: 2026-05-02 -> 2026-05-20" in shown
    assert "2026-05-20”" in shown, "the words that say it"
    assert sighting["url"] in shown


def test_show_of_a_closed_position(home: Path) -> None:
    (life,) = monitor("show", "nonlinear", "opt", "--json", cwd=home).lines
    assert (life["status"], life["events"][-1]["kind"]) == ("closed", "closed")
    assert life["closed_at"] == life["events"][-1]["at"]
    assert "closed, since" in monitor("show", str(life["id"]), cwd=home).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("doctoral student", "several titles"),
        ("buns", "no title has the words"),
        ("12345", "there is no position 12345"),
        ("9" * 40, "there is no position"),
        ('"*', "no title has the words"),
    ],
)
def test_show_of_what_is_not_one_position(home: Path, words: str, told: str) -> None:
    result = monitor("show", words, cwd=home)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_what_a_page_says_never_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    nasty = ("law", "Professor of \x1b]0;owned\x07\x1b[31mlaw [bold]", "2026-05-04")
    with serving({"/jobs": (listing(nasty, OPTICS), listing(moved(nasty, "2026-06-01"), OPTICS))}) as server:
        (tmp_path / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        for day in range(2):
            at = (START + timedelta(days=day)).isoformat()
            monitor("poll", "--source", "Lindholm", "--as-of", at, cwd=tmp_path)
    for command in (
        ["search", "professor"],
        ["show", "professor"],
        ["diff", "Lindholm"],
        ["changes"],
        ["replay"],
        ["positions"],
    ):
        shown = monitor(*command, cwd=tmp_path)
        assert "Professor of" in shown.out
        assert not {"\x1b", "\x07"} & set(shown.out + shown.err), command


# diff


def test_diff_as_positions_and_as_text(home: Path) -> None:
    (line,) = monitor("diff", "Lindholm", "--json", cwd=home).lines
    assert [posting["title"] for posting in line["removed"]] == [OPTICS[1]]
    assert (line["added"], line["changed"]) == ([], [])
    assert any(text.startswith("-") and OPTICS[1] in text for text in line["text"])
    assert not any(text.startswith("+") for text in line["text"])
    shown = monitor("diff", "Lindholm", cwd=home).out
    assert f"- {OPTICS[1]}" in shown


def test_diff_needs_two_states_and_a_known_source(home: Path) -> None:
    one = monitor("diff", "Sörsjön", cwd=home)
    assert (one.code, "no two states" in one.err) == (2, True)
    wrong = monitor("diff", "Lindhlm", cwd=home)
    assert (wrong.code, 'did you mean "Lindholm"?' in wrong.err) == (2, True)


UNIFIED = {
    "nothing": ("a\nb", "a\nb", []),
    "one line": ("a\nb\nc", "a\nB b\nc", ["@@ -1,3 +1,3 @@", " a", "-b", "+B b", " c"]),
    "all new": ("", "a", ["@@ -1,0 +1,1 @@", "+a"]),
    "far apart": (
        "\n".join("abcdefghij"),
        "\n".join("Abcdefghij") + "\nk",
        ["@@ -1,4 +1,4 @@", "-a", "+A", " b", " c", " d", "@@ -8,3 +8,4 @@", " h", " i", " j", "+k"],
    ),
}


@pytest.mark.parametrize("name", UNIFIED)
def test_unified(name: str) -> None:
    before, after, lines = UNIFIED[name]
    assert [str(line) for line in unified(before, after)] == lines


def test_the_words_that_differ_are_marked() -> None:
    _, gone, come = unified("Apply by 8 March at the latest", "Apply by 22 March at the latest")
    assert gone.pieces == (("Apply by ", False), ("8", True), (" March at the latest", False))
    assert [words for words, differs in come.pieces if differs] == ["22"]


@given(*[st.lists(st.sampled_from(["a b", "a c", "b", "x y z", ""]), max_size=12).map("\n".join)] * 2)
def test_unified_loses_no_line(before: str, after: str) -> None:
    lines = list(unified(before, after))
    for side, text, other in (("-", before, after), ("+", after, before)):
        only = [str(line)[1:] for line in lines if line.sign == side]
        assert all(line in text.splitlines() for line in only)
        assert set(text.splitlines()) - set(other.splitlines()) <= set(only)
    assert (lines == []) == (before.splitlines() == after.splitlines())


# replay


def test_replay_tells_what_was_told_and_changes_nothing(home: Path) -> None:
    before = checksum(home)
    told = monitor("changes", "--json", cwd=home).lines
    again = monitor("replay", "--json", cwd=home).lines
    assert [line["kind"] for line in told] == ["changed", "new", "closed"]
    without_numbers = [
        [{k: v for k, v in line.items() if k not in ("id", "position")} for line in x] for x in (told, again)
    ]
    assert without_numbers[0] == without_numbers[1]
    assert checksum(home) == before


def test_replay_of_one_source_since_a_day(home: Path) -> None:
    assert monitor("replay", "--json", "--source", "Sörsjön", cwd=home).lines == []
    late = monitor("replay", "--json", "--since", (START + timedelta(days=3)).isoformat(), cwd=home).lines
    assert [line["kind"] for line in late] == ["closed"]
    shown = monitor("replay", cwd=home)
    assert "3 open when first seen, then 1 new, 1 changed, 1 closed" in shown.err


def test_replay_uses_the_rules_of_today(home: Path, tmp_path: Path) -> None:
    """Other settings of the source, over the same stored pages."""
    config = (home / "sources.toml").read_text(encoding="utf-8")
    file = tmp_path / "sources.toml"
    file.write_text(
        f"[store]\npath = '{home / 'monitor.db'}'\n" + config.replace('every = "1 day"', 'exclude = ["algebra"]', 1),
        encoding="utf-8",
    )
    again = monitor("replay", "--json", cwd=tmp_path).lines
    assert [(line["kind"], line["title"]) for line in again] == [("new", ROBOTS[1]), ("closed", OPTICS[1])]


def test_absence_is_counted_again(tmp_path: Path) -> None:
    """A position whose own page answers with nothing to go by is closed by absence, in checks that stored nothing."""
    silent: Script = (response(b"<title>Lindholm</title><p>Welcome to our new site.</p>"), KEEP)
    scripts: dict[str, tuple[Script, ...]] = {f"/jobs/{row[0]}": (silent,) for row in (OPTICS, ALGEBRA, LAW)}
    scripts["/jobs"] = (listing(OPTICS, ALGEBRA, LAW), listing(OPTICS, LAW))
    with serving(scripts) as server:
        (tmp_path / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        for day in range(8):
            at = START + timedelta(days=day)
            monitor("poll", "--source", "Lindholm", "--as-of", at.isoformat(), cwd=tmp_path)
    told = monitor("changes", "--json", cwd=tmp_path).lines
    again = monitor("replay", "--json", cwd=tmp_path).lines
    assert [(line["kind"], line["at"]) for line in told] == [(line["kind"], line["at"]) for line in again]
    assert [line["kind"] for line in told] == ["closed"]
