"""What speaks for a group of records being positions, and for or against one record of it."""

from __future__ import annotations

import re

from monitor.fields.labels import role as role_of_label
from monitor.readers.elements import Line
from monitor.readers.records import Group, Record
from monitor.readers.tree import Tree
from monitor.readers.words import (
    address_words,
    has_count,
    heads_a_list,
    is_bare,
    is_generic,
    is_kind,
    is_only,
    is_placeholder,
    is_rank,
    names_no_position,
    names_positions,
    on_a_job_host,
    opens_with,
    says,
    says_none_open,
)
from monitor.readers.zones import Zones
from monitor.values import Value

_OF_RECORDS = (
    "roles",
    "offers",
    "dated",
    "address",
    "identifier",
    "listed",
    "numbered",
)  # evidence that single records have to show
_SAMPLE = 20  # records
_LONG = 120  # characters of a sentence that is no item
_LONGER = 8  # characters that a title has more than the heading of its kind
_NUMBERED = re.compile(r"(?:([^\W\d_]{2,12})\s)?[^\W\d_]{0,4}[-.\s]?\d{1,3}[a-z]?\s*[:.)–—-]\s*\S")
_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"(?<!\d)\d{1,2}[./-]\s?\d{1,2}[./-]|\d{4}-\d\d-\d\d|(?<!\d)\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,}|[^\W\d_]{3,}\.?\s\d{1,2}\b(?!\d)"
)


class Subject(Value):
    """What the page as a whole says of itself."""

    about_positions: float
    links_like_positions: float  # share of all its links

    @classmethod
    def of(cls, tree: Tree) -> Subject:
        heading = next((line.text for line in tree.lines if line.heading == 1), "")
        address, other, _ = address_words(tree.url)
        address = address or on_a_job_host(tree.url)
        named = [says("listing.jobs", tree.title), says("listing.jobs", heading), address]
        score = min(2.0, sum(named) * 0.8)
        for text in (tree.title, heading):
            if opens_with("listing.never", text) or opens_with("listing.other", text):
                score -= 1.0
            elif names_no_position(text) and not says("listing.jobs", text):
                score -= 0.8  # "PhD courses"
        if other and not address:
            score -= 0.5
        links = [tree.address(a) for a in tree.anchors]
        known = [address_words(u)[0] for u in links if u]
        return cls(score, sum(known) / len(known) if known else 0.0)


def score(tree: Tree, zones: Zones, subject: Subject, group: Group) -> float:
    """What speaks for a group as a whole."""
    records = [r for r in group.records if r.title]
    if not records:
        return -9.0
    n = len(records)
    titles = [r.title for r in records]

    def share(flags: list[bool]) -> float:
        return sum(flags) / n

    roles = [says("listing.roles", t) for t in titles]
    occupations = [not r and says("listing.occupations", t) for r, t in zip(roles, titles, strict=True)]
    addresses = [_address_words(tree, r.url) for r in records]
    sections = [zones.section(r.title_line) for r in records]
    notes = group.notes
    notes["roles"] = 3.0 * share(roles) + 1.5 * share(occupations)
    notes["offers"] = 1.0 * share([role and says("listing.offer", t) for role, t in zip(roles, titles, strict=True)])
    notes["page"] = subject.about_positions
    notes["section"] = 1.5 * share([any(says("listing.jobs", h) for h in s[-2:]) for s in sections])
    notes["dated"] = 1.5 * share([_dated(tree, r) for r in records])
    notes["other section"] = -3.0 * share([zones.is_other(s) for s in sections])
    notes["address"] = 1.5 * share([a[0] for a in addresses]) * (1.0 - 0.5 * subject.links_like_positions)
    notes["identifier"] = 0.5 * share([a[2] for a in addresses])
    notes["other address"] = -2.0 * share([a[1] and not a[0] for a in addresses])
    notes["classes"] = 1.0 * share([_classed(r) for r in records])
    notes["number"] = 0.5 if n >= 3 else 0.0
    notes["bare"] = -3.0 * share([is_bare(t) for t in titles]) - 1.5 * share([is_rank(t) for t in titles])
    notes["counts"] = -3.0 * share([has_count(t) for t in titles])
    notes["never"] = -2.5 * share([names_no_position(t) for t in titles])
    lines = [tree.lines[r.title_line] for r in records]
    notes["headed"] = 2.5 * share([0 < line.heading < 7 and bool(line.anchors) for line in lines])
    here = tree.url.split("#")[0].split("?")[0]
    itself = share([bool(r.url) and (r.url or "").split("#")[0].split("?")[0] == here for r in records])
    notes["this page"] = -3.5 * itself if itself > 0.5 and share(roles) < 0.5 else 0.0
    notes["zone"] = -3.0 * share([zones.penalty(r.root) > 0 for r in records])
    length = sorted(map(len, titles))[n // 2]
    notes["length"] = -2.0 if length < 6 else -1.0 if length > 160 else 0.0
    ways_in = share([is_bare(t) or is_rank(t) or names_no_position(t) for t in titles])
    if group.linked and ways_in >= 0.5 and any(map(is_bare, titles)) and not notes["dated"] and not notes["identifier"]:
        notes["ways in"] = -9.0  # "Vacancies", "Doctoral students", "Postdocs"
    if n >= 4:
        notes["alike"] = -2.0 * max(0.0, 0.4 - len(set(titles)) / n)
    notes["unlinked"] = -0.5 if not group.linked else 0.0
    notes["prose"] = -1.5 * share(
        [
            not group.linked and r.seed.tag in ("p", "div") and not (line.heading or line.bold_beginning)
            for r, line in zip(records, lines, strict=True)
        ]
    )
    if not any(notes[k] > 0 for k in ("page", "section", "address", "classes", "offers")):
        notes["no context"] = -1.5
    if (
        length >= 20
        and not group.linked
        and all(_NUMBERED.match(r.title) and (n >= 3 or _offers(tree, r)) for r in records)
    ):
        notes["numbered"] = 3.0 * share([heads_a_list(s) for s in sections])  # "Project A1: ...", "DC2: ..."
    if n >= 2 and length >= 14 and group.linked:
        notes["listed"] = 1.5 * share([heads_a_list(s) for s in sections])
    own = notes["classes"] + sum(notes.get(k, 0.0) for k in _OF_RECORDS)
    context = notes["page"] + notes["section"]
    if context > 1.0 + own:  # a place among positions is not enough: the record itself must be like one
        notes["nothing of its own"] = 1.0 + own - context
    return sum(notes.values())


def _address_words(tree: Tree, url: str | None) -> tuple[bool, bool, bool]:
    """The same as `address_words`, where a link to a recruitment site elsewhere counts for a position's too."""
    if url is None:
        return (False, False, False)
    position, other, identifier = address_words(url)
    elsewhere = on_a_job_host(url) and not on_a_job_host(tree.url)
    return (position or elsewhere, other, identifier)


def against(tree: Tree, zones: Zones, group: Group) -> float:
    """What speaks against most of a group's records: descriptions come after the titles that they stand below."""
    merits = sorted(min(0.0, merit(tree, zones, record, group)) for record in group.records[:_SAMPLE] if record.title)
    return merits[len(merits) // 2] if merits else 0.0


def merit(tree: Tree, zones: Zones, record: Record, group: Group) -> float:
    """What speaks for or against one record within its group."""
    title = record.title
    role = says("listing.roles", title)
    if says("listing.occupations", title) and len(group.records) >= 4 and group.notes["roles"] >= 2.0:
        role = True  # "Project manager" among postdocs
    value = 1.0 if role else 0.5 if says("listing.occupations", title) else 0.0
    if not group.linked and any(says_none_open(o.text) for o in tree.lines[record.first : record.last]):
        return -9.0
    if not group.linked and is_kind(title) and _invites_anyone(tree, record):
        return -9.0
    if not group.linked and says("listing.speculative", title) and not _dated(tree, record):
        return -9.0  # "Prospective PhD students"
    section = zones.section(record.title_line)
    if zones.is_closed(record.root, section) or _says_closed(tree, record):
        return -9.0
    if zones.is_other(section):
        value -= 6.0
    if is_generic(title) or len(title) < 4 or role_of_label(title):
        value -= 5.0
    if says_none_open(title) or is_placeholder(title):
        value -= 9.0
    if not role and (opens_with("listing.other", title) or opens_with("listing.closed", title)):
        value -= 3.0
    if _never(title, role):
        listed = group.linked and len(title) > 40 and heads_a_list(section)
        value -= 1.5 if listed and not opens_with("listing.other", title) else 6.0
    elif role and names_no_position(title):
        value -= 6.0 if record.url and address_words(record.url)[:2] == (False, True) else 1.5
    if not value and not _anything(tree, record) and not _is_listed(tree, record, group, section, title):
        # what its neighbours have to show is not its own, unless they are many of one kind
        alike = len(group.records) >= 4 and group.notes["roles"] >= 1.5
        alike = alike and (group.linked or record.url is not None or not group.notes["dated"])
        value -= 2.0 if alike else 1.0 + sum(group.notes.get(k, 0.0) for k in _OF_RECORDS)
    line = tree.lines[record.title_line]
    if not value and group.linked and group.generic and record.seed in line.anchors and not line.heading:
        value -= 2.0  # a sentence around "here"
    if not group.linked and not line.heading and _describes(tree, line):
        value -= 5.0
    if not line.heading and title not in (tree.anchor_text(a) for a in line.anchors) and _under_title(tree, line):
        value -= 5.0  # the description below a title
    if not group.linked and not line.heading and record.url == tree.url.partition("#")[0]:
        value -= 2.0  # no more than a line of a page that is linked in its own menu
    if is_bare(title):
        value -= 4.0 if line.heading and not line.anchors and not _dated(tree, record) else 2.0
    elif is_rank(title):
        value -= 1.0 if line.heading and not line.anchors and not _dated(tree, record) else 0.5
    if line.heading == 1 and not line.anchors:
        value -= 2.0
    if line.heading and _umbrella(tree, record, role):
        value -= 8.0
    if title.endswith("?") and not line.anchors:
        value -= 6.0  # a question of a reader, answered below
    if len(title) > 50 and title.endswith((".", "!", "?")):
        value -= 1.5 if role else 3.0
    return value


def _is_listed(tree: Tree, record: Record, group: Group, section: tuple[str, ...], title: str) -> bool:
    """Whether a title needs no word of a position: it stands in a list under "PhD projects"."""
    if group.generic and record.seed in tree.lines[record.title_line].anchors:
        return False  # a sentence around "here"
    return bool(group.notes.get("numbered")) or (group.linked and heads_a_list(section) and len(title) >= 14)


def _offers(tree: Tree, record: Record) -> bool:
    """Whether a heading that names no position stands over words that do ("2) Waves in ice", then "PhD project")."""
    line = tree.lines[record.title_line]
    below = tree.lines[line.number + 1 : record.last]
    return 0 < line.heading < 7 and any(says("listing.roles", other.text) for other in below)


def _invites_anyone(tree: Tree, record: Record) -> bool:
    """Whether what stands below "Postdocs" offers no position but asks whoever is interested to write."""
    lines = tree.lines[record.first : record.last]
    return not _dated(tree, record) and any(says("listing.speculative", line.text) for line in lines)


def _umbrella(tree: Tree, record: Record, role: bool) -> bool:
    """Whether a heading stands over positions instead of naming one: titles follow it."""
    own = tree.lines[record.title_line]
    named = role or says("listing.occupations", record.title)
    broad = not named or is_rank(record.title)
    items = linked = entries = 0
    for line in tree.lines[record.first : record.last]:
        if line is own:
            continue
        words = [
            w
            for a in line.anchors
            if not is_generic(w := tree.anchor_text(a)) and (own.anchors == [] or tree.address(a) != record.url)
        ]
        leading = [w for w in words if broad or len(w) >= 0.5 * len(line.text) or line.text.startswith(w)]
        linked += any(says("listing.roles", w) and not is_bare(w) for w in leading)
        if not named and not own.anchors:
            if 0 < line.heading < 7 and (words or says("listing.roles", line.text)):
                return True
            if any(len(w) >= 0.5 * len(line.text) or line.text.startswith(w) for w in words) and line.block.tag in (
                "li",
                "td",
                "h3",
                "h4",
                "div",
                "dt",
            ):
                return True
        entries += any(len(w) >= 0.5 * len(line.text) for w in words)
        items += line.block.tag in ("li", "td", "dd", "p") and _opens_with_a_role(line) and not _tells_whom(line)
        if broad and line.heading == 7 > own.heading and len(line.text) > _LONGER + len(own.text) and _names_work(line):
            return True  # "Postdocs" over a title in bold
    if own.anchors:
        return linked >= 2
    inner = [
        line
        for line in tree.lines[record.first : record.last]
        if line is not own and own.heading < line.heading < 7 and (line.anchors or says("listing.roles", line.text))
    ]
    return linked >= 1 or len(inner) >= 2 or entries >= 3 or (items >= 1 and not named)


def _opens_with_a_role(line: Line) -> bool:
    """Whether a line may be an item that names a position; "Supervisors: two researchers" is a labelled value."""
    head, colon, _ = line.text[:45].partition(":")
    return says("listing.roles", line.text[:45]) and not (colon and role_of_label(head))


def _tells_whom(line: Line) -> bool:
    """Whether a paragraph says whom a project above is for: "Postdoc or PhD", or a long sentence."""
    return line.block.tag == "p" and (is_rank(line.text) or (len(line.text) > _LONG and line.text.endswith(".")))


def _names_work(line: Line) -> bool:
    return says("listing.roles", line.text) or says("listing.occupations", line.text)


def _anything(tree: Tree, record: Record) -> bool:
    """Whether a record without a word of a position has at least the address of one, or a date."""
    if any(_address_words(tree, record.url)[::2]):
        return True
    return any(_DATE.search(line.text) for line in tree.lines[record.first : record.last])


def _dated(tree: Tree, record: Record) -> bool:
    """Whether the record speaks of a deadline or of applying by a date."""
    lines = tree.lines[record.first : record.last]
    return any(
        len(line.text) < 300
        and says("deadline.cues", line.text)
        and (_DIGIT.search(line.text) or (after is not None and _DIGIT.search(after.text)))
        for line, after in zip(lines, [*lines[1:], None], strict=True)
    )


def _says_closed(tree: Tree, record: Record) -> bool:
    """Whether the record itself says that it is over, in a cell of its own or behind its title ("... (filled)")."""
    own = tree.lines[record.title_line]
    struck = sum(len(text.strip()) for holder, text in own.parts if holder.struck)
    if struck * 2 >= len(record.title):
        return True
    behind = re.split(r"[(\[]|\s[-–—]\s", record.title)[1:]
    lines = [line.text for line in tree.lines[record.root.first : record.root.last] if line.number != record.title_line]
    return any(len(text) <= 40 and is_only("listing.closed", text) for text in [*behind, *lines])


def _under_title(tree: Tree, line: Line) -> bool:
    """Whether the heading just above is a position's: it is linked, or names one, and the line is a sentence."""
    above = tree.lines[line.number - 1] if line.number else None
    return (
        above is not None
        and 0 < above.heading < 7
        and above.block.parent is line.block.parent
        and (
            any(tree.address(a) and not is_generic(tree.anchor_text(a)) for a in above.anchors)
            or (
                ". " in line.text
                and says("listing.roles", above.text)
                and not (is_bare(above.text) or is_rank(above.text))
            )
        )
    )


def _describes(tree: Tree, line: Line) -> bool:
    """Whether a line of sentences stands right below a title in bold."""
    above = tree.lines[line.number - 1] if line.number else None
    return (
        above is not None
        and above.heading == 7
        and ". " in line.text
        and says("listing.roles", above.text)
        and not (is_bare(above.text) or is_rank(above.text))
    )


def _never(title: str, role: bool) -> bool:
    return names_no_position(title) and not role and not says("listing.occupations", title)


def _classed(record: Record) -> bool:
    return any(names_positions(e.words) for e in record.seed.ancestors(5))
