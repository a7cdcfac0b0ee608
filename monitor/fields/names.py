"""Names of persons, as ads write them: with titles before them, particles within, and surnames in capitals."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import Pattern, fold, fold_all
from monitor.fields.text import UPPER
from monitor.values import Value

_UPPER = UPPER + "\u1e00-\u1eff"
_LETTER = r"[^\W\d_]"
_APOSTROPHE = "['’ʼ]"
_WORD = (
    rf"(?:[dDlLO]{_APOSTROPHE}|al-|el-|Al-|El-)?[{_UPPER}]{_LETTER}{{1,30}}"
    rf"(?:{_APOSTROPHE}{_LETTER}{{2,30}}|[-‐‑]{_LETTER}{{1,30}}){{0,3}}"
)
_INITIAL = rf"[{_UPPER}](?:[a-zh]?\.(?:[ -]?[{_UPPER}][a-zh]?\.){{0,4}}|(?=\ ))"
_PARTICLE = (
    r"(?:van|von|der|den|de|del|della|dello|di|da|do|dos|das|du|la|le|los|al|el|bin|ibn|ben|ter|ten|te|zu|zum|af|av|"
    r"y|i|e|in(?= ['’]t )|’t|'t|'s|st\.|san|af|Van|Von|De|Der|La|Le|Di|Da|Del|Du|Dos|El|Ben|Ter|Ten)"
)
_BLANK = re.compile(r"\s")
_QUOTES = frozenset('"“”„»«')
_SEPARATOR = re.compile(
    r"\s*(?:,\s*(?:and|und|och|og|sowie|et|e|y|en|ja|a|or|oder)\b|,|;|/|&|\+|•|\||\band\b|\bor\b|\bund\b|\boder\b|\bsowie\b|\boch\b|"
    r"\beller\b|\bog\b|\bja\b|\bet\b|\bou\b|\be\b|\by\b|\bi\b|\ben\b|\bof\b|\ba\b|\bwith\b|"
    r"\bas well as\b|\btogether with\b|\n[ \t]*[-•*]?)\s*"
)
_ASIDE = re.compile(r"\s*(?:\([^()\n]{0,160}\)|\[[^\[\]\n]{0,80}\]|<[^<>\n]{0,80}>)")


class Person(Value):
    """name: without titles, in usual capitals. start, end: its span in the text, with the titles. rank: the titles."""

    name: str
    start: int
    end: int
    rank: str


@cache
def _name() -> re.Pattern[str]:
    """Made when a text is first asked for persons: lists are not."""
    return re.compile(
        rf"(?<![\w@.])(?:{_WORD}|{_INITIAL})(?:[ \xa0]\({_WORD}\))?"
        rf"(?:[ \xa0](?:{_PARTICLE}[ \xa0]){{0,3}}(?:{_WORD}|{_INITIAL})){{1,4}}"
        r"(?![\w@]|\.\w)"
    )


@cache
def _titles() -> re.Pattern[str]:
    words = sorted({t.rstrip(".*") for t in fold_all(all_phrases("people.titles"))}, key=lambda w: (-len(w), w))
    longer = "|".join(re.escape(w) for w in words if len(w) > 1)
    single = "|".join(re.escape(w) for w in words if len(w) == 1)  # "M. Dupont", not the initials of "M.J. Dupont"
    return re.compile(
        rf"(?<![^\W\d_])(?:(?:(?:{longer})(?![^\W\d_])\.?|(?:{single})(?![^\W\d_])\.?(?=\s))[\s\-/,]{{0,2}}){{1,8}}"
    )


@cache
def _not_names() -> frozenset[str]:
    topics = ("people.not_names", "people.titles")
    return frozenset(word for topic in topics for word in fold_all(all_phrases(topic)))


@cache
def _institutions() -> frozenset[str]:
    """How a compound ends that names an institution: "Humboldt-Institut"."""
    topics = ("organization.heads_before", "organization.heads_after")
    return frozenset(word for topic in topics for word in fold_all(all_phrases(topic)))


@cache
def _eponyms() -> Pattern:
    return Pattern(all_phrases("people.eponyms"))


@lru_cache(maxsize=4)
def persons(text: str) -> tuple[Person, ...]:
    """Whatever in a text is spelled like a name; a heading may be, so ask for a cue."""
    found = []
    position = 0
    while (match := _name().search(text, position)) is not None:
        person = _person(text, match.start())
        position = max(person.end, match.start() + 1) if person else _next_word(text, match.start())
        if person:
            found.append(person)
    return tuple(found)


def _next_word(text: str, start: int) -> int:
    return next((m.start() for m in _BLANK.finditer(text, start)), len(text))


def person_at(text: str, start: int) -> Person | None:
    """The person whose title or name begins at or just after `start` (white space, a colon, a dash, a bullet)."""
    skipped = re.compile(r"[\s:–\-•*\"“”'‘’(]{0,12}").match(text, start)
    begin = skipped.end() if skipped else start
    titles = _titles().match(fold(text), begin)
    at = titles.end() if titles else begin
    person = _person(text, at)
    if person is None and titles and at > begin:
        return _person(text, begin)  # "Le" may be a surname
    if person is None:
        return None
    return Person(person.name, begin, person.end, text[begin:at].strip())


def has_title(text: str, start: int) -> bool:
    """Whether a title ("Prof. ", "Dr ") stands just before a name that begins at `start`."""
    window = max(0, start - 60)
    return any(m.end() >= start - window for m in _titles().finditer(fold(text[window:start])))


def persons_at(text: str, start: int) -> list[Person]:
    """The persons listed from `start` on: "Prof. A B (City), Dr. C D and E F"."""
    found: list[Person] = []
    person = person_at(text, start)
    while person is not None and len(found) < 12:
        found.append(person)
        end = person.end
        while (aside := _ASIDE.match(text, end)) is not None:
            end = aside.end()
        trailing = re.compile(r",\s*(?:PhD|Ph\.D\.?|MD|CSc\.?|DrSc\.?|MBA|M\.Sc\.?|FRS)\b").match(text, end)
        end = trailing.end() if trailing else end
        separator = _SEPARATOR.match(text, end)
        person = person_at(text, separator.end()) if separator else None
        if (
            person is not None
            and "\n" in text[end : person.start]
            and not re.match(r"[^\n]{0,90}(?:\n|$)", text[person.start :])
        ):
            break
    return found


def _person(text: str, start: int) -> Person | None:
    match = _name().match(text, start)
    if match is None:
        return None
    tokens = re.split(r"[ \xa0]", match[0])
    if _eponyms().match(fold(match[0])) or (
        text[start - 1 : start] in _QUOTES and text[match.end() : match.end() + 1] in _QUOTES
    ):
        return None
    kept: list[str] = []
    for token in tokens:
        plain = fold(token).strip(".")
        if len(plain) > 1 and plain in _not_names() and not (kept and plain in _PARTICLES):
            break
        if plain.rpartition("-")[2] in _institutions() and "-" in plain:
            break
        kept.append(token)
    while kept and fold(kept[-1]) in _PARTICLES:
        kept.pop()
    spelled = [t for t in kept if len(t.strip(".")) > 2 and fold(t) not in _PARTICLES]
    if len(kept) < 2 or not spelled:
        return None
    length = len(" ".join(kept))
    end = start + length
    last = kept[-1]
    genitive = re.search(rf"{_APOSTROPHE}s$", last)
    if genitive:
        kept[-1] = last[: genitive.start()]
    elif last.endswith(("'", "’")):
        kept[-1] = last[:-1]
    return Person(_usual_capitals(kept), start, end, "")


_PARTICLES = frozenset(re.sub(r"\(\?=.*?\)|[()?:\\]", "", _PARTICLE).lower().split("|"))


def _usual_capitals(tokens: list[str]) -> str:
    """ "NYQUIST Pierre" and "Pierre NYQUIST" are Pierre Nyquist; a name all in capitals is taken down too."""
    loud = [len(t) > 1 and "." not in t and t.isupper() for t in tokens]
    if any(loud) and not all(loud) and loud[0] and not loud[-1]:
        first = next(i for i, is_loud in enumerate(loud) if not is_loud)
        tokens = tokens[first:] + tokens[:first]
    if any(loud):
        tokens = [t if "." in t or not t.isupper() or len(t) < 2 else _capital(t) for t in tokens]
    return " ".join(tokens)


def _capital(word: str) -> str:
    return re.sub(rf"{_LETTER}+", lambda m: m[0][:1].upper() + m[0][1:].lower(), word)
