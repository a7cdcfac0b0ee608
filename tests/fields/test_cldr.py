from importlib.resources import files

import pytest

from .cldr import names


@pytest.mark.parametrize("file", ["countries.txt", "calendar.txt"])
def test_names_are_those_of_all_languages(file: str) -> None:
    """Where they are not: `python -m tests.fields.cldr`."""
    assert (files("monitor.fields") / file).read_text(encoding="utf-8").splitlines() == names()[file]
