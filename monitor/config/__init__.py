"""sources.toml: read into Settings, strictly; and written to, with its comments and its order kept."""

from monitor.config.editing import add_source, add_sources, as_toml, edit_source, remove_source, source_value
from monitor.config.reading import SOURCE_KEYS, load, locate, parse, schema, source_tables, text_of

__all__ = [
    "SOURCE_KEYS",
    "add_source",
    "add_sources",
    "as_toml",
    "edit_source",
    "load",
    "locate",
    "parse",
    "remove_source",
    "schema",
    "source_tables",
    "source_value",
    "text_of",
]
