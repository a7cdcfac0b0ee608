"""`monitor search` and `monitor show`: one position among all, and its life."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import (
    config_option,
    json_option,
    load_settings,
    must_exist,
    print_json,
    printable,
    say,
    source_names,
)
from monitor.errors import StoreError

if TYPE_CHECKING:
    from monitor.models import Event, Position, Sighting
    from monitor.store import Hit, Store

_CANDIDATES = 20  # shown where words name several positions


@click.command("search", short_help="Find positions by their words.", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many at the most.")
@json_option
@config_option
def search_command(words: tuple[str, ...], limit: int, as_json: bool, config: str | None) -> None:
    """Find the positions, closed ones too, that have all WORDS in title, people, place or text; the best first.

    Accents and case make no difference, and the last word may be only begun.
    """
    from monitor.export import position_json
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        hits = store.search(" ".join(words), limit=limit)
        names = source_names(settings, store)
    for hit in hits:
        if as_json:
            excerpt = "".join(_pieces(hit.excerpt))
            print_json({**position_json(hit.position, names), "score": round(hit.score, 6), "excerpt": excerpt})
        else:
            _show_hit(hit)
    if not hits and not as_json:
        say("no position has all of these words")


def _show_hit(hit: Hit) -> None:
    from rich.console import Console
    from rich.text import Text

    from monitor.cli.tables import deadline_words
    from monitor.words import one_line

    posting = hit.position.posting
    facts = (hit.position.status.value, deadline_words(posting), posting.organization or posting.department or "")
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble(f"{hit.position.id:>5}  ", (one_line(posting.title), "bold")))
    console.print(Text("       " + " · ".join(one_line(fact) for fact in facts if fact), "dim"))
    pieces = [printable(piece) for piece in _pieces(hit.excerpt)]
    if "".join(pieces) != posting.title:
        marked = ((piece, "bold yellow" if number % 2 else "") for number, piece in enumerate(pieces))
        console.print(Text.assemble("       ", *marked))


def _pieces(excerpt: str) -> list[str]:
    """What stands between the words that were found, and those words, in turn."""
    from monitor.store import CLOSING, OPENING

    return excerpt.replace(CLOSING, OPENING).split(OPENING)


@click.command("show", short_help="Show a position's life.")
@click.argument("words", metavar="POSITION", nargs=-1, required=True)
@json_option
@config_option
def show_command(words: tuple[str, ...], as_json: bool, config: str | None) -> None:
    """Show the life of POSITION, its number or words of its title.

    All its fields with the words of the page that say them, the sources that showed it, and everything that happened
    to it, before and after, oldest first.
    """
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        names = source_names(settings, store)
        position = _named_position(store, " ".join(words))
        events = store.events_of([position.id])
    if as_json:
        print_json(life_json(position, events, names))
        return

    for line in _life(position, events, names):
        click.echo(printable(line))


def _named_position(store: Store, words: str) -> Position:
    """By its number; else the one that has these words in its title."""
    if words.isascii() and words.isdigit():
        position = store.position(min(int(words), 2**63 - 1))
        if position is None:
            raise StoreError(f"there is no position {words}", tip="`monitor positions --all` lists them")
        return position
    from monitor.words import one_line

    found = [hit.position for hit in store.search(words, column="title", limit=_CANDIDATES + 1)]
    exact = [p for p in found if p.posting.title.casefold() == words.casefold()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise StoreError(f'no title has the words "{words}"', tip="`monitor search` looks in the texts, too")
    shown = "".join(f"\n  {p.id:>5}  {one_line(p.posting.title)} ({p.status.value})" for p in found[:_CANDIDATES])
    more = "\n         and more" if len(found) > _CANDIDATES else ""
    raise StoreError(f'several titles have the words "{words}":{shown}{more}', tip="name one by its number")


def life_json(position: Position, events: Iterable[Event], names: dict[str, str]) -> dict[str, Any]:
    """A position as `monitor positions --json` has it, with each source's sighting and all events."""
    from monitor.export import change_json, position_json

    return {
        **position_json(position, names),
        "closed_at": position.closed_at.isoformat() if position.closed_at else None,
        "sightings": [_sighting_json(sighting, names) for sighting in position.sightings],
        "events": [change_json(event) for event in events],
    }


def _sighting_json(sighting: Sighting, names: dict[str, str]) -> dict[str, Any]:
    from monitor.plain import to_json

    return {
        "source": names.get(sighting.source, sighting.source),
        "source_url": sighting.source,
        "url": sighting.listed.url,
        "first_seen": to_json(sighting.first_seen),
        "last_seen": to_json(sighting.last_seen),
        "misses": sighting.misses,
        "own_page_read": to_json(sighting.ad_checked_at),
    }


def _life(position: Position, events: Iterable[Event], names: dict[str, str]) -> Iterator[str]:
    from monitor.cli.tables import change_lines, field_lines

    since = f", since {position.closed_at:%Y-%m-%d %H:%M}" if position.closed_at else ""
    yield f"position {position.id}: {position.status.value}{since}"
    yield from field_lines(position.posting, explain=True)
    yield ""
    yield "Seen by"
    for sighting in position.sightings:
        yield f"  {names.get(sighting.source, sighting.source)}"
        yield f"    {sighting.source}"
        if sighting.listed.url and sighting.listed.url != sighting.source:
            yield f"    {sighting.listed.url}"
        yield f"    first seen {sighting.first_seen:%Y-%m-%d %H:%M}, last seen {sighting.last_seen:%Y-%m-%d %H:%M}"
        if sighting.misses:
            yield f"    missing from the list in the last {sighting.misses} good check{'s' * (sighting.misses > 1)}"
        if sighting.ad_checked_at:
            yield f"    its own page answered last {sighting.ad_checked_at:%Y-%m-%d %H:%M}"
    yield ""
    yield "What happened (UTC)"
    for event in events:
        title = f": {event.title}" if event.title and event.title != position.posting.title else ""
        what = _WORDS.get(event.kind.value, event.kind.value)
        yield f"  {event.at:%Y-%m-%d %H:%M}  {what} ({event.source_name}){title}"
        for name, change in event.fields.items():
            yield from (f"      {line}" for line in change_lines(name, change))


_WORDS = {"baseline": "open when its source was first seen"}
