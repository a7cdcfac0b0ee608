"""What is offered: the page's heading, a label's value, the text's own first title-like line, or the words of the
sentence that offers the position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitor.fields.labelled import values
from monitor.fields.labels import role as role_of
from monitor.fields.level import level_of
from monitor.fields.names import persons_at
from monitor.fields.phrase import fold, topic
from monitor.fields.text import AdText
from monitor.models import Found

_LONGEST = 200  # characters of a title
_OPENING = 2500  # characters in which an ad says what it offers
_SURE = 2.7  # score of a line that is taken for the title; below it the offering sentence is asked first
_LIKELY = 1.0
_SITE_MARK = re.compile(r"\s+[|–—·:»/«-]+\s+|\s*\|\s*|\s*::\s*|\s+@\s+")
_PREFIX = re.compile(
    r"^(?:job|jobs|stelle|stellenangebot|vacanc(?:y|ies)|vacature|ledig stilling|position|news|"
    r"offre|annonce|ad|fwd?|re|aw|wg)\s*[:|]\s+",
    re.I,
)
_STAMP = re.compile(r"^\s*(?:date\s+)?\d{4}-\d\d-\d\d\s+")


def is_generic(words: str) -> bool:
    """A heading that stands over any ad: "Vacancies", "Job description", "Ledig stilling ved …"."""
    folded = " ".join(fold(words).split()).strip(" .:!?-–|")
    match = topic("title.generic").match(folded)
    return not folded or bool(match and match.end() == len(folded))


def names_position(words: str) -> bool:
    """Whether a line has a word for a position, such as "doctoral student" or "Professur"."""
    return bool(topic("title.roles").search(fold(words)))


def is_person(words: str) -> bool:
    """Whether a heading is a person's name: over somebody's own page, which may offer a position further down."""
    listed = persons_at(words, 0)
    return len(listed) == 1 and listed[0].end == len(words)


def offer_of(text: str) -> str | None:
    """What a text offers, in the words of the sentence that does: "PhD student in probability"."""
    found = _offered(text)
    return found.value if found else None


def heading_of(headings: Sequence[tuple[int, str]], page_title: str | None, site: str | None) -> str | None:
    """The title of the position among a page's headings (level, words) and its title element; None if none is one."""
    kept = [
        (level, words)
        for level, words in headings
        if 3 <= len(words) <= _LONGEST and not is_generic(words) and words != site and not is_person(words)
    ]
    parts = [p for p in _SITE_MARK.split(page_title or "") if p]
    whole = fold(page_title or "")
    first = [words for level, words in kept if level == 1]
    for words in first:
        if names_position(words) or fold(words) in whole:
            return _bare(words)
    if len(first) == 1 and not any(names_position(words) for level, words in kept[:3]):
        return _bare(first[0])
    for level, words in kept:
        if level <= 2 and ((fold(words) in whole and len(words) > 12) or names_position(words)):
            return _bare(words)
    offered = [p for p in parts if names_position(p) and not is_generic(p) and len(p) > 8]
    if offered:
        cut = [m.start() for m in _SITE_MARK.finditer(page_title or "")]
        head = (page_title or "")[: cut[-1]] if len(cut) == 1 or (site and parts[-1].strip() == site) else offered[0]
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
    if (score >= _SURE and (names_position(line) or line == ad.lines[0])) or score >= _SURE + 1:
        return Found(_bare(line), line)
    offered = _offered(ad.text[:_OPENING], ad.language)
    topical = _with_topic(ad.text[:_OPENING], ad.language)
    if topical and (offered is None or len(offered.value.split()) <= 4 or topical.words[:12] in offered.words):
        return topical
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
    if len(words) > 2 and words[0] in '"“„«' and words[-1] in '"”“»' and not re.search(r"[\"“”„«»]", words[1:-1]):
        words = words[1:-1]
    return re.sub(r"(?<=[^\W\d_]{4})\.$", "", words.strip())


def _scored(ad: AdText) -> Iterator[tuple[float, str]]:
    """The first lines that may be a title: short, no sentence, best with a word for a position."""
    for index, line in enumerate(ad.lines[:25]):
        bullet = line.startswith("- ")
        line = line.removeprefix("- ").strip()
        if (
            not 6 <= len(line) <= _LONGEST
            or is_generic(line)
            or line[:1] in "•*"
            or line.endswith(("?", ":", ";", ","))
        ):
            continue
        folded = fold(line)
        label = re.match(r"[^:]{2,40}:\s", line)
        if (topic("title.dated").search(folded) or re.search(_NUMERIC_DATE, line)) and len(line) < 60:
            continue
        if "@" in line or "http" in folded:
            continue
        if label and role_of(label[0].rstrip(": "), ad.language) not in (None, "title", "level", "openings"):
            continue
        score = 3.0 - 0.1 * index - 0.2 * max(0, index - 5)
        generic = topic("title.generic").match(folded)
        score -= 2.0 if generic and " " in generic[0] else 0.0
        roles = list(topic("title.roles").finditer(folded))
        role = roles[0] if roles else None
        early = role is not None and role.start() < 25
        breaks = bool(re.search(r"[.!?] [A-ZÅÄÖ]", line))
        sentence = breaks or line.endswith(".") or bool(re.match(r"\d+[.)] ", line))
        verb = topic("title.verbs", ad.language).search(folded)
        longest = 170 if index < 3 else 110
        if (sentence and (verb or not early or len(line) > longest)) or (verb and len(line) > 45):
            continue
        if breaks and line.endswith("."):
            continue
        score -= 2.5 if bullet and index > 2 else 0.0
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


_NUMERIC_DATE = r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
_NAMES = re.compile(
    r"\b(?:universi|department|facult|fakult|institut|school|hochschul|division|hogskol|yliopist|college|gmbh|"
    r"logo\b|foto\b|photo\b)"
)
_SENTENCE_END = re.compile(r"[.](?=\s+[^\W\d_a-z]|\s*$)|[;:!?\n,]")


def _offered(text: str, language: str | None = None) -> Found[str] | None:
    """The words of an offering sentence ("invites applications for a doctoral studentship leading to a PhD in …"), else
    those at the first mention of a position.
    """
    folded = fold(text)
    roles = topic("title.roles")
    nearest: tuple[int, int, int] | None = None
    for offer in topic("title.offers").finditer(folded):
        role = roles.search(folded, offer.end(), min(len(text), offer.end() + 90))
        if role is None or re.search(r"[.;!?\n]", text[offer.end() : role.start()].replace("Ph.D", "PhD")):
            continue
        distance = role.start() - offer.end()
        if nearest is None or distance < nearest[0] - 20:
            nearest = (distance, offer.end(), role.end())
        if distance < 25:
            break
    offered = _phrase(text, folded, nearest[1], nearest[2], language) if nearest else None
    if offered and (len(offered.value.split()) > 1 or level_of(offered.value)):
        return offered
    mentions = list(roles.finditer(folded))
    mention = next((m for m in mentions if level_of(text[m.start() : m.end()])), mentions[0] if mentions else None)
    return (_phrase(text, folded, mention.start(), mention.end(), language) if mention else None) or offered


def _phrase(text: str, folded: str, start: int, role_end: int, language: str | None) -> Found[str] | None:
    """What is offered, from the words before it to the end of its description; without articles and numbers."""
    counts = topic("title.counts", language)
    while (count := _COUNT.match(folded, start) or counts.match(folded, start + 1)) and count.end() < role_end:
        start = count.end()
    words = text[start : _end_of(text, folded, role_end, start + 150, language)].strip(" ,-–(\n")
    return Found(_bare(words), words) if len(words) >= 4 else None


_COUNT = re.compile(r"\s+\d{1,2}\b|\s+(?=\s)")


def _end_of(text: str, folded: str, start: int, limit: int, language: str | None) -> int:
    """Where the words of what is offered end: at the sentence's end, or before "at the", "starting", "who"."""
    stop = _SENTENCE_END.search(text, start, limit)
    end = stop.start() if stop else min(limit, len(text))
    for after in topic("title.ends", language).finditer(folded, start, end):
        if not folded[: after.start()].rstrip().endswith("leading"):  # "a studentship leading to a PhD"
            return after.start()
    return end


def _with_topic(text: str, language: str | None) -> Found[str] | None:
    """ "This PhD opportunity at X focuses on Y" -> "PhD opportunity: Y"; the words are the sentence's."""
    folded = fold(text)
    for cue in topic("title.topics").finditer(folded):
        line = max(folded.rfind("\n", 0, cue.start()), folded.rfind(". ", 0, cue.start())) + 1
        role = topic("title.roles").search(folded, line, cue.start())
        if role is None or cue.start() - role.end() > 90:
            continue
        subject = text[cue.end() : _end_of(text, folded, min(cue.end() + 12, len(text)), cue.end() + 130, language)]
        more = re.compile(r"[ \xa0](?:position|opportunity|project|studentship|scholarship|student)s?\b").match(
            text, role.end()
        )
        offer = text[role.start() : more.end() if more else role.end()]
        if len(subject.split()) >= 2:
            return Found(
                f"{offer.strip()}: {subject.strip(' :,')}", text[role.start() : cue.end() + len(subject.rstrip())]
            )
    return None


def _first_sentence(line: str) -> str:
    match = re.compile(r".{12,110}?(?=[.!?;:](?:\s|$))").match(line)
    return match[0] if match else line[:100].rsplit(" ", 1)[0] if len(line) > 100 else line
