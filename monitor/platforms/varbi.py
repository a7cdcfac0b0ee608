"""Varbi: a career site at NAME.varbi.com, its list at /LANGUAGE/, an ad at /LANGUAGE/what:job/jobID:NUMBER/.

/LANGUAGE/what:rssfeed/ is an RSS feed of the positions with their ads. It has no deadlines, which the ads have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.platforms.base import Platform
from monitor.platforms.data import mentions

_NAMED = re.compile(
    r"(?<![\w.-])(?!(?:www|api|static|assets|cdn|support|help)\.)([\w-]+)\.varbi\.com(?![\w-]|\.\w)(/[a-z]{2}(?=/))?",
    re.I,
)


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_NAMED, url, html):
        yield f"https://{found[1].lower()}.varbi.com{found[2] or ''}/what:rssfeed/"


PLATFORM = Platform("Varbi", _leads)
