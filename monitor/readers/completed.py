"""A position that a machine describes, its ad's text read for all that the data leaves open."""

from __future__ import annotations

from typing import Any

from monitor.fields.registry import FIELDS
from monitor.fields.text import AdText
from monitor.models import DeadlineKind, Hints, Posting
from monitor.readers.snippet import plain_text
from monitor.values import replace

MAX_TEXT = 20_000  # characters of one ad


def completed(posting: Posting, markup: str, hints: Hints) -> Posting:
    """The posting with its ad as `text`, and from the ad every field that it has not. markup: HTML or plain text.

    What the data says stands, whatever the text says.
    """
    text = plain_text(markup)[:MAX_TEXT]
    ad = AdText(
        text=f"{posting.title}\n{text}",
        as_of=posting.posted_on or hints.as_of,  # a date without a year is near the day on which it was written
        language=posting.language or hints.language,
        title=posting.title,
        url=posting.url,
    )
    values: dict[str, Any] = {"text": text or None}
    evidence = dict(posting.evidence)
    for name, find in FIELDS.items():
        if name == "deadline" or getattr(posting, name) or (found := find(ad)) is None:
            continue
        values[name] = found.value
        evidence[name] = found.words
    if posting.deadline_kind is DeadlineKind.UNKNOWN and (found := FIELDS["deadline"](ad)):
        deadline = found.value
        values |= {"deadline": deadline.day, "deadline_time": deadline.time, "deadline_kind": deadline.kind}
        evidence["deadline"] = found.words
    return replace(posting, **values, evidence=evidence)
