"""The mail itself: its structure, its size, and that nothing a page says can do harm in it."""

from __future__ import annotations

import itertools
import re
import shutil
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digest import Delta, Digest, Entry, Rendered
from monitor.digest.marks import mark
from monitor.digest.sample import sample, sample_scene
from monitor.errors import RenderError
from monitor.models import DeadlineKind, Event, EventKind, Pay, Posting
from monitor.pipeline.interests import by_words
from monitor.render import MAX_HTML, SUBJECT_LENGTH, render, summary, template_folder, wording
from monitor.settings import DigestSettings
from monitor.values import field_names, replace

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
READER = DigestSettings(to=("me@example.org",), timezone="Europe/Stockholm")
VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "title\r\nBcc: all@example.org",
    "\u202egnp.exe \u2066 \u200f\u00ad",
    "{{ 7 * 7 }}{% for %}",
    "x" * 2_000,
    "e" + "\u0301" * 500,
    "\ud800 \x00 \x1b[31m",
    "",
)


class Page(HTMLParser):
    """What a mail program would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(reader: DigestSettings = READER) -> Rendered:
    return render(sample(reader, NOW, by_words))


def many(times: int) -> Digest:
    scene = sample_scene(NOW)

    def copy(event: Event, n: int) -> Event:
        moved = event.position and replace(event.position, id=event.position.id + 1000 * n)
        return replace(event, position=moved, source=f"{event.source}/{n}", source_name=f"{n} {event.source_name}")

    events = tuple(copy(event, n) for event in scene.events for n in range(times))
    positions = tuple(replace(p, id=p.id + 1000 * n) for p in scene.open_positions for n in range(times))
    reader = READER.replace(interests=("deep learning", "optimal transport"))
    return replace(scene, events=events, open_positions=positions).digest(reader, by_words)


# --- form --------------------------------------------------------------------------------------------------------


def test_the_subject_says_what_is_in_it() -> None:
    assert rendered().subject == "Positions: 3 new for you, 2 other new, 1 deadline moved, 1 closing this week"


def test_one_new_position_is_named_in_the_subject() -> None:
    scene = sample_scene(NOW)
    only = tuple(e for e in scene.events if e.position and e.position.id == 1)
    digest = replace(scene, events=only, open_positions=()).digest(READER, by_words)
    assert render(digest).subject == (
        "Positions: New: PhD student in the mathematical theory of deep learning, Norrvik University of Technology"
    )


def test_an_empty_digest_says_so() -> None:
    scene = replace(sample_scene(NOW), events=(), open_positions=())
    mail = render(scene.digest(READER.replace(name="Math jobs"), by_words))
    assert mail.subject == "Math jobs: nothing new"
    assert "Nothing was new, changed or closed." in mail.text
    assert "Nothing was new, changed or closed." in Page(mail.html).text


def test_the_html_is_accessible_and_self_contained() -> None:
    page = Page(rendered().html)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("title")) == 1
    assert {"name": "color-scheme", "content": "light dark"} in page.all("meta")
    assert all(table["role"] == "presentation" for table in page.all("table"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert not [tag for tag, _ in page.tags if tag in ("img", "link", "script", "iframe", "object", "form", "svg")]
    assert not re.search(r"url\(|@import|@font-face", rendered().html)
    assert all(a["href"].startswith("https://") for a in page.all("a"))


def test_styles_are_inline_and_dark_mode_is_kept() -> None:
    html = rendered().html
    assert "@media (prefers-color-scheme: dark)" in html
    assert all("style" in attributes for _, attributes in Page(html).tags if attributes.get("class"))


def test_rows_hold_one_cell() -> None:
    html = rendered().html
    assert len(re.findall("<tr", html)) == len(re.findall("<td", html))


def test_both_parts_tell_the_same_facts() -> None:
    mail = rendered()
    page = " ".join(Page(mail.html).text.split())
    text = " ".join(mail.text.split())
    for fact in (
        "PhD student in the mathematical theory of deep learning",
        "Sat 12 Dec 2026, 23:59 CET",
        "19 days left",
        "33,800 SEK a month",
        "supervised by Prof. Ingmar Testwall",
        "mathematical theory of deep learning, optimal transport",
        "no later than 12 December 2026, 23:59 CET",
        "14 days later",
        "tomorrow",
        "39,906–43,205 GBP a year",
        "Julia or C++",
        "Laboratory technician, marine chemistry",
        "answers 503",
        "Monday 30 November 2026, 07:00",
    ):
        assert fact in page
        assert fact in text


def test_the_text_is_narrow_and_without_markup() -> None:
    text = rendered().text
    assert all(len(line) <= 90 or "https://" in line for line in text.splitlines())
    assert "\n\n\n" not in text
    assert not re.search(r"<[a-z/]|&[a-z]+;|\{\{|\{%", text)


def test_the_evidence_of_the_deadline_opens_at_its_words() -> None:
    links = [a["href"] for a in Page(rendered().html).all("a")]
    assert (
        "https://jobs.norrvik.example.org/positions/2231#:~:text="
        "Your%20application%20must%20reach%20us%20no%20later%20than%2012%20December%202026%2C%2023%3A59%20CET"
    ) in links


@pytest.mark.parametrize("times", [1, 10, 40, 150])
def test_the_html_stays_under_its_limit_and_states_the_rest(times: int) -> None:
    digest = many(times)
    mail = render(digest)
    assert len(mail.html.encode()) <= MAX_HTML
    told = Page(mail.html).text
    assert f"New for you {digest.counts.new}" in told
    if times >= 40:
        shown = told.count("PhD student in the mathematical theory") + told.count("Postdoc: gradient flows")
        rest = re.search(r"and (\d+) more: monitor changes --since 2026-11-16", told)
        assert shown > 5
        assert rest
        assert int(rest[1]) + shown >= digest.counts.new
        assert rest[0] in mail.text


def test_no_page_makes_the_html_too_long() -> None:
    """Every field as long as a page can make it, and a text of two thousand letters without a space in every line."""
    address = "https://example.org/" + "ü/" * 980
    before = [f"{n}" + "x" * 2_000 for n in range(300)]
    marks = mark("\n".join(before), "\n".join(line + "y" if n % 2 else line for n, line in enumerate(before)))
    long = "&" * 5_000
    changes = (Delta("text", "", "", marks), *(Delta(name, long, long) for name in field_names(Posting)))

    def spoil(entry: Entry) -> Entry:
        texts: dict[str, Any] = dict.fromkeys(("title", "organization", "department", "location", "summary"), long)
        posting = replace(
            entry.posting,
            **texts,
            deadline_time=long,
            pay=Pay(long),
            supervisors=(long,) * 9,
            evidence={"deadline": long},
        )
        shown = changes if entry.changes else ()
        return replace(entry, posting=posting, url=address, why=(long,) * 9, changes=shown)

    whole = many(40)
    names = ("new", "other_new", "changed", "closing", "other_closing", "closed", "reopened")
    sections: dict[str, Any] = {name: tuple(map(spoil, getattr(whole, name))) for name in names}
    digest = replace(whole, open_now=sections["closing"], **sections)
    mail = render(digest)
    assert len(mail.html.encode()) <= MAX_HTML
    assert "and 80 more: monitor changes" in Page(mail.html).text
    assert "and 80 more: monitor changes" in mail.text


def test_a_first_digest_counts_what_is_open_and_its_command_shows_it() -> None:
    whole = many(20)
    first = replace(whole, since=None, open_now=(*whole.new, *whole.other_new))
    assert {"40 open for you", "60 other open now"} <= set(summary(first))
    assert "more: monitor changes --since 2026-10-23" in render(first).text


# --- contrast ----------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_enough_in_light_and_dark() -> None:
    style = (template_folder() / "digest.html").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark", 1)
    for part in (light, dark.split("</style>")[0]):
        rules = re.findall(r"^\s*([^{}\n]+?) \{ ([^}]*) \}", part, re.MULTILINE)
        found: dict[str, str] = {}
        for names, body in rules:
            for name in names.split(", "):
                found[name] = found.get(name, "") + body

        def colour(selector: str, key: str, found: dict[str, str] = found) -> str | None:
            hit = re.search(rf"(?<!-){key}: (#[0-9a-f]{{6}})", found[selector])
            return hit[1] if hit else None

        grounds = [colour(".page", "background-color"), colour(".block", "background-color")]
        assert all(grounds)
        for selector in found:
            text = colour(selector, "color")
            own = colour(selector, "background-color")
            for ground in [own] if own else grounds:
                if text and ground:
                    assert contrast(text, ground) >= 4.5, (selector, ground)


# --- hostile pages -----------------------------------------------------------------------------------------------


def spoiled(title: str, url: str | None, other: str) -> Digest:
    scene = sample_scene(NOW)

    def spoil(event: Event) -> Event:
        if event.position is None:
            return replace(event, text=other, source_name=title)
        posting = replace(
            event.position.posting,
            title=title,
            url=url,
            organization=other,
            department=other,
            location=title,
            summary=other,
            deadline_time=other,
            pay=Pay(other, currency=other),
            supervisors=(other, title),
            start=other,
            evidence={"deadline": other},
        )
        return replace(event, position=replace(event.position, posting=posting))

    return replace(scene, events=tuple(map(spoil, scene.events))).digest(READER, by_words)


def check_harmless(mail: Rendered) -> None:
    page = Page(mail.html)
    assert not [t for t, _ in page.tags if t in ("script", "img", "iframe", "base", "form")]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert all(re.match(r"https?://", a["href"]) for a in page.all("a"))
    for part in (mail.subject, mail.text, mail.html):
        part.encode()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u000b-\u001f\u007f-\u009f]", part)
    assert "\n" not in mail.subject
    assert len(mail.subject) <= SUBJECT_LENGTH
    assert len(mail.html.encode()) <= MAX_HTML


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://example.org/a b", 'https://example.org/"onclick="x', None]
)
def test_hostile_pages(title: str, url: str | None) -> None:
    check_harmless(render(spoiled(title, url, title)))


@settings(max_examples=25, deadline=None)
@given(title=st.text(max_size=60), url=st.text(max_size=60) | st.none(), other=st.text(max_size=60))
def test_any_page(title: str, url: str | None, other: str) -> None:
    check_harmless(render(spoiled(title, url, other)))


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a?b=c&d=e#f", True),
        ("http://example.org", True),
        ("HTTPS://example.org/å", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/x", False),
        ("https:///x", False),
        ("https://[x", False),
        ("https://example.org/a\nb", False),
        ("https://example.org/\u202egnp", False),
        ("https://example.org/" + "x" * 3_000, False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_linked(url: str | None, linked: bool) -> None:
    assert wording.href(url) == (url if linked else "")


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        (" two\r\n words\t", 20, "two words"),
        ("one two three", 9, "one two…"),
        ("unbrokenword", 6, "unbro…"),
        ("می\u200cخواهم", 20, "می\u200cخواهم"),
        ("a\u200bb\u00adc\u202ed", 20, "abcd"),
        (None, 20, ""),
        (42, 20, "42"),
    ],
)
def test_clean(text: object, length: int, expected: str) -> None:
    assert wording.clean(text, length) == expected


@pytest.mark.parametrize(
    ("pay", "expected"),
    [
        (Pay("x", 33800, None, "SEK", "month"), "33,800 SEK a month"),
        (Pay("x", 39906, 43205, "GBP", "year"), "39,906–43,205 GBP a year"),
        (Pay("x", 20780, 20780, "GBP", None), "20,780 GBP"),
        (Pay("x", 15.5, None, "EUR", "hour"), "15.50 EUR an hour"),
        (Pay("E 13 TV-L, 75 %"), "E 13 TV-L, 75 %"),
    ],
)
def test_pay(pay: Pay, expected: str) -> None:
    assert wording.pay_words(pay) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026", "2026"),
        ("2026-10", "October 2026"),
        ("2026-10-01", "1 Oct 2026"),
        ("asap", "as soon as possible"),
        ("HT26", "HT26"),
    ],
)
def test_start(start: str, expected: str) -> None:
    assert wording.start_words(start) == expected


@pytest.mark.parametrize(
    ("months", "expected"), [(1, "1 month"), (18, "18 months"), (24, "2 years"), (42, "3.5 years"), (4.5, "4.5 months")]
)
def test_duration(months: float, expected: str) -> None:
    assert wording.duration_words(months) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, "passed"), (0, "today"), (1, "tomorrow"), (2, "2 days left"), (None, "")]
)
def test_days_left(days: int | None, expected: str) -> None:
    assert wording.days_left(days) == expected


@pytest.mark.parametrize(
    ("field", "side", "expected"),
    [
        ("deadline", date(2026, 3, 8), "Sun 8 Mar 2026"),
        ("deadline", None, "not stated"),
        ("deadline_kind", "rolling", "open until filled"),
        ("level", "phd", "PhD"),
        ("level", "something new", "something new"),
        ("funded", True, "yes"),
        ("pay", {"text": "x", "minimum": 100, "maximum": None, "currency": "EUR", "period": "week"}, "100 EUR a week"),
        ("supervisors", ["Ada Example", "Noor Placeholder"], "Ada Example, Noor Placeholder"),
        ("contacts", [{"name": "Ada Example", "email": "ada@example.org"}], "Ada Example ada@example.org"),
        ("contacts", [], "not stated"),
        ("start", "2026-10", "October 2026"),
        ("duration_months", 48, "4 years"),
        ("openings", 2, "2"),
    ],
)
def test_sides_of_a_change(field: str, side: object, expected: str) -> None:
    assert wording.value(Delta(field, None, side), side) == expected


def test_a_rolling_deadline() -> None:
    posting = Posting(title="x", deadline_kind=DeadlineKind.ROLLING)
    entry = Entry(position=1, posting=posting, status=sample_scene(NOW).open_positions[0].status, source="A")
    assert wording.deadline(entry) == "open until filled"
    assert wording.held(entry) == "A"


# --- templates of the user's own ---------------------------------------------------------------------------------


def test_a_users_template_comes_first(tmp_path: Path) -> None:
    (tmp_path / "digest.txt").write_text("Hello, {{ summary[0] }}; {{ new.entries[0].posting.title }}\n")
    mail = render(sample(READER, NOW, by_words), folders=[tmp_path / "missing", tmp_path])
    assert mail.text == "Hello, 3 new for you; PhD student in the mathematical theory of deep learning\n"
    assert "<html" in mail.html


def test_a_copy_of_the_programs_own_template_gives_the_same(tmp_path: Path) -> None:
    for name in ("digest.html", "digest.txt"):
        shutil.copy(template_folder() / name, tmp_path)
    assert render(sample(READER, NOW, by_words), folders=[tmp_path]) == rendered()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("fine\n{% if %}\n", "digest.txt:2: the template cannot be read"),
        ("fine\n\n{{ digset.name }}\n", "digest.txt:3: the template fails on this digest: 'digset' is undefined"),
        ("{{ new.entries[0].posting.titel }}\n", "digest.txt:1: the template fails"),
        ("\n{{ 1 / 0 }}\n", "digest.txt:2: the template fails on this digest: division by zero"),
        ("{% include 'other.txt' %}", "The template other.txt is missing"),
    ],
)
def test_a_broken_template_is_told_with_its_line(tmp_path: Path, template: str, words: str) -> None:
    (tmp_path / "digest.txt").write_text(template)
    with pytest.raises(RenderError) as caught:
        render(sample(READER, NOW, by_words), folders=[tmp_path])
    assert words in str(caught.value)


def test_a_template_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "digest.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RenderError, match=r"digest\.txt"):
        render(sample(READER, NOW, by_words), folders=[tmp_path])


def test_users_templates_escape_too(tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_text("<p>{{ new.entries[0].posting.title }}</p>")
    digest = spoiled("<script>alert(1)</script>", None, "x")
    digest = replace(digest, new=digest.new or digest.other_new)
    assert "<script" not in render(digest, folders=[tmp_path]).html


def test_kinds_of_events_are_all_told() -> None:
    """A new kind of event needs a section."""
    told = {kind for event in sample_scene(NOW).events for kind in [event.kind]}
    assert set(EventKind) - told == {EventKind.RECOVERED}
