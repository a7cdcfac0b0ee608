"""Amounts of money in a text, as all countries write them: € 2.395,-  CHF 47’040  34 500 kr  10K€  Rs. 37,000/-  DKK 322K.

This module knows number forms and currencies; what an amount is paid for is `pay`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.fields.phrase import fold
from monitor.fields.text import AdText

# Folded forms (lower case, no accents) -> ISO 4217; "$" and "kr" wait for the country.
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "euro's": "EUR", "euroa": "EUR", "euron": "EUR",
    "£": "GBP", "gbp": "GBP", "pounds": "GBP", "pounds sterling": "GBP",
    "us$": "USD", "usd": "USD", "usd$": "USD", "u.s. $": "USD", "$us": "USD", "us dollars": "USD", "$": "$", "dollars": "$",
    "aud": "AUD", "au$": "AUD", "a$": "AUD", "aud$": "AUD", "aud $": "AUD",
    "cad": "CAD", "ca$": "CAD", "c$": "CAD", "cdn$": "CAD", "cdn $": "CAD", "cad$": "CAD", "cad $": "CAD", "cdn": "CAD",
    "nzd": "NZD", "nz$": "NZD", "sgd": "SGD", "s$": "SGD", "hkd": "HKD", "hk$": "HKD", "hkd$": "HKD",
    "sek": "SEK", "nok": "NOK", "dkk": "DKK", "isk": "ISK", "kr": "kr", "kr.": "kr", "kronor": "SEK", "kroner": "kr",
    "chf": "CHF", "sfr": "CHF", "sfr.": "CHF", "fr.": "CHF", "franken": "CHF", "francs suisses": "CHF",
    "pln": "PLN", "zł": "PLN", "czk": "CZK", "kc": "CZK", "korun": "CZK", "huf": "HUF", "ft": "HUF", "ron": "RON",
    "₹": "INR", "inr": "INR", "rs": "INR", "rs.": "INR", "rupees": "INR", "jpy": "JPY", "¥": "JPY", "円": "JPY",
    "cny": "CNY", "rmb": "CNY", "krw": "KRW", "₩": "KRW", "ils": "ILS", "₪": "ILS", "nis": "ILS", "try": "TRY", "₺": "TRY",
    "zar": "ZAR", "brl": "BRL", "r$": "BRL", "mxn": "MXN", "dm": "DEM", "dem": "DEM", "qar": "QAR", "aed": "AED", "sar": "SAR",
    "lei": "RON", "twd": "TWD", "nt$": "TWD", "৳": "BDT", "rub": "RUB", "₽": "RUB",
}  # fmt: skip

# What one euro buys, roughly (2024): only to tell a plausible amount from an impossible one.
PER_EURO = {
    "USD": 1.1, "GBP": 0.85, "CHF": 0.95, "AUD": 1.65, "CAD": 1.5, "NZD": 1.8, "SGD": 1.45, "HKD": 8.5, "SEK": 11.5, "NOK": 11.5,
    "DKK": 7.5, "ISK": 150, "PLN": 4.3, "CZK": 25, "HUF": 400, "RON": 5, "INR": 90, "JPY": 160, "CNY": 7.8, "KRW": 1450, "ILS": 4,
    "TRY": 35, "ZAR": 20, "BRL": 6, "MXN": 20, "DEM": 2, "QAR": 4, "AED": 4, "SAR": 4, "TWD": 35, "BDT": 120, "RUB": 95,
}  # fmt: skip

# Which country's dollar or crown: top-level domains, names, towns and funders, folded.
_COUNTRY_WORDS = {
    "AUD": (".au", "australian?", "sydney", "melbourne", "brisbane", "canberra", "adelaide", "perth", "queensland", "monash"),
    "CAD": (".ca", "canada", "canadian", "toronto", "montreal", "vancouver", "ottawa", "waterloo", "alberta", "calgary", "nserc", "ontario",
            "quebec", "british columbia", "mcgill", "manitoba", "saskatchewan", "nova scotia", "halifax"),
    "NZD": (".nz", "new zealand", "auckland", "wellington", "otago", "christchurch"),
    "SGD": (".sg", "singapore", "nus", "ntu"),
    "HKD": (".hk", "hong kong"),
    "SEK": (".se", "sverige", "sweden", "swedish", "svenska", "stockholm", "goteborg", "gothenburg", "uppsala", "lund", "umea"),
    "NOK": (".no", "norge", "noreg", "norway", "norwegian", "oslo", "bergen", "trondheim", "tromso", "ntnu", "stavanger"),
    "DKK": (".dk", "danmark", "denmark", "danish", "kobenhavn", "copenhagen", "aarhus", "odense", "aalborg", "roskilde"),
    "ISK": (".is", "iceland", "icelandic", "reykjavik"),
}  # fmt: skip
_CROWNS = ("SEK", "NOK", "DKK", "ISK")
_DOLLARS = ("AUD", "CAD", "NZD", "SGD", "HKD")
_OF_LANGUAGE = {"sv": "SEK", "no": "NOK", "nb": "NOK", "nn": "NOK", "da": "DKK", "is": "ISK"}

_NUMBER = r"(?:\d{1,3}(?:[ .,']\d{3})+|\d{1,2}(?:,\d{2}){1,2},\d{3}|\d{1,7})(?:[.,]\d{1,2})?(?!\d)"
_ROUND = r"(?:,-{1,2}|\.-{1,2}|/-|\.-)?"  # "2.395,-" and "37,000/-": no cents
_UNIT = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=lambda c: (-len(c), c)))
_BEFORE = rf"(?<![a-z])(?P<before>{_UNIT})[ :~]{{0,2}}"
_AFTER = rf"(?:\s?(?P<after>(?:{_UNIT})(?![a-z]|\d|\s\d{{1,3}}[ .,']\d{{3}})|(?<=\d\d\d\d)e(?![a-z])))"
_AMOUNT = re.compile(
    rf"(?:{_BEFORE}|(?<![\w.,/-]))(?P<number>{_NUMBER}){_ROUND}(?P<thousand>\s?k(?=\W|eur|$))?"
    rf"(?:(?:\s?-\s?|\s(?:to|bis|tot|till?|a|al|az|do|ja)\s(?=\d[\d .,']{{2}}))(?P<upper>{_NUMBER}){_ROUND}(?P<upper_thousand>\s?k(?=\W|eur|$))?)?{_AFTER}?"
)
_HUGE = re.compile(r"\s?(?:m€|mio|mill|mrd|milliard|million|billion|milj|miljard|mld|m\b|mn\b|bn\b|crore)")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount or a range at text[start:end]. currency: ISO 4217, "$" or "kr" until the country is known."""

    start: int
    end: int
    minimum: float
    maximum: float | None
    currency: str


def amounts(text: str) -> Iterator[Amount]:
    """All amounts of money, in the order of the text; millions are left out, nobody is paid those."""
    folded = fold(text)
    for match in _AMOUNT.finditer(folded):
        symbol = match["before"] or match["after"]
        if symbol is None or _HUGE.match(folded, match.end()):
            continue
        low = _value(match["number"], match["thousand"])
        high = _value(match["upper"], match["upper_thousand"]) if match["upper"] else None
        if high is not None and high >= 1000 and low < 1000 and low * 1000 <= high:
            low *= 1000  # "$12-17,000", "65-80K"
        if high is not None and not low < high <= 4 * low:
            high = None
        currency = "EUR" if symbol == "e" else _CURRENCIES[symbol]
        yield Amount(match.start(), match.end(), low, high, currency)


def alike(one: str, other: str) -> bool:
    """Whether two currencies of one ad can be the same: "$" is that of the "AUD" before it."""
    return one == other or (one == "$" and other in (*_DOLLARS, "USD")) or (one == "kr" and other in _CROWNS)


def _value(number: str, thousand: str | None) -> float:
    digits = re.sub(r"[ ']", "", number)
    cents = re.search(r"[.,](\d{1,2})$", digits)
    whole = digits[: cents.start()] if cents else digits
    value = float(re.sub(r"[.,]", "", whole) + (f".{cents[1]}" if cents else ""))
    return value * 1000 if thousand else value


def currency_of(symbol: str, ad: AdText) -> str | None:
    """The ISO 4217 code of "$" or "kr" in this ad, by its site, its words and its language; None if nothing tells."""
    if symbol not in ("$", "kr"):
        return symbol
    choices = _DOLLARS if symbol == "$" else _CROWNS
    host = urlsplit(ad.url).hostname or "" if ad.url else ""
    folded = fold(ad.text[:20_000])
    counts = {}
    for currency in choices:
        domain, *words = _COUNTRY_WORDS[currency]
        found = len(re.findall(rf"\b(?:{'|'.join(words)})\b|{re.escape(domain)}\b(?!\.)", folded))
        counts[currency] = found + 100 * host.endswith(domain)
    best = max(choices, key=lambda c: counts[c])
    if counts[best]:
        return best
    if symbol == "kr":
        return _OF_LANGUAGE.get(ad.language or "")
    return "USD" if not ad.language or ad.language == "en" else None
