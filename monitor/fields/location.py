"""Where the place of work is: the value of its label, a line "City, Country", or the place that the text gives beside
the employer ("University of Oslo, Norway", "based in Kiel").
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from monitor.fields.labelled import Labelled, values
from monitor.fields.labels import role
from monitor.fields.organization import institutions
from monitor.fields.phrase import Pattern, fold, topic
from monitor.fields.text import UPPER, AdText
from monitor.models import Found

_WINDOW = 8000
_CAP = rf"[{UPPER}][\w.'’]{{0,30}}\w(?:-[\w’']{{1,30}}){{0,4}}"
_PLACE = rf"{_CAP}(?:[ \xa0](?:(?:am|an der|upon|sur|de|la|le|der|i|do|of|and|the|del|el)[ \xa0])?{_CAP}){{0,3}}"
_SHORT_NAMES = frozenset(
    "uk,u.k.,usa,u.s.,u.s.a.,us,england,scotland,wales,northern ireland,great britain,the netherlands,holland,"
    "czech republic,ceska republika,korea,republic of korea,south korea,hong kong,taiwan,russia,macau,"
    "united states of america,brasil".split(",")
)
_STATES = frozenset(
    "Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,Idaho,Illinois,"
    "Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan,Minnesota,Mississippi,Missouri,Montana,"
    "Nebraska,Nevada,New Hampshire,New Jersey,New Mexico,New York,North Carolina,North Dakota,Ohio,Oklahoma,Oregon,"
    "Pennsylvania,Rhode Island,South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,Washington,"
    "West Virginia,Wisconsin,Wyoming,Ontario,Quebec,Alberta,British Columbia,Manitoba,New Brunswick,Nova Scotia,"
    "Saskatchewan,Queensland,New South Wales,South Australia,Tasmania,Victoria,Western Australia".lower().split(",")
)
_STATE_CODES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"
    " PA RI SC SD TN TX UT VT VA WA WV WI WY DC ON QC BC AB MB SK NS NB NL PE QLD NSW VIC TAS ACT NT".split()
)
# cheap, and what few texts have: a state; a capital after a comma or bracket; a number soon after a comma
_AUSTRALIAN = re.compile(r"QLD|NSW|VIC|TAS|ACT")
_CAPITAL_AFTER = re.compile(r"(?:,[ \xa0]+|[ \xa0]\()(?:[tT]he )?[^\W\d_a-z]")
_NUMBER_AFTER = re.compile(r",[ \xa0][^,\d]{0,20}\d")
_INSTITUTIONS = ("niversi", "nstitut", "Hochschule", "ollege", "KTH", "echnology", "högskola")
_REGION = re.compile(
    r"\blan$|holland$|brabant$|gelderland$|limburg$|shire$|kraj$|county$|kanton |^canton |flanders$|england$|fylke$|"
    r"comunidad |provin|ile de france"
)


# expressions with capitals, each of which takes milliseconds to compile: not all texts need them


@cache
def _country() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-])(?:the |The )?({_CAP}(?:[ \xa0](?:(?:of|and)[ \xa0])?{_CAP}){{0,3}}|UK|USA|"
        r"U\.S\.A?\.?|U\.K\.)(?![\w-])"
    )


@cache
def _city_country() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-])({_PLACE})(?=((?:,[ \xa0]+|[ \xa0]+\()(?:the |The )?)({_PLACE}|UK|USA)(?=[\s).,;:!]|$))"
    )


@cache
def _city_state() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])({_PLACE}),?[ \xa0](QLD|NSW|VIC|TAS|ACT)(?![\w-])")


@cache
def _beside() -> re.Pattern[str]:
    """ "Institute of Science, Nagpur." """
    return re.compile(rf",[ \xa0]({_PLACE})(?=\.?\s*(?:\n|$)|\.\s|[;)])")


@cache
def _after_cue() -> re.Pattern[str]:
    """ "based in Kiel", "based at the Ocean Institute in Kiel" """
    return re.compile(
        rf"\s+(?:[\w/&.-]+(?:[ ][\w/&.-]+){{0,5}}?[ ](?:in|at)[ ])??(?:the (?:city|heart|centre|center) of )?"
        rf"({_PLACE}(?:,[ ]{_PLACE})?)(?![\w/])"
    )


@cache
def _place_and_more() -> re.Pattern[str]:
    return re.compile(rf"(?m)({_PLACE}(?:,[ ][^\n,]{{2,40}}){{0,3}})$")


@cache
def _dateline() -> re.Pattern[str]:
    """ "Leipzig, 6 October 2022" at the head or the foot"""
    return re.compile(
        rf"(?m)^({_PLACE}),[ \xa0](?:(?:den|le|il|the|dne|dnia|li)[ \xa0])?"
        r"(?:\d{1,2}[./]\s?\d{1,2}[./]\s?|\d{1,2}(?:\.|st|nd|rd|th|er|º|°)?\s(?:de\s)?[^\W\d]{3,12}\.?\s(?:de\s)?"
        r"|[^\W\d]{3,12}\s\d{1,2}(?:st|nd|rd|th)?,\s|\d{4}-\d\d-(?=\d\d))(?:19|20)?\d\d\.?$"
    )


@cache
def _institution_in() -> re.Pattern[str]:
    return re.compile(
        rf"(?:[Uu]niversi|[Ii]nstitut|Hochschule|[Cc]ollege|KTH|[Tt]echnology|högskola\w*)"
        rf"[^.\n]{{0,40}}?[ \xa0](?:in|i|en|à|a)[ \xa0]({_PLACE})"
    )


@cache
def _names(file: str) -> frozenset[str]:
    """The folded names of a file, in every language of the lexicons, from the Unicode CLDR (tests/fields/cldr.py)."""
    return frozenset(Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines())


@lru_cache(maxsize=1024)
def is_country(words: str) -> bool:
    """Whether the words are a country's name, in any language that has a lexicon."""
    name = " ".join(fold(words).split()).removeprefix("the ").strip(" .,")
    return name in _names("countries.txt") or name in _SHORT_NAMES


def _is_area(words: str) -> bool:
    folded = " ".join(fold(words).replace("-", " ").split())
    return is_country(words) or folded in _STATES or words in _STATE_CODES or bool(_REGION.search(folded))


def _no_place() -> Pattern:
    return topic("location.not_places")


def find_location(ad: AdText) -> Found[str] | None:
    """A city, a country, or both as the ad writes them."""
    text = ad.text[:_WINDOW]
    return _from_labels(text, ad.language) or _own_line(text) or _in_sentences(text) or _country_in_title(ad)


def _from_labels(text: str, language: str | None) -> Found[str] | None:
    given = [item for item in values(text, "location", language) if _is_place(item.value)]
    if not given:
        return _unmarked_label(text, language)
    first = given[0]
    value = _tidied(first.value)
    if is_country(value):  # "Country: Sweden", further on "City: Lund"
        city = next((i for i in given[1:] if not is_country(i.value) and not _is_region(i)), None)
        if city:
            return Found(f"{_tidied(city.value)}, {value}", city.value)
    elif "," not in value:
        country = next((i for i in given[1:] if is_country(i.value)), None)
        if country:
            return Found(f"{value}, {_tidied(country.value)}", first.value)
    return Found(value, first.value)


def _is_region(item: Labelled) -> bool:
    return bool(re.match(r"(?i)region|state|province|kraj|bundesland|lan\b|län\b|street|postal|address", item.label))


def _is_place(value: str) -> bool:
    words = _tidied(value)
    return (
        2 <= len(words) <= 120
        and len(words.split()) <= 14
        and words[:1].isalnum()
        and not re.search(r"[!?@]|https?:|\.\s+[a-z]", value)
        and (words[0].isupper() or words[0].isdigit() or words.isupper())
        and not re.fullmatch(r"[\d\s./:-]+", words)
        and not _no_place().fullmatch(fold(words))
    )


def _tidied(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip(" .,;:|–-")


def _unmarked_label(text: str, language: str | None) -> Found[str] | None:
    """A short line that begins with a label and has no colon: "Place Umeå"."""
    for line in _LABEL_AND_VALUE.finditer(text):
        if (
            line[1][0].isupper()
            and role(line[1], language) == "location"
            and re.fullmatch(rf"{_PLACE}(?:,[ ]{_PLACE})?", line[2])
            and not _no_place().fullmatch(fold(line[2]))
        ):
            return Found(line[2], line[2])
    return None


_LABEL_AND_VALUE = re.compile(r"(?m)^[ \t•*-]*([^\W\d_]{3,15})[ \t]+([^\n]*\S)[ \t]*$")


def _own_line(text: str) -> Found[str] | None:
    """ "Amsterdam, Netherlands" on a line of its own among the first ones; also with a region between."""
    for line in text.splitlines()[:14]:
        words = line.strip(" \t-•*|")
        parts = [p.strip() for p in words.split(",")]
        if len(parts) < 2 or not re.fullmatch(_PLACE, parts[-1]):
            continue  # most lines
        parts = parts[next((n for n, part in enumerate(parts) if not _institutional(part)), 0) :]
        words = words[words.rfind(parts[0]) :]
        if (
            2 <= len(parts) <= 4
            and len(words) <= 90
            and (_is_area(parts[-1]) or _is_area(parts[0]))
            and all(re.fullmatch(_PLACE, p) for p in parts[:-1])
        ):
            return Found(words, words)
    jobs = (_place_and_more().match(text, job.end()) for job in _JOB_IN.finditer(text))
    place = next(filter(None, jobs), None)
    return Found(place[1], place[1]) if place else None


_JOB_IN = re.compile(r"(?m)^(?:Job in|Stelle in|Emploi à)\s+(?:\d{3,6},\s*)?")
_PLACED, _PLACED_AT = 3.1, 2.5  # how surely "based in Kiel" and "based at" tell; "Kiel, Germany" 3.0


def _in_sentences(text: str) -> Found[str] | None:
    found: list[tuple[float, int, str, str]] = []
    for match in _city_country().finditer(text) if _CAPITAL_AFTER.search(text) else ():
        country = match[3]
        in_brackets = match[2].lstrip().startswith("(")  # "Hochschulstudium (MA)" is a degree
        if is_country(match[1]) or not (
            is_country(country)
            or " ".join(fold(country).split()) in _STATES
            or (country in _STATE_CODES and not in_brackets)
        ):
            continue
        city, start = match[1], match.start()
        words = text[start : match.end(3)]
        last = city.split()[-1]
        if re.search(r"(?i)research|helmholtz|planck|leibniz", city) and last != city:  # "Ocean Research Kiel"
            city, words, start = last, words[words.index(last) :], start + words.index(last)
        institution = _institutional(city) or re.search(r"(?i)hochschule|college|centre?|academy|council", city)
        if institution:
            found.append((2.0, start, _tidied(country), country))
        else:
            found.append((3.0, start, f"{city}, {_tidied(country)}", words))
    if _AUSTRALIAN.search(text):
        found += [(2.5, m.start(), m[0], m[0]) for m in _city_state().finditer(text)]
    if _NUMBER_AFTER.search(text):
        found += [(2.2, m.start(1), m[1], m[1]) for m in _dateline().finditer(text) if not _is_calendar_word(m[1])]
    for named in institutions(text):
        beside = _beside().match(text, named.end) if text.startswith(",", named.end) else None
        if beside and not _institutional(beside[1]) and not _no_place().match(fold(beside[1])):
            found.append((1.4, beside.start(1), beside[1], beside[1]))
    folded = fold(text)
    for cue in topic("location.placed").finditer(folded):
        place = _after_cue().match(text, cue.end())
        if place and not _institutional(place[1]):
            at = cue[0].endswith(" at")  # what follows is an institution as often
            found.append((_PLACED_AT if at else _PLACED, place.start(1), place[1], place[1]))
    head = text[:2500]
    for match in _institution_in().finditer(head) if any(word in head for word in _INSTITUTIONS) else ():
        if not _institutional(match[1]) and not _no_place().match(fold(match[1])):
            found.append((1.5, match.start(1), match[1], match[1]))
    if not found:
        return None
    _, _, value, words = max(found, key=lambda f: (f[0] + (0.5 if f[1] < 1500 else 0.0), -f[1]))
    return Found(value, words)


def _is_calendar_word(words: str) -> bool:
    """Days of the week and months, which stand before a date as a place does; and labels."""
    return fold(words) in _names("calendar.txt") or role(words) is not None


def _institutional(words: str) -> bool:
    return (len(words) > 2 and words.isupper()) or bool(
        re.search(
            r"(?i)universi|institut|department|faculty|school|group|programme|phd|project|team|office|study|studies|values|program",
            words,
        )
    )


def _country_in_title(ad: AdText) -> Found[str] | None:
    for place in (ad.title or "", ad.text[:800]):
        for match in _country().finditer(place):
            if is_country(match[1]) and match[1] in ad.text + "\n" + (ad.title or ""):
                return Found(match[1], match[1])
    return None
