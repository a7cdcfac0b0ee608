"""`monitor init`, `monitor check`, `monitor schema`: sources.toml."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
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
    from monitor.models import Kind
    from monitor.settings import Settings

SCHEMA_FILE = "sources.schema.json"


@click.command("init", short_help="Write a starter sources.toml here.")
@config_option
def init_command(config: str | None) -> None:
    """Write a starter sources.toml, and beside it the schema from which editors complete it."""
    from monitor.config import load
    from monitor.render import template_folder

    path = config_path(config)
    if path.exists():
        raise ConfigError([f"{path} is already there"], tip="`monitor check` tells whether it is right")
    packaged = template_folder() / "sources.toml"  # in a checkout it lies at the top level instead
    starter = packaged if packaged.exists() else template_folder().parent / "sources.toml"
    schema_path = path.with_name(SCHEMA_FILE)
    replace_file(path, starter.read_text(encoding="utf-8"))
    replace_file(schema_path, _schema_text())
    say(f"wrote {path}, and {schema_path} for your editor")
    count = len(load(path).source)
    say(f"its {count} sources are examples, and real: `monitor remove NAME` those that `monitor poll` is not to ask")
    say("next: your address under [[digest]], then `monitor add URL`, `monitor poll` and `monitor digest`")


@click.command("schema", short_help="Print the JSON Schema of sources.toml.")
def schema_command() -> None:
    """Print the JSON Schema of sources.toml, for editors."""
    click.echo(_schema_text(), nl=False)


def _schema_text() -> str:
    from monitor.config import schema

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


@click.command("check", short_help="Check sources.toml and say what it means.")
@json_option
@as_of_option
@config_option
def check_command(as_json: bool, now: datetime, config: str | None) -> None:
    """Check sources.toml, and say in words what each source and digest means. Nothing is fetched or sent.

    Faults are told all at once, each with its line.
    """
    from monitor.cli.meaning import digest_words, mail_words, source_words

    settings = load_settings(config)
    warnings = [*settings_warnings(settings), *_password_warnings(settings)]
    if as_json:
        print_json({"file": str(settings.file), "sources": len(settings.source), "warnings": warnings})
        return
    due, kinds = _seen(settings, now)
    for source in settings.source:
        click.echo(source_words(source, kinds.get(source.url), due.get(source.url), now))
    for digest in settings.digest:
        click.echo(digest_words(digest, now))
    click.echo(mail_words(settings))
    for warning in warnings:
        say(f"note: {warning}")


def _seen(settings: Settings, now: datetime) -> tuple[dict[str, datetime], dict[str, Kind | None]]:
    """When each source that was looked at is due again, and what it was found to be; nothing before the first poll."""
    from monitor.cadence import falls_due
    from monitor.store import Store

    if not settings.database.exists():
        return {}, {}
    with Store.open(settings.database, read_only=True) as store:
        due = {url: falls_due(*times, now) for url, times in store.due_times().items()}
        return due, {state.url: state.kind for state in store.states()}


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
    found += _same_pages(settings)
    for source in settings.source:
        if source.render:
            found.append(f"{source.name}: render = true is not possible yet; the page is read as the server sends it")
        for header, value in source.headers.items():
            if value.startswith("env:") and value.removeprefix("env:") not in os.environ:
                found.append(
                    f"{source.name}: the header {header} needs {value.removeprefix('env:')} in the environment"
                )
    return found


def _same_pages(settings: Settings) -> Iterator[str]:
    from monitor.identity import canonical_url

    first: dict[str, str] = {}
    for source in settings.source:
        page = canonical_url(source.url)
        if page in first:
            yield f'"{first[page]}" and "{source.name}" are one page under two addresses; one of them is enough'
        first.setdefault(page, source.name)


def _password_warnings(settings: Settings) -> list[str]:
    from monitor.delivery import read_password

    if not settings.mail or not settings.mail.user:
        return []
    try:
        warning = read_password(settings.mail, settings.folder, os.environ).warning
    except MonitorError as error:
        warning = str(error)
    return [warning] if warning else []
