"""What several commands share: options, the clock, output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from monitor.settings import Settings, Source
    from monitor.store import SourceState, Store

F = TypeVar("F", bound=Callable[..., Any])


class When(click.ParamType[datetime]):
    """A date (noon of it, UTC) or an ISO time with zone."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a date (2026-03-08) nor a time with zone (2026-03-08T07:00+01:00)", param)
        if "T" not in value and " " not in value:
            return datetime.combine(at.date(), time(12), UTC)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write it as {value}+01:00 or {value}Z", param)
        return at.astimezone(UTC)


def as_of_option(command: F) -> F:
    return click.option(
        "--as-of", "now", type=When(), metavar="WHEN", default=lambda: datetime.now(UTC), help="Stand at this time."
    )(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")(command)


def config_option(command: F) -> F:
    return click.option("--config", metavar="PATH", help="The configuration; sources.toml by default.")(command)


def load_settings(config: str | None) -> Settings:
    """The settings of this command's --config, else of the one before the command, else of sources.toml."""
    from monitor.config import load

    return load(config_path(config))


def source_names(settings: Settings, store: Store) -> dict[str, str]:
    """URL -> name of every source: as sources.toml has it; of one that was taken out, as it was called last."""
    return {state.url: state.name for state in store.states()} | {s.url: s.name for s in settings.source}


def kind_of(source: Source, state: SourceState | None) -> str | None:
    """What a source is: as stated, else as found out; None before its first good check."""
    kind = source.kind or (state.kind if state else None)
    return kind.value if kind else None


def kind_words(source: Source, state: SourceState | None) -> str:
    platform = f" ({state.platform})" if state and state.platform else ""
    return f"{kind_of(source, state) or 'not known yet'}{platform}"


def named_sources(settings: Settings, names: tuple[str, ...]) -> list[Source]:
    """The sources of these names or URLs. ConfigError names those that are none, and what may be meant."""
    import difflib

    by_name = {s.name: s for s in settings.source} | {s.url: s for s in settings.source}
    faults = []
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            near += [known for known in by_name if name.casefold() in known.casefold()]
            faults.append(f'no source is named "{name}"' + (f'; did you mean "{near[0]}"?' if near else ""))
    if faults:
        raise ConfigError(faults, tip="`monitor sources` lists them")
    return [by_name[name] for name in names]


def must_exist(settings: Settings) -> None:
    """What only reads makes no database."""
    if not settings.database.exists():
        raise StoreError(f"{settings.database} is not there yet", tip="`monitor poll` makes it")


def replace_file(file: Path, text: str) -> None:
    """Written beside it and put in its place: no reader and no crash sees half a file. ConfigError: it cannot be.

    A link goes on leading to the same file, which keeps its mode; a device is written to.
    """
    import shutil

    target = file.resolve()
    draft = target if target.exists() and not target.is_file() else target.with_name(f".{target.name}.new")
    try:
        draft.write_text(text, encoding="utf-8", newline="")
        if draft != target:
            if target.exists():
                shutil.copymode(target, draft)
            draft.replace(target)
    except OSError as error:
        raise ConfigError([f"{file}: cannot be written: {error.strerror}"]) from error


def config_path(config: str | None) -> Path:
    return Path(config or click.get_current_context().find_root().obj)


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(_as_json(line) + "\n")
    sys.stdout.flush()


def printable(text: str) -> str:
    """A foreign text on one line, without control sequences for the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def say(words: str) -> None:
    """Talk, as against data."""
    click.echo(words, err=True)
