"""While a source is said to be quiet, an unchanged list has nothing to conclude and no ad is to be opened."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.diff import ads_to_open, ads_until, compare, concluded, settled_until
from monitor.models import AdSeen, Observation, Posting
from tests.diff.test_laws import SOURCE, UNFOLLOWED, Site, listing, lists


@settings(deadline=None)
@given(lists, lists, st.integers(1, 4), st.integers(0, 400 * 24))
def test_what_is_quiet_has_nothing_to_say(before: list[Posting], after: list[Posting], checks: int, hours: int) -> None:
    site = Site()
    site.check(before)
    for _ in range(checks):
        site.check(after)
    known = site.world.known(SOURCE.url)
    later = site.now + timedelta(hours=hours)
    if known.trouble is None and later < settled_until(known):
        unchanged = Observation(source=SOURCE.url, at=later, not_modified=True)
        for source in (SOURCE, UNFOLLOWED):
            verdict = compare(known, unchanged, source, later)
            assert (verdict.updates, verdict.notice, verdict.counts) == ((), None, known.counts)
        assert ads_to_open(known, None, UNFOLLOWED, later) == ()
        if later < ads_until(known):
            assert ads_to_open(known, None, SOURCE, later) == ()


@settings(deadline=None)
@given(lists)
def test_a_source_is_quiet_until_something_is_due(shown: list[Posting]) -> None:
    """Not shorter than it need be, or nothing would be saved."""
    site = Site(UNFOLLOWED)
    site.check(shown)
    known = site.world.known(UNFOLLOWED.url)
    ends = settled_until(known)
    if deadlines := [p.posting.deadline for p in known.positions if p.posting.deadline]:
        assert ends.date() - min(deadlines) == timedelta(days=1)
        unchanged = Observation(source=UNFOLLOWED.url, at=ends, not_modified=True)
        assert compare(known, unchanged, UNFOLLOWED, ends).updates
    else:
        assert ends > site.now + timedelta(days=10_000)


@settings(deadline=None)
@given(lists, lists)
def test_what_is_known_after_a_check_is_what_is_stored(before: list[Posting], after: list[Posting]) -> None:
    site = Site()
    site.check(before)
    known = site.world.known(SOURCE.url, listing(after))
    now = site.now + timedelta(hours=6)
    ads = tuple(AdSeen(url=p.url, posting=p) for p in after if p.url)
    verdict = compare(known, Observation(source=SOURCE.url, at=now, reading=listing(after), ads=ads), SOURCE, now)
    foreseen = concluded(known, verdict)
    site.world.keep(known, verdict, now)
    kept = site.world.known(SOURCE.url, listing(after))
    assert (settled_until(foreseen), ads_until(foreseen)) == (settled_until(kept), ads_until(kept))
