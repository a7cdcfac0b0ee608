"""A year of many university sites: which positions they show when, and what goes wrong.

All of it follows from a seed and is laid out before the first request, so that at the end it is known what was to be
told. Time is counted in days since the start. Nothing here does IO: `soak_pages` renders it, `soak_servers` serves it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from bench.load import DEPARTMENTS, METHODS, SUBJECTS

FORMS = (
    "PhD student in {}",
    "Doctoral student in {}",
    "Postdoc in {}",
    "Postdoctoral researcher, {}",
    "PhD position: {}",
    "Associate professor of {}",
    "Research engineer, {}",
    "Lecturer in {}",
)
LISTS = ("table", "cards", "headings", "definitions", "items", "rows")
FEEDS = ("rss", "atom")
WINDOW = 5  # entries of a feed
URLS = ("id", "slug", "query", "session", "id and slug")
UNREADABLE = ("503", "429", "reset", "maintenance", "captcha", "robots")
FAULTS = (*UNREADABLE, "truncated", "emptied")
BETWEEN_POSITIONS = 12.0  # days, on the average, from one new position of a site to its next


@dataclass(frozen=True, slots=True)
class Stage:
    """What a site says of a position from one day until another. number: tells its address."""

    since: float
    until: float
    deadline: date
    number: int


@dataclass(frozen=True, slots=True)
class Life:
    """A position through the year. stages: one after the other; after a gap it is advertised again."""

    title: str
    department: str
    stages: tuple[Stage, ...]

    def at(self, day: float) -> Stage | None:
        return next((s for s in self.stages if s.since <= day < s.until), None)

    def is_again(self, stage: Stage) -> bool:
        place = self.stages.index(stage)
        return place > 0 and self.stages[place - 1].until < stage.since


@dataclass(frozen=True, slots=True)
class Trouble:
    """kind: one of FAULTS."""

    kind: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a site looks from a day on, until its next look."""

    since: float
    style: str
    urls: str
    language: str
    dates: str
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """dated: the list tells deadlines, too, and not the positions' own pages alone. steady: no noise, and an ETag.

    large: so large a page that it is read in a process of its own.
    """

    number: int
    every: timedelta
    follow: bool
    dated: bool
    steady: bool
    large: bool
    looks: tuple[Look, ...]
    troubles: tuple[Trouble, ...]
    lives: tuple[Life, ...]

    @property
    def name(self) -> str:
        return f"University {self.number:03}"

    @property
    def path(self) -> str:
        return "/vacancies.xml" if self.looks[0].style in FEEDS else "/vacancies"

    def look(self, day: float) -> Look:
        return [look for look in self.looks if look.since <= day][-1]

    def trouble(self, day: float) -> str | None:
        return next((t.kind for t in self.troubles if t.since <= day < t.until), None)

    def open(self, day: float) -> list[tuple[Life, Stage]]:
        """What is open, the newest first."""
        pairs = [(life, stage) for life in self.lives if (stage := life.at(day))]
        return sorted(pairs, key=lambda pair: pair[1].number, reverse=True)

    def shown(self, day: float) -> list[tuple[Life, Stage]]:
        """What its list shows of that; a truncated one ends in the middle."""
        pairs = self.open(day)
        if self.trouble(day) == "truncated":
            pairs = pairs[: len(pairs) // 2]
        return pairs[:WINDOW] if self.look(day).style in FEEDS else pairs


@dataclass(frozen=True)
class World:
    """count: of sites; days: that it lasts; start: a Monday, midnight UTC."""

    count: int
    days: int
    seed: int
    start: datetime = field(default=datetime(2026, 1, 5, tzinfo=UTC))

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        titles = self._titles()
        return tuple(_site(self, number, titles) for number in range(self.count))

    def _titles(self) -> Iterator[str]:
        """No two alike, and neighbours with no word but the form in common."""
        dice = random.Random(f"{self.seed} titles")
        number = len(METHODS) * len(SUBJECTS)
        shift = dice.randrange(number)
        for n in range(number):
            step = (n + shift) * 101 % number
            subject = f"{METHODS[step % len(METHODS)]} {SUBJECTS[step // len(METHODS)]}"
            yield dice.choice(FORMS).format(subject)

    def moment(self, day: float) -> datetime:
        return self.start + timedelta(days=day)

    def day(self, moment: datetime) -> float:
        return (moment - self.start) / timedelta(days=1)

    def date_at(self, day: float) -> date:
        return self.moment(day).date()

    def end_of(self, day: date) -> float:
        return self.day(datetime.combine(day, time(), UTC)) + 1


def _site(world: World, number: int, titles: Iterator[str]) -> Site:
    dice = random.Random(f"{world.seed} site {number}")
    feed = dice.random() < 0.3
    follow = dice.random() < 0.6
    looks = _looks(dice, world.days, FEEDS if feed else LISTS)
    return Site(
        number=number,
        every=timedelta(hours=dice.choice((12, 24, 48, 48))),
        follow=follow,
        dated=not follow or dice.random() < 0.7,
        steady=dice.random() < 0.3,
        large=number % 25 == 7,
        looks=looks,
        troubles=_troubles(dice, world.days, [look.since for look in looks[1:]]),
        lives=tuple(_lives(dice, world, titles)),
    )


def _looks(dice: random.Random, days: int, styles: tuple[str, ...]) -> tuple[Look, ...]:
    """About every second site is built anew within a year, with other markup and addresses; some change encoding."""

    def look(since: float) -> Look:
        language = dice.choice(("en", "sv"))
        dates = dice.choice(("%d %B %Y", "%Y-%m-%d", "%d.%m.%Y") if language == "en" else ("%Y-%m-%d", "%d.%m.%Y"))
        return Look(since, dice.choice(styles), dice.choice(URLS), language, dates)

    looks = [look(0)]
    if dice.random() < 0.5 * days / 365:
        looks.append(look(dice.uniform(0.2, 0.9) * days))
    if dice.random() < 0.3 * days / 365:
        looks.append(replace(looks[-1], since=dice.uniform(0.91, 0.98) * days, encoding="iso-8859-1"))
    return tuple(looks)


def _troubles(dice: random.Random, days: int, relaunches: list[float]) -> tuple[Trouble, ...]:
    """About four a year, from a few hours to ten days; a site is not built anew while it is in trouble."""
    troubles = []
    day = dice.expovariate(6 / 365) + 2
    while day < days - 3:
        length = dice.choice((0.3, 0.8, 2, 4.5, 4.5, 10))
        if not any(day - 4 < relaunch < day + length + 4 for relaunch in relaunches):
            troubles.append(Trouble(dice.choice(FAULTS), day, day + length))
        day += length + 6 + dice.expovariate(6 / 365)
    return tuple(troubles)


def _lives(dice: random.Random, world: World, titles: Iterator[str]) -> Iterator[Life]:
    """Some that are open when the year begins, then one after the other."""
    number = dice.randrange(1000, 5000)
    day = -30.0
    while day < world.days:
        number += dice.randrange(2, 9)
        yield Life(next(titles), "Department of " + dice.choice(DEPARTMENTS), _stages(dice, world, day, number))
        day += dice.expovariate(1 / BETWEEN_POSITIONS)


def _stages(dice: random.Random, world: World, opened: float, number: int) -> tuple[Stage, ...]:
    """A quarter are prolonged (a few shortened), a fifth are closed early; of those and others some come again."""
    deadline = world.date_at(opened) + timedelta(days=dice.randint(25, 60))
    stages: list[Stage] = []
    since = opened
    if dice.random() < 0.25:
        moved = opened + dice.uniform(8, 14)
        stages.append(Stage(since, moved, deadline, number))
        since, deadline = moved, deadline + timedelta(days=dice.choice((7, 14, 14, 21, 21, -3)))
    ends = world.end_of(deadline)
    chance = dice.random()
    if chance < 0.2 and since + 6 < ends - 5:
        gone = dice.uniform(since + 6, ends - 5)
        stages.append(Stage(since, gone, deadline, number))
        if chance < 0.08:
            stages.append(_again(dice, world, gone + dice.uniform(15, 25), number))
    else:
        gone = ends + dice.choice((0, 0.3, 2.5))
        stages.append(Stage(since, gone, deadline, number))
        if chance > 0.92:
            stages.append(_again(dice, world, gone + dice.uniform(15, 60), number + 1))
    return tuple(stages)


def _again(dice: random.Random, world: World, day: float, number: int) -> Stage:
    deadline = world.date_at(day) + timedelta(days=dice.randint(25, 40))
    return Stage(day, world.end_of(deadline), deadline, number)
