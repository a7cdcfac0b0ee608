"""One position's own page, or the plain text of an ad -> its posting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from monitor.errors import ReadError
from monitor.fields.genre import ENOUGH, judge
from monitor.fields.labelled import values as labelled_values
from monitor.fields.language import language_of
from monitor.fields.phrase import fold
from monitor.fields.registry import FIELDS
from monitor.fields.text import AdText
from monitor.fields.title import heading_of, is_person, offer_of
from monitor.models import DeadlineKind, Found, Hints, Kind, Page, Posting, Reading
from monitor.readers.html import parse
from monitor.readers.main_text import MainText, from_html, from_plain
from monitor.readers.structured import structured_postings
from monitor.readers.tree import Tree
from monitor.readers.walls import NOT_FOUND, marks_of, wall
from monitor.readers.words import names_no_position, opens_with, says
from monitor.values import replace

_HEAD, _TAIL = 16_000, 6_000  # characters of a long text in which fields are looked for
_ELSEWHERE = 2.5  # what a heading such as "PhD courses" takes from the score of the text
_WALL = 3000  # characters; a wall says little
_STRUCTURED = (
    "organization department location posted_on start pay contacts openings reference identifier language".split()
)


def read_ad(page: Page, hints: Hints) -> Reading:
    """Kind `ad` with one posting; kind `page` with none where the page advertises no position, and with `trouble` where
    it is a wall, `gone` where it says that it does not exist. A page that the user calls an ad is one unless it is
    empty or a wall.
    """
    if page.content_type.startswith("text/plain"):
        main, given = from_plain(page.text), None
    else:
        try:
            main = from_html(page.text, page.url)
        except ReadError as error:
            return Reading(kind=Kind.PAGE, trouble=str(error))
        main, given = _with_structured(main, structured_postings(page.text, page.url, hints.as_of))
    ad = _ad_text(main, given, page, hints)
    found = _fields(ad)
    if given is None and not _is_ad(ad, found, headed=bool(main.headings)):
        trouble = _wall(page) if len(ad.text) <= _WALL else None
        if trouble or hints.kind is not Kind.AD or not ad.text:
            return Reading(kind=Kind.PAGE, text=ad.text, trouble=trouble, gone=trouble == NOT_FOUND)
    return Reading(kind=Kind.AD, postings=(_posting(ad, found, given, main.marked),), text=ad.text)


def _is_ad(ad: AdText, facts: Collection[str], *, headed: bool) -> bool:
    """What the text says, and whether its heading is that of another kind of page ("Publications").

    headed: the page has headings. Its facts tell an ad from a guide, but a group's home page has an employer and years
    too: they count only where no heading could have named the position, or one does.
    """
    title = ad.title or ""
    role = says("listing.roles", title) or says("listing.occupations", title)
    elsewhere = names_no_position(title) or opens_with("listing.other", title) or title.endswith("?")
    if headed and not role:
        facts = ()
    return (
        judge(ad.text, facts, ad.language).score - (_ELSEWHERE if elsewhere else 0.0) * (1.0 if role else 2.0) >= ENOUGH
    )


def _fields(ad: AdText) -> dict[str, Found[Any]]:
    """What the ad's text says of each field that it says something of."""
    window = replace(ad, text=_window(ad.text))
    return {name: found for name, find in FIELDS.items() if (found := find(window)) is not None}


def _posting(ad: AdText, found: Mapping[str, Found[Any]], given: Posting | None, marked: Mapping[str, str]) -> Posting:
    """All fields of an ad's text, joined with what the page's structured data gives (`given`) and, where no label gives
    it, what its elements are named (`marked`). Every piece of evidence is a substring of the posting's text or title.
    """
    values: dict[str, Any] = {name: field.value for name, field in found.items()}
    evidence = {name: field.words for name, field in found.items()}
    if (deadline := values.pop("deadline", None)) is not None:
        values |= {"deadline": deadline.day, "deadline_time": deadline.time, "deadline_kind": deadline.kind}
    if given is not None:
        _join(values, evidence, given, ad)
    for name, words in marked.items():
        if not values.get(name) or (name == "location" and not labelled_values(_window(ad.text), name, ad.language)):
            values[name] = evidence[name] = words
    values.setdefault("title", "Untitled position")
    whole = f"{values['title']}\n{ad.text}"
    proven = {name: words for name, words in evidence.items() if words and words in whole}
    return Posting(**values, url=ad.url, text=ad.text, evidence=proven)


def _with_structured(main: MainText, found: tuple[Posting, ...]) -> tuple[MainText, Posting | None]:
    """The JobPosting that is this page's own, and the text: its description where the page shows it only by script."""
    headings = {fold(words) for _, words in main.headings} | {fold(main.page_title or "")}
    own = found[0] if len(found) == 1 else next((p for p in found if fold(p.title) in headings), None)
    if own and own.text and len(main.text) < 0.5 * len(own.text):
        return replace(main, text=own.text), own
    return main, own


def _ad_text(main: MainText, given: Posting | None, page: Page, hints: Hints) -> AdText:
    title = heading_of(main.headings, main.page_title, main.site)
    if given and (title is None or fold(given.title) not in fold(title)):
        title = given.title
    text = main.text
    if title is None and any(is_person(words) for _, words in main.headings) and (title := offer_of(main.text)):
        text = _offer(main, title)
    if title and fold(title) not in fold(text):
        text = f"{title}\n{text}"
    language = hints.language or language_of(text) or (given.language if given else None) or main.language
    return AdText(text=text, as_of=hints.as_of, language=language, title=title, url=page.url)


def _offer(main: MainText, title: str) -> str:
    """Of somebody's own page its head and, from the words of the offer on, that part: news and papers are no ad."""
    lines = main.text.splitlines()
    named = {fold(words) for _, words in main.headings if not is_person(words)}
    breaks = [n for n, line in enumerate(lines) if fold(line) in named]
    at = next((n for n, line in enumerate(lines) if fold(title) in fold(line)), None)
    if at is None or not breaks:
        return main.text
    head = lines[: min(breaks[0], at)]
    return "\n".join(head + lines[at : next((n for n in breaks if n > at), len(lines))])


def _join(values: dict[str, Any], evidence: dict[str, str], given: Posting, ad: AdText) -> None:
    """Adds what the structured data knows: a name that the text has too is taken from there, the rest where the text
    is silent. A deadline counts where the text gives none.
    """
    for name in _STRUCTURED:
        value = getattr(given, name)
        agrees = name in ("organization", "location") and value and fold(str(value)) in fold(ad.text)
        if value and (agrees or not values.get(name)):
            values[name] = value
            evidence[name] = given.evidence.get(name, str(value))
    if (
        given.deadline
        and not isinstance(values.get("deadline"), date)
        and values.get("deadline_kind") != DeadlineKind.ROLLING
    ):
        values |= {
            "deadline": given.deadline,
            "deadline_time": given.deadline_time,
            "deadline_kind": DeadlineKind.FIXED,
        }
        evidence["deadline"] = given.evidence.get("deadline", "")


def _window(text: str) -> str:
    """A long text without its middle: fields stand at the head and the foot."""
    if len(text) <= _HEAD + _TAIL:
        return text
    return text[:_HEAD] + "\n" + text[-_TAIL:]


def _wall(page: Page) -> str | None:
    """Why the page proves nothing: a bot challenge, a login, maintenance."""
    if page.content_type.startswith("text/plain"):
        return None
    try:
        parser = parse(page.text)
        marks = marks_of(parser, page.text)
        return wall(Tree(parser, page.url), marks)
    except ReadError as error:
        return str(error)
