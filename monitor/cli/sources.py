"""`monitor sources`, `edit`, `remove`, `pause`, `resume`: what is watched, and changes of it in sources.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import (
    config_option,
    config_path,
    json_option,
    kind_of,
    kind_words,
    load_settings,
    named_sources,
    print_json,
    printable,
    replace_file,
    say,
)
from monitor.errors import ConfigError
from monitor.values import Value

if TYPE_CHECKING:
    from monitor.settings import Settings, Source
    from monitor.store import SourceState


@click.command("sources", short_help="List what is watched, and how it fares.")
@json_option
@config_option
def sources_command(as_json: bool, config: str | None) -> None:
    """List every source of sources.toml, paused ones too, with its last good check and its trouble."""
    from monitor.store import Store

    settings = load_settings(config)
    states: dict[str, SourceState] = {}
    if settings.database.exists():
        with Store.open(settings.database, read_only=True) as store:
            states = {state.url: state for state in store.states()}
    rows = [(source, states.get(source.url)) for source in settings.source]
    if as_json:
        for source, state in rows:
            print_json(_line(source, state))
        return
    _show(rows)
    _say_the_rest(settings, states)


def _line(source: Source, state: SourceState | None) -> dict[str, Any]:
    from monitor.plain import to_json

    return {
        "source": source.name,
        "url": source.url,
        "kind": kind_of(source, state),
        "platform": state.platform if state else None,
        "enabled": source.enabled,
        "last_good": to_json(state.good_at if state else None),
        "positions": state.counts[-1] if state and state.counts else None,
        "due": to_json(state.next_check_at if state and source.enabled else None),
        "trouble": state.trouble if state else None,
        "trouble_since": to_json(state.trouble_since if state else None),
    }


def _show(rows: list[tuple[Source, SourceState | None]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("Source", "Kind", "Last good (UTC)", "Positions", "State"):
        table.add_column(column, overflow="fold")
    for source, state in rows:
        table.add_row(
            Text(printable(source.name)),
            kind_words(source, state),
            f"{state.good_at:%Y-%m-%d %H:%M}" if state and state.good_at else "never",
            str(state.counts[-1]) if state and state.counts else "",
            Text(_state(source, state), "red" if source.enabled and state and state.trouble else ""),
        )
    console = Console(highlight=False, soft_wrap=True)
    if rows:
        console.print(table)
    for source, state in rows:
        if source.enabled and state and state.trouble:
            console.print(Text(printable(f"{source.name}: {state.trouble}")))


def _state(source: Source, state: SourceState | None) -> str:
    if not source.enabled:
        return "paused"
    if state is None:
        return "not looked at yet"
    return "in trouble" if state.trouble else "good"


def _say_the_rest(settings: Settings, states: Mapping[str, SourceState]) -> None:
    if not settings.source:
        say("no source is named yet; `monitor add URL` adds one")
    left = states.keys() - {source.url for source in settings.source}
    for url in sorted(left):
        say(f"kept in {settings.database.name}, but no longer watched: {printable(states[url].name)}, {printable(url)}")


class _Chosen(Value):
    """The source that a command is about, and the file that it stands in."""

    path: Path
    text: str
    settings: Settings
    number: int

    @property
    def source(self) -> Source:
        return self.settings.source[self.number]


def _choose(name: str, config: str | None) -> _Chosen:
    """By name, case aside, or by any form of its URL. ConfigError says what may be meant."""
    from monitor.config import parse, text_of
    from monitor.identity import canonical_url

    path = config_path(config)
    text = text_of(path)
    settings = parse(text, path)
    sources = settings.source
    for same in (
        lambda source: name in (source.name, source.url),
        lambda source: name.casefold() == source.name.casefold(),
        lambda source: canonical_url(name) == canonical_url(source.url),
    ):
        found = [number for number, source in enumerate(sources) if same(source)]
        if len(found) == 1:
            return _Chosen(path, text, settings, found[0])
    return _Chosen(path, text, settings, sources.index(named_sources(settings, (name,))[0]))


def _write(chosen: _Chosen, text: str) -> Settings:
    """The new text, if it parses: else nothing is written, and its faults are told without a line that is nowhere."""
    from monitor.config import parse

    try:
        settings = parse(text, chosen.path)
    except ConfigError as error:
        told = [re.sub(r"^.*?:\d+: (\[\[source\]\] \d+: )?", "", fault) for fault in error.faults]
        raise ConfigError(told, tip="nothing was changed") from None
    replace_file(chosen.path, text)
    return settings


@click.command("edit", short_help="Change keys of a source.")
@click.argument("name")
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@config_option
def edit_command(name: str, changes: tuple[str, ...], config: str | None) -> None:
    """Change keys of a source, named by its name or its URL; without a change, show its keys.

    \b
    monitor edit KTH every="2 hours" include="mathematics, machine learning"
    monitor edit KTH selectors.item=".job"
    monitor edit KTH include=                 the key is taken out: its default holds
    """
    from monitor.config import source_tables
    from monitor.config.editing import as_toml, edit_source

    chosen = _choose(name, config)
    before = source_tables(chosen.text)[chosen.number]
    if not changes:
        click.echo(as_toml(before), nl=False)
        return
    wanted = {key: value for key, value in _wanted(before, changes).items() if before.get(key) != value}
    if not wanted:
        say("that is what it says already")
        return
    after = _write(chosen, edit_source(chosen.text, chosen.number, chosen.source.name, wanted))
    for key, value in wanted.items():
        say(f"{key}: {_words(before.get(key))} -> {_words(value)}")
    if after.source[chosen.number].url != chosen.source.url:
        say("its address is new, so its first check tells what is open; what the old one showed stays in the database")


def _wanted(table: Mapping[str, Any], changes: tuple[str, ...]) -> dict[str, Any]:
    """The new values of keys, None for one to be taken out; `selectors.item=x` is a part of the table `selectors`."""
    from difflib import get_close_matches

    from monitor.config import SOURCE_KEYS
    from monitor.config.editing import source_value

    wanted: dict[str, Any] = {}
    for change in changes:
        key, equals, words = change.partition("=")
        key, _, part = key.strip().partition(".")
        if not equals:
            raise click.UsageError(f'{change!r} is no change; write it as KEY=VALUE, such as every="2 hours"')
        if key not in SOURCE_KEYS:
            near = get_close_matches(key, SOURCE_KEYS, n=1)
            raise ConfigError(
                [f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")],
                tip=f"a source may have {', '.join(SOURCE_KEYS)}",
            )
        if not part:
            wanted[key] = source_value(key, words)
            continue
        inner = dict(wanted.get(key) or table.get(key) or {})
        inner.pop(part, None)
        wanted[key] = {**inner, **({part: words} if words else {})} or None
    return wanted


def _words(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {inner}" for key, inner in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


@click.command("remove", short_help="Watch a source no more.")
@click.argument("name")
@config_option
def remove_command(name: str, config: str | None) -> None:
    """Take a source, named by its name or its URL, out of sources.toml.

    What was seen of it stays in the database: its positions are not told as closed, and added again, it goes on where
    it stopped.
    """
    from monitor.config.editing import remove_source

    chosen = _choose(name, config)
    _write(chosen, remove_source(chosen.text, chosen.number, chosen.source.name))
    say(f"{chosen.source.name} is watched no more; none of its positions is told as closed")
    if chosen.settings.database.exists():
        say(f"what was seen of it stays in {chosen.settings.database.name}; `monitor add {chosen.source.url}` goes on")


@click.command("pause", short_help="Do not check a source for a while.")
@click.argument("name")
@config_option
def pause_command(name: str, config: str | None) -> None:
    """Stop checking a source, named by its name or its URL, until `monitor resume`; nothing of it is lost."""
    _switch(name, config, on=False)


@click.command("resume", short_help="Check a paused source again.")
@click.argument("name")
@config_option
def resume_command(name: str, config: str | None) -> None:
    """Check a paused source again; its next digest tells what has come and gone meanwhile."""
    _switch(name, config, on=True)


def _switch(name: str, config: str | None, *, on: bool) -> None:
    from monitor.config.editing import edit_source

    chosen = _choose(name, config)
    if chosen.source.enabled is on:
        say(f"{chosen.source.name} is {'not paused' if on else 'paused already'}")
        return
    _write(chosen, edit_source(chosen.text, chosen.number, chosen.source.name, {"enabled": None if on else False}))
    say(
        f"{chosen.source.name} is checked again from the next `monitor poll` on"
        if on
        else f"{chosen.source.name} is paused; `monitor resume` checks it again"
    )
