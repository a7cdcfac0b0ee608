"""jobs.ac.uk: the board of British universities; www.jobs.ac.uk/feeds names its feeds by subject, place and role.

A list at /jobs/NAME/ is an RSS feed with ?format=rss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.platforms.base import Platform
from monitor.platforms.data import host, origin, path


def _leads(url: str, html: str) -> Iterator[str]:
    if host(url).removeprefix("www.") == "jobs.ac.uk" and re.fullmatch(r"/jobs/[\w-]+/?", path(url)):
        yield f"{origin(url)}{path(url).rstrip('/')}/?format=rss"


PLATFORM = Platform("jobs.ac.uk", _leads)
