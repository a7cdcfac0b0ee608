"""`monitor inspect`: what the monitor sees in a page, saving nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import as_of_option, config_option, config_path, json_option, print_json, printable, say
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.models import Page, Posting, Reading
    from monitor.settings import Settings

KINDS = ("feed", "listing", "ad", "page")


@click.command("inspect", short_help="Show the positions in a page or file.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@json_option
@click.option("--base-url", metavar="URL", help="Where a local file came from, for its relative links.")
@click.option("--kind", type=click.Choice(KINDS), help="Read it as this; found out by looking otherwise.")
@click.option("--explain", is_flag=True, help="Show the words each value came from, and how the list is built.")
@as_of_option
@config_option
def inspect_command(
    targets: Sequence[str],
    as_json: bool,
    base_url: str | None,
    kind: str | None,
    explain: bool,
    now: datetime,
    config: str | None,
) -> None:
    """Show the positions that the monitor sees in a URL or a local file (.html, .xml, .json, .eml, .txt).

    Nothing is saved. With several targets, one that fails does not stop the others.
    """
    from monitor.export import posting_json
    from monitor.models import Hints, Kind
    from monitor.readers import read

    failed = False
    for target, page in _pages(targets, base_url, now, config):
        if isinstance(page, MonitorError):
            failed = True
            if as_json:
                print_json(
                    {"target": target, "kind": "error", "postings": [], "next_page": None, "warnings": [str(page)]}
                )
            say(f"monitor: {page}" + (f"\n  tip: {page.tip}" if page.tip else ""))
            continue
        reading = read(page, Hints(as_of=now.date(), kind=Kind(kind) if kind else None))
        if as_json:
            print_json(
                {
                    "target": target,
                    "kind": reading.kind.value,
                    "postings": [posting_json(p) for p in reading.postings],
                    "next_page": reading.next_page,
                    "warnings": [*filter(None, [reading.trouble]), *reading.warnings],
                    **({"signature": list(reading.signature)} if explain else {}),
                }
            )
        else:
            show_reading(target, reading, explain=explain)
    if failed:
        raise click.exceptions.Exit(1)


def _pages(
    targets: Sequence[str], base_url: str | None, now: datetime, config: str | None
) -> Iterator[tuple[str, Page | MonitorError]]:
    from monitor.readers.local import page_of_file

    for target in targets:
        try:
            if target.startswith(("http://", "https://")):
                yield target, _fetched(target, now, config)
            else:
                yield target, page_of_file(Path(target), url=base_url, now=now)
        except MonitorError as error:
            yield target, error


def _fetched(url: str, now: datetime, config: str | None) -> Page:
    from monitor.config import load
    from monitor.settings import Settings

    path = config_path(config)
    return fetch_page(url, load(path) if path.exists() else Settings(), now)


def fetch_page(url: str, settings: Settings, now: datetime) -> Page:
    """One page, fetched as a poll would. FetchError if it cannot be."""
    from monitor.fetch import Fetcher

    async def get() -> Page:
        async with Fetcher(settings.fetch, now=lambda: now) as fetcher:
            page = await fetcher.get(url)
            assert page is not None, "an unconditional GET is never answered by 304"
            return page

    return asyncio.run(get())


def show_reading(target: str, reading: Reading, *, explain: bool) -> None:
    """What was seen in a page, for a person."""
    from rich.console import Console

    from monitor.cli.tables import positions_table

    console = Console()
    count = len(reading.postings)
    console.print(
        f"[bold]{target}[/bold]: {reading.kind.value}, {count} position{'' if count == 1 else 's'}", highlight=False
    )
    for warning in filter(None, [reading.trouble, *reading.warnings]):
        console.print(printable(f"  note: {warning}"), markup=False, highlight=False)
    if reading.next_page:
        console.print(printable(f"  goes on at {reading.next_page}"), markup=False, highlight=False)
    for signature in reading.signature if explain else ():
        console.print(printable(f"  its items are built as {signature}"), markup=False, highlight=False)
    if count == 1 or (explain and count):
        for posting in reading.postings:
            _show_fields(console, posting, explain=explain)
    elif count:
        console.print(positions_table(reading.postings))


def _show_fields(console: object, posting: Posting, *, explain: bool) -> None:
    from rich.console import Console

    from monitor.cli.tables import field_lines

    assert isinstance(console, Console)
    for line in field_lines(posting, explain=explain):
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
