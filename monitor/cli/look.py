"""`monitor inspect`: what the monitor sees in a page, saving nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import as_of_option, config_option, config_path, json_option, print_json, printable, say
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.models import Page, Reading
    from monitor.settings import Settings

KINDS = ("feed", "listing", "ad", "page")


@click.command("inspect", short_help="Show the positions in a page or file.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@json_option
@click.option("--base-url", metavar="URL", help="Where a local file came from, for its relative links.")
@click.option("--kind", type=click.Choice(KINDS), help="Read it as this; found out by looking otherwise.")
@click.option(
    "--explain",
    is_flag=True,
    help="Show the words each value came from, what was considered, and selectors to change it.",
)
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
    from monitor.pipeline.reading import read

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
                    "warnings": notes(reading),
                    **({"signature": list(reading.signature), **_explained(page, reading, now)} if explain else {}),
                }
            )
        else:
            show_reading(target, reading, explain=explain)
            if explain:
                for line in _explanation_lines(_explained(page, reading, now)):
                    click.echo(printable(line))
    if failed:
        raise click.exceptions.Exit(1)


def _explained(page: Page, reading: Reading, now: datetime) -> dict[str, Any]:
    """How a page was read as a list: what was considered, and the selectors that read the same. {} of anything else."""
    from monitor.models import Hints, Kind
    from monitor.plain import to_json
    from monitor.readers.explain import explain

    if reading.kind not in (Kind.LISTING, Kind.PAGE) or not page.text.strip():
        return {}
    found = explain(page, Hints(as_of=now.date()))
    selectors = found.selectors and {name: css for name, css in to_json(found.selectors).items() if css}
    return {"candidates": [to_json(candidate) for candidate in found.candidates], "selectors": selectors}


def _explanation_lines(explained: dict[str, Any]) -> Iterator[str]:
    """The same for a person, with the selectors as they stand in sources.toml."""
    if not explained.get("candidates"):
        return
    yield "  what was considered (3 is enough), the best first:"
    for one in explained["candidates"]:
        yield f"    {one['signature']}"
        parts = ", ".join(f"{name} {value:+g}" for name, value in one["evidence"])
        yield f"      {one['taken']} of {one['records']} taken, worth {one['value']:g}: {parts}"
        if not one["taken"] and one["value"] >= 3:
            yield "      none taken: its words belong to a better one, or none of it names a position by itself"
        yield from (f"      “{title}”" for title in one["titles"])
    if selectors := explained["selectors"]:
        yield "  these selectors read the same; change them in sources.toml where it is not right:"
        yield "    [source.selectors]"
        yield from (f"    {name} = {json.dumps(css, ensure_ascii=False)}" for name, css in selectors.items())
    else:
        yield "  no plain selectors were found that read the same; [source.selectors] takes your own"


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
    from monitor.fetch import Fetcher, run
    from monitor.pipeline.network import Network

    async def get() -> Page:
        async with Fetcher(settings.fetch, now=lambda: now) as fetcher:
            page = await Network(fetcher).get(url)
            assert page is not None, "an unconditional GET is never answered by 304"
            return page

    return run(get())


def notes(reading: Reading) -> list[str]:
    """What is to be said of a page besides its positions, its trouble first; nothing twice."""
    return list(dict.fromkeys(filter(None, (reading.trouble, *reading.warnings))))


def show_reading(target: str, reading: Reading, *, explain: bool) -> None:
    """What was seen in a page, for a person."""
    from rich.console import Console
    from rich.text import Text

    from monitor.cli.tables import field_lines, postings_table

    console = Console(highlight=False, soft_wrap=True)
    count = len(reading.postings)
    head = f": {reading.kind.value}, {count} position{'' if count == 1 else 's'}"
    console.print(Text.assemble((printable(target), "bold"), head))
    lines = [f"  note: {note}" for note in notes(reading)]
    if reading.next_page:
        lines.append(f"  goes on at {reading.next_page}")
    if explain:
        lines += [f"  its items are built as {signature}" for signature in reading.signature]
    in_full = count == 1 or explain
    if in_full:
        lines += [line for posting in reading.postings for line in field_lines(posting, explain=explain)]
    for line in lines:
        console.print(Text(printable(line)))
    if count and not in_full:
        console.print(postings_table(reading.postings))
