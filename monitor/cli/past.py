"""`monitor diff` and `monitor replay`: the stored pages, looked at again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    When,
    config_option,
    json_option,
    load_settings,
    must_exist,
    named_sources,
    print_json,
    printable,
    say,
)
from monitor.errors import StoreError

if TYPE_CHECKING:
    from monitor.cli.unified import Line
    from monitor.models import Event, Posting
    from monitor.pipeline.archive import ListChange, Look


@click.command("diff", short_help="Compare a source's last two lists.")
@click.argument("source", metavar="SOURCE")
@json_option
@config_option
def diff_command(source: str, as_json: bool, config: str | None) -> None:
    """Compare the last two states of the list of SOURCE, its name or URL.

    First as positions, both lists read with today's reader: added, removed, and every field that differs. Then as
    text, line by line. That a position is not in the list any more does not make it closed; `monitor changes` tells
    what was concluded.
    """
    from monitor.cli.unified import unified
    from monitor.pipeline.archive import last_two_looks, list_change
    from monitor.store import Store

    settings = load_settings(config)
    (chosen,) = named_sources(settings, (source,))
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        looks = last_two_looks(store, chosen)
    if looks is None:
        raise StoreError(
            f"{chosen.name}: there are no two states of it yet", tip="a state is kept when the page differs"
        )
    before, after = looks
    change = list_change(before, after, chosen.url)
    lines = list(unified(before.text, after.text))
    if as_json:
        print_json(_diff_json(chosen.name, before, after, change, lines))
    else:
        _show_diff(chosen.name, before, after, change, lines)


def _diff_json(name: str, before: Look, after: Look, change: ListChange, lines: list[Line]) -> dict[str, object]:
    from monitor.export import posting_json
    from monitor.plain import to_json

    return {
        "source": name,
        "before": before.at.isoformat(),
        "after": after.at.isoformat(),
        "added": [posting_json(posting) for posting in change.added],
        "removed": [posting_json(posting) for posting in change.removed],
        "changed": [
            {"title": posting.title, "url": posting.url, "fields": to_json(fields)}
            for posting, fields in change.changed
        ],
        "text": [str(line) for line in lines],
    }


def _show_diff(name: str, before: Look, after: Look, change: ListChange, lines: list[Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    from monitor.cli.tables import change_lines

    console = Console(highlight=False, soft_wrap=True)

    def show(words: str, style: str = "") -> None:
        console.print(Text(printable(words), style))

    def show_posting(sign: str, posting: Posting, style: str) -> None:
        show(f"{sign} {posting.title}" + (f"  {posting.url}" if posting.url else ""), style)

    show(f"{name}: {before.at:%Y-%m-%d %H:%M} and {after.at:%Y-%m-%d %H:%M} (UTC)", "bold")
    for posting in change.removed:
        show_posting("-", posting, "red")
    for posting in change.added:
        show_posting("+", posting, "green")
    for posting, fields in change.changed:
        show_posting("~", posting, "yellow")
        for field, sides in fields.items():
            for line in change_lines(field, sides):
                show(f"    {line}")
    if not (change.added or change.removed or change.changed):
        show("the same positions")
    show("")
    for difference in lines:
        console.print(_styled(difference))
    if not lines:
        show("the same text")


_STYLES = {"-": "red", "+": "green", "@": "cyan", " ": ""}


def _styled(line: Line) -> object:
    from rich.text import Text

    style = _STYLES[line.sign]
    pieces = ((printable(words), f"{style} reverse" if differs else style) for words, differs in line.pieces)
    return Text.assemble((line.sign, style), *pieces)


@click.command("replay", short_help="Tell what today's rules would have told.")
@click.option("--source", "names", metavar="NAME", multiple=True, help="Only this source; may be repeated.")
@click.option("--since", type=When(), metavar="WHEN", help="Tell only what would have been told after this time.")
@json_option
@config_option
def replay_command(names: tuple[str, ...], since: datetime | None, as_json: bool, config: str | None) -> None:
    """Read the stored pages of each source again, in time order, and tell what today's reader and rules would have
    told. Nothing is fetched, and nothing is changed.

    A list is stored whenever it differs. Of a position's own page only the last body is kept: it stands for all of
    the time until the position was closed, so a deadline that moved on that page alone is not told again. Pages that
    proved nothing (a wall, an error) are not stored, so no trouble is told either; and what changes by itself on a
    page of kind "page" was learned from two looks, of which one is stored. Changes and positions are numbered anew.
    """
    from monitor.models import CHANGES, EventKind
    from monitor.pipeline.archive import replay
    from monitor.store import Store

    settings = load_settings(config)
    sources = named_sources(settings, names) if names else list(settings.source)
    must_exist(settings)
    moments: list[datetime] = []
    with Store.open(settings.database, read_only=True) as store:
        events = replay(store, sources, moments.append)
    told = [
        e for e in events if e.kind is not EventKind.BASELINE and e.at >= (since or datetime.min.replace(tzinfo=UTC))
    ]
    for event in told:
        _tell(event, as_json=as_json)
    if not as_json:
        counts = ", ".join(f"{n} {kind.value}" for kind in CHANGES if (n := sum(e.kind is kind for e in told)))
        first = sum(event.kind is EventKind.BASELINE for event in events)
        say(f"{len(moments)} checks made again: {first} open when first seen, then {counts or 'nothing to tell'}")


def _tell(event: Event, *, as_json: bool) -> None:
    from monitor.cli.tell import show_change
    from monitor.export import change_json
    from monitor.models import CHANGES

    if as_json:
        print_json(change_json(event) | ({} if event.kind in CHANGES else {"text": event.text}))
    elif event.kind in CHANGES:
        show_change(event)
    else:
        words = f"{event.id:>5}  {event.at:%Y-%m-%d %H:%M}  {event.kind.value:9} {event.source_name}: {event.text}"
        click.echo(printable(words))
