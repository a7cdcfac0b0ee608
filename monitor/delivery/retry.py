"""When a delivery that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

# RFC 5321 section 4.5.4.1 asks a relay for four to five days. A digest tells what no later one tells again, so it waits
# for a mail server that is gone over the holidays.
PAUSES = (*(timedelta(hours=hours) for hours in (0.25, 0.5, 1, 2, 4, 8)), *(timedelta(hours=12),) * 60)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """The moment of the next try after `attempts` failed ones; None when it is given up, after a month."""
    return now + PAUSES[max(attempts, 1) - 1] if attempts <= len(PAUSES) else None
