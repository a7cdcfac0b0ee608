"""sources.toml -> Settings: strict, every fault at once, each with file and line."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import tomli
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.errors import ConfigError
from monitor.settings import Settings, Source

Location = tuple[str | int, ...]
SOURCE_KEYS = tuple(Source.model_fields)

_ISO_INTERVAL = re.compile(r"P(\d+)D|PT(\d+)H")  # as pydantic writes the default of an interval
HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-\"' ]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?(?:\s*\.[\w.\s-]+)?\s*=")


def load(path: Path) -> Settings:
    """The settings of a file. ConfigError lists all faults, one a line: `file:line: what is wrong`."""
    return parse(text_of(path), path)


def text_of(path: Path) -> str:
    """What a sources.toml says, its line ends as they are. ConfigError: it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [f"{path}: there is no such file"],
            tip="`monitor init` writes a starter file here; --config names another one",
        ) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError([f"{path}:{line}: the file is not UTF-8 text"], tip="save it again as UTF-8") from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None


def parse(text: str, path: Path) -> Settings:
    """The settings that a text says; `path` is where it lies, for the messages and for relative paths."""
    try:
        tables = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError([_syntax_fault(str(error), path, text)]) from None
    faults: list[tuple[Location, str]]
    try:
        settings = Settings.model_validate({**tables, "file": path})
        settings = settings.model_copy(update={"source": tuple(_named(settings.source))})
        faults = list(_cross_faults(settings))
    except ValidationError as error:
        faults = [(fault["loc"], _sentence(fault, tables)) for fault in error.errors()]
    if faults:
        lines = locate(text)
        found = sorted((_line_of(location, lines), words) for location, words in faults)
        raise ConfigError([f"{path}:{line}: {words}" for line, words in found])
    return settings


def source_tables(text: str) -> list[dict[str, Any]]:
    """The [[source]] tables of a text that `parse` accepts, as they are written."""
    return list(tomli.loads(text).get("source", ()))


def schema() -> dict[str, Any]:
    """The JSON Schema of sources.toml, for editors."""
    made = Settings.model_json_schema(by_alias=True)
    made["$schema"] = "http://json-schema.org/draft-07/schema#"
    made["title"] = "sources.toml of the position monitor"
    made["properties"].pop("file", None)
    whole: dict[str, Any] = _as_editors_read_it(made)
    return whole


def _as_editors_read_it(node: Any) -> Any:
    """Draft 7 reads nothing beside a `$ref`; and a default that sources.toml cannot say is no completion."""
    if isinstance(node, list):
        return [_as_editors_read_it(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_editors_read_it(inner) for key, inner in node.items()}
    if "default" in made and (made["default"] is None or isinstance(made["default"], dict)):
        del made["default"]
    if interval := _ISO_INTERVAL.fullmatch(str(made.get("default"))):
        made["default"] = f"{interval[1]} days" if interval[1] else f"{interval[2]} hours"
    if "$ref" in made and len(made) > 1:
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made


def locate(text: str) -> Mapping[Location, int]:
    """Line numbers, from 1: of each table as ("source", 0), the first of them as ("source",) too, and of each key as
    ("source", 0, "url")."""
    lines: dict[Location, int] = {}
    count: dict[str, int] = {}
    table: Location = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            first, *rest = (part.strip(" \"'") for part in header[2].split("."))
            if header[1] == "[[" and not rest:
                count[first] = count.get(first, -1) + 1
                lines.setdefault((first,), number)
            table = (first, count[first], *rest) if first in count else (first, *rest)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines


def _line_of(location: Location, lines: Mapping[Location, int]) -> int:
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def _syntax_fault(message: str, path: Path, text: str) -> str:
    words, _, place = message.rpartition(" (at ")
    number = re.search(r"line (\d+)", place)
    line = int(number[1]) if number else max(1, len(text.splitlines()))
    return f"{path}:{line}: not valid TOML: {(words or message)[:1].lower()}{(words or message)[1:]}"


def _sentence(fault: ErrorDetails, tables: Mapping[str, Any]) -> str:
    location = fault["loc"]
    where, key = _place(location[:-1]), str(location[-1])
    if fault["type"] == "extra_forbidden":
        words = f"unknown key `{key}`" if where else f"unknown table [{key}]"
        near = difflib.get_close_matches(key, _keys_at(location[:-1]), n=1, cutoff=0.6)
        return f"{where}{words}" + (f"; did you mean `{near[0]}`?" if near else "")
    if fault["type"] == "missing":
        return f"{where}`{key}` is missing"
    if isinstance(location[-1], int):
        where, key = _place(location[:-2]), f"{location[-2]}"
    message = _message(fault, key)
    return f"{where}`{key}`: {message}" if where or key not in tables else f"[{key}]: {message}"


_WANTED = {  # for which pydantic has words of Python
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}


def _message(fault: ErrorDetails, key: str) -> str:
    """What is wrong with a value, and what to write."""
    kind, value = fault["type"], fault["input"]
    if kind == "too_short":
        return "it must not be empty"
    if kind == "tuple_type" and isinstance(value, dict):
        return f"there may be several of it: write [[{key}]]"
    if kind == "model_type" and isinstance(value, list):
        return f"there is one of it: write [{key}]"
    words = fault["msg"].removeprefix("Value error, ")
    if kind not in _WANTED and not words.startswith("Input should be"):
        return words
    wanted = _WANTED.get(kind) or words.removeprefix("Input should be ")
    listed = kind == "tuple_type" and isinstance(value, str) and len(fault["loc"]) > 1
    example = f"; write [{json.dumps(value, ensure_ascii=False)}]" if listed else ""
    return f"it should be {wanted}, and is {value!r}{example}"


def _place(location: Location) -> str:
    """("source", 1) -> "[[source]] 2: ", ("fetch",) -> "[fetch]: "."""
    if not location:
        return ""
    name, *rest = location
    if rest and isinstance(rest[0], int):
        name, rest = f"[[{name}]] {rest[0] + 1}", rest[1:]
    else:
        name = f"[{name}]"
    return ".".join([name, *map(str, rest)]) + ": "


def _keys_at(location: Location) -> list[str]:
    """The keys that the table at a location may have."""
    model: type[BaseModel] = Settings
    for name in location:
        if isinstance(name, int):
            continue
        field = next((f for n, f in model.model_fields.items() if name in (n, f.alias)), None)
        inner = list(_models_in(field.annotation)) if field else []
        if not inner:
            return []
        model = inner[0]
    return [f.alias or name for name, f in model.model_fields.items() if not f.exclude]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _named(sources: tuple[Source, ...]) -> Iterator[Source]:
    """Every source with a name: the shortest part of its URL that no other one has."""
    if all(source.name for source in sources):
        yield from sources
        return
    short = [_short_name(source.url) for source in sources]
    count = Counter(short)
    for source, name in zip(sources, short, strict=True):
        unique = name if count[name] == 1 else source.url.partition("://")[2]
        yield source if source.name else source.model_copy(update={"name": unique})


def _short_name(url: str) -> str:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www.") + parts.path.rstrip("/")


def _cross_faults(settings: Settings) -> Iterator[tuple[Location, str]]:
    """What no single value shows: names used twice, names that nothing bears."""
    seen: dict[str, int] = {}
    for number, source in enumerate(settings.source):
        for key, value in (("url", source.url), ("name", source.name)):
            if seen.setdefault(f"{key} {value}", number) != number:
                yield ("source", number, key), f'[[source]] {number + 1}: the {key} "{value}" is already used above'
    keys = [digest.key for digest in settings.digest]
    names = [source.name for source in settings.source]
    for number, digest in enumerate(settings.digest):
        if digest.key in keys[:number]:
            yield (
                ("digest", number, "to"),
                f'[[digest]] {number + 1}: a digest "{digest.key}" stands above; give each a `name`',
            )
        for name in digest.sources:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                tip = f'; did you mean "{near[0]}"?' if near else ""
                yield ("digest", number, "sources"), f'[[digest]] {number + 1}: no source is named "{name}"{tip}'
