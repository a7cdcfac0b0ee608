"""Redirects between addresses that a test cannot serve: what of the request goes along."""

from __future__ import annotations

import pytest

from monitor.fetch.faults import Fault
from monitor.fetch.journey import Journey
from monitor.fetch.wire import Answer, may_share, parse


def redirected(start: str, *locations: str, cookie: str = "") -> Journey:
    journey = Journey(parse(start), {"Accept": "text/html"}, {"X-Key": "hush"})
    for location in locations:
        journey.go_on(Answer(302, {"location": location}, [cookie] if cookie else []))
    return journey


@pytest.mark.parametrize(
    ("start", "end", "goes_along"),
    [
        ("https://a.example/", "https://a.example/jobs", True),
        ("https://a.example/", "https://A.example:443/jobs", True),
        ("https://a.example/", "https://a.example./jobs", True),
        ("http://a.example/", "https://a.example/jobs", True),
        ("https://a.example/", "http://a.example/jobs", False),
        ("https://a.example/", "https://a.example:8443/jobs", False),
        ("https://a.example/", "https://b.a.example/jobs", False),
        ("https://b.a.example/", "https://a.example/jobs", False),
        ("https://a.example/", "https://a.example@b.example/jobs", False),
        ("https://a.example/", "https://b.example/a.example", False),
        ("https://a.example/", "//b.example", False),
    ],
)
def test_what_is_private_goes_along_to_the_same_host_only(start: str, end: str, goes_along: bool) -> None:
    headers = redirected(start, end).headers()
    assert may_share(start, end) == goes_along or end.startswith("//")
    assert ("X-Key" in headers) == goes_along
    assert headers["Accept"] == "text/html"


@pytest.mark.parametrize(
    ("end", "goes_along"),
    [
        ("https://a.example/jobs", True),
        ("http://a.example/jobs", False),
        ("https://www.a.example/jobs", False),
        ("https://b.example/jobs", False),
    ],
)
def test_a_cookie_goes_back_to_where_it_came_from(end: str, goes_along: bool) -> None:
    headers = redirected("https://a.example/", end, cookie="sid=1; Domain=.a.example; Path=/").headers()
    assert headers.get("Cookie") == ("sid=1" if goes_along else None)


def test_a_login_of_the_way_is_nobodys() -> None:
    """Only the user's own URL may carry one."""
    journey = redirected("https://a.example/", "https://me:hush@a.example/jobs")
    assert str(journey.at) == "https://a.example/jobs"
    assert "Authorization" not in journey.headers()


def test_a_circle_shows_no_secrets() -> None:
    with pytest.raises(Fault, match=r"token=\*\*\*") as fault:
        redirected("https://a.example/?token=hush", "/?token=hush")
    assert "hush" not in fault.value.reason
