import tomllib
from importlib.resources import files

import pytest

from monitor.fields.lexicon import languages, phrases


@pytest.mark.parametrize("language", languages())
def test_every_list_of_a_file_is_read(language: str) -> None:
    whole = tomllib.loads((files("monitor") / "lexicon" / f"{language}.toml").read_text(encoding="utf-8"))
    for table, lists in whole.items():
        for name, words in lists.items() if isinstance(lists, dict) else ():
            assert phrases(f"{table}.{name}").get(language, ()) == tuple(words)
