"""sources.toml -> Settings: strict, every fault at once, each with file and line."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import EnumType
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import rtoml
from msgspec import ValidationError, convert
from msgspec.structs import FieldInfo, fields

from monitor.errors import ConfigError
from monitor.settings import Settings, Source, Table

T = TypeVar("T", bound=Table)
Location = tuple[str | int, ...]
Fault = tuple[Location, str]
SOURCE_KEYS = Source.__struct_encode_fields__

_ISO_INTERVAL = re.compile(r"P(\d+)D|PT(\d+)S")  # as msgspec writes the default of an interval
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
        tables = rtoml.loads(text)
    except rtoml.TomlParsingError as error:
        raise ConfigError([_syntax_fault(str(error), path)]) from None
    faults: list[Fault] = []
    settings = _table(tables, Settings, (), faults)
    if settings:
        settings = settings.replace(file=path, source=tuple(_named(settings.source)))
        faults = list(_cross_faults(settings))
    if faults or not settings:
        lines = locate(text)
        found = sorted((_line_of(location, lines), words) for location, words in faults)
        raise ConfigError([f"{path}:{line}: {words}" for line, words in found])
    return settings


def source_tables(text: str) -> list[dict[str, Any]]:
    """The [[source]] tables of a text that `parse` accepts, as they are written."""
    return list(rtoml.loads(text).get("source", ()))


def read_table(values: Mapping[str, Any], wanted: type[T]) -> T:
    """One table for itself, as it stands in a file. ConfigError: its faults, without file and line."""
    faults: list[Fault] = []
    table = _table(values, wanted, (), faults)
    if table is None:
        raise ConfigError([words for _, words in faults])
    return table


def schema() -> dict[str, Any]:
    """The JSON Schema of sources.toml, for editors."""
    from msgspec.json import schema_components

    _, tables = schema_components([Settings], schema_hook=lambda kind: {"type": "string"})
    for table in Table.__subclasses__():
        for key, words in _descriptions(table):
            tables[table.__name__]["properties"][key]["description"] = words
    del tables["Slot"]  # which the file says in words
    whole: dict[str, Any] = _as_editors_read_it({**tables.pop("Settings"), "$defs": tables})
    whole["$schema"] = "http://json-schema.org/draft-07/schema#"
    whole["title"] = "sources.toml of the position monitor"
    del whole["properties"]["file"]
    return whole


def _descriptions(table: type[Table]) -> Iterator[tuple[str, str]]:
    """The docstring under each key. Source code is read for it, which no other command should pay."""
    import ast
    import inspect

    names = {field.name: key for key, (field, _) in keys_of(table).items()}
    (definition,) = ast.parse(inspect.getsource(table)).body
    assert isinstance(definition, ast.ClassDef)
    for key, below in pairwise(definition.body):
        match key, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(words))):
                yield names[name], words


def _as_editors_read_it(node: Any) -> Any:
    """Draft 7 reads nothing beside a `$ref`; and a default that sources.toml cannot say is no completion."""
    if isinstance(node, list | tuple):
        return [_as_editors_read_it(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_editors_read_it(inner) for key, inner in node.items()}
    if "pattern" in made:  # a text, whatever the program makes of it
        made = {key: value for key, value in made.items() if key not in ("$ref", "anyOf", "format")}
    if "default" in made and (made["default"] is None or isinstance(made["default"], dict)):
        del made["default"]
    if interval := _ISO_INTERVAL.fullmatch(str(made.get("default"))):
        made["default"] = f"{interval[1]} days" if interval[1] else f"{int(interval[2]) // 3600} hours"
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


def _syntax_fault(message: str, path: Path) -> str:
    words, _, place = message.partition(" at line ")
    line = place.partition(" ")[0] or "1"
    return f"{path}:{line}: not valid TOML: {words}"


def _table(values: Mapping[str, Any], table: type[T], at: Location, faults: list[Fault]) -> T | None:
    """What the file says of a table; None if there are faults in it, which are added to `faults`."""
    keys, before = keys_of(table), len(faults)
    found = {}
    for key, value in values.items():
        if key in keys:
            field, wanted = keys[key]
            found[field.name] = _value(value, wanted, (*at, key), faults)
        else:
            words = f"unknown key `{key}`" if at else f"unknown table [{key}]"
            near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
            tip = f"; did you mean `{near[0]}`?" if near else ""
            faults.append(((*at, key), _place(at) + words + tip))
    missing = [key for key, (field, _) in keys.items() if field.required and key not in values]
    faults += [((*at, key), f"{_place(at)}`{key}` is missing") for key in missing]
    return table(**found) if len(faults) == before else None


def _value(value: Any, wanted: Wanted, at: Location, faults: list[Fault]) -> Any:
    """What the file says for a key, converted part by part, as msgspec stops at the first fault of what it is given."""
    kind, reader, whole = wanted
    if isinstance(value, dict) and isinstance(kind, type(Table)):
        return _table(value, kind, at, faults)
    if isinstance(value, dict) and get_origin(kind) is dict:
        inner = _unwrapped(get_args(kind)[1])
        return {key: _value(part, inner, (*at, key), faults) for key, part in value.items()}
    if isinstance(value, list) and value and get_origin(kind) is tuple:
        inner = _unwrapped(get_args(kind)[0])
        return tuple(_value(part, inner, (*at, number), faults) for number, part in enumerate(value))
    try:
        if reader is None:
            return convert(convert(value, kind, strict=False), whole)  # its kind, then its bounds
        return reader(convert(value, str) if kind is str else value)
    except ValidationError as error:
        faults.append((at, _sentence(at, _mismatch(value, kind, at, str(error)))))
    except ValueError as error:
        faults.append((at, _sentence(at, str(error))))


class Wanted(NamedTuple):
    """A type without `Annotated` and `| None`, which TOML cannot say; the function that reads it, if any; and whole."""

    kind: Any
    reader: Callable[[Any], Any] | None
    whole: Any


def _unwrapped(whole: Any) -> Wanted:
    kind, reader = whole, None
    while get_origin(kind) is Annotated or NoneType in get_args(kind):
        reader = next(filter(callable, getattr(kind, "__metadata__", ())), reader)
        kind = next(part for part in get_args(kind) if part is not NoneType)
    return Wanted(kind, reader, whole)


@cache
def keys_of(table: type[Table]) -> dict[str, tuple[FieldInfo, Wanted]]:
    """The keys that a table may have, each with its field."""
    return {field.encode_name: (field, _unwrapped(field.type)) for field in fields(table) if field.name != "file"}


def _sentence(at: Location, words: str) -> str:
    *outer, key = at[:-1] if isinstance(at[-1], int) else at
    return f"{_place(tuple(outer))}`{key}`: {words}" if outer else f"[{key}]: {words}"


_WANTED = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple: "a list",
    dict: "a table",
}
_BOUNDS = {">=": "greater than or equal to", ">": "greater than", "<=": "less than or equal to"}


def _mismatch(value: Any, kind: Any, at: Location, refusal: str) -> str:
    """What is wrong with a value that msgspec refuses, and what to write; of its own words, only a bound is read."""
    plain, table = get_origin(kind) or kind, isinstance(kind, type(Table))
    if plain is tuple and value == []:
        return "it must not be empty"
    if plain is tuple and isinstance(value, dict):
        return f"there may be several of it: write [[{at[-1]}]]"
    if table and isinstance(value, list):
        return f"there is one of it: write [{at[-1] if isinstance(at[-1], str) else at[-2]}]"
    if bound := re.fullmatch(r"Expected `\w+` ([<>]=?) (\S+)", refusal):
        wanted = f"{_BOUNDS[bound[1]]} {float(bound[2]):g}"
    elif choices := get_args(kind) if plain is Literal else [*kind] if isinstance(kind, EnumType) else ():
        *others, last = (repr(str(choice)) for choice in choices)
        wanted = f"{', '.join(others)} or {last}"
    else:
        wanted = "a table" if table else _WANTED[plain]
    listed = plain is tuple and isinstance(value, str) and len(at) > 1
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


def _named(sources: tuple[Source, ...]) -> Iterator[Source]:
    """Every source with a name: the shortest part of its URL that no other one has."""
    if all(source.name for source in sources):
        yield from sources
        return
    short = [_short_name(source.url) for source in sources]
    count = Counter(short)
    for source, name in zip(sources, short, strict=True):
        unique = name if count[name] == 1 else source.url.partition("://")[2]
        yield source if source.name else source.replace(name=unique)


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
