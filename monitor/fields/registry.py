"""The fields of an ad: the name of a posting's attribute -> the function that reads it from the ad's text.

`deadline` alone gives a value of several attributes (deadline.Deadline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from monitor.fields.closed import find_closed
from monitor.fields.deadline import find_deadline
from monitor.fields.department import find_department
from monitor.fields.duration import find_duration
from monitor.fields.funding import find_funded
from monitor.fields.language import find_language
from monitor.fields.level import find_level
from monitor.fields.location import find_location
from monitor.fields.openings import find_openings
from monitor.fields.organization import find_organization
from monitor.fields.pay import find_pay
from monitor.fields.people import find_contacts, find_supervisors
from monitor.fields.posted import find_posted
from monitor.fields.reference import find_reference
from monitor.fields.start import find_start
from monitor.fields.summary import find_summary
from monitor.fields.text import AdText
from monitor.fields.title import find_title
from monitor.models import Found

Finder: TypeAlias = Callable[[AdText], Found[Any] | None]

FIELDS: Mapping[str, Finder] = {
    "title": find_title,
    "organization": find_organization,
    "department": find_department,
    "location": find_location,
    "level": find_level,
    "deadline": find_deadline,
    "posted_on": find_posted,
    "start": find_start,
    "duration_months": find_duration,
    "pay": find_pay,
    "supervisors": find_supervisors,
    "contacts": find_contacts,
    "funded": find_funded,
    "openings": find_openings,
    "reference": find_reference,
    "language": find_language,
    "closed": find_closed,
    "summary": find_summary,
}
