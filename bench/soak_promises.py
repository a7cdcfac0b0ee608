"""What a simulated year told, held against what was true: a promise is what an operator may rely on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.soak_mails import (
    CHANGED,
    CLOSED,
    FIRST_SEEN,
    NEW,
    OPEN_NOW,
    REMINDED,
    REOPENED,
    TROUBLE,
    WORKING,
    Mail,
    Telling,
    received,
)
from bench.soak_servers import MAILS, UNKNOWN
from bench.soak_world import UNREADABLE, Life, Site, Stage, World
from monitor.settings import Settings
from monitor.store import Store

BETWEEN_DIGESTS = {"instant": 1 / 24, "daily": 1.0, "weekly": 7.0}
_OPENS = (NEW, REOPENED, FIRST_SEEN, OPEN_NOW)


@dataclass
class Promise:
    """held: how often it was put to the test. broken: a line for each time that it did not hold."""

    name: str
    held: int = 0
    broken: list[str] = field(default_factory=list)

    def test(self, kept: object, words: str) -> None:
        self.held += 1
        if not kept:
            self.broken.append(words)


@dataclass(frozen=True)
class Truth:
    """shown: title -> what its site said of it to the program, and on which day first.

    sleeps: from which day to which the machine slept.
    """

    world: World
    shown: dict[str, dict[str, float]]
    sleeps: tuple[float, float]

    @classmethod
    def read(cls, world: World, file: Path, sleeps: tuple[float, float]) -> Truth:
        shown: dict[str, dict[str, float]] = defaultdict(dict)
        for line in file.read_text(encoding="utf-8").splitlines():
            title, what, day = line.split("\t")
            shown[title][what] = float(day)
        return cls(world, shown, sleeps)

    def lives(self) -> Iterator[tuple[Site, Life]]:
        return ((site, life) for site in self.world.sites for life in site.lives if life.title in self.shown)

    def is_quiet(self, site: Site, since: float, until: float) -> bool:
        """Whether nothing kept the machine from seeing the site between two days."""
        spans = [(t.since, t.until + 2.3) for t in site.troubles] + [self.sleeps]
        spans += [(look.since, look.since + 2.3) for look in site.looks[1:]]
        return not any(start < until and since < end for start, end in spans) and until < self.world.days


def promises(truth: Truth, settings: Settings, store: Store, folder: Path) -> list[Promise]:
    """All of them, each put to the test as often as the year gave occasion to."""
    mails = {name: received(folder / MAILS, f"{name}@example.org") for name in BETWEEN_DIGESTS}
    kept = [_sound(store), _known(truth, store), *_delivered(store, mails), _slots(settings, store)]
    everything = Promise("what a mail has no room for, it counts")
    for name, (told, _) in mails.items():
        everything.held += len(told)
        everything.broken += [f"{mail.id}: {', '.join(mail.miscounted())}" for mail in told if mail.miscounted()]
        kept += _told(truth, name, told)
    return [*kept, everything, *_troubles(truth, mails["instant"][0])]


def _sound(store: Store) -> Promise:
    promise = Promise("the database is sound at the end", 1)
    promise.broken += store.faults()
    return promise


def _known(truth: Truth, store: Store) -> Promise:
    promise = Promise("every position that was shown is known, and none twice")
    known = Counter(position.posting.title for position in store.positions())
    for _, life in truth.lives():
        numbers = {stage.number for stage in life.stages}
        count = known.pop(life.title, 0)
        promise.test(1 <= count <= len(numbers), f"{life.title}: {count} positions")
    promise.broken += [f"{title}: never there" for title in known]
    return promise


def _delivered(store: Store, mails: dict[str, tuple[list[Mail], list[str]]]) -> Iterator[Promise]:
    arrived = Promise("every mail arrives")
    rows = store._connection.rows("SELECT * FROM deliveries")
    ids = {mail.id for told, _ in mails.values() for mail in told}
    for row in rows:
        if row["recipient"] == UNKNOWN:
            continue
        there = row["message_id"] in ids
        arrived.test(there and row["state"] == "sent", f"{row['message_id']}: {row['state']}, {row['error']}")
    yield arrived
    refused = Promise("a recipient that is refused for good costs no other one a mail")
    for row in rows:
        if row["recipient"] == UNKNOWN:
            final = row["state"] == "sent" or (row["state"] == "failed" and "550" in (row["error"] or ""))
            refused.test(final, f"{row['message_id']}: {row['state']}, {row['error']}")
    yield refused
    repeats = Promise(
        "a mail that comes again has the same Message-ID and words", sum(len(a) for _, a in mails.values())
    )
    repeats.broken += [words for _, again in mails.values() for words in again if "other words" in words]
    yield repeats


def _slots(settings: Settings, store: Store) -> Promise:
    """One digest a slot, in the hour after it; what was missed (asleep, a full disk, killed) is made up for once."""
    promise = Promise("a digest comes once for each slot, at its hour, summer and winter")
    for subscriber in settings.digest:
        if subscriber.every.period == "instant":
            continue
        sent = "SELECT at FROM digests WHERE subscriber = ? AND subject IS NOT NULL ORDER BY id"  # others told nothing
        rows = store._connection.rows(sent, [subscriber.key])
        moments = [_local(row["at"], subscriber.timezone) for row in rows][1:]
        days = Counter(moment.date() for moment in moments)
        promise.broken += [f"{subscriber.key}: {n} digests on {day}" for day, n in days.items() if n > 1]
        late = [moment for moment in moments if moment.hour != subscriber.every.at.hour]
        promise.held += len(moments)
        if len(late) > 4:
            promise.broken.append(f"{subscriber.key}: {len(late)} of {len(moments)} at another hour, as {late[0]}")
    return promise


def _local(stamp: str, zone: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(ZoneInfo(zone))


# --- positions -------------------------------------------------------------------------------------------------------


def _told(truth: Truth, name: str, mails: Sequence[Mail]) -> list[Promise]:
    told: dict[str, list[Telling]] = defaultdict(list)
    for mail in mails:
        for telling in sorted(mail.tellings, key=lambda t: t.section == REMINDED):  # of what the mail tells besides
            told[telling.title].append(telling)
    order = Promise(f"{name}: nothing is told twice, or before what it follows from")
    new = Promise(f"{name}: every position is told")
    moved = Promise(f"{name}: every moved deadline is told")
    closed = Promise(f"{name}: every early closing is told")
    false = Promise(f"{name}: nothing is told that is not so")
    crowded = [truth.world.day(mail.at) for mail in mails if mail.is_crowded]
    for site, life in truth.lives():
        tellings = told.pop(life.title, [])
        stirs = [*truth.shown[life.title].values(), *(stage.until for stage in life.stages)]
        if any(day - 0.1 < mail < day + BETWEEN_DIGESTS[name] + 5 for day in stirs for mail in crowded):
            continue  # it may have been told by its number alone
        baseline = _is_baseline(truth, life)
        order.held += len(tellings)
        order.broken += [
            f"{life.title}: {words}"
            for words in _out_of_order(tellings, _first_deadline(truth, life) if baseline else None)
        ]
        false.held += len(tellings)
        false.broken += [f"{life.title}: {words}" for words in _untrue(truth, site, life, tellings)]
        for what, day in truth.shown[life.title].items():
            stage = _stage_of(life, what)
            lasting = stage.until - day > BETWEEN_DIGESTS[name] + 0.5
            if day > truth.world.days - BETWEEN_DIGESTS[name] - 3.5:
                continue  # its digest has not come yet, or its mail not
            if what.startswith("open"):
                if not (baseline and what == "open 0"):
                    new.test(_is_told_open(truth, tellings, day, stage), f"{life.title}: {what}, seen on day {day:.1f}")
            elif _is_move(truth, life, stage) and lasting:
                says = any(t.deadline == stage.deadline and t.section in (*_OPENS, CHANGED) for t in tellings)
                moved.test(says, f"{life.title}: to {stage.deadline}, seen on day {day:.1f}")
        for stage in _closed_early(truth, site, life, name):
            when = [truth.world.day(t.at) for t in tellings if t.section == CLOSED]
            closed.test(
                any(stage.until < day < stage.until + 12 for day in when), f"{life.title}: day {stage.until:.1f}"
            )
    false.broken += [f"{title}: never there" for title, t in told.items() if t[0].section not in (TROUBLE, WORKING)]
    return [new, moved, closed, order, false]


def _is_baseline(truth: Truth, life: Life) -> bool:
    """Whether it was there when its site was first seen, at the first tick."""
    return truth.shown[life.title].get("open 0", 1) < 1 / 24


def _stage_of(life: Life, what: str) -> Stage:
    """The stage that a line of what was shown is about."""
    word, _, value = what.partition(" ")
    if word == "deadline":
        return next(s for s in life.stages if s.deadline == date.fromisoformat(value))
    rounds = [stage for stage in life.stages if stage is life.stages[0] or life.is_again(stage)]
    return rounds[int(value)]


def _is_move(truth: Truth, life: Life, stage: Stage) -> bool:
    """Whether the deadline of this stage took the place of one that the site had shown."""
    before = life.stages[: life.stages.index(stage)]
    return bool(before) and not life.is_again(stage) and f"deadline {before[-1].deadline}" in truth.shown[life.title]


def _is_told_open(truth: Truth, tellings: Sequence[Telling], day: float, stage: Stage) -> bool:
    """As new, as open again, as come and gone, or, where its end was never seen, as prolonged."""
    later = [t for t in tellings if truth.world.day(t.at) > day - 0.2]
    return any(
        t.section in _OPENS or t.passing or (t.section == CHANGED and t.deadline == stage.deadline) for t in later
    )


def _closed_early(truth: Truth, site: Site, life: Life, name: str) -> Iterator[Stage]:
    """The stages that ended before their deadline, were known to the subscriber as open, and whose end was in sight."""
    for place, stage in enumerate(life.stages):
        followed = place + 1 < len(life.stages) and not life.is_again(life.stages[place + 1])
        due = truth.world.end_of(stage.deadline) - 1
        if followed or stage.until < 3 or stage.until > due - 4.5 or not truth.is_quiet(site, stage.until - 3, due):
            continue
        rounds = sum(map(life.is_again, life.stages[: place + 1]))
        seen = truth.shown[life.title].get(f"open {rounds}")
        shown = [shown for shown, _ in site.shown(stage.until - 0.01)]
        near_end = stage.until > truth.world.days - BETWEEN_DIGESTS[name] - 6
        if seen is not None and life in shown and not near_end:
            yield stage


def _first_deadline(truth: Truth, life: Life) -> date:
    """The one that stood there when the site was first seen, or that its own page told as the first."""
    firsts = [what.partition(" ")[2] for what in truth.shown[life.title] if what.startswith("deadline")]
    return date.fromisoformat(firsts[0])


def _out_of_order(tellings: Sequence[Telling], baseline: date | None) -> Iterator[str]:
    """A subscriber's view of one position, mail by mail: each telling must follow from the one before.

    baseline: its deadline, if it was there when its site was first seen; a first digest may leave it out.
    """
    is_open, deadline = baseline is not None, baseline
    for t in tellings:
        where = f"{t.section} in {t.mail}"
        over = deadline is not None and t.at.date() > deadline  # then it closes without a word
        if t.section in (NEW, FIRST_SEEN, OPEN_NOW):
            if is_open and not over and not (baseline and t.section == FIRST_SEEN):
                yield f"told as new again, {where}"
            is_open, deadline = True, t.deadline
        elif t.section == REOPENED:
            if is_open and not over:
                yield f"reopened, but never closed, {where}"
            is_open, deadline = True, t.deadline
        elif t.section == CLOSED:
            if not is_open and not t.passing:
                yield f"closed, but not open, {where}"
            if is_open and t.passing and not over:
                yield f"came and went, but was told before, {where}"
            is_open = False
        elif t.section == CHANGED:
            if not is_open:
                yield f"changed, but not open, {where}"
            if deadline and t.before and deadline != t.before:
                yield f"moved from {t.before}, but was {deadline}, {where}"
            deadline = t.deadline or deadline
        elif t.section == REMINDED and deadline and t.deadline != deadline:
            yield f"reminded of {t.deadline}, but was {deadline}, {where}"
    reminded = Counter(t.deadline for t in tellings if t.section == REMINDED)
    yield from (f"reminded {count} times of {day}" for day, count in reminded.items() if count > 2)


def _untrue(truth: Truth, site: Site, life: Life, tellings: Sequence[Telling]) -> Iterator[str]:
    for t in tellings:
        day = truth.world.day(t.at)
        before = [stage for stage in life.stages if stage.since <= day]
        if not before:
            yield f"told on day {day:.1f}, before it was there"
        if t.deadline and t.deadline not in {stage.deadline for stage in before}:
            yield f"deadline {t.deadline} in {t.mail}"
        translated = any(look.since <= day < look.since + 21 for look in site.looks[1:]) and t.others == ("Text",)
        if t.others and not translated:
            yield f"changed: {', '.join(t.others)} in {t.mail}"
        gone = [stage for stage in before if stage.until <= day]
        if t.section == CLOSED and (not gone or life.at(day)):
            yield f"closed on day {day:.1f}, while it was open"


# --- sources ---------------------------------------------------------------------------------------------------------


def _troubles(truth: Truth, mails: Sequence[Mail]) -> Iterator[Promise]:
    """By the mails of the subscriber who is told at once."""
    world = truth.world
    turns: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for telling in (telling for mail in mails for telling in mail.tellings):
        if telling.section in (TROUBLE, WORKING):
            turns[telling.title].append((telling.section, world.day(telling.at)))
    once = Promise("trouble of a source is told once, and once that it is over")
    true = Promise("no source is told to be in trouble that is not")
    all_ = Promise("no trouble that lasts remains untold")
    for site in world.sites:
        told = turns.pop(site.name, [])
        for n, (section, day) in enumerate(told):
            once.test(section == (TROUBLE, WORKING)[n % 2], f"{site.name}: {section} again on day {day:.1f}")
            if section == TROUBLE:
                true.test(
                    any(t.since < day < t.until + 0.2 for t in site.troubles),
                    f"{site.name}: in trouble on day {day:.1f}, {site.look(day)}",
                )
        if told and told[-1][0] == TROUBLE:
            over = [t.until for t in site.troubles if t.since < told[-1][1] < t.until + 0.2]
            once.test(max(over, default=0) > world.days - 5, f"{site.name}: never told that it is over")
        for trouble in site.troubles:
            every = max(site.every.total_seconds() / 86400, 1) * 1.1
            enough = 2 * every + 1.3 + (trouble.kind == "robots")
            awake = trouble.until < truth.sleeps[0] or truth.sleeps[1] < trouble.since < trouble.until < world.days
            if trouble.kind in UNREADABLE and trouble.until - trouble.since > enough and awake:
                known = any(s == TROUBLE and trouble.since < day < trouble.until + 0.2 for s, day in told)
                all_.test(known, f"{site.name}: {trouble}")
    yield from (once, true, all_)
