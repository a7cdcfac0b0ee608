"""A world of sources that changes on purpose: what each of them shows in each generation, and what that changed.

Half of the sources are listings, half are feeds; a host has one of each. A listing is a table, cards or a list of 20 to
60 positions, 30 to 120 KB with the menus, styles and scripts around it; every response of it has tokens, nonces,
comments and counters of its own, and no validators, as frameworks with CSRF tokens send it. A restless one also says
something else beside the list each time, for everybody to see: visitors, news.
A feed (RSS or Atom) has 30 entries; three in five have an ETag, a Last-Modified or both, one is steady without them,
one says another lastBuildDate each time. In each generation 1 % of the sources change by one position: a new one, a
moved deadline, a closed one.

Nothing here does IO: `load_server` serves it. The same seed, number and day give the same world.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property

KINDS = ("new", "changed", "closed")
WINDOW = 30  # entries of a feed
_METHODS = """Bayesian, adaptive, algebraic, acoustic, causal, circular, coastal, cognitive, comparative,
computational, discrete, distributed, ecological, electrochemical, experimental, federated, geometric, historical,
hybrid, industrial, interactive, inverse, kinetic, linguistic, magnetic, marine, mathematical, metabolic, microbial,
molecular, multilingual, neural, nonlinear, numerical, optical, participatory, photonic, polymer, quantum, robust,
seismic, social, spatial, spectral, stochastic, structural, sustainable, symbolic, synthetic, thermal, topological,
urban, visual"""
_SUBJECTS = """antibody design, archive studies, battery materials, bridge monitoring, catalyst design, cell
migration, climate adaptation, cloud physics, coral ecology, crop genomics, crystal growth, data privacy, drug
delivery, early literacy, energy markets, enzyme evolution, flood forecasting, forest dynamics, gene regulation,
glacier flow, graph learning, groundwater transport, heart imaging, housing policy, immune ageing, insect vision,
land use, language change, leaf hydraulics, legal reasoning, machine translation, medieval trade, memory formation,
metal recycling, migration history, noise control, ocean mixing, particle detectors, peat soils, plant pathology,
power grids, protein folding, public procurement, radio astronomy, river deltas, robot grasping, sea ice, soil
carbon, solar cells, speech perception, stellar winds, steel fatigue, traffic flow, tumour growth, vaccine uptake,
volcano monitoring, wave energy, wood chemistry"""
_DEPARTMENTS = """Biology, Chemistry, Civil Engineering, Computer Science, Economics, Education, Electrical Engineering,
Geosciences, History, Law, Linguistics, Mathematics, Mechanical Engineering, Medicine, Philosophy, Physics"""
METHODS, SUBJECTS, DEPARTMENTS = (" ".join(words.split()).split(", ") for words in (_METHODS, _SUBJECTS, _DEPARTMENTS))
_LEVELS = (
    "PhD student in {} {}",
    "PhD position in {} {}",
    "Doctoral student in {} {}",
    "Postdoc in {} {}",
    "Postdoctoral researcher in {} {}",
    "Assistant professor of {} {}",
    "Research assistant in {} {}",
)
_SENTENCES = (
    "You will work on {0} in close contact with partners in industry and public agencies.",
    "The project combines theory with measurements, and its data are open to everybody.",
    "We offer a structured programme, a supportive group and time for your own ideas.",
    "The group has twelve members from eight countries and meets every week.",
    "You hold a degree in a relevant field and write English well.",
    "Teaching may be part of the employment, at most one fifth of full time.",
    "Experience with {0} is an advantage, and curiosity more so.",
    "The employment is full time and starts by agreement.",
)
_STEMS = "Al Bren Carl Dal Ek Fal Gran Hag Ing Jar Kol Lind Mar Nor Os Pel Quin Rand Sal Torn Ulv Vall West Ystr"
_ENDS = "berg bruck by dal field fors gate haven holm hurst ley lund mark mouth nes rode rup sted stein ton um vik wald"
_PLACES = [stem + end for stem in _STEMS.split() for end in _ENDS.split()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One position. number: tells its address, /jobs/NUMBER of the host."""

    number: int
    title: str
    department: str
    posted: date
    deadline: date
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSource:
    """kind: listing or feed. style: 0 to 2 the layout of a listing; 0 to 4 what a feed does for repeated requests."""

    number: int
    kind: str
    host: int
    style: int

    @property
    def name(self) -> str:
        return f"source-{self.number:05}"

    @property
    def path(self) -> str:
        return "/vacancies" if self.kind == "listing" else "/vacancies.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one generation changed in one source. kind: one of KINDS. opening: as it is after it, or was before."""

    source: int
    kind: str
    opening: Opening


@dataclass(frozen=True)
class World:
    """count: of sources, an even number. today: the day around which its dates lie. restless: percent of listings."""

    count: int
    today: date
    restless: int = 0
    seed: int = 1

    @cached_property
    def sources(self) -> tuple[LoadSource, ...]:
        made = []
        for number in range(self.count):
            kind = "feed" if number % 2 else "listing"
            host = number // 2
            made.append(LoadSource(number=number, kind=kind, host=host, style=host % (5 if kind == "feed" else 3)))
        return tuple(made)

    def is_restless(self, source: LoadSource) -> bool:
        return source.kind == "listing" and source.host * 37 % 100 < self.restless

    def university(self, host: int) -> str:
        """Its name; no two of the first 1,584 have the same."""
        place = _PLACES[host * 7 % len(_PLACES)]
        forms = (f"University of {place}", f"{place} University", f"{place} Institute of Technology")
        return forms[host // len(_PLACES) % 3]

    @cache  # noqa: B019 - a world lives as long as the program
    def openings(self, source: int, generation: int = 0) -> tuple[Opening, ...]:
        """Every open position of a source, the newest first; a feed shows the first WINDOW of them."""
        if generation == 0:
            return self._first(self.sources[source])
        before = self.openings(source, generation - 1)
        return next((_applied(before, c) for c in self.truth(generation) if c.source == source), before)

    def shown(self, source: int, generation: int) -> tuple[Opening, ...]:
        now_open = self.openings(source, generation)
        return now_open[:WINDOW] if self.sources[source].kind == "feed" else now_open

    @cache  # noqa: B019
    def truth(self, generation: int) -> tuple[Change, ...]:
        """What came, moved and went from the generation before to this one: 1 % of the sources, a change each."""
        if generation == 0:
            return ()
        dice = random.Random(f"{self.seed} generation {generation}")
        pairs = dice.sample(range(self.count // 2), max(1, self.count // 200))
        chosen = [2 * pair + n for n in (0, 1) for pair in pairs][: max(1, self.count // 100)]
        kinds = (KINDS[(n + generation - 1) % 3] for n in range(len(chosen)))
        return tuple(self._change(source, kind, generation, dice) for source, kind in zip(chosen, kinds, strict=True))

    def _change(self, source: int, kind: str, generation: int, dice: random.Random) -> Change:
        before = self.openings(source, generation - 1)
        if kind == "new":
            return Change(source=source, kind=kind, opening=self._opening(source, 1000 + generation, dice, age=0))
        touched = before[dice.randrange(5, 15)]
        if kind == "changed":
            touched = replace(touched, deadline=touched.deadline + timedelta(days=14))
        return Change(source=source, kind=kind, opening=touched)

    def _first(self, source: LoadSource) -> tuple[Opening, ...]:
        dice = random.Random(f"{self.seed} source {source.number}")
        count = WINDOW if source.kind == "feed" else dice.randint(20, 60)
        return tuple(self._opening(source.number, n, dice, age=count - n) for n in reversed(range(count)))

    def _opening(self, source: int, n: int, dice: random.Random, *, age: int) -> Opening:
        """Titles differ within a host: the level goes with the source, method and subject with `n`."""
        step = (n * 101 + source // 2 * 17) % (len(METHODS) * len(SUBJECTS))
        subject = f"{METHODS[step % len(METHODS)]} {SUBJECTS[step // len(METHODS) % len(SUBJECTS)]}"
        level = _LEVELS[(2 * (n % 3) + source % 2) % len(_LEVELS)]
        return Opening(
            number=10_000 + 5_000 * (source % 2) + n,
            title=level.format(*subject.split(" ", 1)),
            department="Department of " + dice.choice(DEPARTMENTS),
            posted=self.today - timedelta(days=age),
            deadline=self.today + timedelta(days=dice.randint(20, 150)),
            summary=" ".join(dice.sample(_SENTENCES, dice.randint(2, 5))).format(subject),
        )


def _applied(before: tuple[Opening, ...], change: Change) -> tuple[Opening, ...]:
    if change.kind == "new":
        return (change.opening, *before)
    if change.kind == "closed":
        return tuple(o for o in before if o.number != change.opening.number)
    return tuple(change.opening if o.number == change.opening.number else o for o in before)
