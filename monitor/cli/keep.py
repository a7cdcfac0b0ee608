"""`monitor backup` and `monitor prune`: the database as a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from monitor.cli.common import as_of_option, config_option, json_option, load_settings, must_exist, print_json, say
from monitor.values import asdict


@click.command("backup", short_help="Copy the database while it is in use.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@config_option
def backup_command(file: Path, as_json: bool, config: str | None) -> None:
    """Copy the database to FILE (or into that folder), whole and of one moment, also while a poll writes.

    An earlier backup there is replaced once the new one is whole; any other file is left alone. To restore one, stop
    the monitor and put the copy in the database's place, without the -wal and -shm files of the old one.
    """
    from monitor.cli.health import size_words
    from monitor.store import back_up

    settings = load_settings(config)
    must_exist(settings)
    target = file / settings.database.name if file.is_dir() else file
    size = back_up(settings.database, target)
    if as_json:
        print_json({"file": str(target), "bytes": size})
    else:
        say(f"written to {target}, {size_words(size)}")


class Age(click.ParamType[timedelta]):
    """An interval."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from monitor.settings import parse_interval

        try:
            return parse_interval(value)
        except ValueError as error:
            self.fail(str(error), param)


@click.command("prune", short_help="Let go old pages, and shrink the file.")
@click.option("--keep", type=Age(), metavar="AGE", help='How old they may be; that of [store], "90 days", by default.')
@json_option
@as_of_option
@config_option
def prune_command(keep: timedelta | None, as_json: bool, now: datetime, config: str | None) -> None:
    """Let go the stored pages that are older than `keep`, and give their room in the file back to the disk.

    Every poll lets them go, too, but leaves the file as large as it is. How each list stood at that age stays, and all
    since, so that `monitor replay` begins there; positions, changes and what was told stay for ever.
    """
    from monitor.cli.health import size_words
    from monitor.pipeline.upkeep import keep_house
    from monitor.store import Store, WriterLock

    settings = load_settings(config)
    must_exist(settings)
    if keep:
        settings = settings.replace(store=settings.store.replace(keep=keep))
    with WriterLock(settings.database, purpose="prune", now=now), Store.open(settings.database) as store:
        before = store.size()
        pruned = keep_house(settings, store, now)
        store.compact()
        after = store.size()
    if as_json:
        print_json({**asdict(pruned), "bytes_before": before, "bytes": after})
    else:
        say(
            f"let go: {pruned.lists} pages of lists, {pruned.ads} ads, {pruned.mails} mails;"
            f" the database had {size_words(before)} and has {size_words(after)}"
        )
