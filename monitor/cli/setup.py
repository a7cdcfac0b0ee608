"""`monitor init`, `monitor check`, `monitor add`: sources.toml."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    config_path,
    json_option,
    load_settings,
    print_json,
    replace_file,
    say,
)
from monitor.errors import ConfigError, MonitorError

if TYPE_CHECKING:
    from monitor.settings import DigestSettings, Settings, Source

SCHEMA_FILE = "sources.schema.json"


@click.command("init", short_help="Write a starter sources.toml here.")
@config_option
def init_command(config: str | None) -> None:
    """Write a starter sources.toml, and beside it the schema from which editors complete it."""
    from monitor.render import template_folder

    path = config_path(config)
    if path.exists():
        raise ConfigError([f"{path} is already there"], tip="`monitor check` tells whether it is right")
    packaged = template_folder() / "sources.toml"  # in a checkout it lies at the top level instead
    starter = packaged if packaged.exists() else template_folder().parent / "sources.toml"
    schema_path = path.with_name(SCHEMA_FILE)
    replace_file(path, starter.read_text(encoding="utf-8"))
    replace_file(schema_path, _schema_text())
    say(f"wrote {path} and {schema_path}; edit the [[digest]], then try `monitor check` and `monitor poll`")


@click.command("schema", short_help="Print the JSON Schema of sources.toml.")
def schema_command() -> None:
    """Print the JSON Schema of sources.toml, for editors."""
    click.echo(_schema_text(), nl=False)


def _schema_text() -> str:
    from monitor.config import schema

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


@click.command("check", short_help="Check sources.toml and say what it means.")
@json_option
@config_option
def check_command(as_json: bool, config: str | None) -> None:
    """Check sources.toml, and say in words what it means. Nothing is fetched or sent."""
    settings = load_settings(config)
    warnings = [*settings_warnings(settings), *_password_warnings(settings)]
    if as_json:
        print_json({"file": str(settings.file), "sources": len(settings.source), "warnings": warnings})
        return
    for source in settings.source:
        click.echo(_source_words(source))
    for digest in settings.digest:
        click.echo(_digest_words(digest))
    mail = settings.mail
    click.echo(
        f"digests go to {mail.host}, {_SECURITY[mail.security]}"
        if mail
        else f"digests go to {settings.outbox}, as .eml files"
    )
    for warning in warnings:
        say(f"note: {warning}")


_SECURITY = {"starttls": "encrypted (STARTTLS)", "tls": "encrypted (TLS)", "none": "not encrypted"}


def _source_words(source: Source) -> str:
    words = [f"every {_interval_words(source.every.total_seconds())}"]
    if source.kind:
        words.append(f"read as {source.kind.value}")
    if source.include:
        words.append(f"only {', '.join(source.include)}")
    if source.exclude:
        words.append(f"without {', '.join(source.exclude)}")
    if not source.enabled:
        words = ["switched off"]
    return f"{source.name}: {source.url}\n    {'; '.join(words)}"


def _interval_words(seconds: float) -> str:
    for unit, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = int(seconds // size)
            return unit if count == 1 else f"{count} {unit}s"
    return f"{int(seconds)} seconds"


def _digest_words(digest: DigestSettings) -> str:
    from monitor.settings import WEEKDAYS

    slot = digest.every
    when = {
        "instant": "as soon as there is something",
        "day": f"daily at {slot.at:%H:%M}",
        "week": f"every {WEEKDAYS[slot.weekday].title()} at {slot.at:%H:%M}",
        "month": f"on the first of the month at {slot.at:%H:%M}",
    }[slot.period]
    zone = "" if slot.period == "instant" else f" {digest.timezone}"
    return f"digest to {', '.join(digest.to)}: {when}{zone}"


def settings_warnings(settings: Settings) -> list[str]:
    """What is allowed, but hardly meant."""
    found = []
    if not settings.source:
        found.append("no source is named yet; `monitor add URL` adds one")
    if not settings.digest:
        found.append("there is no [[digest]], so nobody is told")
    mail = settings.mail
    if mail and mail.user and mail.security == "none" and mail.host not in ("localhost", "127.0.0.1", "::1"):
        found.append(f'with security = "none" the password of {mail.user} goes to {mail.host} for all to read')
    for source in settings.source:
        if source.render:
            found.append(f"{source.name}: render = true is not possible yet; the page is read as the server sends it")
        for header, value in source.headers.items():
            if value.startswith("env:") and value.removeprefix("env:") not in os.environ:
                found.append(
                    f"{source.name}: the header {header} needs {value.removeprefix('env:')} in the environment"
                )
    return found


def _password_warnings(settings: Settings) -> list[str]:
    from monitor.delivery import read_password

    if not settings.mail or not settings.mail.user:
        return []
    try:
        warning = read_password(settings.mail, settings.folder, os.environ).warning
    except MonitorError as error:
        warning = str(error)
    return [warning] if warning else []


def _source_address(context: click.Context, parameter: click.Parameter, url: str) -> str:
    from monitor.settings import source_address

    try:
        return source_address(url)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("add", short_help="Watch one more page or feed.")
@click.argument("url", callback=_source_address)
@click.option("--name", help="What to call it.")
@click.option("--yes", is_flag=True, help="Add it without asking.")
@json_option
@as_of_option
@config_option
def add_command(url: str, name: str | None, yes: bool, as_json: bool, now: datetime, config: str | None) -> None:
    """Look at a page or feed, show what would be watched, and add it to sources.toml."""
    from monitor.cli.look import fetch_page, notes, show_reading
    from monitor.config import add_source, parse, text_of
    from monitor.models import Hints, Kind
    from monitor.readers import read

    path = config_path(config)
    text = text_of(path)
    settings = parse(text, path)
    _refuse_twice(settings, url, name)
    keys = {"name": name} if name else {}
    reading = read(fetch_page(url, settings, now), Hints(as_of=now.date()))
    if as_json:
        line = {"url": url, "kind": reading.kind.value, "positions": len(reading.postings)}
        print_json({**line, "warnings": notes(reading)})
    else:
        show_reading(url, reading, explain=False)
    if reading.kind is Kind.PAGE and not reading.trouble:
        keys["kind"] = Kind.PAGE.value
        say('no position is on it, so its text is watched (kind = "page"); without that line, positions are waited for')
    if not yes and not click.confirm(f"Add it to {path}?", default=not reading.trouble, err=True):
        say("nothing was changed")
        return
    replace_file(path, add_source(text, url, **keys))
    say(f"added to {path}; `monitor poll` looks at it for the first time")


def _refuse_twice(settings: Settings, url: str, name: str | None) -> None:
    for source in settings.source:
        if source.url == url:
            raise ConfigError([f'{settings.file} has this address already: it is "{source.name}"'])
        if source.name == name:
            raise ConfigError(
                [f'{settings.file} has a source "{name}" already: {source.url}'], tip="give it another --name"
            )
