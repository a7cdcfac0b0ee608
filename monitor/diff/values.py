"""Values of postings compared: what is the same in other words, what is worth telling, and who has the last word."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from monitor.identity import near_title, normal, same_words
from monitor.models import DeadlineKind, FieldChange, Pay, Posting
from monitor.values import Value, field_names, replace

# what a reader of the digest acts upon; other fields are followed silently
TOLD = ("title", "deadline", "deadline_kind", "pay", "start", "duration_months", "location", "openings", "supervisors")
DEADLINE = ("deadline", "deadline_kind")
_FIELDS = tuple(name for name in field_names(Posting) if name not in (*DEADLINE, "evidence", "closed"))
_EMPTY = (None, "", ())
_REWORDED = 0.6  # of the words
# validThrough that a recruitment system computes anew each day: the day of the request and so many days
_SYNTHETIC_DAYS = frozenset((14, 28, 30, 31, 45, 60, 90, 120, 180, 365))


class Layer(Value):
    """What one place (the list, or the ad's own page) said before and says now, and when it was asked."""

    old: Posting | None
    new: Posting
    old_at: datetime
    new_at: datetime


def follow(standing: Posting, layer: Layer) -> tuple[Posting, dict[str, FieldChange]]:
    """The standing posting after one layer has spoken, and what of it is to be told.

    A layer is compared with its own predecessor, so that two places which always differed raise nothing. At first
    sight it fills what nobody has told yet; a value that is no longer shown stands.
    """
    if layer.old is None:
        return filled(standing, layer.new), {}
    if layer.old == layer.new:  # most of most lists
        return standing, {}
    values: dict[str, Any] = {}
    changes: dict[str, FieldChange] = {}
    for name in _FIELDS:
        before, after, now = (getattr(p, name) for p in (layer.old, layer.new, standing))
        if after in _EMPTY or (before not in _EMPTY and before == after):
            continue
        if now in _EMPTY:
            values[name] = after
        elif before in _EMPTY or same(name, before, after):
            if before == now:
                values[name] = after  # another spelling of the word that stands
        else:
            values[name] = after
            if name in TOLD and not same(name, now, after):
                changes[name] = FieldChange(now, after)
    for name, change in _deadline_changes(standing, layer).items():
        values[name] = change.after
        changes[name] = change
    evidence = {n: w for n, w in layer.new.evidence.items() if n in values} if values else {}
    return replace(standing, **values, evidence={**standing.evidence, **evidence}), changes


def _deadline_changes(standing: Posting, layer: Layer) -> dict[str, FieldChange]:
    old, new = layer.old, layer.new
    assert old is not None
    if new.deadline is None:
        opened = new.deadline_kind is DeadlineKind.ROLLING and old.deadline_kind is not DeadlineKind.ROLLING
        if not opened or standing.deadline_kind is DeadlineKind.ROLLING or not old.deadline:
            return {}
        return _pair(standing, None, DeadlineKind.ROLLING)
    if new.deadline in (old.deadline, standing.deadline) or _only_read_anew(layer):
        return {}
    if old.deadline is None and old.deadline_kind is not DeadlineKind.ROLLING and standing.deadline:
        return {}  # this place begins to speak of it; another has the word
    if old.deadline != standing.deadline and standing.deadline and abs((new.deadline - standing.deadline).days) <= 1:
        return {}  # midnight: this place always was a day beside the other
    return _pair(standing, new.deadline, DeadlineKind.FIXED)


def _pair(standing: Posting, deadline: date | None, kind: DeadlineKind) -> dict[str, FieldChange]:
    made = {"deadline": FieldChange(standing.deadline, deadline)}
    if standing.deadline_kind is not kind and DeadlineKind.ROLLING in (standing.deadline_kind, kind):
        made["deadline_kind"] = FieldChange(standing.deadline_kind, kind)
    return made


def _only_read_anew(layer: Layer) -> bool:
    """The page did not move the deadline: its words are the same, or they count from the day of the request."""
    assert layer.old is not None
    before, after = layer.old.deadline, layer.new.deadline
    if before is None or after is None:
        return False
    words = [p.evidence.get("deadline", "") for p in (layer.old, layer.new)]
    if words[0] and words[0] == words[1] and re.search(r"\d", words[0]):
        return True
    if all(words) and abs((after - before).days) <= 1 and not any(map(_names_day, words, (before, after))):
        return True  # "12 days left", then "11 days left"
    ahead = ((before - layer.old_at.date()).days, (after - layer.new_at.date()).days)
    return ahead[0] == ahead[1] in _SYNTHETIC_DAYS and layer.old_at.date() != layer.new_at.date()


def _names_day(words: str, day: date) -> bool:
    return str(day.day) in (n.lstrip("0") for n in re.findall(r"\d+", words))


def filled(standing: Posting, other: Posting) -> Posting:
    """The standing posting, with the other's word where it has none."""
    values = {n: getattr(other, n) for n in _FIELDS if getattr(standing, n) in _EMPTY}
    if standing.deadline is None and standing.deadline_kind is DeadlineKind.UNKNOWN:
        values |= {name: getattr(other, name) for name in DEADLINE}
    evidence = {n: w for n, w in other.evidence.items() if n in values}
    return replace(standing, **values, evidence={**evidence, **standing.evidence})


def carried(old: Posting | None, new: Posting) -> Posting:
    """What a layer knows after it has spoken: what it no longer shows is remembered for the next comparison."""
    return filled(new, old) if old and old != new else new


def same(name: str, a: Any, b: Any) -> bool:
    """Equal for a reader: other spelling, precision or order is no difference."""
    if a == b:
        return True
    return _COMPARISONS.get(name, _same_words)(a, b)


def _same_words(a: Any, b: Any) -> bool:
    return isinstance(a, str) and isinstance(b, str) and same_words(a, b)


def _same_title(a: str, b: str) -> bool:
    """A rewording: most words of the shorter title remain."""
    one, two = set(normal(a).split()), set(normal(b).split())
    return near_title(a, b) or len(one & two) > _REWORDED * min(len(one), len(two))


def _same_place(a: str, b: str) -> bool:
    one, two = set(normal(a).split()), set(normal(b).split())
    return one <= two or two <= one or same_words(a, b)


def _same_pay(a: Pay, b: Pay) -> bool:
    if a.minimum is None or b.minimum is None:
        return a.minimum is not b.minimum or same_words(a.text, b.text)  # amounts merely vanished, or appeared
    known = [(x, y) for x, y in ((a.currency, b.currency), (a.period, b.period)) if x and y]
    return (
        a.minimum == b.minimum
        and (a.maximum or a.minimum) == (b.maximum or b.minimum)
        and all(x == y for x, y in known)
    )


def _same_start(a: str, b: str) -> bool:
    length = min(len(a), len(b))
    return length >= 4 and a[:length] == b[:length]


def _same_number(a: float, b: float) -> bool:
    return abs(a - b) < 0.5


def _same_people(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Nobody new; surnames are compared, as first names come and go as initials."""
    surnames = [{normal(n).split()[-1] for n in names if normal(n)} for names in (a, b)]
    return surnames[1] <= surnames[0]


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "title": _same_title,
    "location": _same_place,
    "pay": _same_pay,
    "start": _same_start,
    "duration_months": _same_number,
    "openings": _same_number,
    "supervisors": _same_people,
}


def damped(changes: Mapping[str, FieldChange], past: tuple[str, ...]) -> tuple[dict[str, FieldChange], tuple[str, ...]]:
    """The changes that bring something unseen, and what has been seen by then.

    A value that stood before and comes back (two servers that take turns) is told once; a moved deadline always.
    """
    told: dict[str, FieldChange] = {}
    seen = list(past)
    for name, change in changes.items():
        before, after = (f"{name}:{_print(value)}" for value in (change.before, change.after))
        if name in DEADLINE or after not in seen:
            told[name] = change
        seen = [p for p in seen if p not in (before, after)] + [before, after]
    return told, tuple(seen[-40:])


def _print(value: Any) -> str:
    words = normal(value) if isinstance(value, str) else repr(value)
    return hashlib.sha256(words.encode()).hexdigest()[:10]


def widespread(names: Collection[str], changed: Mapping[str, int], compared: int) -> frozenset[str]:
    """The fields that changed in most postings at once: a translation, a template, a relaunch, but no news."""
    return frozenset(n for n in names if n not in DEADLINE and changed.get(n, 0) >= 3 and changed[n] * 2 > compared)
