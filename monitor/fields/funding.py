"""Whether a position is paid: a salary, a stipend or funding that is named; False where the ad says that it is not.

The words stand in `[funding]` of each lexicon.
"""

from __future__ import annotations

import re

from monitor.fields.pay import find_pay
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import Found

_FULLY = re.compile(
    r"\bfully[ -]+funded\b|\bvoll finanziert|\bfullt finansiera|\bvolledig gefinancierd|\bfuldt finansiere"
)
_DENIED = re.compile(
    r"\b(?:not|no|nicht|kein\w*|inte|ikke|niet|geen|pas|non|sin|nao|sem|without|ohne|utan|uten|if|limited)\s+(?:\w+\s+)?$"
)


def find_funded(ad: AdText) -> Found[bool] | None:
    """True with the words that say that the holder is paid, False with those that say the opposite; None unsaid.

    An ad for several kinds of applicants ("fully funded; self-funded students are welcome too") is funded.
    """
    folded = fold(ad.text)
    fully = _FULLY.search(folded)
    unpaid = topic("funding.no").search(folded)
    if unpaid and not fully:
        return Found(False, ad.text[slice(*unpaid.span())])
    if fully:
        return Found(True, ad.text[slice(*fully.span())])
    for match in topic("funding.yes").finditer(folded):
        if not _DENIED.search(folded, max(0, match.start() - 30), match.start()):
            return Found(True, ad.text[slice(*match.span())])
    pay = find_pay(ad)
    return Found(True, pay.words) if pay else None
