"""What follows the work: what is too old is let go, and a watcher hears that all goes well."""

from __future__ import annotations

from datetime import datetime

from monitor.errors import FetchError
from monitor.fetch import Fetcher, run
from monitor.settings import Settings
from monitor.store import Pruned, Store


def keep_house(settings: Settings, store: Store, now: datetime) -> Pruned:
    """Let go the pages and mails that are older than `[store] keep`."""
    keep = settings.store.keep
    return store.prune(now - keep) if keep else Pruned(lists=0, ads=0, mails=0)


def beat(settings: Settings, store: Store, now: datetime) -> str | None:
    """Ask for the address of `[heartbeat]`, unless a delivery was given up. A sentence if that failed.

    The sentence does not name the address, which is as good as a password to whoever would fake a beat.
    """
    if settings.heartbeat is None or store.outbox.lost():
        return None
    url = settings.heartbeat.url
    fetch = settings.fetch.replace(obey_robots=False, delay=0.0, retries=1, timeout=10.0)

    async def ask() -> None:
        async with Fetcher(fetch, now=lambda: now) as fetcher:
            await fetcher.get(url)

    try:
        run(ask())
    except FetchError as error:
        if error.status is None or not 200 <= error.status < 300:  # an answer without a page will do
            return f"the heartbeat could not be sent: {str(error).replace(url, 'its address')}"
    return None
