"""`monitor add`: an address is all it takes; what is best watched behind it is found out, shown, and asked about."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    config_path,
    json_option,
    print_json,
    printable,
    replace_file,
    say,
)
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.pipeline.discovery import Discovery
    from monitor.settings import Settings

_MOST_LISTED = 500  # positions of a platform's list
_MOST_PAGES = 100  # as `settings.Source.pages`


def _asked(words: str | None, origin: str | None, name: str | None, *, ask: bool) -> tuple[str, str | None] | None:
    """The address that is asked for, and its name; None if only the catalogue was to be shown."""
    from monitor.settings import source_address

    if origin:
        from monitor.cli.catalogue import choose

        entry = choose(words, ask=ask)
        return (entry.url, name or entry.name) if entry else None
    if words is None:
        raise click.UsageError("Missing argument 'URL'.")
    try:
        return source_address(words), name
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("add", short_help="Watch one more page or feed.")
@click.argument("words", metavar="URL", required=False)
@click.option("--from", "origin", type=click.Choice(["catalogue"]), help="Pick it by words of its name or place.")
@click.option("--name", help="What to call it.")
@click.option("--yes", is_flag=True, help="Add it without asking.")
@json_option
@as_of_option
@config_option
def add_command(
    words: str | None,
    origin: str | None,
    name: str | None,
    yes: bool,
    as_json: bool,
    now: datetime,
    config: str | None,
) -> None:
    """Find the best way to watch what an address shows, show what would be watched, and add it to sources.toml.

    A recruitment platform's own data comes first, then a feed that the page announces and that holds its positions,
    then the page itself. With --from catalogue, words take the place of the URL; without words all of it is shown.
    """
    from monitor.config import parse, text_of
    from monitor.config.editing import add_source
    from monitor.fetch import run

    asked = _asked(words, origin, name, ask=not (yes or as_json))
    if asked is None:
        return
    url, name = asked
    path = config_path(config)
    settings = parse(text_of(path), path)
    _refuse_twice(settings, url, name)
    found = run(_discovered(url, settings, now))
    _refuse_twice(settings, found.url, name)
    moved = found.url != found.asked
    keys = _keys(found, name, {source.name for source in settings.source})
    if as_json:
        print_json({**_line(found, settings), "name": keys.get("name")})
    else:
        _show(found, settings)
    if keys.get("kind") == "page":
        say('its text is watched (kind = "page"); without that line, positions are waited for')
    if not yes and not click.confirm(f"Add it to {path}?", default=not found.reading.trouble, err=True):
        say("nothing was changed" + ("; a [[source]] with the page's own address watches that" if moved else ""))
        return
    text = text_of(path)  # as it is by now: while the question stood it may have been edited
    _refuse_twice(parse(text, path), found.url, name)
    made = add_source(text, found.url, **keys)
    parse(made, path)
    replace_file(path, made)
    say(f"added to {path}; `monitor poll` looks at it for the first time")


async def _discovered(url: str, settings: Settings, now: datetime) -> Discovery:
    from monitor.fetch import Fetcher
    from monitor.pipeline.discovery import discover
    from monitor.pipeline.network import Network

    async with Fetcher(settings.fetch, now=lambda: now) as fetcher:
        return await discover(url, Network(fetcher), now.date())


def _keys(found: Discovery, name: str | None, taken: set[str]) -> dict[str, str | int]:
    """What sources.toml says besides the address: its kind where it must, and a name where the address tells none.

    A platform that gives its data in small parts is followed as far as others that give it in large ones.
    """
    from monitor.pipeline.discovery import Way
    from monitor.settings import Source

    keys: dict[str, str | int] = {}
    if name:
        keys["name"] = name
    elif found.url != found.asked:
        parts = urlsplit(found.asked)
        called = (parts.hostname or "").removeprefix("www.") + parts.path.rstrip("/")
        keys["name"] = called if called not in taken else found.asked
    if found.way is Way.PAGE:
        keys["kind"] = "page"
    if found.way is Way.PLATFORM and found.reading.next_page and found.reading.postings:
        pages = min(math.ceil(_MOST_LISTED / len(found.reading.postings)), _MOST_PAGES)
        if pages > Source(url=found.url).pages:
            keys["pages"] = pages
    return keys


def _line(found: Discovery, settings: Settings) -> dict[str, object]:
    from monitor.cli.look import notes
    from monitor.export import posting_json

    return {
        "url": found.url,
        "asked": found.asked,
        "way": found.way.value,
        "why": found.why,
        "kind": found.reading.kind.value,
        "positions": len(found.reading.postings),
        "postings": [posting_json(posting) for posting in found.reading.postings],
        "next_page": found.reading.next_page,
        "skipped": list(found.skipped),
        "robots": "allowed" if settings.fetch.obey_robots else "not asked",
        "rejected": [
            {"url": one.candidate.url, "way": one.candidate.way.value, "why": one.why} for one in found.rejected
        ],
        "warnings": notes(found.reading),
        "advice": found.advice,
    }


def _show(found: Discovery, settings: Settings) -> None:
    from rich.console import Console
    from rich.text import Text

    from monitor.cli.tables import field_lines, postings_table

    console = Console(highlight=False, soft_wrap=True)
    postings = found.reading.postings
    count = len(postings)
    more = " on the first page" if found.reading.next_page else ""
    console.print(Text.assemble((printable(found.url), "bold"), f": {count} position{'' if count == 1 else 's'}{more}"))
    lines = [("watched as", f"{found.way.value}: {found.why}")]
    lines += [("not taken", f"{one.candidate.url}: {one.why}") for one in found.rejected]
    lines += [("left out", words) for words in found.skipped]
    if found.reading.next_page:
        lines.append(("goes on at", found.reading.next_page))
    lines.append(("robots.txt", "allows it" if settings.fetch.obey_robots else "was not asked (obey_robots = false)"))
    if found.advice:
        lines.append(("to do", found.advice))
    for label, words in lines:
        console.print(Text(f"  {label:10}  {printable(words)}"))
    if count == 1:
        for line in field_lines(postings[0], explain=False):
            console.print(Text(printable(line)))
    elif postings:
        console.print(postings_table(postings))


def _refuse_twice(settings: Settings, url: str, name: str | None) -> None:
    for source in settings.source:
        if source.url == url:
            raise ConfigError([f'{settings.file} has this address already: it is "{source.name}"'])
        if source.name == name:
            raise ConfigError(
                [f'{settings.file} has a source "{name}" already: {source.url}'], tip="give it another --name"
            )
