"""When a delivery that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=12)
GIVE_UP_AFTER = timedelta(
    days=3
)  # RFC 5321 section 4.5.4.1 asks for four to five days of a relay; a digest ages faster


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """The moment of the next try after `attempts` failed ones; None when it is given up.

    The pauses double from a quarter of an hour to half a day, over three days in all.
    """
    pauses = [min(FIRST_PAUSE * (1 << n), LONGEST_PAUSE) for n in range(max(attempts, 1))]
    if sum(pauses[:-1], timedelta()) >= GIVE_UP_AFTER:
        return None
    return now + pauses[-1]
