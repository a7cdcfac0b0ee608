"""How many positions an ad offers: a label ("Number of positions: 2"), its title, or the sentence that offers them.

Numbers stand as digits or words; of a range the smaller counts, of "up to five" the five. "Several" says no number.
The words stand in `[openings]` of each lexicon: what is counted, the number words, and the words that tell that a
number counts something else ("25 active PhD students", "35 employees").
"""

from __future__ import annotations

import re
from functools import cache

from monitor.fields.level import level_of
from monitor.fields.lexicon import phrases
from monitor.fields.phrase import Pattern, fold, fold_all, topic
from monitor.fields.text import AdText
from monitor.models import Found, Level

_MOST = 5000  # national calls offer as many
_GAP = 55  # characters between a number and what it counts
_TITLE_LINES = 6
_TITLE = re.compile(r".{3,159}[^.;,:]")  # a line, and no sentence
_DETERMINED = re.compile(
    r"(?:\b(?:no|nr|art|section|phase|the|der|des|die|les|los|las|of|von)|n°)\.?\s*$"
)  # "the two positions"
_SPELLED = re.compile(r"^\s?(?:\([^()\d\n]{1,14}\)|\))")  # "2 (two) positions"
_HEADED = re.compile(r"\w[^\n]*\n\s*\n")  # "Project 3 description", then a heading
_AFTER_LABEL = re.compile(r"[\s:|*]{1,6}(?:n\.? ?)?")
_SENTENCE = re.compile(r"(?<!\bn)(?<!\bnr)(?<!\bno)(?<!\bca)[.!?]\s+|\n\s*\n|\n\s*[-•*·]\s")


@cache
def _number_words() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Number word -> its number and the languages that have it."""
    words: dict[str, tuple[int, tuple[str, ...]]] = {}
    for language, numbers in phrases("openings.numbers").items():
        for number, forms in enumerate(fold_all(numbers), 1):
            for word in forms.split("|"):
                words[word] = (number, (*words.get(word, (0, ()))[1], language))
    return words


@cache
def _nouns(language: str) -> Pattern:
    return Pattern(phrases("openings.nouns").get(language, ()))


@cache
def _number() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, _number_words()), key=lambda word: (-len(word), word)))
    one = rf"(?:\d{{1,4}}|(?:{words})(?!\w))"
    return re.compile(
        rf"(?<![\w.,/%€$£-])(?P<low>{one})"
        rf"(?:\s?(?:-|/|to|or|bis|oder|a|ou|o|till|eller|of|tot|az|nebo|tai)\s?(?P<high>{one}))?(?!\w| ?%|/|[.,:-]\d)"
    )


def find_openings(ad: AdText) -> Found[int] | None:
    """The number of positions with the words that say it, None where the ad gives none."""
    titles = [ad.title] if ad.title else [line for line in ad.lines[:_TITLE_LINES] if _TITLE.fullmatch(line)]
    return (
        _labelled(ad.text)
        or next(filter(None, (_counted(title, offered=True) for title in titles)), None)
        or _counted(ad.text, offered=False)
        or next(filter(None, (_one_titled(title) for title in titles)), None)
    )


def _labelled(text: str) -> Found[int] | None:
    folded = fold(text)
    for label in topic("openings.labels").finditer(folded):
        gap = _AFTER_LABEL.match(folded, label.end())
        number = gap and _number().match(folded, gap.end())
        if number and (value := _value(number)):
            return Found(value, text[label.start() : number.end()])
    return None


def _counted(text: str, offered: bool) -> Found[int] | None:
    """The first number that counts positions: several of them, else one ("a PhD position").

    offered: the text is a title; within a text the sentence has to offer something.
    """
    folded = fold(text)
    single: Found[int] | None = None
    for noun in topic("openings.nouns").finditer(folded):
        begin = max(0, noun.start() - _GAP)
        numbers = reversed(list(_number().finditer(folded, begin, noun.start())))
        number = next((n for n in numbers if not _measures(folded, n, noun) and not _is_preposition(text, n)), None)
        if number is None or not _counts(folded, number, noun):
            continue
        value = _value(number)
        alone = value == 1 and not number["high"]
        if value is None or (alone and (single or topic("openings.plurals").fullmatch(noun[0]))):
            continue
        if not offered and not _offers(folded, number.start(), noun.end()):
            continue
        found = Found(value, text[number.start() : noun.end()])
        if not alone:
            return found
        single = found
    return single


def _measures(folded: str, number: re.Match[str], noun: re.Match[str]) -> bool:
    """Whether a number is joined to its unit, and so tells what kind of position it is: "a 3-year position"."""
    return folded[number.end() : number.end() + 1] == "-" and bool(
        topic("openings.units").match(folded, number.end() + 1, noun.start())
    )


def _is_preposition(text: str, number: re.Match[str]) -> bool:
    """ "à" is no "a"."""
    return number["low"] == "a" and text[number.start()] not in "aA"


def _counts(folded: str, number: re.Match[str], noun: re.Match[str]) -> bool:
    gap = _SPELLED.sub("", folded[number.end() : noun.start()].replace("ph.d.", "phd"))
    if _HEADED.search(gap) or re.search(r"[.;:!?()](?:\s|$)|,.*,|\d(?!\d*\s?[%-])", gap) or len(gap.split()) > 6:
        return False
    languages = _number_words().get(number["low"])
    if languages and not any(_nouns(language).fullmatch(noun[0]) for language in languages[1]):
        return False  # "to" is two in Norwegian, "a" is one in English
    unit = topic("openings.units").match(gap.lstrip(" -"))
    if languages and languages[0] == 1:
        return unit is None
    before = _SENTENCE.split(folded[max(0, number.start() - 30) : number.start()])[-1]
    given = topic("openings.given").search(before) or topic("openings.given").search(gap)
    return not (unit or given or _DETERMINED.search(before))


def _offers(folded: str, start: int, end: int) -> bool:
    begin = max(0, start - 160)
    opening = _SENTENCE.split(folded[begin:start])[-1]
    closing = _SENTENCE.split(folded[end : end + 120])[0]
    sentence = opening + folded[start:end] + closing
    return any(topic(name).search(sentence) for name in ("openings.offered", "genre.offer", "genre.call"))


def _value(number: re.Match[str]) -> int | None:
    """The number; of a range the smaller. None for what can be no number of positions: zero, or a year."""
    low = number["low"]
    value = int(low) if low.isdigit() else _number_words()[low][0]
    year = low.isdigit() and len(low) == 4 and 1900 <= value < 2100
    return value if 0 < value <= _MOST and not year else None


def _one_titled(title: str) -> Found[int] | None:
    """A title in the singular offers one position: "Doktorand i matematik"."""
    level = level_of(title)
    if level is None or level.value is Level.OTHER or topic("openings.plurals").search(fold(title)):
        return None
    return Found(1, level.words)
