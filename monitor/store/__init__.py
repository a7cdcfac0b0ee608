"""The database: one SQLite file, one writer. Nothing else in the program knows SQL."""

from monitor.store.gateway import Store
from monitor.store.lock import WriterLock
from monitor.store.records import Delivery, DigestRecord, SourceState
from monitor.store.search import Hit

__all__ = ["Delivery", "DigestRecord", "Hit", "SourceState", "Store", "WriterLock"]
