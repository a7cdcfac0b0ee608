"""The fields of an ad: the name of a posting's attribute -> the function that reads it from the ad's text."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeAlias

from monitor.fields.text import AdText
from monitor.models import Found

Finder: TypeAlias = Callable[[AdText], "Found[Any] | None"]


def _finder(module: str, name: str) -> Finder:
    try:
        return getattr(importlib.import_module(f"monitor.fields.{module}"), name)  # type: ignore[no-any-return]
    except (ImportError, AttributeError):
        return lambda ad: None


FIELDS: dict[str, Finder] = {
    "title": _finder("title", "find_title"),
    "organization": _finder("organization", "find_organization"),
    "department": _finder("organization", "find_department"),
    "location": _finder("location", "find_location"),
    "level": _finder("level", "find_level"),
    "deadline": _finder("deadline", "find_deadline"),
    "start": _finder("start", "find_start"),
    "duration_months": _finder("duration", "find_duration"),
    "pay": _finder("pay", "find_pay"),
    "supervisors": _finder("people", "find_supervisors"),
    "contacts": _finder("people", "find_contacts"),
    "funded": _finder("funding", "find_funded"),
    "openings": _finder("openings", "find_openings"),
    "reference": _finder("reference", "find_reference"),
    "closed": _finder("closed", "find_closed"),
    "posted_on": _finder("posted", "find_posted"),
    "language": _finder("language", "find_language"),
    "summary": _finder("summary", "find_summary"),
}
