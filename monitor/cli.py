"""Commands, with one error boundary: data to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

CONTENT_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".json": "application/json",
    ".txt": "text/plain",
    ".eml": "message/rfc822",
}


@click.group()
def cli() -> None:
    """Watch pages and feeds for academic positions."""


@cli.command()
@click.argument("targets", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--base-url")
@click.option("--kind")
@click.option("--as-of")
def inspect(targets: tuple[str, ...], as_json: bool, base_url: str | None, kind: str | None, as_of: str | None) -> None:
    """Show what the monitor sees in a page, a feed or a file; nothing is saved."""
    from monitor.decoding import decode
    from monitor.models import Hints, Kind, Page, to_json
    from monitor.readers import read

    now = datetime.now(UTC)
    for target in targets:
        path = Path(target)
        body = path.read_bytes()
        content_type = CONTENT_TYPES.get(path.suffix.lower(), "")
        page = Page(
            url=base_url or "https://example.org/",
            body=body,
            text=decode(body, content_type),
            content_type=content_type,
            fetched_at=now,
        )
        day = date.fromisoformat(as_of[:10]) if as_of else now.date()
        reading = read(page, Hints(as_of=day, kind=Kind(kind) if kind else None))
        line = {
            "target": target,
            "kind": reading.kind.value,
            "postings": to_json(reading.postings),
            "next_page": reading.next_page,
            "warnings": list(reading.warnings),
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
