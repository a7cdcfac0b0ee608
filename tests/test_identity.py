"""Which addresses, titles and postings are one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import canonicalize_url

from monitor.identity import (
    alike,
    canonical_url,
    distinct,
    job_number,
    keys,
    keys_of,
    lookup_keys,
    match,
    near_title,
    normal,
    same_words,
)
from monitor.identity.addresses import PLAIN
from monitor.models import Position, Posting, Sighting

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LIST = "https://uni.example.org/jobs"

SAME_ADDRESS = [
    ("HTTP://Uni.Example.ORG:80/jobs/../jobs/12", "http://uni.example.org/jobs/12"),
    ("https://uni.example.org/jobs/12/?utm_source=rss&utm_medium=feed", "https://uni.example.org/jobs/12/"),
    ("https://uni.example.org/job?id=5&lang=en", "https://uni.example.org/job?lang=sv&id=5"),
    ("https://uni.example.org/job?id=5#apply-now", "https://uni.example.org/job?id=5"),
    ("https://uni.example.org/jobs/Fr%c3%bch", "https://uni.example.org/jobs/Früh"),
    ("https://uni.example.org/jobs/12;jsessionid=ABC123?x=1", "https://uni.example.org/jobs/12?x=1"),
    ("https://uni.example.org/job?id=5&PHPSESSID=abcd", "https://uni.example.org/job?id=5"),
    ("https://uni.example.org/job?id=5&fbclid=x&gclid=y", "https://uni.example.org/job?id=5"),
    ("https://uni.example.org/jobs/12/", "https://uni.example.org/jobs/12"),
    ("http://uni.example.org/jobs/12", "https://uni.example.org/jobs/12"),
    ("https://www.uni.example.org/jobs/12", "https://uni.example.org/jobs/12"),
    ("https://uni.example.org/jobs//12", "https://uni.example.org/jobs/12"),
    ("https://höst.example/x", "https://xn--hst-sna.example/x"),
    ("https://uni.example.org/a%20b", "https://uni.example.org/a b"),
    ("https://uni.example.org/?p=", "https://uni.example.org/"),
    ("https://uni.example.org/job?site=7&validator=9b89aa&job_id=1", "https://uni.example.org/job?job_id=1&site=7"),
    ("https://uni.example.org/en/jobs/12", "https://uni.example.org/sv/jobs/12"),
    ("https://uni.example.org/en-GB/jobs/12", "https://uni.example.org/jobs/12"),
    ("https://uni.example.org/jobs/index.html", "https://uni.example.org/jobs/"),
    ("https://uni.example.org", "https://uni.example.org/"),
    ("https://uni.example.org/job?id=5&ref=https%3A%2F%2Fboard.example", "https://uni.example.org/job?id=5"),
    ("https://uni.example.org/job?id=5&ref=linkedin", "https://uni.example.org/job?id=5"),
    ("https://uni.example.org/(S(lit3py55t21z5v55vlm25s55))/job.aspx?id=5", "https://uni.example.org/job.aspx?id=5"),
    ("https://uni.example.org/job?id=5#:~:text=optics", "https://uni.example.org/job?id=5"),
]
OTHER_ADDRESS = [
    ("https://uni.example.org/job?id=5", "https://uni.example.org/job?id=6"),
    ("https://uni.example.org/#/job/5", "https://uni.example.org/#/job/6"),
    ("https://uni.example.org/#!job=5", "https://uni.example.org/#!job=6"),
    ("https://uni.example.org/jobs#phd-in-optics", "https://uni.example.org/jobs#phd-in-law"),
    ("https://uni.example.org/job?ref=5", "https://uni.example.org/job?ref=6"),
    ("https://uni.example.org/Job/A", "https://uni.example.org/job/a"),
    ("https://uni.example.org/job?source=12", "https://uni.example.org/job?source=13"),
    ("https://uni.example.org/job?hash=d41d8cd9", "https://uni.example.org/job?hash=98f00b20"),
    ("https://uni.example.org/job?sid=5", "https://uni.example.org/job?sid=6"),
    ("https://uni.example.org/jobs/12", "https://college.example.org/jobs/12"),
    ("https://uni.example.org:8443/jobs/12", "https://uni.example.org/jobs/12"),
    ("https://uni.example.org/jobs/en", "https://uni.example.org/jobs/sv"),
    ("https://uni.example.org/physics/jobs", "https://uni.example.org/law/jobs"),
]


@pytest.mark.parametrize(("one", "two"), SAME_ADDRESS)
def test_one_address(one: str, two: str) -> None:
    assert canonical_url(one) == canonical_url(two)


@pytest.mark.parametrize(("one", "two"), OTHER_ADDRESS)
def test_two_addresses(one: str, two: str) -> None:
    assert canonical_url(one) != canonical_url(two)


letters = st.text(st.characters(exclude_characters=";\\[]"))


@given(letters | letters.map("https://uni.example.org/".__add__))
def test_canonical_is_final(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


words = st.text("aZ0_~-", min_size=1, max_size=4)


@given(st.lists(words | words.map("{0}.{0}".format), max_size=3), st.sampled_from(["", ":8080", ":80"]), words, words)
def test_a_plain_address_is_as_the_library_leaves_it(folders: list[str], port: str, name: str, value: str) -> None:
    path = "".join(f"/{folder}" for folder in folders)
    for url in (f"http://uni-1.example.org{port}{path}/", f"https://127.0.0.1{port}/{name}.html?{name}={value}"):
        assert PLAIN.fullmatch(url)
        assert canonicalize_url(url, keep_fragments=True) == url


@pytest.mark.parametrize(
    ("url", "number"),
    [
        (
            "https://uni.example.org/ext/I003/304/job?site=5&lang=UK&job_id=14588",
            ("uni.example.org/ext/I003/304/job", "14588"),
        ),
        ("https://uni.example.org/sv/what:job/jobID:895307/where:4", ("uni.example.org", "895307")),
        ("https://uni.example.org/lediga-jobb/900324?l=en", ("uni.example.org", "900324")),
        ("https://uni.example.org/en/open/project-assistant_894164/", ("uni.example.org", "894164")),
        ("https://uni.example.org/jobs/8014276/postdoc-in-boundary-layers", ("uni.example.org", "8014276")),
        ("https://uni.example.org/Careers/Fellow-I_REQ-2021-21-1", ("uni.example.org", "req-2021-21-1")),
        ("https://uni.example.org/vacant/?job=2686", ("uni.example.org/vacant", "2686")),
        ("https://uni.example.org/jobs/phd-position-2026", None),
        ("https://uni.example.org/jobs/20260301", None),
        ("https://uni.example.org/jobs/optics", None),
        ("mailto:jobs@uni.example.org", None),
    ],
)
def test_job_number(url: str, number: tuple[str, str] | None) -> None:
    assert job_number(url) == number


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("PhD student in optics", "PHD STUDENT IN OPTICS"),
        ("PhD student in nonlinear optics", "PhD students in non-linear optics"),
        ("Doktorand i hållfasthetslära", "Doktorand i hÃ¥llfasthetslÃ¤ra"),
        ("Doktorand i hållfasthetslära", "Doktorand i h�llfasthetsl�ra"),
        ("Postdoctoral researcher in marine ecosys…", "Postdoctoral researcher in marine ecosystem modelling"),
        ("Lecturer in the history of science", "Lecturer in history of science"),
    ],
)
def test_near_titles(one: str, two: str) -> None:
    assert near_title(one, two)
    assert near_title(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("PhD student, group A", "PhD student, group B"),
        ("PhD position 1 in machine learning", "PhD position 2 in machine learning"),
        ("Professor of history II of the region", "Professor of history III of the region"),
        ("Postdoc in marine biology", "Postdoc in molecular biology"),
        ("PhD student in physics", "Postdoc in physics"),
        ("Lecturer", "Lecturer in law"),
    ],
)
def test_other_titles(one: str, two: str) -> None:
    assert not near_title(one, two)


def test_keys_are_strongest_first() -> None:
    posting = Posting(
        title="PhD student in nonlinear optics",
        url="https://uni.example.org/jobs/90324?l=en",
        identifier="tag:17",
        reference="UN 2026/479",
        organization="Norrby University",
        deadline=date(2026, 5, 1),
    )
    assert keys(posting, LIST) == (
        "id:uni.example.org:tag:17",
        "job:uni.example.org:90324",
        "ref:uni.example.org:un 2026 479",
        "url:https://uni.example.org/jobs/90324",
        "same:phd student in nonlinear optics|norrby university|2026-05-01",
        "title:uni.example.org:phd student in nonlinear optics|norrby university",
    )


def test_what_several_share_is_no_key() -> None:
    form = "https://uni.example.org/apply"
    found = keys_of(
        [Posting(title="A thing", url=form, identifier="x"), Posting(title="B", url=form, identifier="x")], LIST
    )
    assert not any(k.startswith(("id:", "url:")) for keys in found for k in keys)
    assert all(found)


def test_the_list_itself_is_no_key() -> None:
    assert not any(k.startswith("url:") for k in keys(Posting(title="PhD student", url=LIST + "/"), LIST))


def test_places_in_the_list_are_keys_by_name_and_not_by_number() -> None:
    assert f"anchor:{LIST}#phd-in-optics" in keys(Posting(title="P", url=LIST + "#phd-in-optics"), LIST)
    assert not any(k.startswith("anchor:") for k in keys(Posting(title="P", url=LIST + "#accordion-item-3"), LIST))


def test_repeated_titles_are_told_apart_by_place_and_day() -> None:
    twins = [Posting(title="PhD student", department="Chemistry"), Posting(title="PhD student", department="Physics")]
    one, two = keys_of(twins, LIST)
    assert one
    assert two
    assert not set(one) & set(two)


def test_only_keys_that_hold_across_sources_are_looked_up() -> None:
    posting = Posting(title="PhD student in nonlinear optics", url="https://uni.example.org/jobs/90324")
    assert lookup_keys([posting], LIST) == {"job:uni.example.org:90324", "url:https://uni.example.org/jobs/90324"}


def test_rows_that_repeat_are_one_posting() -> None:
    row = Posting(title="PhD student", url="https://uni.example.org/jobs/a")
    again = Posting(title="PhD  Student", url="https://www.uni.example.org/jobs/a/")
    other = Posting(title="PhD student", url="https://uni.example.org/jobs/b")
    assert distinct([row, other, again]) == (row, other)


def known(id_: int, posting: Posting, source: str = LIST) -> Position:
    sighting = Sighting(source=source, keys=keys(posting, source), listed=posting, first_seen=NOW, last_seen=NOW)
    return Position(id=id_, posting=posting, first_seen=NOW, last_seen=NOW, sightings=(sighting,))


titles = st.lists(
    st.sampled_from("PhD student|Postdoc in soil ecology|Lecturer in tax law|Professor of logic|Archivist".split("|")),
    max_size=6,
)


@given(titles, titles, st.randoms())
def test_matching_is_one_to_one_and_knows_no_order(old: list[str], new: list[str], random: object) -> None:
    positions = [known(i, Posting(title=t, url=f"{LIST}/{i}-{t[:3]}")) for i, t in enumerate(old, 1)]
    postings = [Posting(title=t, url=f"{LIST}/{i}-{t[:3]}") for i, t in enumerate(new, 3)]
    found = match(postings, positions, LIST, NOW)
    assert len({i for i, _ in found.pairs}) == len({p.id for _, p in found.pairs}) == len(found.pairs)
    assert sorted([i for i, _ in found.pairs] + list(found.new)) == list(range(len(postings)))
    assert len(found.pairs) + len(found.missing) == len(positions)
    back = match(postings[::-1], positions[::-1], LIST, NOW)
    assert {(postings[i].url, p.id) for i, p in found.pairs} == {(postings[::-1][i].url, p.id) for i, p in back.pairs}


@given(st.text(), st.text())
def test_words_are_compared_both_ways(one: str, two: str) -> None:
    assert same_words(one, one)
    assert same_words(one, two) == same_words(two, one)
    assert normal(normal(one)) == normal(one)
    assert alike(one, one)
