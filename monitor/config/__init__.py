"""sources.toml: read into Settings, strictly. `config.editing` writes to it, with its comments and its order kept."""

from monitor.config.reading import SOURCE_KEYS, load, locate, parse, read_table, schema, source_tables, text_of

__all__ = ["SOURCE_KEYS", "load", "locate", "parse", "read_table", "schema", "source_tables", "text_of"]
