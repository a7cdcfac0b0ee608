"""A subscriber's filters: which positions they want to hear of at all. Case and accents never matter."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.models import Posting
from monitor.settings import DigestSettings
from monitor.words import contains, fold


def words_of(posting: Posting) -> str:
    """All that the include and exclude words are looked for in."""
    parts = (
        posting.title,
        posting.organization,
        posting.department,
        posting.location,
        *posting.supervisors,
        posting.summary,
        posting.text,
    )
    return "\n".join(part for part in parts if part)


def wanted(subscriber: DigestSettings, posting: Posting, sources: Iterable[str]) -> bool:
    """sources: the names and URLs of the sources that show it. A posting of unknown level is kept."""
    if not wanted_source(subscriber, sources):
        return False
    if subscriber.levels and posting.level is not None and posting.level not in subscriber.levels:
        return False
    if not (subscriber.include or subscriber.exclude):
        return True
    text = fold(words_of(posting))
    return not contains(text, subscriber.exclude) and (not subscriber.include or contains(text, subscriber.include))


def wanted_source(subscriber: DigestSettings, sources: Iterable[str]) -> bool:
    chosen = {fold(name.strip()) for name in subscriber.sources}
    return not chosen or any(fold(source.strip()) in chosen for source in sources)
