"""The database: one SQLite file, one writer. Nothing else in the program knows SQL."""

from monitor.store.backup import back_up
from monitor.store.gateway import Store
from monitor.store.lock import WriterLock
from monitor.store.records import Delivery, DigestRecord, QuietCheck, SourceState
from monitor.store.retention import Pruned
from monitor.store.search import CLOSING, OPENING, Hit

__all__ = [
    "CLOSING",
    "OPENING",
    "Delivery",
    "DigestRecord",
    "Hit",
    "Pruned",
    "QuietCheck",
    "SourceState",
    "Store",
    "WriterLock",
    "back_up",
]
