"""When a delivery that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

# Over three days in all: RFC 5321 section 4.5.4.1 asks a relay for four to five, but a digest ages faster.
PAUSES = tuple(timedelta(hours=hours) for hours in (0.25, 0.5, 1, 2, 4, 8, 12, 12, 12, 12, 12))


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """The moment of the next try after `attempts` failed ones; None when it is given up."""
    return now + PAUSES[max(attempts, 1) - 1] if attempts <= len(PAUSES) else None
