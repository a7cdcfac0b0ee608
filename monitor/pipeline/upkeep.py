"""What follows the work: what is too old is let go."""

from __future__ import annotations

from datetime import datetime

from monitor.settings import Settings
from monitor.store import Pruned, Store


def keep_house(settings: Settings, store: Store, now: datetime) -> Pruned:
    """Let go the pages and mails that are older than `[store] keep`."""
    keep = settings.store.keep
    return store.prune(now - keep) if keep else Pruned(lists=0, ads=0, mails=0)
