"""The unit within the employer: a department, school, institute or faculty."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from monitor.fields.labelled import values
from monitor.fields.organization import (
    WINDOW,
    WORD,
    Mention,
    cue,
    institutions,
    is_aside,
    is_lesser,
    tidied,
    words_of,
)
from monitor.fields.phrase import fold
from monitor.fields.text import AdText
from monitor.models import Found


def find_department(ad: AdText) -> Found[str] | None:
    """The unit: the value of its label, else the most specific unit named first ("Department of …")."""
    for item in values(ad.text, "department", ad.language):
        if 3 <= len(item.value) <= 120 and not item.value.endswith((".", "!", "?")):
            return Found(tidied(item.value), item.value)
    text = ad.text[:WINDOW]
    units = list(_outside(_units(text), text, institutions(text)))
    if not units:
        return None
    scores: dict[str, float] = defaultdict(float)
    for unit in units:
        scores[fold(unit.name)] += (
            1.0 + (1.5 if unit.start < 600 else 0.0) + _specific(unit.name) - 2 * is_aside(text, unit)
        )
    first = max(units, key=lambda u: (scores[fold(u.name)], -u.start))
    return Found(first.name, text[first.start : first.end])


def _units(text: str) -> Iterator[Mention]:
    folded = fold(text)
    for head in cue("departments_before").finditer(folded):
        if not (
            text[head.start()].isupper()
            or folded[head.start() :].startswith(("department", "instit", "school", "faculty", "division"))
        ):
            continue
        after = _UNIT_NAME.match(text, head.end())
        if after is None:
            continue
        end = head.end() + len(_unit_cut(after[0]))
        name = tidied(text[head.start() : end])
        if len(name) - (head.end() - head.start()) >= 3 and len(name) <= 110:
            yield Mention(name[:1].upper() + name[1:], head.start(), end)
    for match in re.compile(rf"(?:{WORD}[ ]){{1,4}}(?:Department|Faculty|Institute|School)\b(?! of| for)").finditer(
        text
    ):
        yield Mention(tidied(re.sub(r"^(?:The|Our|At|Im|Am|Der|Die|Das)\s+", "", match[0])), match.start(), match.end())


_AND = r"(?:and|och|og|und|et|e|y|en|of|de|des|la|för|for|für|&|i|in|a|der|ja|d[’'])"
_UNIT_NAME = re.compile(
    r"[ \xa0](?:the[ \xa0])?[\w'’-]{1,40}(?:[ ][^\W\d_A-Z]{1,30}(?=[\s]?[.,;\n(]))?"
    rf"(?:(?:,)?[ \xa0]{_AND}[ \xa0](?:[\w'’-]{{1,40}})|[ \xa0/-][^\W\d_a-z][\w'’-]{{0,40}}|"
    r",[ \xa0][A-ZÅÄÖØ][\w'’-]{1,40}(?=[ ,](?:and|och|og|und|et|[A-Z]))){0,12}"
)


def _outside(units: Iterator[Mention], text: str, known: tuple[Mention, ...]) -> Iterator[Mention]:
    """Units without the institution that follows in their name; what is an institution itself is none."""
    for unit in units:
        end = min((i.start for i in known if unit.start < i.start < unit.end), default=unit.end)
        within = [i for i in known if i.start <= unit.start and unit.end <= i.end + 2]
        if any(i.start < unit.start or not is_lesser(i.name) for i in within):
            continue
        words = _DANGLING.sub("", text[unit.start : end])
        name = tidied(words)
        if len(name.split()) > 1 and fold(name) not in words_of("organization.heads_after"):
            yield Mention(name[:1].upper() + name[1:], unit.start, unit.start + len(words))


_DANGLING = re.compile(
    r"(?:[\s,(/-]{1,4}(?:and|of|for|the|at|in|och|og|und|et|e|y|en|de|des|du|la|le|di|da|do|l['’]|an|der|am|ved|vid|City|is)"
    r"\b['’]?){0,6}[\s,(/–-]{0,4}$"
)


def _unit_cut(name: str) -> str:
    """Without what follows the unit's name: "Mathematics at KTH", "Statistics in Lund is"."""
    cut = re.search(
        r"(?:,? (?:at|is|has|in (?=[A-Z])|invites|within|offers|employs|vid|ved|an der|der (?=Univ|Techn|Hoch)|am|à|"
        r"da (?=Univ)|of the|of (?=[A-Z]\w+ Univ|Univ|KTH)))",
        name,
    )
    return name[: cut.start()] if cut and cut.start() > 1 else name


def _specific(name: str) -> float:
    plain = fold(name)
    if re.match(
        r"department|institut|lehrstuhl|chair|departement|avdelning|laborat|katedr|fachgebiet|professur", plain
    ):
        return 1.0
    if re.match(r"facult|fakult|facolt|faculd|college|philosoph", plain):
        return 0.2
    if re.search(r"graduate school|doctoral school|graduiertenkolleg|forskarskola|ecole doctorale|ph\.?d", plain):
        return -1.5
    return 0.0 if "grup" in plain or "group" in plain else 0.5
