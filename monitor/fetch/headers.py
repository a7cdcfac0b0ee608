"""What response headers say. `wire.Answer` has their names in lower case."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_NO_CACHE = re.compile(r"\bno-(?:store|cache)\b")
_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d+)')
_LONGEST = 365 * 86400.0  # RFC 9111 section 1.2.2 lets a cache bound what it is told


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the page may have changed at the earliest (RFC 9111 section 4.2); None where nothing is promised."""
    lifetime = _lifetime(headers, now)
    if lifetime <= 0:
        return None
    left = lifetime - (_seconds(headers.get("age")) or 0.0)
    return now + timedelta(seconds=min(left, _LONGEST)) if left > 0 else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the server asks to wait (RFC 9110 section 10.2.3), None where it does not."""
    value = headers.get("retry-after")
    seconds = _seconds(value)
    if seconds is None and (when := _moment(value)):
        seconds = (when - _server_time(headers, now)).total_seconds()
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST)


def _lifetime(headers: Mapping[str, str], now: datetime) -> float:
    control = headers.get("cache-control", "").casefold()
    if _NO_CACHE.search(control):
        return 0.0
    if age := _MAX_AGE.search(control):
        return float(age[1])
    expires = _moment(headers.get("expires"))
    return (expires - _server_time(headers, now)).total_seconds() if expires else 0.0


def _server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's own clock is the one its dates are set by."""
    return _moment(headers.get("date")) or now


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def cookies(set_cookie: list[str]) -> dict[str, str]:
    """Name -> value of Set-Cookie headers, their attributes left out."""
    pairs = (header.partition(";")[0].partition("=") for header in set_cookie)
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}
