"""`monitor changes` and `monitor positions`: what is stored, told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import (
    When,
    config_option,
    json_option,
    load_settings,
    must_exist,
    print_json,
    printable,
    source_names,
)

if TYPE_CHECKING:
    from monitor.models import Event


class Since(click.ParamType[int | datetime]):
    """The number of a change, or a time."""

    name = "id or when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | datetime:
        if isinstance(value, int) or value.isdigit():
            return int(value)
        return When().convert(value, param, ctx)


@click.command("changes", short_help="List what is new, changed, closed.")
@click.option("--since", type=Since(), metavar="ID|WHEN", default=0, help="Only those after this change or time.")
@json_option
@config_option
def changes_command(since: int | datetime, as_json: bool, config: str | None) -> None:
    """List the changes (new, changed, closed, reopened), oldest first."""
    from monitor.export import change_json
    from monitor.models import CHANGES
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        events = store.events(since) if isinstance(since, int) else store.events(since=since)
    for event in events:
        if event.kind not in CHANGES:
            continue
        if as_json:
            print_json(change_json(event))
        else:
            show_change(event)


def show_change(event: Event) -> None:
    from monitor.cli.tables import change_lines

    words = f"{event.id:>5}  {event.at:%Y-%m-%d %H:%M}  {event.kind.value:9} {event.title}  ({event.source_name})"
    click.echo(printable(words))
    for name, change in event.fields.items():
        for line in change_lines(name, change):
            click.echo(printable(f"{'':30}{line}"))


@click.command("positions", short_help="List the positions that are known.")
@click.option("--all", "show_all", is_flag=True, help="Closed and expired ones too (--json always gives all).")
@json_option
@config_option
def positions_command(show_all: bool, as_json: bool, config: str | None) -> None:
    """List the positions that are known, with all their fields, as they stood at the last check."""
    from monitor.export import position_json
    from monitor.models import Status
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        names = source_names(settings, store)
        positions = list(store.positions())
    if as_json:
        for position in positions:
            print_json(position_json(position, names))
        return
    shown = [p for p in positions if show_all or p.status is Status.OPEN]
    from rich.console import Console

    from monitor.cli.tables import positions_table

    Console().print(positions_table(shown))
