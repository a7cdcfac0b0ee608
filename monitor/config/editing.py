"""Changes of sources.toml by the program: text in, text out; comments, order and line ends stay as they are.

A table is cut out of the text with its keys, changed for itself, and set back in. So what stands between two tables
(a comment about the next one) is nobody's, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_origin

import rtoml
import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item, Table

from monitor.config.reading import HEADER, keys_of, locate, source_tables
from monitor.errors import ConfigError
from monitor.settings import Source


def add_source(text: str, url: str, **keys: Any) -> str:
    """The text with one more [[source]] at its end."""
    return add_sources(text, [{**keys, "url": url}])


def add_sources(text: str, tables: Sequence[Mapping[str, Any]]) -> str:
    """The text with more [[source]] tables at its end, their keys in the order given."""
    old, newline = _with_short_line_ends(text)
    parts = [old.rstrip("\n") + "\n"] if old.strip() else []
    for keys in tables:
        document = tomlkit.document()
        document.append("source", tomlkit.aot())
        document["source"].append(_table(keys))
        parts.append(tomlkit.dumps(document).strip("\n") + "\n")
    return _proved("\n".join(parts) if tables else old, [*source_tables(old), *map(dict, tables)], newline)


def edit_source(text: str, number: int, name: str, changes: Mapping[str, Any]) -> str:
    """The text with other values for keys of its [[source]] `number` (from 0), of that name.

    None as a value takes the key out. A source that is given another name is called so in the digests that choose it.
    """
    text, newline = _with_short_line_ends(text)
    tables = source_tables(text)
    wanted = {key: value for key, value in {**tables[number], **changes}.items() if value is not None}
    start, end = _bounds(text, number)
    document = _parsed(text[start:end])
    (table,) = document["source"]
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = _item(value)
    block = tomlkit.dumps(document)
    if text[start:end].endswith("\n") and not block.endswith("\n"):
        block += "\n"
    changed = text[:start] + block + text[end:]
    if wanted.get("name", name) != name:
        changed = _renamed_in_digests(changed, name, wanted["name"])
    return _proved(changed, [*tables[:number], wanted, *tables[number + 1 :]], newline)


def remove_source(text: str, number: int, name: str) -> str:
    """The text without its [[source]] `number` (from 0), of that name; digests that chose it do so no more.

    ConfigError: a digest chooses nothing but this source, and would get all of them without it.
    """
    text, newline = _with_short_line_ends(text)
    tables = source_tables(text)
    start, end = _bounds(text, number)
    head, tail = text[:start], text[end:]
    if not head or head.endswith("\n\n"):
        tail = tail.lstrip("\n")
    if not tail.strip():
        head, tail = head.rstrip("\n") + "\n" if head.strip() else "", ""
    return _proved(_renamed_in_digests(head + tail, name, None), [*tables[:number], *tables[number + 1 :]], newline)


def as_toml(table: Mapping[str, Any]) -> str:
    """A [[source]] table as TOML, without its header."""
    return tomlkit.dumps(_table(table))


def source_value(key: str, words: str) -> Any:
    """What is typed for a key of a source, as TOML has it: `a, b` is a list where one is wanted; None for no words.

    A value that does not fit comes back as it is, for `parse` to say what is wrong with it.
    """
    if not words.strip():
        return None
    _, (wanted, *_) = keys_of(Source)[key]
    if get_origin(wanted) is tuple and not words.lstrip().startswith("["):
        return [part.strip() for part in words.split(",") if part.strip()]
    if wanted is bool and words.casefold() in ("yes", "on", "no", "off"):
        return words.casefold() in ("yes", "on")
    if wanted in (bool, int) or words.lstrip().startswith(("[", "{")):
        try:
            return rtoml.loads(f"value = {words.strip()}")["value"]
        except ValueError:
            return words
    return words


def _bounds(text: str, number: int) -> tuple[int, int]:
    """Where a [[source]] and its sub-tables begin and end: from its header to the last line that is no comment."""
    found = locate(text)
    if ("source", number) not in found:
        raise ConfigError(
            ["the sources stand in one array, `source = [...]`, which is edited by hand only"],
            tip="write each as a [[source]] table",
        )
    lines = text.splitlines(keepends=True)
    first = found["source", number] - 1
    later = range(first + 1, len(lines))
    last = next((at for at in later if _opens_another(lines[at])), len(lines))
    while lines[last - 1].strip() == "" or lines[last - 1].lstrip().startswith("#"):
        last -= 1
    return sum(map(len, lines[:first])), sum(map(len, lines[:last]))


def _opens_another(line: str) -> bool:
    header = HEADER.match(line)
    return header is not None and not re.match(r"source\s*\.", header[2])


def _table(keys: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in keys.items():
        table.append(key, _item(value))
    return table


def _item(value: Any) -> Item:
    """A value as it is written within a table: a table in it on one line, `{ item = ".job" }`."""
    if not isinstance(value, Mapping):
        item: Item = tomlkit.item(value)
        return item
    inline = tomlkit.inline_table()
    inline.update({key: _item(inner) for key, inner in value.items()})
    return inline


def _renamed_in_digests(text: str, old: str, new: str | None) -> str:
    """The text in which every digest that chooses the source `old` by its name chooses `new`, or no more."""
    document = _parsed(text)
    changed = False
    for digest in document.get("digest", ()):
        chosen = digest.get("sources", ())
        if old not in chosen:
            continue
        changed = True
        if new is not None:
            chosen[list(chosen).index(old)] = new
        elif len(chosen) == 1:
            raise ConfigError(
                [f'the digest to {", ".join(digest["to"])} is about "{old}" only, and would be about every source'],
                tip=f'change its `sources = ["{old}"]` first, or take the digest out',
            )
        else:
            chosen.remove(old)
    return tomlkit.dumps(document) if changed else text


def _with_short_line_ends(text: str) -> tuple[str, str]:
    """The text with "\\n" as line ends, and what they are."""
    return text.replace("\r\n", "\n"), "\r\n" if "\r\n" in text else "\n"


def _proved(text: str, sources: Sequence[Mapping[str, Any]], newline: str) -> str:
    """The text with its line ends; ConfigError if it does not say these sources, and so the change has gone wrong."""
    try:
        right = source_tables(text) == list(sources)
    except rtoml.TomlParsingError:
        right = False
    if not right:
        raise _refusal()
    return text.replace("\n", newline)


def _parsed(text: str) -> TOMLDocument:
    """ConfigError where tables stand in an order of which nothing can be taken out, or that tomlkit does not know."""
    try:
        return tomlkit.parse(text)
    except TOMLKitError:
        raise _refusal() from None


def _refusal() -> ConfigError:
    return ConfigError(["this file is written in a way that cannot be changed safely"], tip="change it by hand")
