"""A small university's list and ads, watched for some weeks: what the tests of the store begin from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.command import monitor
from tests.fetch.faults import KEEP, Script, response
from tests.servers import FETCH, serving

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIG = (
    FETCH
    + """[[digest]]
to = ["me@example.org"]
every = "daily 05:00"
[[source]]
name = "Lindholm"
url = "{url}/jobs"
every = "1 day"
"""
)
FIELDS = ("optics", "algebra", "robotics", "maritime law", "soil", "prosody", "glass", "tides", "lichens", "brewing")


def listing(*numbers: int) -> Script:
    rows = "".join(
        f'<li><h3><a href="/jobs/{n}">Doctoral student in {FIELDS[n % 10]} ({n})</a></h3>'
        f"<p>Application deadline: 2026-08-{1 + n % 28:02}</p></li>"
        for n in numbers
    )
    html = f"<!doctype html><title>Vacancies</title><main><h1>Vacancies</h1><ul>{rows}</ul></main>"
    return (response(html.encode()), KEEP)


def ad(n: int) -> Script:
    title = f"Doctoral student in {FIELDS[n % 10]} ({n})"
    html = f"""<!doctype html><title>{title}</title><main><h1>{title}</h1>
<p>Lindholm University announces a position in the group of Ottoline Wrenfield.</p>
<p>Application deadline: 2026-08-{1 + n % 28:02}</p></main>"""
    return (response(html.encode()), KEEP)


GONE: Script = (response(b"no such page", "404 Not Found"), KEEP)


def watch(folder: Path, days: int, *, send: bool = False) -> None:
    """Poll the site daily: each day one position more, and from the fifth on the oldest one gone."""
    lists = tuple(listing(*range(max(0, day - 4), day + 3)) for day in range(days))
    ads = {f"/jobs/{n}": (*[ad(n)] * min(n + 3, 5), GONE) for n in range(days + 3)}
    with serving({"/jobs": lists, **ads}) as server:
        (folder / "sources.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        for day in range(days):
            at = (START + timedelta(days=day)).isoformat()
            assert monitor("poll", "--force", "--as-of", at, cwd=folder).code == 0
            if send:
                assert monitor("digest", "--send", "--as-of", at, cwd=folder).code == 0
