"""Which level a position has: phd, postdoc, faculty, staff, master, other; from its title, else from its text.

The words stand in `[level]` of each lexicon. A title may name several ("PhD student in the group of Professor X",
"Coordinator for doctoral students", "Research assistant (PhD candidate)"), so the lists have ranks: the four grades and
the `support` roles are equals, and the first in the title decides; staff and other only speak where none of these does;
a mere mention of the degree (`phd_hint`) comes last.
"""

from __future__ import annotations

from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import Found, Level

_RANKS = (
    (
        ("postdoc", Level.POSTDOC),
        ("phd", Level.PHD),
        ("faculty", Level.FACULTY),
        ("master", Level.MASTER),
        ("support", Level.STAFF),
    ),
    (("other", Level.OTHER), ("staff", Level.STAFF)),
    (("phd_hint", Level.PHD),),
)
_OPENING = 2000  # characters in which an ad says what it offers
_TITLE_LINES = 8  # lines of an ad among which its title is when it is not given
_TITLE_LENGTH = 150


def level_of(title: str) -> Found[Level] | None:
    """The level that a title names, None where it names none ("Assistant", "Fellowship in logic")."""
    folded = fold(title)
    for rank in _RANKS:
        found = [(m.start(), -m.end(), level) for name, level in rank if (m := topic(f"level.{name}").search(folded))]
        if found:
            start, end, level = min(found, key=lambda f: f[:2])
            return Found(level, title[start:-end])
    return None


def find_level(ad: AdText) -> Found[Level] | None:
    """The level of an ad. A title that says no grade leaves it to the text: "Wissenschaftliche Mitarbeiterin" is a
    doctoral student where the text says "zur Promotion", and staff where it does not.
    """
    titled = level_of(ad.title) if ad.title else None
    if titled and titled.value not in (Level.STAFF, Level.OTHER):
        return titled
    if titled:
        return _mentioned(ad.text, (Level.PHD, "phd_offer")) or titled
    opening = ad.text[:_OPENING]
    for line in opening.splitlines()[:_TITLE_LINES]:
        if len(line) <= _TITLE_LENGTH and (found := level_of(line)) and found.value is not Level.OTHER:
            return found
    return _mentioned(opening, (Level.PHD, "phd"), (Level.POSTDOC, "postdoc")) or level_of(opening)


def _mentioned(text: str, *grades: tuple[Level, str]) -> Found[Level] | None:
    """The first mention of any of these grades."""
    folded = fold(text)
    found = [(m.start(), m.end(), level) for level, name in grades if (m := topic(f"level.{name}").search(folded))]
    if not found:
        return None
    start, end, level = min(found, key=lambda f: f[0])
    return Found(level, text[start:end])
