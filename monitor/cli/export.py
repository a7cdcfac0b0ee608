"""`monitor export`: positions and changes for feed readers, calendars, spreadsheets and programs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    config_path,
    load_settings,
    must_exist,
    replace_file,
    say,
    source_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.export import Item
    from monitor.models import Event, Position
    from monitor.store import Store


@click.command("export", short_help="Write positions as Atom, JSON, CSV or iCalendar, or the sources as OPML.")
@click.option("--format", "form", type=click.Choice(["atom", "json", "csv", "ics"]))
@click.option("--opml", is_flag=True, help="The sources instead, for feed readers and `monitor import`.")
@click.option("--what", type=click.Choice(["positions", "changes"]), default="positions", show_default=True)
@click.option("--all", "closed_too", is_flag=True, help="Closed and expired positions too.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE, which is replaced whole; else to stdout.",
)
@as_of_option
@config_option
def export_command(
    form: str | None, opml: bool, what: str, closed_too: bool, output: Path | None, now: datetime, config: str | None
) -> None:
    """Write the open positions, or all changes, as Atom, JSON Feed, CSV or iCalendar.

    The calendar of the changes has the deadlines of the positions that they are about. Feeds and calendars may be
    written to the same FILE again and again: entries keep their ids, events that moved replace what they were.
    """
    if opml:
        _write(_opml(config), output)
        return
    if form is None:
        raise click.UsageError("Missing option '--format' or '--opml'.")
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        if what == "positions":
            text = _positions(store, form, source_names(settings, store), now, closed_too=closed_too)
        else:
            text = _changes(store, form, now)
    _write(text, output)


def _opml(config: str | None) -> str:
    from monitor.config import parse, source_tables, text_of
    from monitor.importing import opml

    path = config_path(config)
    text = text_of(path)
    return opml(source_tables(text), [source.name for source in parse(text, path).source])


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    replace_file(output, text)
    say(f"written to {output}")


def _positions(store: Store, form: str, names: dict[str, str], now: datetime, *, closed_too: bool) -> str:
    from monitor import export
    from monitor.models import Status

    positions = [p for p in store.positions() if closed_too or p.status is Status.OPEN]
    if form == "csv":
        return export.positions_csv(positions, names)
    log = store.events_of(p.id for p in positions)
    if form == "ics":
        return _calendar(positions, log, now)
    return _feed(form, export.position_items(positions, log, names), title="Positions", store=store, now=now)


def _changes(store: Store, form: str, now: datetime) -> str:
    from monitor import export
    from monitor.models import CHANGES

    changes = [event for event in store.events() if event.kind in CHANGES]
    if form == "csv":
        return export.changes_csv(changes)
    if form == "ics":
        positions = {event.position.id: event.position for event in changes if event.position}
        return _calendar(positions.values(), changes, now)
    return _feed(form, export.change_items(changes), title="Changes of positions", store=store, now=now)


def _calendar(positions: Iterable[Position], log: Iterable[Event], now: datetime) -> str:
    from monitor.calendar import calendar, deadlines

    return calendar(deadlines(positions, log, now=now))


def _feed(form: str, items: list[Item], *, title: str, store: Store, now: datetime) -> str:
    from monitor import export
    from monitor.identity.universal import feed_uuid

    if form == "json":
        return export.json_feed(items, title=title)
    return export.atom(items, title=title, feed_id=feed_uuid(title, store.events(through=1)), now=now)
