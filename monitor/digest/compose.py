"""From the log to a digest: each position is told once, by what is different from what the reader was told last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from monitor.digest.filters import wanted, wanted_source
from monitor.digest.marks import mark
from monitor.digest.matching import Match, Matcher, text_to_match
from monitor.digest.model import Delta, Digest, Entry, Notice, SourceOpen
from monitor.models import Event, EventKind, Known, Position, Status
from monitor.plain import to_json
from monitor.settings import DigestSettings
from monitor.values import Value, replace

REMINDERS = (14, 3)  # days before a deadline at which it is told, once each
LONG_TEXT = 80  # characters from which a changed text is shown with its words marked

_FIELD_ORDER = (
    "deadline deadline_time deadline_kind title level organization department location pay start duration_months "
    "funded openings supervisors contacts reference url summary text"
).split()
_DATES = ("deadline", "posted_on")
_NOTICES = (EventKind.TROUBLE, EventKind.RECOVERED)


def compose(
    subscriber: DigestSettings,
    events: Sequence[Event],
    open_positions: Sequence[Position],
    *,
    since: datetime | None,
    now: datetime,
    next_at: datetime | None,
    due_at: datetime | None = None,
    matcher: Matcher,
    names: Mapping[str, str] | None = None,
    known: Mapping[str, Known] | None = None,
) -> Digest:
    """What `subscriber` is told at `now`.

    events: the log since their last digest (`since`), oldest first; before their first one (None) as far back as is
    still news, and what else is open is told besides. open_positions: every one that is open now. next_at: when their
    next digest comes, if that is known; due_at: when this one was to come, as the last one knew it. matcher: how
    positions are held against the interests. names: source URL -> name, for positions without an event. known: source
    URL -> what is known of it, for those in trouble and those that were.
    """
    names = {**(names or {}), **{event.source: event.source_name for event in events}}
    known = known or {}
    told = [s for s in _stories(events) if s.ending and _wanted(subscriber, s.position, names)]
    stories = {story.position.id for story in told}
    open_now = [p for p in open_positions if p.status is Status.OPEN and _wanted(subscriber, p, names)]
    untold = [p for p in open_now if since is None and p.id not in stories]
    due = _Reminders(since, due_at or now, now, next_at or now, subscriber)
    near = [p for p in open_now if due.told_now(p)]
    corpus = {p.id: text_to_match(p.posting) for p in (*open_now, *(story.position for story in told))}
    desk = _Desk(subscriber, now, matcher(subscriber, corpus, stories | {p.id for p in (*untold, *near)}), names)

    new = desk.ranked(s for s in told if s.ending == "new")
    changed = desk.ranked(s for s in told if s.ending == "changed")
    first_seen = desk.by_source(s for s in told if s.ending == "first seen")
    # these show their deadline already
    shown = {e.position for e in (*new, *(e for e in changed if e.deadline_moved))}
    shown |= {e.position for source in first_seen for e in source.entries} | {p.id for p in untold}
    reminded = [desk.entry(p) for p in near if p.id not in shown]
    reminded.sort(key=lambda entry: (entry.days_left or 0, entry.posting.title))
    asked_for, others = _parted(new, subscriber)
    closing, other_closing = _parted(reminded, subscriber)
    trouble = _notices(subscriber, events, EventKind.TROUBLE, known) if since else _in_trouble(subscriber, known, names)
    return Digest(
        name=subscriber.name or "Positions",
        at=now,
        since=since,
        next_at=next_at if next_at and next_at > now else None,
        timezone=subscriber.timezone,
        interests=subscriber.interests,
        new=asked_for,
        other_new=others,
        changed=tuple(sorted(changed, key=lambda entry: (not entry.matching, not entry.deadline_moved))),
        closing=closing,
        other_closing=other_closing,
        closed=desk.ranked(s for s in told if s.ending in ("closed", "passing")),
        reopened=desk.ranked(s for s in told if s.ending == "reopened"),
        first_seen=first_seen,
        open_now=tuple(sorted(map(desk.entry, untold), key=desk.rank)),
        trouble=trouble,
        recovered=_notices(subscriber, events, EventKind.RECOVERED, known),
    )


def _parted(entries: Iterable[Entry], subscriber: DigestSettings) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """What the interests ask for, and the rest; without interests everything is asked for."""
    told = tuple(entries)
    if not subscriber.interests:
        return told, ()
    return tuple(e for e in told if e.matching), tuple(e for e in told if not e.matching)


class _Story(Value):
    """All that happened to one position since the last digest."""

    events: tuple[Event, ...]
    position: Position

    @property
    def ending(self) -> str:
        """What of it is told. What was undone again is not: closed and reopened, or changed and back."""
        turns = [event.kind for event in self.events if event.kind is not EventKind.CHANGED]
        first, last = (turns[0], turns[-1]) if turns else (None, None)
        open_now = last is not EventKind.CLOSED
        expired = self.position.status is Status.EXPIRED
        if first is EventKind.BASELINE:
            return "first seen" if open_now and not expired else ""
        if first is EventKind.NEW:
            return "new" if open_now and not expired else "passing"
        if first is EventKind.REOPENED:
            return "reopened" if open_now else ""
        if not open_now:
            return "closed"
        return "changed" if self.deltas else ""

    @property
    def deltas(self) -> tuple[Delta, ...]:
        """Per field: what stood there before the first change and after the last, where the two differ."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for event in self.events:
            for name, change in event.fields.items():
                before.setdefault(name, _plain(name, change.before))
                after[name] = _plain(name, change.after)
        moved = [name for name in after if before[name] != after[name]]
        if "deadline" in moved:
            moved = [name for name in moved if name not in ("deadline_kind", "deadline_time")]
        return tuple(_delta(name, before[name], after[name]) for name in sorted(moved, key=_place))


def _stories(events: Sequence[Event]) -> list[_Story]:
    grouped: dict[int, list[Event]] = {}
    for event in events:
        if event.position is not None and event.kind not in _NOTICES:
            grouped.setdefault(event.position.id, []).append(event)
    return [_Story(tuple(group), position) for group in grouped.values() if (position := group[-1].position)]


def _place(field: str) -> int:
    return _FIELD_ORDER.index(field) if field in _FIELD_ORDER else len(_FIELD_ORDER)


def _plain(field: str, value: Any) -> Any:
    """A value as the log gives it, an object or its JSON, in one form."""
    plain = to_json(value)
    if field in _DATES and isinstance(plain, str):
        try:
            return date.fromisoformat(plain[:10])
        except ValueError:
            return plain
    return plain


def _delta(field: str, before: Any, after: Any) -> Delta:
    if field == "text":  # nothing before is nothing but additions
        return Delta(field, before, after, mark(before or "", after or ""))
    texts = isinstance(before, str) and isinstance(after, str)
    if texts and max(len(before), len(after)) > LONG_TEXT:
        return Delta(field, before, after, mark(before, after))
    return Delta(field, before, after)


def _source_names(position: Position, names: Mapping[str, str]) -> list[str]:
    return [names.get(sighting.source, sighting.source) for sighting in position.sightings]


def _wanted(subscriber: DigestSettings, position: Position, names: Mapping[str, str]) -> bool:
    urls = [sighting.source for sighting in position.sightings]
    return wanted(subscriber, position.posting, (*urls, *_source_names(position, names)))


def _notices(
    subscriber: DigestSettings, events: Sequence[Event], kind: EventKind, known: Mapping[str, Known]
) -> tuple[Notice, ...]:
    """The sources whose state is `kind` now and was not before: trouble that came and went is not told."""
    turns: dict[str, list[Event]] = {}
    for event in events:
        if event.kind in _NOTICES and wanted_source(subscriber, (event.source, event.source_name)):
            turns.setdefault(event.source, []).append(event)
    told = (turn[-1] for turn in turns.values() if turn[0].kind is turn[-1].kind is kind)
    return tuple(_notice(e.source, e.source_name, e.at, e.text or "", known.get(e.source)) for e in told)


def _in_trouble(subscriber: DigestSettings, known: Mapping[str, Known], names: Mapping[str, str]) -> tuple[Notice, ...]:
    """The sources that others were told of already."""
    return tuple(
        _notice(url, names.get(url, url), state.trouble_since, state.trouble or "", state)
        for url, state in known.items()
        if state.trouble_told and wanted_source(subscriber, (url, names.get(url, url)))
    )


def _notice(url: str, name: str, at: datetime | None, words: str, state: Known | None) -> Notice:
    if state is None:
        return Notice(name, url, at, words)
    count = state.counts[-1] if state.counts else None
    return Notice(name, url, state.trouble_since or at, words, good_at=state.good_at, count=count)


class _Desk(Value):
    """What is needed to turn a position into an entry."""

    subscriber: DigestSettings
    now: datetime
    matches: Mapping[int, Match]
    names: Mapping[str, str]

    def entry(self, position: Position, story: _Story | None = None) -> Entry:
        deadline = position.posting.deadline
        today = self.now.astimezone(self.subscriber.zone).date()
        match = self.matches.get(position.id)
        seen_by = [sighting.source for sighting in position.sightings]
        source = story.events[-1].source if story else seen_by[0] if seen_by else None
        return Entry(
            position=position.id,
            posting=replace(position.posting, text=None),
            status=position.status,
            source=self.names.get(source, source) if source else "",
            url=position.posting.url or source,
            days_left=(deadline - today).days if deadline else None,
            matching=match is not None and match.enough,
            why=match.words if match else (),
            changes=story.deltas if story and story.ending in ("changed", "reopened") else (),
            passing=story is not None and story.ending == "passing",
        )

    def ranked(self, stories: Iterable[_Story]) -> tuple[Entry, ...]:
        """The best match first; then what closes first."""
        entries = [self.entry(story.position, story) for story in stories]
        return tuple(sorted(entries, key=self.rank))

    def by_source(self, stories: Iterable[_Story]) -> tuple[SourceOpen, ...]:
        groups: dict[str, list[_Story]] = {}
        for story in stories:
            groups.setdefault(story.events[0].source_name, []).append(story)
        return tuple(SourceOpen(source, self.ranked(group)) for source, group in groups.items())

    def rank(self, entry: Entry) -> tuple[bool, float, bool, float, str]:
        match = self.matches.get(entry.position)
        days = entry.days_left if entry.days_left is not None and entry.days_left >= 0 else float("inf")
        return (not entry.matching, -match.score if match else 0.0, entry.passing, days, entry.posting.title)


class _Reminders(Value):
    """Which deadlines a digest reminds of, without a stored mark: what was due before is what the last one told.

    A deadline is due a number of days before it (REMINDERS); the last time also when it passes before the next
    digest comes, so that a weekly reader does not hear of it too late.
    """

    since: datetime | None
    due_at: datetime
    now: datetime
    next_at: datetime
    subscriber: DigestSettings

    def told_now(self, position: Position) -> bool:
        deadline = position.posting.deadline
        if deadline is None or deadline < self._day(self.now):
            return False
        due = {days for days in REMINDERS if self._due(days, deadline, self.now, self.next_at)}
        if self.since is None or position.first_seen > self.since:
            return bool(due)
        return any(not self._due(days, deadline, self.since, self.due_at) for days in due)

    def _due(self, days: int, deadline: date, at: datetime, following: datetime) -> bool:
        if deadline - timedelta(days=days) <= self._day(at):
            return True
        return days == min(REMINDERS) and deadline <= self._day(following)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.subscriber.zone).date()
