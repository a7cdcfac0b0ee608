"""Amounts of money in a text, as all countries write them: € 2.395,-  CHF 47’040  34 500 kr  10K€  Rs. 37,000/-.

This module knows number forms and currencies; what an amount is paid for is `pay`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from monitor.fields.phrase import fold
from monitor.fields.text import AdText
from monitor.values import Value

# Folded forms (lower case, no accents) -> ISO 4217; "$" and "kr" wait for the country.
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "euro's": "EUR", "euroa": "EUR", "euron": "EUR",
    "£": "GBP", "gbp": "GBP", "pounds": "GBP", "pounds sterling": "GBP", "us$": "USD", "usd": "USD", "usd$": "USD",
    "u.s. $": "USD", "$us": "USD", "us dollars": "USD", "$": "$", "dollars": "$", "aud": "AUD", "au$": "AUD",
    "a$": "AUD", "aud$": "AUD", "aud $": "AUD", "cad": "CAD", "ca$": "CAD", "c$": "CAD", "cdn$": "CAD",
    "cdn $": "CAD", "cad$": "CAD", "cad $": "CAD", "cdn": "CAD", "nzd": "NZD", "nz$": "NZD", "sgd": "SGD",
    "s$": "SGD", "hkd": "HKD", "hk$": "HKD", "hkd$": "HKD", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "isk": "ISK",
    "kr": "kr", "kr.": "kr", "kronor": "SEK", "kroner": "kr", "chf": "CHF", "sfr": "CHF", "sfr.": "CHF",
    "fr.": "CHF", "franken": "CHF", "francs suisses": "CHF", "pln": "PLN", "zł": "PLN", "czk": "CZK", "kc": "CZK",
    "korun": "CZK", "huf": "HUF", "ron": "RON", "₹": "INR", "inr": "INR", "rs": "INR", "rs.": "INR",
    "rupees": "INR", "jpy": "JPY", "¥": "JPY", "円": "JPY", "cny": "CNY", "rmb": "CNY", "krw": "KRW", "₩": "KRW",
    "ils": "ILS", "₪": "ILS", "₺": "TRY", "zar": "ZAR", "brl": "BRL", "r$": "BRL",
    "mxn": "MXN", "dm": "DEM", "dem": "DEM", "qar": "QAR", "aed": "AED", "sar": "SAR", "twd": "TWD",
    "nt$": "TWD", "৳": "BDT", "rub": "RUB", "₽": "RUB",
}  # fmt: skip

# What one euro buys, roughly (2024): only to tell a plausible amount from an impossible one.
PER_EURO = {
    "USD": 1.1, "GBP": 0.85, "CHF": 0.95, "AUD": 1.65, "CAD": 1.5, "NZD": 1.8, "SGD": 1.45, "HKD": 8.5, "SEK": 11.5,
    "NOK": 11.5, "DKK": 7.5, "ISK": 150, "PLN": 4.3, "CZK": 25, "HUF": 400, "RON": 5, "INR": 90, "JPY": 160,
    "CNY": 7.8, "KRW": 1450, "ILS": 4, "TRY": 35, "ZAR": 20, "BRL": 6, "MXN": 20, "DEM": 2, "QAR": 4, "AED": 4,
    "SAR": 4, "TWD": 35, "BDT": 120, "RUB": 95,
}  # fmt: skip

# Which country's dollar or crown: its top-level domain, then names, towns and funders, folded; "_" is a blank.
_COUNTRY_WORDS = {
    "AUD": ".au australian? sydney melbourne brisbane canberra adelaide perth queensland monash",
    "CAD": (
        ".ca canada canadian toronto montreal vancouver ottawa waterloo alberta calgary nserc ontario quebec "
        "british_columbia mcgill manitoba saskatchewan nova_scotia halifax"
    ),
    "NZD": ".nz new_zealand auckland wellington otago christchurch",
    "SGD": ".sg singapore nus ntu",
    "HKD": ".hk hong_kong",
    "SEK": ".se sverige sweden swedish svenska stockholm goteborg gothenburg uppsala lund umea",
    "NOK": ".no norge noreg norway norwegian oslo bergen trondheim tromso ntnu stavanger",
    "DKK": ".dk danmark denmark danish kobenhavn copenhagen aarhus odense aalborg roskilde",
    "ISK": ".is iceland icelandic reykjavik",
}  # fmt: skip
_CROWNS = ("SEK", "NOK", "DKK", "ISK")
_DOLLARS = ("AUD", "CAD", "NZD", "SGD", "HKD")
_OF_LANGUAGE = {"sv": "SEK", "no": "NOK", "nb": "NOK", "nn": "NOK", "da": "DKK", "is": "ISK"}

_NUMBER = r"(?:\d{1,3}(?:[ .,']\d{3})+|\d{1,2}(?:,\d{2}){1,2},\d{3}|\d{1,7})(?:[.,]\d{1,2})?(?!\d)"
_ROUND = r"(?:,-{1,2}|\.-{1,2}|/-|\.-)?"  # "2.395,-" and "37,000/-": no cents
_UNIT = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=lambda c: (-len(c), c)))
_BEFORE = rf"(?<![a-z])(?P<before>{_UNIT})[ :~]{{0,2}}"
_AFTER = rf"(?: ?(?P<after>(?:{_UNIT})(?![a-z]|\d|\s\d{{1,3}}[ .,']\d{{3}})|(?<=\d\d\d\d)e(?![a-z])))"
_THOUSAND = r"(?: ?k(?=\W|eur|$)| (?:tis|tys|tsd)\b\.?| (?:tusen|tusind|mila|mil|mille|duizend|thousand)\b)"
_RANGE = r"(?:\s?-\s?|\s(?:to|bis|tot|till?|a|al|az|do|ja)\s(?=\d[\d .,']{2}))"
_AMOUNT = re.compile(
    rf"(?:{_BEFORE}|(?<![\w.,/-]))(?P<number>{_NUMBER}){_ROUND}(?P<thousand>{_THOUSAND})?"
    rf"(?:{_RANGE}(?P<upper>{_NUMBER}){_ROUND}(?P<upper_thousand>{_THOUSAND})?)?{_AFTER}?"
)
_GROUPED = re.compile(r"\d{1,3}[ .,']\d{3}(?!\d)")
_HUGE = re.compile(r"\s?(?:m€|mio|mill|mrd|milliard|million|billion|milj|miljard|mld|m\b|mn\b|bn\b|crore)")


class Amount(Value):
    """An amount or a range at text[start:end]. currency: ISO 4217, or "$" and "kr" as long as the country is unknown,
    or "" where none is written."""

    start: int
    end: int
    minimum: float
    maximum: float | None
    currency: str


def amounts(text: str) -> Iterator[Amount]:
    """All amounts of money, in the order of the text; millions are left out, nobody is paid those. A number in groups
    of thousands without a currency is one too, as "Salary: 42,000 - 45,000" and "€ 2.872, later 3.670" need it."""
    folded = fold(text)
    for match in _AMOUNT.finditer(folded):
        symbol = match["before"] or match["after"]
        if _HUGE.match(folded, match.end()) or (symbol is None and not _GROUPED.match(match["number"])):
            continue
        low = _value(match["number"], match["thousand"])
        high = _value(match["upper"], match["upper_thousand"]) if match["upper"] else None
        if high is not None and high >= 1000 and low < 1000 and low * 1000 <= high:
            low *= 1000  # "$12-17,000", "65-80K"
        if high is not None and not low < high <= 4 * low:
            high = None
        currency = "EUR" if symbol == "e" else _CURRENCIES[symbol] if symbol else ""
        yield Amount(match.start(), match.end(), low, high, currency)


def alike(one: str, other: str) -> bool:
    """Whether two currencies of one ad can be the same: "$" is that of the "AUD" before it."""
    return one in (other, "") or (one == "$" and other in (*_DOLLARS, "USD")) or (one == "kr" and other in _CROWNS)


def _value(number: str, thousand: str | None) -> float:
    digits = re.sub(r"[ ']", "", number)
    cents = re.search(r"[.,](\d{1,2})$", digits)
    whole = digits[: cents.start()] if cents else digits
    value = float(re.sub(r"[.,]", "", whole) + (f".{cents[1]}" if cents else ""))
    return value * 1000 if thousand else value


def currency_of(symbol: str, ad: AdText) -> str | None:
    """The ISO 4217 code of "$" or "kr" in this ad, by its site, its words and its language; None if nothing tells."""
    if not symbol:
        return None
    if symbol not in ("$", "kr"):
        return symbol
    if told := _told(_DOLLARS if symbol == "$" else _CROWNS, ad.text[:20_000], _host(ad.url)):
        return told
    if symbol == "kr":
        return _OF_LANGUAGE.get(ad.language or "")
    return "USD" if ad.language in (None, "en") else None


def _host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:  # no address at all
        return ""


@lru_cache(maxsize=8)
def _told(choices: tuple[str, ...], text: str, host: str) -> str | None:
    folded = fold(text)
    counts = {}
    for currency in choices:
        domain, *words = (word.replace("_", " ") for word in _COUNTRY_WORDS[currency].split())
        found = len(re.findall(rf"\b(?:{'|'.join(words)})\b|{re.escape(domain)}\b(?!\.)", folded))
        counts[currency] = found + 100 * host.endswith(domain)
    best = max(choices, key=lambda currency: counts[currency])
    return best if counts[best] else None
