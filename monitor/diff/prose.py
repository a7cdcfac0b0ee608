"""An ad's body text compared, with what is volatile left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from monitor.identity import normal, repaired
from monitor.models import FieldChange

_FEWEST_WORDS = 5  # changed ones; fewer are a corrected slip, or a date in words
_TOKEN = re.compile(r"\b(?=\w*\d)[0-9a-f]{12,}\b|https?://\S+", re.I)


def text_change(old: str, new: str, template: Collection[str] = ()) -> FieldChange | None:
    """The lines that went and those that came, or None if no more than noise did.

    template: masked lines (`shared_lines`) that other ads of the host have too. Numbers alone never make a change:
    counters, clocks and tokens are numbers, and those that matter (deadline, pay, openings) are fields.
    """
    before, after = _lines(old), _lines(new)
    gone = {m: raw for m, raw in before.items() if m not in after and m not in template}
    come = {m: raw for m, raw in after.items() if m not in before and m not in template}
    # a line that became, or was, the template's explains what went or came, and is itself no change
    lost = _words(gone) - _words(m for m in after if m not in before)
    gained = _words(come) - _words(m for m in before if m not in after)
    if (lost + gained).total() < _FEWEST_WORDS:
        return None
    return FieldChange("\n".join(gone.values()) or None, "\n".join(come.values()) or None)


def shared_lines(texts: Iterable[str]) -> frozenset[str]:
    """The masked lines that stand in two or more of these texts: template, related positions, footers."""
    counts = Counter(m for text in texts for m in _lines(text))
    return frozenset(m for m, n in counts.items() if n >= 2)


def _lines(text: str) -> dict[str, str]:
    """Masked line -> as written."""
    made = ((_masked(line), line.strip()) for line in repaired(text).splitlines())
    return {masked: line for masked, line in made if masked}


def _words(lines: Iterable[str]) -> Counter[str]:
    return Counter(word for line in lines for word in line.split())


def _masked(line: str) -> str:
    return " ".join(w for w in normal(_TOKEN.sub(" ", line)).split() if not re.search(r"\d", w))
