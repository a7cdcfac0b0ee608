"""`monitor doctor`: whether everything that the monitor needs is there, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    config_path,
    json_option,
    load_settings,
    print_json,
    printable,
)
from monitor.errors import ConfigError, MonitorError
from monitor.values import Value

if TYPE_CHECKING:
    from monitor.settings import Settings

LEAST_FREE = 100_000_000  # bytes; or as much again as the database has, where that is more
SOURCES_ASKED = 3  # at the most, until one answers
_CLOCK_SLACK = timedelta(minutes=5)


class Finding(Value):
    """words: what was found. advice: what to do about it; None where nothing needs doing."""

    what: str
    words: str
    advice: str | None = None


@click.command("doctor", short_help="Check all that the monitor needs.")
@json_option
@as_of_option
@config_option
def doctor_command(as_json: bool, now: datetime, config: str | None) -> None:
    """Check the configuration, the database, the templates, the mail server, the network and the time zones, and say
    what to do.

    The mail server is asked for a connection and a login, and one source for its page; nothing is sent or stored. Exit
    code 1 when something needs doing.
    """
    found = list(_findings(config, now))
    for finding in found:
        if as_json:
            print_json({"what": finding.what, "good": not finding.advice, "words": finding.words, "do": finding.advice})
        else:
            click.echo(printable(f"{'to do' if finding.advice else 'good':6} {finding.what}: {finding.words}"))
            if finding.advice:
                click.echo(printable(f"       {finding.advice}"))
    if any(finding.advice for finding in found):
        raise click.exceptions.Exit(1)


def _findings(config: str | None, now: datetime) -> Iterator[Finding]:
    try:
        settings = load_settings(config)
    except ConfigError as error:
        for fault in error.faults:
            yield Finding("configuration", fault, error.tip or f"Mend {config_path(config)}, then ask again.")
        return
    checks: tuple[tuple[str, Callable[[Settings, datetime], Iterator[Finding]]], ...] = (
        ("configuration", _configuration),
        ("time zones", _time_zones),
        ("database", _database),
        ("templates", _templates),
        ("mail", _mail),
        ("network", _network),
    )
    for what, check in checks:
        try:
            yield from check(settings, now)
        except MonitorError as error:
            yield Finding(what, str(error), error.tip or "Mend that, then ask again.")


def _configuration(settings: Settings, now: datetime) -> Iterator[Finding]:
    from monitor.cli.setup import settings_warnings

    warnings = settings_warnings(settings)
    if not warnings:
        yield Finding("configuration", f"{settings.file} names {_count(len(settings.source), 'source')}")
    for warning in warnings:
        yield Finding("configuration", warning, f"Change {settings.file}.")


def _time_zones(settings: Settings, now: datetime) -> Iterator[Finding]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for name in sorted({digest.timezone for digest in settings.digest} or {"UTC"}):
        try:
            yield Finding("time zones", f"in {name} it is {now.astimezone(ZoneInfo(name)):%Y-%m-%d %H:%M}")
        except ZoneInfoNotFoundError:
            yield Finding("time zones", f"{name} is not known here", "Install the tzdata package anew.")


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    from monitor.cli.health import size_words
    from monitor.store import Store

    path = settings.database
    if not path.exists():
        yield from _folder("database", path.parent, f"{path} is not there yet; the first poll makes it")
        return
    with Store.open(path, read_only=True) as store:
        faults, size, version = store.faults(), store.size(), store.schema_version()
        latest = max((state.checked_at for state in store.states() if state.checked_at), default=None)
    if faults:
        advice = f"Restore a backup, or move {path} away to start afresh. The old file may still be read with sqlite3."
        yield Finding("database", f"{path} is damaged: {'; '.join(faults[:3])}", advice)
    else:
        yield Finding("database", f"{path} is sound, schema {version}, {size_words(size)}")
    if not os.access(path, os.W_OK):
        yield Finding("database", f"{path} cannot be written", "Check who owns it, and as whom the monitor runs.")
    free = shutil.disk_usage(path.parent).free
    if free < max(LEAST_FREE, size):
        yield Finding("disk", f"{size_words(free)} are free", f"Free some space for {path.parent}.")
    else:
        yield Finding("disk", f"{size_words(free)} are free")
    if latest and latest > now + _CLOCK_SLACK:
        words = f"the last check was at {latest:%Y-%m-%d %H:%M} UTC, and now it is {now:%Y-%m-%d %H:%M}"
        yield Finding(
            "clock", words, "Set the clock if it is wrong now; if it was wrong then, the next poll makes up for it."
        )


def _templates(settings: Settings, now: datetime) -> Iterator[Finding]:
    from monitor.digest.sample import sample
    from monitor.pipeline.interests import by_words
    from monitor.render import render
    from monitor.settings import DigestSettings

    folder = settings.folder / "templates"
    for digest in settings.digest or (DigestSettings(to=("you@example.org",)),):
        render(sample(digest, now, by_words), folders=[folder])
    own = ", ".join(sorted(file.name for file in folder.glob("digest.*")))
    yield Finding("templates", f"{own} of {folder} can be filled" if own else "the program's own can be filled")


def _mail(settings: Settings, now: datetime) -> Iterator[Finding]:
    from monitor.delivery import read_password
    from monitor.delivery.smtp import SmtpSession

    mail = settings.mail
    if mail is None:
        yield from _folder("mail", settings.outbox, f"there is no [mail], so digests go to {settings.outbox}")
        return
    password = read_password(mail, settings.folder, os.environ)
    if mail.user and password.warning:
        yield Finding("password", password.warning, "It is the key to your mail account; keep it to yourself.")
    with SmtpSession(mail, password.value, settings.folder) as session:
        where = session.login()
    login = f", and takes the login of {mail.user}" if mail.user else ""
    yield Finding("mail", f"{where} answers{login}")


def _network(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the web can be reached: a server that refuses has answered, too."""
    from monitor.cli.look import fetch_page
    from monitor.errors import FetchError

    first: FetchError | None = None
    asked = [source for source in settings.source if source.enabled][:SOURCES_ASKED]
    for source in asked:
        try:
            fetch_page(source.url, settings, now)
        except FetchError as error:
            first = first or error
            if error.status is None:
                continue
        yield Finding("network", f"{source.url} answers")
        return
    if first:
        advice = "Is this machine connected, and does a firewall or a proxy stand in between?"
        yield Finding("network", f"none of {_count(len(asked), 'source')} answers; {first}", advice)


def _folder(what: str, folder: Path, words: str) -> Iterator[Finding]:
    """Whether files can be made in a folder, or the folder itself."""
    nearest = next(f for f in (folder.resolve(), *folder.resolve().parents) if f.exists())
    if os.access(nearest, os.W_OK | os.X_OK) and nearest.is_dir():
        yield Finding(what, words)
    else:
        yield Finding(what, words, f"Nothing can be written to {nearest}: check who owns it, and as whom you run this.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
