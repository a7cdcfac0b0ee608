"""Writes the names that `monitor/fields` takes from the Unicode CLDR, as its package babel has them, anew:

    python -m tests.fields.cldr

after a language has been added to the lexicons.
"""

from pathlib import Path

from babel import Locale

from monitor.fields import location
from monitor.fields.lexicon import languages
from monitor.fields.phrase import fold

NOTICE = "# From the Unicode CLDR, copyright Unicode, Inc., under the Unicode License v3 (https://www.unicode.org/license.txt)."
_BABEL = {"no": "nb"}
_LOCALES = [Locale(_BABEL.get(language, language)) for language in languages()]


def names() -> dict[str, list[str]]:
    """A file beside the module `location` -> its lines: where they are from, and folded names in every language."""
    countries = {
        fold(name)
        for one in _LOCALES
        for code, name in one.territories.items()
        if len(code) == 2 and code.isalpha() and len(name) > 3
    }
    calendar = {
        fold(word) for one in _LOCALES for names in (one.days, one.months) for word in names["format"]["wide"].values()
    }
    return {"countries.txt": [NOTICE, *sorted(countries)], "calendar.txt": [NOTICE, *sorted(calendar)]}


if __name__ == "__main__":
    for file, lines in names().items():
        Path(location.__file__).with_name(file).write_text("\n".join(lines) + "\n", encoding="utf-8")
