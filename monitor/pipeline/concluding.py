"""The second half of a check: all that is known of a source is compared with what it shows, and the verdict stored."""

from __future__ import annotations

from collections.abc import Callable

from monitor.cadence import next_check_at
from monitor.diff import ads_until, compare, concluded, refresh, settled_until
from monitor.identity import canonical_url, distinct, is_known_elsewhere, keys_of, sighting_of
from monitor.models import CHANGES, AdSeen, EventKind, Kind, Known, Observation, Position, Posting, Reading, Verdict
from monitor.pipeline.check import CheckInput, Reader, Web, fingerprint, open_ads, read_ad_page, reread
from monitor.pipeline.poll import Checked
from monitor.settings import Source
from monitor.store import Store
from monitor.values import Value, replace


async def second_half(
    store: Store, given: CheckInput, seen: Observation, web: Web, reader: Reader, stop: Callable[[], bool]
) -> Checked:
    """After `check.look`: the positions are loaded, their own pages opened where they may say something."""
    source, known, recorded = given.source, None, store.recorded
    if not seen.trouble:
        known = _known(store, source, seen.reading)
        given = replace(given, state=store.state(source.url), known=known)
        seen = await open_ads(given, seen, web, reader, stop)
    anew = await _reread(store, given, seen, reader)
    if store.recorded != recorded:  # other checks may have stored what is about the same
        known = None
    return conclude(store, source, seen, anew, known)


class Reread(Value):
    """The stored pages of a source as today's reader finds them."""

    listed: tuple[Posting, ...]
    ads: tuple[AdSeen, ...]


async def _reread(store: Store, given: CheckInput, seen: Observation, reader: Reader) -> Reread | None:
    """None unless the reader or the settings have changed since they were read."""
    source, state = given.source, given.state
    if seen.reading is None or state is None or state.fingerprint in (None, fingerprint(source)):
        return None
    known = store.known(source.url, past=())
    listed: list[Posting] = []
    for _, page in store.snapshots(source.url, listed=True):
        listed += await reread(page, source, known, reader)
    shown = [*listed, *(s.listed for p in known.positions for s in p.sightings)]
    asked = {canonical_url(p.url) for p in shown if p.url}  # not the pages of long past positions
    ads = [
        await read_ad_page(url, page, source, page.fetched_at, reader)
        for url, page in store.snapshots(source.url, listed=False)
        if url in asked
    ]
    return Reread(tuple(listed), tuple(ads))


def conclude(
    store: Store, source: Source, observation: Observation, anew: Reread | None = None, known: Known | None = None
) -> Checked:
    """Compare an observation with what is known (loaded unless given), and store both it and the verdict."""
    now = observation.at
    stored = known or _known(store, source, observation.reading)
    known = _as_of_today(stored, source, anew)
    verdict = compare(known, observation, source, now)
    after = concluded(known, verdict)
    store.record(
        observation,
        verdict,
        name=source.name,
        fingerprint=fingerprint(source),
        next_check_at=next_check_at(
            source,
            now,
            failures=known.failures + 1 if verdict.trouble else 0,
            retry_after=observation.retry_after,
            fresh_until=observation.fresh_until,
        ),
        settled_until=settled_until(after),
        ads_until=ads_until(after),
        known=stored,
    )
    return _checked(source, observation, verdict)


def _as_of_today(known: Known, source: Source, anew: Reread | None) -> Known:
    """What is known, as today's reader would have read it: an upgrade or a changed setting is no news."""
    if source.kind is Kind.PAGE:
        known = _as_named_today(known, source)
    return refresh(known, anew.listed, anew.ads) if anew else known


def _known(store: Store, source: Source, reading: Reading | None) -> Known:
    """All that what a list shows may be about: what it showed lately, and what has one of its keys."""
    postings = reading.postings if reading else ()
    own = {key for keys in keys_of(distinct(postings), source.url) for key in keys}
    return store.known(source.url, filter(is_known_elsewhere, own), past=own)


def _as_named_today(known: Known, source: Source) -> Known:
    """A page that is watched for its text bears its source's name, which may change like any other setting."""

    def named(position: Position) -> Position:
        if sighting_of(position, source.url) is None:
            return position
        sightings = tuple(
            replace(s, listed=replace(s.listed, title=source.name)) if s.source == source.url else s
            for s in position.sightings
        )
        return replace(position, posting=replace(position.posting, title=source.name), sightings=sightings)

    return replace(known, positions=tuple(map(named, known.positions)))


def _checked(source: Source, observation: Observation, verdict: Verdict) -> Checked:
    events = [update.event for update in verdict.updates if update.event in CHANGES]
    return Checked(
        source=source.name,
        url=source.url,
        outcome=verdict.outcome,
        new=events.count(EventKind.NEW) + events.count(EventKind.REOPENED),
        changed=events.count(EventKind.CHANGED),
        closed=events.count(EventKind.CLOSED),
        listed=len(observation.reading.postings) if observation.reading else None,
        error=verdict.trouble,
        warnings=verdict.warnings + (observation.reading.warnings if observation.reading else ()),
    )
