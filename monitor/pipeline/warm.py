"""Importing this loads what the readers of lists and feeds load at first use: the server from which the workers are
forked does it once, and they share the memory. What only ads need, the worker that reads the first one loads.
"""

import sys
from datetime import UTC, datetime
from types import TracebackType

from monitor.models import Hints, Page
from monitor.pipeline.late import read

_ITEM = "PhD student in optics, apply by 15 April 2026, salary 3000 EUR per month"
_PAGES = (
    "<html lang='en'><head><title>Vacancies</title></head><body><h1>Vacancies</h1>"
    f"<ul><li><a href='/1'>{_ITEM}</a></li><li><a href='/2'>Postdoc in algebra</a></li></ul></body></html>",
    "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Jobs</title>"
    f"<item><title>{_ITEM}</title><link>/1</link></item></channel></rss>",
)


def _warm() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for text in _PAGES:
        page = Page(url="https://example.org/", body=text.encode(), text=text, fetched_at=now)
        read(page, Hints(as_of=now.date()))


def _fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A worker that is still starting when the pool is gone finds neither its locks nor its pipe: nothing to report."""
    if not issubclass(kind, OSError | EOFError):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _fail
_warm()
