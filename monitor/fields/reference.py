"""The employer's own number of a position, as applications quote it: "REF 2026-0123", "PAR 2023/1079", "JR00215399"."""

from __future__ import annotations

import re

from monitor.fields.labelled import values
from monitor.fields.text import AdText
from monitor.models import Found

_NUMBER = re.compile(r"(?=[^\s,;]*\d)[A-ZÅÄÖÆØ0-9][\w./:\-–]*(?:[ \xa0](?:[A-Z]{1,5}[ \xa0]?-?)?\d[\w./\-–]*)?")
_SENTENCE = re.compile(
    r"(?:\b(?:[Rr]ef(?:erence|erens|eranse|erenz|\.)?(?:[ ]?(?:number|no\.?|nr\.?|nummer|code))?|"
    r"REF|[Dd]nr|[Dd]iarienummer|Kennziffer|Kenn-Nr\.?|"
    r"Kennwort|Referenznummer|Referentienummer|Vacaturenummer|"
    r"[Vv]acancy (?:ID|number|no\.?)|Job ID|[Rr]eferencia|[Rr]éférence|"
    r"[Rr]eferência|[Pp]osition (?:number|ID)|Viitenumero|Diarienr\.?|Saksnr\.?))[ \xa0]*[:#.]?[ \xa0]*"
)
_DATE = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d\d-\d\d|(?:19|20)\d\d")


def find_reference(ad: AdText) -> Found[str] | None:
    """The value of its label, else the number after a word such as "Ref"; a bare date or year is none."""
    for item in values(ad.text, "reference", ad.language):
        match = _NUMBER.match(item.value)
        if match and _is_number(match[0]):
            return Found(match[0].rstrip(".:-–/"), match[0].rstrip(".:-–/"))
    for cue in _SENTENCE.finditer(ad.text):
        match = _NUMBER.match(ad.text, cue.end()) or re.compile(r"[A-ZÅÄÖ]{2,5}[ ][\w/-]*\d[\w/-]*").match(
            ad.text, cue.end()
        )
        if match and _is_number(match[0]):
            return Found(match[0].rstrip(".:-–/"), match[0].rstrip(".:-–/"))
    return None


def _is_number(words: str) -> bool:
    words = words.rstrip(".:-–/")
    return 3 <= len(words) <= 40 and not _DATE.fullmatch(words) and sum(c.isdigit() for c in words) >= 2
