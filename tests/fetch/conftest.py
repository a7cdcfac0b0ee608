from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.fetch import Fetcher
from monitor.settings import FetchSettings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def fetcher() -> Callable[..., Fetcher]:
    """A fetcher for loopback servers, without pauses, robots.txt and second tries unless settings say otherwise."""

    def make(**settings: Any) -> Fetcher:
        base = {
            "allow_private_addresses": True,
            "obey_robots": False,
            "delay": 0.0,
            "retries": 0,
            "timeout": 10.0,
            "max_bytes": 50_000,
        }
        return Fetcher(FetchSettings.model_validate(base | settings), now=lambda: NOW)

    return make
