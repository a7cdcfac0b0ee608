r"""Emply: a career site at NAME.career.emply.com.

Its list of positions, /en/vacant-positions in English, is a page without one: a script of it holds them, as
proceedBatch({ vacancies : JSON.parse('[...]') }), the JSON within a JavaScript string. A position's own page is
/LANGUAGE/ad/TITLE-AS-URL/SHORT-ID. The API at api.emply.com asks for a key, so it is of no use here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record
from monitor.platforms.data import address, items, json_of, mentions, path, record, words

_NAMED = re.compile(
    r"(?<![\w-])([\w-]+)\.career\.emply\.com(?![\w-]|\.\w)(/[a-z]{2}/[\w-]*(?:vacan|position|job|stilling)[\w-]*)?",
    re.I,
)
_BATCH = re.compile(r"vacancies\s*:\s*JSON\.parse\(\s*'([^'\\]*(?:\\.[^'\\]*)*)'\s*\)", re.S)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.S)
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _leads(url: str, html: str) -> Iterator[str]:
    if _BATCH.search(html):
        return  # this is the list
    for found in mentions(_NAMED, url, html):
        yield f"https://{found[1].lower()}.career.emply.com{found[2] or '/en/vacant-positions'}"


def _read(page: Page) -> Board | None:
    batch = _BATCH.search(page.text)
    if not batch:
        return None
    data = json_of(_ESCAPE.sub(_character, batch[1]))
    if not isinstance(data, list):
        return None
    language = path(page.url).strip("/").partition("/")[0]
    language = language if len(language) == 2 else "en"
    calls = (job for job in items(data) if not job.get("talentPool"))  # a pool of applicants is no position
    return Board(tuple(filter(None, (_record(job, page.url, language) for job in calls))))


def _record(job: Mapping[str, Any], base: str, language: str) -> Record | None:
    number = job.get("shortId")
    own = f"/{language}/ad/{job.get('titleAsUrl') or 'position'}/{number}" if number else None
    texts = items(job.get("translations"))
    return record(
        title=job.get("title") or next((text.get("title") for text in texts), None),
        url=address(base, job.get("externalCseAdLink")) or address(base, own),
        identifier=number,
        department=words(job.get("department")),
        location=words(job.get("location")),
        posted=job.get("published"),
        deadline=job.get("deadline"),
        markup=str(next((text.get("content") for text in texts if text.get("content")), "")),
    )


def _character(match: re.Match[str]) -> str:
    """What an escape of a JavaScript string stands for (ECMA-262, 12.9.4)."""
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return "" if code == "\n" else _CHARACTERS.get(code, code)


PLATFORM = Platform("Emply", _leads, _read)
