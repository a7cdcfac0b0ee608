"""Which records of a page are positions.

Evidence is added up, for a group and then for each of its records: role words in titles, what the headings above say,
what addresses and class names say, dates and labels beside the title. No single kind of it is needed or enough, so
that departments, featured blocks and a page with one position all come through, and news of a professor does not.
"""

from __future__ import annotations

from collections import Counter

from monitor.models import Posting
from monitor.readers.cells import Reader
from monitor.readers.evidence import Subject, against, merit, score
from monitor.readers.records import Ground, Group, Record, groups
from monitor.readers.sentences import against_link, nothing_open
from monitor.readers.titles import entitle
from monitor.readers.tree import Tree
from monitor.readers.words import (
    address_words,
    heads_a_list,
    is_generic,
    is_rank,
    says,
)
from monitor.readers.zones import Zones
from monitor.values import Value

ENOUGH = 3.0
_SECOND = 1.5  # what a group without deadlines has to have more beside a list with them
_KNOWN = 2.0  # what having held positions before is worth
_LIST = 3  # records
_SOUND = 6.0  # a group of so much needs no more


class Verdict(Value):
    """What became of a group: value is all that speaks for it (its parts are `group.notes`), taken its positions."""

    group: Group
    value: float
    taken: int


class Found(Value):
    """postings: in page order. signature: the groups that hold them. covered: share of the page's own words in them.

    headed: all stand under a heading of positions ("Open positions"). verdicts: on the groups that were weighed.
    """

    postings: tuple[Posting, ...]
    signature: tuple[str, ...]
    covered: float
    headed: bool = False
    verdicts: tuple[Verdict, ...] = ()


class _Weighed(Value):
    """rank: by which groups come in turn; value: what speaks for the group."""

    group: Group
    value: float
    rank: float


def positions(tree: Tree, zones: Zones, reader: Reader, known: tuple[str, ...] = ()) -> Found:
    """The records that are positions.

    known: the signature that held them last time. It speaks for a group that is weak on this day. A list that it names
    is read first if it is sound, and no group within its records is weighed any more; all others on the page are.
    """
    court = _Court(tree, zones, reader, known)
    familiar: list[Group] = []
    others: list[Group] = []
    for group in groups(tree, zones):
        (familiar if group.signature in known else others).append(group)
    weighed = court.weigh(familiar)
    sound = [one for one in weighed if one.rank >= _SOUND and _is_whole(tree, one.group)]
    court.judge(sound)
    unsettled = [group for group in others if not court.is_settled(group)]
    court.judge([*(one for one in weighed if one not in sound), *court.weigh(unsettled)])
    return court.found()


def _is_whole(tree: Tree, group: Group) -> bool:
    """Whether the records of a group are a list and no parts of greater ones: linked, several, headed by titles."""
    return (
        group.linked
        and len(group.records) >= _LIST
        and not any(
            0 < line.heading < 7 and line.number != record.title_line
            for record in group.records
            for line in tree.lines[record.first : record.last]
        )
    )


class _Court:
    """The groups of one page, judged in turn: what one of them has taken is no other's."""

    def __init__(self, tree: Tree, zones: Zones, reader: Reader, known: tuple[str, ...]) -> None:
        self.tree, self.zones, self.reader, self.known = tree, zones, reader, known
        self.subject = Subject.of(tree)
        self.nothing = nothing_open(tree, zones)
        self.ground = Ground(tree)
        self.taken: list[tuple[Record, Posting]] = []
        self.keys: set[tuple[str | None, str]] = set()
        self.titles: set[str] = set()
        self.headings: set[str] = set()  # that positions stand under
        self.verdicts: list[Verdict] = []

    def weigh(self, candidates: list[Group]) -> list[_Weighed]:
        """Those that may hold positions, each with what speaks for it."""
        result = []
        for group in candidates:
            entitle(self.tree, group)
            value = score(self.tree, self.zones, self.subject, group)
            if value >= ENOUGH - 2.0 - _KNOWN * (group.signature in self.known):
                result.append(_Weighed(group, value, value + against(self.tree, self.zones, group)))
            else:
                self.verdicts.append(Verdict(group, value, 0))
        return result

    def is_settled(self, group: Group) -> bool:
        """Whether all that a group has lies within positions already taken."""
        return all(self.ground.owns(record.root) for record in group.records)

    def judge(self, weighed: list[_Weighed]) -> None:
        """Take the positions of these groups, of the best one first."""
        for one in sorted(weighed, key=lambda one: -one.rank):
            value, group = one.value, one.group
            if group.signature in self.known:
                value = max(value, min(value + _KNOWN, _SOUND))
            need = ENOUGH + (_SECOND if self._all_dated() and group.notes["dated"] == 0 else 0.0)
            shared = Counter(record.url for record in group.records)
            heads = self._heads(group)
            mine = {id(r) for r in group.records if self._takes(r, group, value, need, shared, heads=heads)}
            if mine:
                self.taken += [(r, p) for r, p in self.reader.postings(group) if id(r) in mine]
            self.verdicts.append(Verdict(group, value, len(mine)))

    def _heads(self, group: Group) -> bool:
        """Whether positions already taken stand under most of a group's titles."""
        titles = [self.tree.lines[record.title_line] for record in group.records if record.title]
        return sum(line.heading > 0 and line.text in self.headings for line in titles) * 2 > len(titles)

    def _takes(
        self, record: Record, group: Group, value: float, need: float, shared: Counter[str | None], *, heads: bool
    ) -> bool:
        tree, zones = self.tree, self.zones
        if record.url is None:
            record.url = _shared_link(tree, zones, record, self.ground)
        if not record.title or value + merit(tree, zones, record, group) < need:
            return False
        section = zones.section(record.title_line)
        none_open = any(section[: len(where)] == where for where in self.nothing)
        beside = record.url is None and section in self.nothing
        if none_open and not group.notes["dated"] and (beside or not heads_a_list(section)):
            return False  # the page says that nothing is open, and this stands elsewhere or beside that
        if value + against_link(tree, record, group, none_open=none_open) < need:
            return False
        title = record.title.casefold()
        key = (record.url, "" if record.url and shared[record.url] == 1 else title)
        if key in self.keys or (record.url is None and title in self.titles) or self.ground.overlaps(record):
            return False
        named = says("listing.roles", record.title) and not is_rank(record.title)
        if not named and (heads or (not group.linked and self.ground.precedes(record))):
            return False  # a heading over positions, such as an institution's name
        if self.ground.holds(record.title_line) and not (group.linked and says("listing.roles", record.title)):
            return False  # part of what another position runs on over
        self.keys.add(key)
        self.titles.add(title)
        self.headings.update(section)
        self.ground.give(record)
        return True

    def _all_dated(self) -> bool:
        """Whether the page's list gives every position a deadline: what has none is then likely something else."""
        return len(self.taken) >= 5 and all(posting.deadline for _, posting in self.taken)

    def found(self) -> Found:
        taken = sorted(self.taken, key=lambda pair: pair[0].title_line)
        own = [line for line in self.tree.lines if self.zones.penalty(line.block) < 2]
        total = sum(len(line.text) for line in own) or 1
        return Found(
            tuple(posting for _, posting in taken),
            tuple(sorted({verdict.group.signature for verdict in self.verdicts if verdict.taken})),
            sum(len(line.text) for line in own if self.ground.holds(line.number)) / total,
            all(heads_a_list(self.zones.section(record.title_line)) for record, _ in taken),
            tuple(self.verdicts),
        )


def _shared_link(tree: Tree, zones: Zones, record: Record, ground: Ground) -> str | None:
    """The link of a line above that serves several: "Apply for any of the following positions here"."""
    section = zones.section(record.title_line)
    for number in range(record.root.first - 1, max(-1, record.root.first - 30), -1):
        line = tree.lines[number]
        if zones.section(number) != section or line.heading:
            return None
        if ground.holds(number):
            continue
        links = [a for a in line.anchors if is_generic(tree.anchor_text(a)) and tree.address(a)]
        if len(links) == 1 and address_words(tree.address(links[0]) or "")[0] and line.block.tag != "li":
            return tree.address(links[0])
    return None
