"""Where the place of work is: the value of its label, a line "City, Country", or the place that the text gives beside
the employer ("University of Oslo, Norway", "based in Kiel").
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale

from monitor.fields.labelled import Labelled, values
from monitor.fields.lexicon import all_phrases, languages
from monitor.fields.phrase import fold, pattern
from monitor.fields.text import AdText
from monitor.models import Found

_WINDOW = 8000
_UPPER = "".join(re.escape(c) for c in map(chr, range(0x41, 0x530)) if c.isupper())
_CAP = rf"[{_UPPER}][\w.'’]*\w(?:-[\w’']+)*"
_PLACE = rf"{_CAP}(?:[ \xa0](?:(?:am|an der|upon|sur|de|la|le|der|i|do|of|and|the|del|el)[ \xa0])?{_CAP}){{0,3}}"
_COUNTRY = re.compile(rf"(?<![\w-])(?:the |The )?({_CAP}(?:[ \xa0](?:(?:of|and)[ \xa0])?{_CAP}){{0,3}}|UK|USA|U\.S\.A?\.?|U\.K\.)(?![\w-])")
_CITY_COUNTRY = re.compile(rf"(?<![\w-])({_PLACE})(?=((?:,[ \xa0]+|[ \xa0]+\()(?:the |The )?)({_PLACE}|UK|USA)(?=[\s).,;:!]|$))")
_AT = re.compile(rf"(?<![\w-])(?:in|In|i|at|à|a|en|te|v|ve)[ \xa0]({_PLACE})")
_SHORT_NAMES = {
    "uk": "GB", "u.k.": "GB", "usa": "US", "u.s.": "US", "u.s.a.": "US", "us": "US", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "great britain": "GB", "the netherlands": "NL", "holland": "NL",
    "czech republic": "CZ", "ceska republika": "CZ", "korea": "KR", "republic of korea": "KR", "south korea": "KR",
    "hong kong": "HK", "taiwan": "TW", "russia": "RU", "macau": "MO", "united states of america": "US", "brasil": "BR",
}  # fmt: skip
_BABEL = {"no": "nb"}
_STATES = frozenset(
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas "
    "kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon "
    "pennsylvania tennessee texas utah vermont virginia washington wisconsin wyoming ontario quebec alberta manitoba saskatchewan "
    "queensland victoria tasmania".split()
) | {"new york", "new jersey", "new mexico", "new hampshire", "north carolina", "south carolina", "north dakota", "rhode island",
     "south dakota", "west virginia", "british columbia", "nova scotia", "new brunswick", "new south wales", "south australia",
     "western australia"}  # fmt: skip
_REGION = re.compile(r"\blan$|holland$|brabant$|gelderland$|limburg$|shire$|kraj$|county$|kanton |^canton |flanders$|england$|fylke$|comunidad |provin|ile de france")


@cache
def _countries() -> dict[str, str]:
    """Folded country name in every language of the lexicons -> its ISO 3166 code."""
    names = {
        fold(name): code
        for language in languages()
        for code, name in Locale(_BABEL.get(language, language)).territories.items()
        if len(code) == 2 and code.isalpha() and len(name) > 3
    }
    return {**names, **_SHORT_NAMES}


def is_country(words: str) -> bool:
    """Whether the words are a country's name, in any language that has a lexicon."""
    return " ".join(fold(words).split()).removeprefix("the ").strip(" .,") in _countries()


def _is_area(words: str) -> bool:
    folded = " ".join(fold(words).replace("-", " ").split())
    return is_country(words) or folded in _STATES or bool(_REGION.search(folded))


@cache
def _placed() -> re.Pattern[str]:
    return pattern(all_phrases("location.placed"))


def find_location(ad: AdText) -> Found[str] | None:
    """A city, a country, or both as the ad writes them."""
    text = ad.text[:_WINDOW]
    return _from_labels(text, ad.language) or _own_line(text) or _in_sentences(text) or _country_in_title(ad)


def _from_labels(text: str, language: str | None) -> Found[str] | None:
    given = [item for item in values(text, "location", language) if _is_place(item.value)]
    if not given:
        return _unmarked_label(text)
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
        and fold(words) not in _NO_PLACES
        and not _TOPIC.fullmatch(fold(words))
    )


_NO_PLACES = frozenset("on-site onsite on site remote hybrid yes no other full-time part-time various worldwide online n/a tbd post".split()) | {"on site"}


def _tidied(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip(" .,;:|–-")


def _unmarked_label(text: str) -> Found[str] | None:
    """A short line that begins with a label and has no colon: "Place Umeå"."""
    line = re.compile(rf"(?m)^[ \t•*-]*(?:Place|Location|City|Ort|Plats|Standort|Arbeitsort|Lieu|Standplaats|Sted|Arbeidssted|Arbejdssted)[ \t]+({_PLACE}(?:,[ ]{_PLACE})?)[ \t]*$").search(text)
    return Found(line[1], line[1]) if line else None


def _own_line(text: str) -> Found[str] | None:
    """ "Amsterdam, Netherlands" on a line of its own among the first ones; also with a region between."""
    for line in text.splitlines()[:14]:
        words = line.strip(" \t-•*|")
        parts = [p.strip() for p in words.split(",")]
        if 2 <= len(parts) <= 4 and len(words) <= 90 and (_is_area(parts[-1]) or _is_area(parts[0])) and all(re.fullmatch(_PLACE, p) for p in parts):
            return Found(words, words)
    job = re.compile(rf"(?m)^(?:Job in|Stelle in|Emploi à)\s+(?:\d{{3,6}},\s*)?({_PLACE}(?:,[ ][^\n,]{{2,40}}){{0,3}})$").search(text)
    return Found(job[1], job[1]) if job else None


def _in_sentences(text: str) -> Found[str] | None:
    found: list[tuple[float, int, str, str]] = []
    for match in _CITY_COUNTRY.finditer(text):
        country = match[3]
        if is_country(match[1]) or not (is_country(country) or " ".join(fold(country).split()) in _STATES):
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
    folded = fold(text)
    for cue in _placed().finditer(folded):
        match = re.compile(rf"\s+(?:the (?:city|heart|centre|center) of )?({_PLACE}(?:,[ ]{_PLACE})?)").match(text, cue.end())
        if match and not _institutional(match[1]):
            found.append((2.5, match.start(1), match[1], match[1]))
    for match in re.compile(rf"(?:[Uu]niversi|[Ii]nstitut|Hochschule|[Cc]ollege|KTH|[Tt]echnology|högskola\w*)[^.\n]{{0,40}}?[ \xa0](?:in|i|en|à|a)[ \xa0]({_PLACE})").finditer(text[:2500]):
        if not _institutional(match[1]) and not _TOPIC.search(fold(match[1])):
            found.append((1.5, match.start(1), match[1], match[1]))
    if not found:
        return None
    _, _, value, words = max(found, key=lambda f: (f[0] + (0.5 if f[1] < 1500 else 0.0), -f[1]))
    return Found(value, words)


def _institutional(words: str) -> bool:
    return bool(re.search(r"(?i)universi|institut|department|faculty|school|group|programme|phd|project|team|office|study|studies|values|program", words))


_TOPIC = re.compile(
    r"scien|math|stat|physic|econom|engineer|machine|data|learn|comput|histor|biolog|chem|law|theor|january|february|march|april|may\b|june|"
    r"july|august|september|october|november|december|fall|spring|autumn|summer|winter|english|literatur|philosoph|medic|research|health|"
    r"informat|management|educat|social|politic|psycholog|linguist|teil|voll|this|der\b|den\b|dem\b|die\b|das\b|ai\b|phd|sweden's|europe\b"
)


def _country_in_title(ad: AdText) -> Found[str] | None:
    for place in (ad.title or "", ad.text[:800]):
        for match in _COUNTRY.finditer(place):
            if is_country(match[1]) and match[1] in ad.text + "\n" + (ad.title or ""):
                return Found(match[1], match[1])
    return None
