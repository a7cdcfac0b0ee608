"""`monitor import`: sources from other programs' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import config_option, config_path, json_option, print_json, printable, replace_file, say
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.importing import Candidate, Entry

_LARGEST = 5_000_000  # bytes


@click.command("import", short_help="Add sources from OPML, urlwatch's YAML or a list.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Add them without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be added, and change nothing.")
@json_option
@config_option
def import_command(file: Path, yes: bool, dry_run: bool, as_json: bool, config: str | None) -> None:
    """Add the sources of a FILE to sources.toml: OPML (feed readers), the job list of urlwatch or webchanges (YAML), or
    a list of addresses, one a line, each perhaps with a name behind it.

    What is watched already is skipped. Filters, headers and commands of jobs are not carried over: positions are found
    without them.
    """
    from monitor.config import parse, text_of
    from monitor.config.editing import add_sources
    from monitor.importing import Candidate, not_yet_watched, read_sources

    path = config_path(config)
    text = text_of(path)
    entries = not_yet_watched(read_sources(_contents(file), str(file)), parse(text, path).source)
    new = [entry for entry in entries if isinstance(entry, Candidate)]
    tables = [entry.keys for entry in new]
    parse(add_sources(text, tables), path)  # before anything is asked
    if as_json:
        for entry in entries:
            print_json(_line(entry))
    else:
        _show(entries)
    if not new:
        say(f"{file} has nothing that is not watched already" if entries else f"{file} names no source")
    elif dry_run:
        say("nothing was changed")
    elif yes or click.confirm(f"Add {_sources(len(new))} to {path}?", default=True, err=True):
        made = add_sources(text_of(path), tables)  # as it is by now: while the question stood it may have been edited
        parse(made, path)
        replace_file(path, made)
        say(f"added {_sources(len(new))} to {path}; `monitor poll` looks at them for the first time")
    else:
        say("nothing was changed")


def _contents(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigError([f"{file} is larger than {_LARGEST // 1_000_000} MB: hardly a list of sources"])
        return file.read_bytes()
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None


def _line(entry: Entry) -> dict[str, object]:
    from monitor.importing import Candidate

    if isinstance(entry, Candidate):
        return {"source": dict(entry.keys), "left_out": list(entry.left_out), "skipped": None}
    return {"source": {"name": entry.what}, "left_out": [], "skipped": entry.why}


def _show(entries: Sequence[Entry]) -> None:
    from monitor.importing import Candidate

    for entry in entries:
        if isinstance(entry, Candidate):
            click.echo(printable(f"add   {_called(entry)}"))
        else:
            click.echo(printable(f"skip  {entry.what}: {entry.why}"))
    left = sorted({key for entry in entries if isinstance(entry, Candidate) for key in entry.left_out})
    if left:
        say(f"not carried over: {', '.join(map(printable, left))}; positions are found without them")


def _called(entry: Candidate) -> str:
    name, url = entry.keys.get("name"), entry.keys["url"]
    return f"{name}: {url}" if name else str(url)


def _sources(count: int) -> str:
    return "1 source" if count == 1 else f"{count} sources"
