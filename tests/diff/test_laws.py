"""What holds of every history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.diff import ads_to_open, compare, refresh
from monitor.models import AdSeen, DeadlineKind, EventKind, Kind, Observation, Outcome, Posting, Reading, Status
from monitor.settings import Source
from monitor.values import replace
from tests.diff.world import World

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SOURCE = Source(url="https://uni.example.org/jobs", closed_after=2)
UNFOLLOWED = Source(url=SOURCE.url, closed_after=2, follow=False)

subjects = st.sampled_from(
    "soil ecology|tax law|number theory|kiln technology|wood anatomy|polymer physics|nursing|map history".split("|")
)
days = st.dates(date(2026, 4, 1), date(2026, 12, 31))


@st.composite
def postings(draw: st.DrawFn) -> Posting:
    subject = draw(subjects)
    role = draw(st.sampled_from(["PhD student", "Postdoc", "Lecturer"]))
    slug = f"{role}-{subject}".lower().replace(" ", "-")
    number = draw(st.integers(0, 2))
    deadline = draw(st.none() | days)
    return Posting(
        title=f"{role} in {subject}",
        url=draw(st.sampled_from([None, f"{SOURCE.url}/{slug}-{number}"])),
        deadline=deadline,
        deadline_kind=DeadlineKind.FIXED if deadline else DeadlineKind.UNKNOWN,
        location=draw(st.sampled_from([None, "Norrby"])),
        text=draw(st.sampled_from([None, f"You will study {subject}.\nYou will teach.\nThere is a garden."])),
    )


lists = st.lists(postings(), max_size=12, unique_by=lambda p: (p.title, p.url))


def listing(shown: list[Posting]) -> Reading:
    return Reading(kind=Kind.LISTING, postings=tuple(shown), none_open=not shown)


class Site:
    """A source over time; each ad's page answers as long as the list shows it."""

    def __init__(self, source: Source = SOURCE) -> None:
        self.world, self.source, self.now = World(), source, START

    def check(self, shown: list[Posting]) -> list[tuple[EventKind, str]]:
        self.now += timedelta(hours=6)
        alive = {p.url: AdSeen(url=p.url, posting=p) for p in shown if p.url}
        known = self.world.known(self.source.url)
        urls = {s.listed.url for p in known.positions for s in p.sightings if s.listed.url}
        pages = {url: AdSeen(url=url, gone=True) for url in urls} | alive
        verdict, _ = self.world.check(self.source, self.now, listing(shown), pages)
        self.outcome = verdict.outcome
        return [(u.event, u.posting.title) for u in verdict.updates if u.event]


@settings(deadline=None)
@given(lists)
def test_the_same_again_is_no_change(shown: list[Posting]) -> None:
    site = Site()
    first = site.check(shown)
    assert all(event is EventKind.BASELINE for event, _ in first)
    assert site.check(shown) == []
    assert site.outcome is Outcome.UNCHANGED


@settings(deadline=None)
@given(lists, lists)
def test_no_change_is_told_twice(before: list[Posting], after: list[Posting]) -> None:
    site = Site()
    site.check(before)
    site.check(after)
    for _ in range(4):  # what is suspect is believed, what is absent is closed
        site.check(after)
    assert site.check(after) == []
    assert site.check(after) == []


@settings(deadline=None)
@given(lists, lists, st.randoms(use_true_random=False))
def test_order_does_not_matter(before: list[Posting], after: list[Posting], random: Random) -> None:
    one, two = Site(), Site()
    one.check(before)
    two.check(random.sample(before, len(before)))
    assert sorted(one.check(after)) == sorted(two.check(random.sample(after, len(after))))


def noisy(posting: Posting, random: Random) -> Posting:
    url = posting.url and posting.url.replace("https://", random.choice(["https://www.", "http://"])) + random.choice(
        ["/", "?utm_source=list", "#content", "?lang=en"]
    )
    title = random.choice([posting.title.upper(), f"  {posting.title}. ", posting.title.replace(" ", "  ")])
    text = posting.text and "\n".join(reversed(posting.text.splitlines())) + f"\n{random.randrange(999)} visits"
    return replace(posting, url=url, title=title, text=text)


@settings(deadline=None)
@given(lists, st.randoms(use_true_random=False))
def test_noise_does_not_matter(shown: list[Posting], random: Random) -> None:
    site = Site()
    site.check(shown)
    assert site.check([noisy(p, random) for p in random.sample(shown, len(shown))]) == []


@settings(deadline=None)
@given(lists.filter(bool), postings().filter(lambda p: p.url is not None))
def test_new_then_gone_then_back(others: list[Posting], one: Posting) -> None:
    others = [p for p in others if p.title != one.title]
    site = Site(UNFOLLOWED)
    site.check(others)
    assert site.check([*others, one]) == [(EventKind.NEW, one.title)]
    assert site.check(others) == [(EventKind.CLOSED, one.title)]
    assert site.check([*others, one]) == [(EventKind.REOPENED, one.title)]
    assert site.check([*others, one]) == []


@settings(deadline=None)
@given(lists.filter(bool), st.data())
def test_a_moved_deadline_is_told_exactly_once(shown: list[Posting], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(shown) - 1))
    old = data.draw(days)
    new = data.draw(days.filter(lambda d: d != old))
    before = [*shown[:i], replace(shown[i], deadline=old, deadline_kind=DeadlineKind.FIXED), *shown[i + 1 :]]
    after = [*before[:i], replace(before[i], deadline=new), *before[i + 1 :]]
    site = Site()
    site.check(before)
    told = [site.check(after) for _ in range(3)]
    assert [e for events in told for e in events] == [(EventKind.CHANGED, shown[i].title)]


@settings(deadline=None)
@given(lists, lists)
def test_what_was_read_anew_is_no_change(read_then: list[Posting], read_today: list[Posting]) -> None:
    """Another reader sees other postings in the same bytes: then the list itself has not changed."""
    site = Site(UNFOLLOWED)
    site.check(read_then)
    known = refresh(site.world.known(SOURCE.url), read_today, ())
    seen = Observation(source=SOURCE.url, at=site.now, reading=listing(read_today))
    verdict = compare(known, seen, UNFOLLOWED, site.now)
    assert {u.event for u in verdict.updates} <= {None, EventKind.BASELINE}


@settings(deadline=None)
@given(lists, lists, lists)
def test_an_update_is_of_a_stored_position_or_a_new_one(
    read_then: list[Posting], read_today: list[Posting], shown: list[Posting]
) -> None:
    site = Site(UNFOLLOWED)
    site.check(read_then)
    known = refresh(site.world.known(SOURCE.url), read_today, ())
    for reading in (listing(shown), None):
        seen = Observation(source=SOURCE.url, at=site.now, reading=reading)
        updates = compare(known, seen, UNFOLLOWED, site.now + timedelta(days=200)).updates
        ids = [u.position for u in updates if u.position is not None]
        assert set(ids) <= site.world.positions.keys()
        assert len(set(ids)) == len(ids)


@settings(deadline=None)
@given(lists, lists)
def test_questions_are_few_and_never_of_the_list_itself(before: list[Posting], after: list[Posting]) -> None:
    site = Site()
    site.check(before)
    asked = ads_to_open(site.world.known(SOURCE.url), listing(after), SOURCE, site.now + timedelta(days=2))
    assert len(asked) <= 40
    assert len(set(asked)) == len(asked)
    assert all(url.startswith(SOURCE.url + "/") for url in asked)


@pytest.mark.parametrize("trouble", ["the server answers with 503", "the page asks whether one is a robot"])
@settings(deadline=None)
@given(shown=lists)
def test_a_check_that_proves_nothing_closes_nothing(trouble: str, shown: list[Posting]) -> None:
    site = Site()
    site.check(shown)
    before = {p.id: p.status for p in site.world.positions.values()}
    failed = Observation(source=SOURCE.url, at=site.now, trouble=trouble, transient=True)
    walled = Observation(source=SOURCE.url, at=site.now, reading=replace(listing([]), trouble=trouble))
    for observation in (failed, walled) * 5:
        site.now += timedelta(hours=6)
        site.world.check(SOURCE, site.now, None, {}, observation)
    after = {p.id: p.status for p in site.world.positions.values()}
    assert before == after
    assert Status.CLOSED not in after.values()


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize(("hour", "status"), [(11, Status.OPEN), (12, Status.EXPIRED)])
def test_a_deadline_passes_anywhere_on_earth_wherever_the_clock_hangs(zone: str, hour: int, status: Status) -> None:
    """The day of the deadline is over at UTC-12, whatever zone `now` is given in."""
    world = World()
    posting = Posting(title="PhD student", deadline=date(2026, 3, 2), deadline_kind=DeadlineKind.FIXED)
    now = datetime(2026, 3, 3, hour, tzinfo=UTC).astimezone(ZoneInfo(zone))
    world.check(SOURCE, now, listing([posting]), {})
    assert [p.status for p in world.positions.values()] == [status]
