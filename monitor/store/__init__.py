"""The database: one SQLite file, one writer. Nothing else in the program knows SQL."""

from monitor.store.gateway import Store
from monitor.store.lock import WriterLock
from monitor.store.records import Delivery, DigestRecord, SourceState
from monitor.store.search import CLOSING, OPENING, Hit

__all__ = ["CLOSING", "OPENING", "Delivery", "DigestRecord", "Hit", "SourceState", "Store", "WriterLock"]
