"""Recruitment platforms: how their pages lead to a feed or API, and how that reads. One file each, one registry.

This is the one place of the program that names hosts. docs/platforms.md says where each form was seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.models import Page
from monitor.platforms import (
    academicjobsonline,
    bite,
    emply,
    greenhouse,
    interfolio,
    jobbnorge,
    jobs_ac_uk,
    lever,
    mathjobs,
    personio,
    reachmee,
    softgarden,
    successfactors,
    teamtailor,
    varbi,
    workday,
)
from monitor.platforms.base import Board, Platform, Record, Request

__all__ = ["MOST_LEADS", "PLATFORMS", "Board", "Platform", "Record", "Request", "ad_of", "board_of", "leads", "request"]

MOST_LEADS = 4  # of one page; each is a request

PLATFORMS: tuple[Platform, ...] = tuple(
    module.PLATFORM
    for module in (
        academicjobsonline,
        bite,
        emply,
        greenhouse,
        interfolio,
        jobbnorge,
        jobs_ac_uk,
        lever,
        mathjobs,
        personio,
        reachmee,
        softgarden,
        successfactors,
        teamtailor,
        varbi,
        workday,
    )
)
_ASKED = tuple(platform.request for platform in PLATFORMS if platform.request)  # of every address that is fetched


def leads(url: str, html: str) -> Iterator[tuple[Platform, str]]:
    """The feeds and APIs that a page leads to, at most `MOST_LEADS`, each with its platform."""
    found: dict[str, Platform] = {}
    for platform in PLATFORMS:
        for address in platform.leads(url, html):
            if address != url and len(found) < MOST_LEADS:
                found.setdefault(address, platform)
    yield from ((platform, address) for address, platform in found.items())


def board_of(page: Page) -> tuple[Platform, Board] | None:
    """The positions of a platform's own answer; None if the page is none."""
    for platform in PLATFORMS:
        board = platform.read(page) if platform.read else None
        if board is not None:
            return platform, board
    return None


def ad_of(page: Page) -> Record | None:
    """The position of a platform's own answer for one; None if the page is none."""
    answers = (platform.read_ad(page) for platform in PLATFORMS if platform.read_ad)
    return next(filter(None, answers), None)


def request(url: str) -> Request | None:
    """How the platform of an address wants to be asked for it; None where a plain GET of it does."""
    for asked in _ASKED:
        if wanted := asked(url):
            return wanted
    return None
