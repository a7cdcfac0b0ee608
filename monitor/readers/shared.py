"""A deadline that a page states once for all of its positions: "The deadline for all positions is 15 March"."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.fields.deadline import find_deadline
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import DeadlineKind, Posting
from monitor.readers.cells import Reader
from monitor.readers.words import says
from monitor.values import replace

_LONG = 400  # characters; what is said of all positions is said in a sentence or two


def with_shared_deadline(postings: Sequence[Posting], reader: Reader) -> tuple[Posting, ...]:
    """The postings, those without a deadline with the one of all; two such days on a page are no one's."""
    said = {}
    for line in reader.tree.lines:
        if len(line.text) > _LONG or reader.zones.penalty(line.block) >= 2 or not says("listing.for_all", line.text):
            continue
        if not topic("deadline.cues").search(fold(line.text)):
            continue
        found = find_deadline(AdText(text=line.text, as_of=reader.as_of, language=reader.language))
        if found and found.value.day and found.value.kind is DeadlineKind.FIXED:
            said[found.value.day] = (found.value, line.text)
    if len(said) != 1:
        return tuple(postings)
    deadline, words = next(iter(said.values()))
    return tuple(
        posting
        if posting.deadline or posting.deadline_kind is not DeadlineKind.UNKNOWN
        else replace(
            posting,
            deadline=deadline.day,
            deadline_time=deadline.time,
            deadline_kind=deadline.kind,
            evidence={**posting.evidence, "deadline": words[:160]},
        )
        for posting in postings
    )
