"""Whether a page says in its own words that its position is over: filled, closed, expired, no longer available.

The words stand in `[closed]` of each lexicon; so do the words before them that take them back ("until the position has
been filled", "applications received after the deadline has passed").
"""

from __future__ import annotations

import re

from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import Found

_BACK = 60  # characters before a phrase in which it can be taken back
_CLAUSE = re.compile(r"[.!?:;\n|•*](?=\s|$)|\n")


def find_closed(ad: AdText) -> Found[bool] | None:
    """Found(True) with the words that say so, else None: no page says that it is open."""
    for text in filter(None, (ad.title, ad.text)):
        folded = fold(text)
        for match in topic("closed.phrases").finditer(folded):
            before = _CLAUSE.split(folded[max(0, match.start() - _BACK) : match.start()])[-1]
            if not topic("closed.unless").search(before):
                return Found(True, text[match.start() : match.end()])
    return None
