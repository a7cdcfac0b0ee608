"""What is offered: the page's heading, a label's value, the text's own first title-like line, or the words of the
sentence that offers the position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from monitor.fields.labelled import values
from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold, pattern
from monitor.fields.text import AdText
from monitor.models import Found

_LONGEST = 200  # characters of a title
_OPENING = 2500  # characters in which an ad says what it offers
_SURE = 2.7  # score of a line that is taken for the title; below it the offering sentence is asked first
_LIKELY = 1.0
_SITE_MARK = re.compile(r"\s+[|–—·:»/«-]+\s+|\s*\|\s*|\s*::\s*|\s+@\s+")
_PREFIX = re.compile(r"^(?:job|jobs|stelle|stellenangebot|vacanc(?:y|ies)|vacature|ledig stilling|position|news|offre|annonce|ad|fwd?|re|aw|wg)\s*[:|]\s+", re.I)
_STAMP = re.compile(r"^\s*(?:date\s+)?\d{4}-\d\d-\d\d\s+")


@cache
def _roles() -> re.Pattern[str]:
    return pattern(all_phrases("title.roles"))


@cache
def _offers() -> re.Pattern[str]:
    return pattern(all_phrases("title.offers"))


@cache
def _generic() -> re.Pattern[str]:
    return pattern(all_phrases("title.generic"))


def is_generic(words: str) -> bool:
    """A heading that stands over any ad: "Vacancies", "Job description", "Ledig stilling ved …"."""
    folded = " ".join(fold(words).split()).strip(" .:!?-–|")
    match = _generic().match(folded)
    return not folded or bool(match and match.end() == len(folded))


def names_position(words: str) -> bool:
    """Whether a line has a word for a position, such as "doctoral student" or "Professur"."""
    return bool(_roles().search(fold(words)))


def heading_of(headings: Sequence[tuple[int, str]], page_title: str | None, site: str | None) -> str | None:
    """The title of the position among a page's headings (level, words) and its title element; None if none is one."""
    kept = [(level, words) for level, words in headings if 3 <= len(words) <= _LONGEST and not is_generic(words) and words != site]
    parts = [p for p in _SITE_MARK.split(page_title or "") if p]
    whole = fold(page_title or "")
    first = [words for level, words in kept if level == 1]
    for words in first:
        if names_position(words) or fold(words) in whole:
            return _bare(words)
    if len(first) == 1 and not any(names_position(words) for level, words in kept[:3]):
        return _bare(first[0])
    for level, words in kept:
        if level <= 2 and (fold(words) in whole and len(words) > 12 or names_position(words)):
            return _bare(words)
    offered = [p for p in parts if names_position(p) and not is_generic(p) and len(p) > 8]
    if offered:
        cut = [m.start() for m in _SITE_MARK.finditer(page_title or "")]
        head = (page_title or "")[: cut[-1]] if len(cut) == 1 or site and parts[-1].strip() == site else offered[0]
        return _bare(head if names_position(head) else offered[0])
    return _bare(first[0]) if first else None


def find_title(ad: AdText) -> Found[str] | None:
    """The title; its words are a substring of the text, or the title itself where it stands outside the text."""
    if ad.title and not is_generic(ad.title):
        return Found(ad.title, ad.title)
    for item in values(ad.text[:_OPENING], "title", ad.language):
        if not item.own_line and 4 <= len(item.value) <= _LONGEST and names_position(item.value):
            return Found(_bare(item.value), item.value)
    score, line = max(_scored(ad), default=(0.0, ""), key=lambda scored: scored[0])
    if score >= _SURE and (names_position(line) or line == ad.lines[0]) or score >= _SURE + 1:
        return Found(_bare(line), line)
    offered = _offered(ad.text[:_OPENING])
    if offered is None or len(offered.value.split()) <= 4:
        offered = _with_topic(ad.text[:_OPENING]) or offered
    if offered:
        return offered
    if score > _LIKELY:
        return Found(_bare(line), line)
    lines = ad.lines
    if not lines:
        return Found(ad.title, ad.title) if ad.title else None
    first = _first_sentence(lines[0])
    return Found(_bare(first) or first, first)


def _bare(words: str) -> str:
    """Without the publisher's marks: list prefixes in brackets, dates, "Job: ", quotes that embrace it whole."""
    words = re.sub(r"\s+", " ", words).strip(" -–—|:•*#")
    words = re.sub(r"^\[[\w .-]{2,20}\]\s*", "", words)
    words = _STAMP.sub("", words)
    words = _PREFIX.sub("", words)
    if len(words) > 2 and words[0] in "\"“„«" and words[-1] in "\"”“»" and not re.search(r"[\"“”„«»]", words[1:-1]):
        words = words[1:-1]
    return words.strip()


def _scored(ad: AdText) -> Iterator[tuple[float, str]]:
    """The first lines that may be a title: short, no sentence, best with a word for a position."""
    for index, line in enumerate(ad.lines[:25]):
        line = line.removeprefix("- ").strip()
        if not 6 <= len(line) <= _LONGEST or is_generic(line) or line[:1] in "•*" or line.endswith(("?", ":", ";", ",")):
            continue
        folded = fold(line)
        label = re.match(r"[^:]{2,40}:\s", line)
        if _DATED.search(folded) and len(line) < 60 or "@" in line or "http" in folded:
            continue
        score = 3.0 - 0.1 * index - 0.2 * max(0, index - 5)
        generic = _generic().match(folded)
        score -= 2.0 if generic and " " in generic[0] else 0.0
        roles = list(_roles().finditer(folded))
        role = roles[0] if roles else None
        early = role is not None and role.start() < 25
        sentence = line.endswith(".") or bool(re.search(r"[.!?] [A-ZÅÄÖ]", line)) or bool(re.match(r"\d+[.)] ", line))
        verb = _VERBS.search(folded)
        if sentence and (verb or not early or len(line) > 110) or verb and len(line) > 45:
            continue
        score += 2.5 if role else 0.0
        score += 0.6 if early else 0.0
        score -= 0.5 if sentence else 0.0
        score -= 1.5 if verb else 0.0
        score -= 2.0 if label and not (role and role.start() < len(label[0])) else 0.0
        score -= 1.0 if len(roles) > 2 and "," in line else 0.0
        score -= 1.5 if len(line) > 140 else 0.0
        score -= 1.0 if not role and index > 3 else 0.0
        score -= 1.5 if _NAMES.search(folded) and not role else 0.0
        if score > 0:
            yield score, line


_DATED = re.compile(r"\b(?:deadline|frist|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|posted|published|publicerad|publie)\b")
_VERBS = re.compile(
    r"\b(?:is|are|has|have|will|we|you|your|can|must|should|ist|sind|wird|werden|wir|sie|hat|ar|har|vi|du|er|skal|est|sont|nous|vous|consists|join|receive|apply|include|includes|may|offer|provides|"
    r"zijn|heeft|wij|je|son|se|es|sono|jsou|je|hledame|suchen|sucht|soker|seeking|looking|invites|offers|announces)\b"
)
_NAMES = re.compile(r"\b(?:universi|department|facult|fakult|institut|school|hochschul|division|hogskol|yliopist|college|gmbh|logo\b|foto\b|photo\b)")
_ARTICLE = re.compile(
    r"(?:(?:applica\w+ for|an?|one|two|three|four|five|six|ten|several|multiple|up to \w+|\d{1,2}|the|en|ett|et|ein|eine|einen|een|un|une|una|uno|um|uma|deux|"
    r"twelve|nine|eight|seven|fully[- ]funded|full[- ]time|funded|open|new|talented|motivated|outstanding|excellent|enthusiastic|research|temporary|"
    r"wissenschaftliche\w*|position as|[\w-]+year)[ \xa0]+)"
)
_STOP = re.compile(
    r"[.](?=\s+[A-ZÅÄÖ]|\s*$|\n)|[;:!?\n]|,? (?:at|within|(?<!leading )to|who|that|which|starting|commencing|beginning|is|are|will|for a period|with a start|from|available|under|"
    r"hosted|supervised|based|where|and is|vid|ved|til|an der|am|zum|ab|à|presso|bij|voor|por|junto|jossa|for (?:four|three|two|the)|as part|with|on the)\b|,"
)


def _offered(text: str) -> Found[str] | None:
    """The words of an offering sentence: "invites applications for a doctoral studentship leading to a PhD in …"."""
    folded = fold(text)
    best: tuple[int, int, int] | None = None
    for offer in _offers().finditer(folded):
        end = min(len(text), offer.end() + 90)
        role = _roles().search(folded, offer.end(), end)
        if role is None or re.search(r"[.;!?\n]", text[offer.end() : role.start()].replace("Ph.D", "PhD")):
            continue
        distance = role.start() - offer.end()
        if best is None or distance < best[0] - 20:
            best = (distance, offer.end(), role.end())
        if distance < 25:
            break
    if best is None:
        role = next((r for r in _roles().finditer(folded)), None)
        if role is None:
            return None
        best = (0, role.start(), role.end())
    _, start, role_end = best
    while (article := _ARTICLE.match(text, start + (text[start : start + 1].isspace()))) is not None and article.end() < role_end:
        start = article.end()
    stop = _STOP.search(text, role_end)
    words = text[start : min(stop.start() if stop else len(text), start + 150)].strip(" ,-–\n")
    if len(words) < 4:
        return None
    return Found(_bare(words), words)


def _with_topic(text: str) -> Found[str] | None:
    """ "This PhD opportunity at X focuses on Y" -> "PhD opportunity: Y"; the words are the sentence's."""
    folded = fold(text)
    for topic in _topics().finditer(folded):
        line = max(folded.rfind("\n", 0, topic.start()), folded.rfind(". ", 0, topic.start())) + 1
        role = _roles().search(folded, line, topic.start())
        if role is None or topic.start() - role.end() > 90:
            continue
        stop = _TOPIC_END.search(text, topic.end() + 12)
        subject = text[topic.end() : min(stop.start() if stop else len(text), topic.end() + 130)]
        more = re.compile(r"[ \xa0](?:position|opportunity|project|studentship|scholarship|student)s?\b").match(text, role.end())
        offer = text[role.start() : more.end() if more else role.end()]
        if len(subject.split()) >= 2:
            return Found(f"{offer.strip()}: {subject.strip(' :,')}", text[role.start() : topic.end() + len(subject.rstrip())])
    return None


@cache
def _topics() -> re.Pattern[str]:
    return pattern(all_phrases("title.topics"))


_TOPIC_END = re.compile(r"[.](?=\s)|[;:!?\n,(]| (?:at|within|which|that|in collaboration|under)\b")


def _first_sentence(line: str) -> str:
    match = re.compile(r".{12,110}?(?=[.!?;:](?:\s|$))").match(line)
    return match[0] if match else line[:100].rsplit(" ", 1)[0] if len(line) > 100 else line
