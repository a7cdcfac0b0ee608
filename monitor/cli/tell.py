"""`monitor changes` and `monitor positions`: what is stored, told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import When, config_option, json_option, load_settings, posting_json, print_json
from monitor.errors import StoreError

if TYPE_CHECKING:
    from monitor.models import Event, Position
    from monitor.settings import Settings


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
    from monitor.models import CHANGES, to_json
    from monitor.store import Store

    settings = load_settings(config)
    _must_exist(settings)
    with Store.open(settings.database) as store:
        events = store.events(since) if isinstance(since, int) else store.events(since=since)
    for event in events:
        if event.kind not in CHANGES:
            continue
        if as_json:
            print_json(
                {
                    "id": event.id,
                    "at": event.at.isoformat(),
                    "kind": event.kind.value,
                    "source": event.source_name,
                    "position": event.position.id if event.position else None,
                    "title": event.title,
                    "url": event.url,
                    "fields": to_json(event.fields),
                }
            )
        else:
            _show_change(event)


def _show_change(event: Event) -> None:
    click.echo(f"{event.id:>5}  {event.at:%Y-%m-%d %H:%M}  {event.kind.value:9} {event.title}  ({event.source_name})")
    for name, change in event.fields.items():
        before, after = (str(v) if v is not None else "unknown" for v in (change.before, change.after))
        click.echo(f"{'':30}{name.replace('_', ' ')}: {before} -> {after}")


@click.command("positions", short_help="List the positions that are known.")
@click.option("--all", "show_all", is_flag=True, help="Closed and expired ones too (--json always gives all).")
@json_option
@config_option
def positions_command(show_all: bool, as_json: bool, config: str | None) -> None:
    """List the positions that are known, with all their fields, as they stood at the last check."""
    from monitor.models import Status
    from monitor.store import Store

    settings = load_settings(config)
    _must_exist(settings)
    names = {s.url: s.name for s in settings.source}
    with Store.open(settings.database) as store:
        positions = list(store.positions())
    if as_json:
        for position in positions:
            print_json(_position_json(position, names))
        return
    shown = [p for p in positions if show_all or p.status is Status.OPEN]
    from rich.console import Console

    from monitor.cli.tables import positions_table

    Console().print(positions_table(p.posting for p in shown))


def _position_json(position: Position, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": position.id,
        **posting_json(position.posting),
        "sources": [names.get(s.source, s.source) for s in position.sightings],
        "status": position.status.value,
        "first_seen": position.first_seen.isoformat(),
        "last_seen": position.last_seen.isoformat(),
    }


def _must_exist(settings: Settings) -> None:
    if not settings.database.exists():
        raise StoreError(f"{settings.database} is not there yet", tip="`monitor poll` makes it")
