"""What the store does with a verdict, in memory: the fold over which the laws and scenarios run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.diff import ads_to_open, compare
from monitor.identity import lookup_keys
from monitor.models import (
    AdSeen,
    EventKind,
    Known,
    Observation,
    Position,
    Reading,
    Sighting,
    Status,
    Update,
    Verdict,
)
from monitor.settings import Source
from monitor.values import replace


@dataclass
class World:
    """Every position there is, and what is kept of each source."""

    positions: dict[int, Position] = field(default_factory=dict)
    sources: dict[str, Known] = field(default_factory=dict)

    def known(self, source: str, reading: Reading | None = None) -> Known:
        keys = lookup_keys(reading.postings, source) if reading else frozenset()
        relevant = tuple(
            p for p in self.positions.values() if any(s.source == source or keys & set(s.keys) for s in p.sightings)
        )
        return replace(self.sources.get(source, Known(source=source)), positions=relevant)

    def check(
        self,
        source: Source,
        now: datetime,
        reading: Reading | None,
        pages: Mapping[str, AdSeen],
        observation: Observation | None = None,
    ) -> tuple[Verdict, tuple[str, ...]]:
        """One check, concluded and kept; the URLs that were asked. pages: what each ad's page would answer."""
        asked: tuple[str, ...] = ()
        seen = observation
        if seen is None:
            asked = ads_to_open(self.known(source.url), reading, source, now)
            ads = tuple(pages.get(url, AdSeen(url=url, trouble="no server", unreachable=True)) for url in asked)
            seen = Observation(source=source.url, at=now, reading=reading, ads=ads, not_modified=reading is None)
        known = self.known(source.url, seen.reading)
        verdict = compare(known, seen, source, now)
        self.keep(known, verdict, now)
        return verdict, asked

    def keep(self, known: Known, verdict: Verdict, now: datetime) -> None:
        for update in verdict.updates:
            self._keep(update, now)
        good = verdict.trouble is None
        told = verdict.notice is EventKind.TROUBLE or known.trouble_told
        self.sources[known.source] = replace(
            known,
            positions=(),
            baseline_at=known.baseline_at or (now if good else None),
            good_at=now if good else known.good_at,
            counts=verdict.counts,
            failures=0 if good else known.failures + 1,
            trouble=verdict.trouble,
            trouble_since=None if good else known.trouble_since or now,
            trouble_told=told and not good,
        )

    def _keep(self, update: Update, now: datetime) -> None:
        id_ = update.position or max(self.positions, default=0) + 1
        before = self.positions.get(id_)
        sightings: Sequence[Sighting] = before.sightings if before else ()
        others = tuple(s for s in sightings if s.source != update.sighting.source)
        closed = update.status is Status.CLOSED
        self.positions[id_] = Position(
            id=id_,
            posting=update.posting,
            status=update.status,
            first_seen=before.first_seen if before else now,
            last_seen=max(before.last_seen, update.sighting.last_seen) if before else now,
            closed_at=((before and before.closed_at) or now) if closed else None,
            sightings=(*others, update.sighting),
        )
