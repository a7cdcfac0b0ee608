"""The day on which an ad was published, where it says so."""

from __future__ import annotations

from datetime import date

from monitor.fields.dates import day_order, find_dates
from monitor.fields.labelled import values
from monitor.fields.text import AdText
from monitor.models import Found


def find_posted(ad: AdText) -> Found[date] | None:
    """The first day beside a label such as "Published"; a day to come is none."""
    for item in values(ad.text, "posted", ad.language):
        days = find_dates(
            item.value, as_of=ad.as_of, language=ad.language, day_first=day_order(ad.url), six_digits=True
        )
        past = [day for day in days if day.value <= ad.as_of]
        if past:
            return Found(past[0].value, item.value[past[0].start : past[0].end])
    return None
