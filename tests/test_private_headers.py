"""A source's headers may hold secrets; what its list links to elsewhere does not get them."""

from __future__ import annotations

import pytest

from monitor.pipeline.check import request_headers
from monitor.settings import Source

SOURCE = Source(url="https://www.fjelldal.example.org/jobs", headers={"Authorization": "Bearer hush"})


def test_headers_are_for_the_sources_own_host() -> None:
    assert request_headers(SOURCE, SOURCE.url) == {"Authorization": "Bearer hush"}
    assert request_headers(SOURCE, "https://www.fjelldal.example.org/jobs/7") == {"Authorization": "Bearer hush"}
    assert request_headers(SOURCE, "http://www.fjelldal.example.org/jobs/7") == {}
    assert request_headers(SOURCE, "https://portal.example.com/jobs/7") == {}
    assert request_headers(SOURCE, "no address") == {}


def test_a_header_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SOURCE.replace(headers={"Authorization": "env:FJELLDAL_TOKEN"})
    monkeypatch.setenv("FJELLDAL_TOKEN", "Bearer hush\n")
    assert request_headers(source, source.url) == {"Authorization": "Bearer hush"}
