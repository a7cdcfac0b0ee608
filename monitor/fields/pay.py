"""What a position pays, from the words of the ad: an amount or a range with currency and period, or the pay scale.

An amount is pay when the nearest word of its kind before it is a word for pay ("stipend of £20,780") or a period
follows it ("€ 2191 per maand"), and no word says that it is something else (turnover, a fee, a travel budget). The
words stand in `[pay]` of each lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from monitor.fields.money import PER_EURO, Amount, alike, amounts, currency_of
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import Found, Pay
from monitor.values import Value, replace

_PERIODS = ("hour", "week", "month", "year")
_PLAUSIBLE = {"hour": (5, 250), "week": (80, 5_000), "month": (250, 25_000), "year": (2_500, 400_000)}  # euros
_MOST = 60  # amounts that are looked at
_MONTHLY = ("SEK", "DKK", "ISK", "CZK", "PLN", "HUF", "RON", "INR")
_BEFORE = 110  # characters in which a word before an amount can explain it
_AFTER = 45
_NEAR = 30
_STOP = re.compile(r"[.!?;]\s+(?=[A-ZÀ-ÞŠŽČŘ*•])|\n\s*\n|\n\s*(?=[-•*·–]\s)")
_ASIDE = re.compile(r"\([^()]*\)")  # "salary (including pension) is about 380 000 DKK"
_LABEL = 50  # a line shorter than this can be the label of the next one
_SCALE_CODE = re.compile(
    r"\btv[- ]?(?:l|h|g-u|gu|tu|u|fu|od|oed|charite|ukn)\b|\btvod\b|\b(?:e|eg)[ -]?1[0-5][a-c]?\b"
    r"|\bbat[- ]?(?:ii|i)?a?/?2?\b"
    r"|\b[waw][1-3]\b(?=\W{0,3}(?:besoldung|lbeso|nbeso|hbeso|bbeso|salary|pay))"
)
_SCALE_STEP = re.compile(r"\W{0,3}(?:nr\.? ?)?(?:\d{1,2}(?:[./-]\d{1,2})?[a-c]?|[a-z]\d?|i{1,3}v?)\b(?![.,']?\d)")
_SHARE = re.compile(r"\d{2,3}(?:[.,]\d)? ?%|\bpartly\b")


def find_pay(ad: AdText) -> Found[Pay] | None:
    """The pay of the ad: of the amounts that can be pay the one that its words explain best, else the pay scale."""
    offers = list(_offers(ad))
    if offers:
        best = max(offers, key=lambda o: o.weight)  # the first among equals
        words = _closed(ad.text, best.start, best.end)
        return Found(replace(best.pay, text=words), words)
    scale = _scale(ad.text)
    return Found(Pay(scale), scale) if scale else None


class _Offer(Value):
    pay: Pay
    start: int
    end: int
    weight: float


def _offers(ad: AdText) -> Iterator[_Offer]:
    folded = fold(ad.text)
    found = (a for a in amounts(ad.text) if a.currency or _speaks_of_pay(folded, a))
    ranges = _joined(ad.text, folded, list(islice(found, _MOST)))
    for i, amount in enumerate(ranges):
        currency = currency_of(amount.currency, ad)
        begin = _sentence_start(ad.text, amount.start, ranges[i - 1].end if i else 0)
        stop = _sentence_end(ad.text, amount.end, ranges[i + 1].start if i + 1 < len(ranges) else len(ad.text))
        before = _ASIDE.sub(lambda m: " " * len(m[0]), folded[begin : amount.start])
        after = folded[amount.end : stop]
        pay_word = max(filter(None, (_last("pay.cues", before), _last("pay.scales", before))), default=None)
        other_word = _last("pay.not_pay", before)
        period, period_end = _period_after(after)
        near = re.split(r"[,;:()+]|\bplus\b", after[:30])[0]
        follows_pay, follows_other = topic("pay.cues").search(near), topic("pay.not_pay").search(near)
        if follows_other and follows_pay and follows_pay.start() < follows_other.start():
            follows_other = None
        named = follows_pay is not None and follows_pay.start() <= 1 and not follows_other  # "€16,000 stipend"
        if other_word and (pay_word is None or other_word[1] > pay_word[1]):
            if not named:
                continue
            pay_word = None
        if follows_other and not pay_word and not named:
            continue
        inside = folded[amount.start : amount.end]
        if period is None:
            period = _period_within(inside) or _period_before(before)
        step = topic("pay.steps").match(after.lstrip(" ("))  # "CHF 50,000 first year"
        if not (pay_word or follows_pay or period or step) or (not currency and not pay_word):
            continue
        euros = amount.minimum / PER_EURO.get(currency or "", 1.0)
        if period is None and currency is not None:
            period = _period_by_size(euros, currency)
        low, high = _PLAUSIBLE[period] if period else (250, 400_000)
        if not low <= euros <= (high if currency else 100 * high):
            continue
        start = begin + pay_word[0] if pay_word else amount.start
        end = amount.end + max(period_end, follows_pay.end() if follows_pay and follows_pay.start() < 4 else 0)
        weight = 2.0 * bool(pay_word) + bool(follows_pay) + bool(period) - 1.5 * _net(before, after)
        yield _Offer(Pay("", amount.minimum, amount.maximum, currency, period), start, end, weight)


def _speaks_of_pay(folded: str, amount: Amount) -> bool:
    """Whether a number without a currency stands where pay does: "Salary: 42,000", "up to 3.670"."""
    before = folded[max(0, amount.start - _NEAR) : amount.start]
    word = _last("pay.cues", before) or _last("pay.to", before)
    return word is not None and len(before[word[1] :].split()) <= 2 and not re.search(r"[;\n]|\. ", before[word[1] :])


def _joined(text: str, folded: str, found: list[Amount]) -> list[Amount]:
    """Amounts that are the steps of one pay made one range: "€ 2,872 in the first year, up to € 3,670"; and an amount
    with its conversion into other currencies made one: "380,000 DKK (approx. 51,000 EUR)"."""
    joined: list[Amount] = []
    for amount in found:
        last = joined[-1] if joined else None
        if last and _continues(text, folded, last, amount):
            top = max(amount.maximum or amount.minimum, last.maximum or 0)
            joined[-1] = replace(last, end=amount.end, maximum=top, currency=last.currency or amount.currency)
        elif last and _converts(text, last, amount):
            kept = amount if last.currency == "DEM" else last
            joined[-1] = replace(kept, start=last.start, end=amount.end)
        else:
            joined.append(amount)
    return joined


def _continues(text: str, folded: str, last: Amount, amount: Amount) -> bool:
    gap = folded[last.end : amount.start]
    known = last.currency or amount.currency
    if len(gap) > 75 or not alike(amount.currency, known) or _STOP.search(text, last.end, amount.start):
        return False
    if not (last.maximum or last.minimum) < (amount.maximum or amount.minimum) <= 3 * last.minimum:
        return False
    if topic("pay.not_pay").search(gap):
        return False
    ends = [m.end() for m in topic("pay.to").finditer(gap)]
    linked = gap.rstrip().endswith("-") or (bool(ends) and not gap[ends[-1] :].strip(" :~(\n"))
    loose = re.fullmatch(r"\s*(?:\w+\s+){0,2}and\s*", gap) is not None
    step = topic("pay.steps").search(gap) is not None
    return (linked and (step or len(gap) < 40) and not loose) or (step and gap.rstrip()[-1:] in ",;") or loose


def _converts(text: str, last: Amount, amount: Amount) -> bool:
    if alike(amount.currency, last.currency):
        return text[last.end : amount.start].strip() == "/"  # "$30,000/$27,000 per year (PhD/MS)"
    if amount.start - last.end > 40 or "\n\n" in text[last.end : amount.start]:
        return False
    euros = [
        a.minimum / PER_EURO.get({"$": "USD", "kr": "SEK"}.get(a.currency, a.currency), 1.0) for a in (last, amount)
    ]
    return max(euros) <= 1.7 * min(euros)


def _sentence_start(text: str, at: int, floor: int) -> int:
    """Where the words begin that can explain text[at]: its sentence, with the label line above it."""
    begin = max(floor, at - _BEFORE)
    for match in _STOP.finditer(text, begin, at):
        begin = match.end()
    if not text[begin:at].strip():
        above = text[max(0, at - _LABEL - 10) : begin].rstrip()
        label = above.rpartition("\n")[2].strip()
        if label and len(label) < _LABEL and len(above) > len(label):
            found = text.rfind(label, 0, begin)
            return max(floor, found)
    return begin


def _sentence_end(text: str, at: int, ceiling: int) -> int:
    limit = min(ceiling, at + _AFTER)
    match = _STOP.search(text, at, limit)
    return match.start() if match else limit


def _last(name: str, folded: str) -> tuple[int, int] | None:
    found = None
    for match in topic(name).finditer(folded):
        found = match.span()
    return found


def _period_after(after: str) -> tuple[str | None, int]:
    """The first period named after an amount, and where its words end; (None, 0) if there is none."""
    found = [(m.start(), -m.end(), p) for p in _PERIODS if (m := topic(f"pay.{p}").search(after))]
    if not found:
        return None, 0
    _, end, period = min(found)
    return period, -end


def _period_before(before: str) -> str | None:
    found = [(span[0], p) for p in _PERIODS if (span := _last(f"pay.{p}", before))]
    return max(found)[1] if found else None


def _period_within(inside: str) -> str | None:
    return _period_after(inside)[0]


def _period_by_size(euros: float, currency: str) -> str | None:
    """What nobody could mean otherwise: as much as a year's pay, or less where pay is always told by the month."""
    if euros >= 12_000:
        return "year"
    return "month" if currency in _MONTHLY and euros <= 8_000 else None


def _net(before: str, after: str) -> bool:
    return re.search(r"\bnet+o?\b", before[-60:] + after[:15]) is not None


def _scale(text: str) -> str | None:
    """The words of the first pay scale: "salary level 13 TV-L, 75%", "Entgeltgruppe E 13 TV-L", "scale P"."""
    folded = fold(text)
    parts = [m.span() for m in _SCALE_CODE.finditer(folded)]
    labels = []
    for match in topic("pay.scales").finditer(folded):
        step = _SCALE_STEP.match(folded, match.end())
        labels.append(match.span())
        if step:
            parts.append((match.start(), step.end()))
    parts += [m.span() for m in topic("pay.rates").finditer(folded)]
    if not parts:
        return None
    start, end = min(parts, key=lambda part: (not re.search(r"\d", folded[slice(*part)]), part))
    for a, b in sorted(parts + labels + [m.span() for m in _SHARE.finditer(folded, max(0, start - 15), end + 60)]):
        if b < start - 8 or a > end + 8:
            continue
        if not re.search(r"[\w\n]", text[end:a] if a >= end else text[b:start]):
            start, end = min(start, a), max(end, b)
    return _closed(text, start, end)


def _closed(text: str, start: int, end: int) -> str:
    """The words at start:end, with the parenthesis that closes an open one."""
    words = text[start:end]
    if words.count("(") > words.count(")"):
        rest = re.match(r"[^()\n]{0,30}\)", text[end : end + 31])
        words = text[start : end + rest.end()] if rest else words
    return words.strip()
