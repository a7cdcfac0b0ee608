"""The employer and its unit: names that a head word ("University", "Hochschule", "Department of") makes recognisable,
and names that an offering word follows ("… invites applications").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from monitor.fields.labelled import values
from monitor.fields.lexicon import all_phrases, phrases
from monitor.fields.phrase import Pattern, fold, fold_all, source
from monitor.fields.text import UPPER, AdText
from monitor.models import Found
from monitor.values import Value

WINDOW = 8000  # characters; an ad names its employer early and often
WORD = rf"[{UPPER}](?:[\w.'’&]{{0,30}}[\w&])?(?:[-–/][\w'’]{{1,30}}){{0,4}}"
_OF = (
    r"(?:of|for|the|and|&|de|des|du|la|le|les|los|d[’']|di|da|do|dos|della|del|degli|delle|dell[’']|i|für|för|und|och|"
    r"og|van|voor|der|den|zu|an|am|in|et|en|e|y|v|ve|a|w|at|ob|–|-)"
)
_ACRONYM = re.compile(r"\s?\(([A-ZÄÖÜÅØ][\w&-]{1,14})\)")
_LEGAL = re.compile(
    r"\b(?:GmbH|AG|AB|A/S|AS|Oy|Oyj|B\.V\.|BV|N\.V\.|[Ll]td\.?|Limited|Inc\.?|LLC|plc|S\.?A\.?|S\.?L\.?|S\.?r\.?l\.?|S\.?p\.?A\.?|s\.\s?r\.\s?o\.|a\.\s?s\.|e\.\s?V\.|SE)(?!\w)"
)


class Mention(Value):
    name: str
    start: int
    end: int


# with all capitals they take milliseconds to compile, and many a feed names no institution


@cache
def _name_after() -> re.Pattern[str]:
    return re.compile(
        rf"(?:\s?(?:{_OF}[ \xa0]){{0,3}}(?:d[’']|dell[’'])?{WORD}"
        rf"(?:[ \xa0](?:{_OF}[ \xa0]){{0,2}}(?:[dl][’'])?{WORD}){{0,4}})"
    )


@cache
def _name_before() -> re.Pattern[str]:
    return re.compile(rf"{WORD}(?:[ \xa0](?:{_OF}[ \xa0]){{0,2}}{WORD}){{0,4}}[ \xa0]?(?:{_OF}[ \xa0])?$")


@cache
def _plain_name() -> re.Pattern[str]:
    return re.compile(rf"{WORD}(?:[ \xa0](?:{_OF}[ \xa0]){{0,2}}{WORD}){{0,6}}(?:\s?\([A-Z][\w&-]{{1,14}}\))?")


_COMPOUND_ENDINGS = tuple("universitetet universitet universität universiteit högskolan hochschule yliopisto".split())


@cache
def _compound() -> re.Pattern[str]:
    """ "Stadthochschule", "Vikuniversitetet Nord" """
    return re.compile(
        rf"\b[{UPPER}][^\W\d_]{{2,}}(?:{'|'.join(_COMPOUND_ENDINGS)})\b(?:[ \xa0][{UPPER}][\w-]+(?=[\s,.;)]))?"
    )


@cache
def cue(name: str) -> Pattern:
    return Pattern(all_phrases(f"organization.{name}"))


@cache
def words_of(name: str) -> frozenset[str]:
    return frozenset(fold_all(all_phrases(name)))


def find_organization(ad: AdText) -> Found[str] | None:
    """The employer: the value of its label, else the institution that the ad names most and first, partners and
    funders left aside; else the name before "invites applications".
    """
    for item in values(ad.text, "organization", ad.language):
        if (
            _is_name(item.value)
            and not (item.own_line and cue("groups").search(fold(item.value)))
            and not _roles().search(fold(item.value))
        ):
            return Found(tidied(item.value), item.value)
    text = ad.text[:WINDOW]
    leading = _leading(ad, text, institutions(text))
    return leading or _company(text) or _advertiser(text)


def tidied(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip(" .,;:|–-")


def _is_name(value: str) -> bool:
    words = value.split()
    return (
        0 < len(words) <= 14
        and len(value) <= 120
        and value[:1].isalnum()
        and not value.rstrip().endswith(("?", "!", ":"))
        and (value[:1].isupper() or bool(_LEGAL.search(value)))
    )


# ---------------------------------------------------------------- institutions by their head word


@lru_cache(maxsize=4)
def institutions(text: str) -> tuple[Mention, ...]:
    """The names with a head word, and known acronyms, in the order of the text."""
    return tuple(_institutions(text))


def _institutions(text: str) -> Iterator[Mention]:
    folded = fold(text)
    seen: list[tuple[int, int]] = []
    for head in cue("heads_after").finditer(folded):
        if not (text[head.start()].isupper() or cue("small").match(head[0])):
            continue
        before = _name_before().search(text, max(0, head.start() - 80), head.start())
        own = re.compile(rf"(?:[{UPPER}][\w’']*-)+$").search(text, max(0, head.start() - 40), head.start())
        start = before.start() if before else own.start() if own else None
        if start is None or "\n" in text[start : head.start()]:
            continue
        dash = max(text.rfind(" - ", start, head.start()), text.rfind(" – ", start, head.start()))
        start = _without_lead(text, dash + 3 if dash >= 0 else start, head.start(), "leads")
        if start >= head.start():
            continue
        end = _with_tail(text, head.end())
        seen.append((start, end))
    for head in cue("heads_before").finditer(folded):
        after = _name_after().match(text, head.end())
        if after is None or "\n" in after[0]:
            continue
        if not (text[head.start()].isupper() or _is_written_small(text, head, after)):
            continue
        start = head.start()
        lead = re.compile(rf"(?:[{UPPER}][\w’'.-]*[- ]){{1,3}}$").search(text, max(0, start - 60), start)
        if lead and lead[0].endswith("-"):
            start = lead.start()
        start = _without_lead(text, _extended_left(text, start), head.end(), "articles")
        seen.append((start, _cut(text, head.end(), after.end())))
    if any(ending in text for ending in _COMPOUND_ENDINGS):
        seen += [compound.span() for compound in _compound().finditer(text)]
    for known in _acronyms().finditer(text) if cue("acronyms").search(folded) else ():
        if not any(start < known.end() and known.start() < end for start, end in seen):
            seen.append((known.start(), known.end()))
    for start, end in _merged(seen):
        name = tidied(text[start:end])
        if (
            2 <= len(name) <= 100
            and not cue("funders").search(fold(name))
            and fold(name) not in words_of("organization.heads_before") | words_of("organization.heads_after")
        ):
            yield Mention(name, start, end)


def _is_written_small(text: str, head: re.Match[str], after: re.Match[str]) -> bool:
    """ "à l'université Paris-Est": a small head word right before the name, behind its article."""
    article = text[max(0, head.start() - 2) : head.start()].lower() in ("l'", "l’")
    return (
        article and bool(cue("small").match(head[0])) and bool(re.match(rf"\s?(?:d[eu]s?\s|d[’'])?[{UPPER}]", after[0]))
    )


def _without_lead(text: str, start: int, head: int, kind: str) -> int:
    """Cuts words off the front that are no part of a name: "The", "At", "Join", a unit's name with "at"."""
    before = words_of(f"organization.{kind}") | words_of("organization.articles")
    cut = start
    words = list(re.compile(r"\S+").finditer(text, start, head))
    for index, word in enumerate(words):
        plain = fold(word[0]).strip(",.")
        inner = kind == "leads" and index > 0 and plain in ("of", "at", "in")
        if inner or plain in before:
            cut = words[index + 1].start() if index + 1 < len(words) else head
        elif kind == "articles":
            break
    return cut


def _with_tail(text: str, end: int) -> int:
    tail = re.compile(
        r" (?:of (?:Technology|Science and Technology|Applied Sciences|Life Sciences|Economics|Denmark|Norway)|"
        r"Medical Cent(?:er|re)|College)\b"
    ).match(text, end)
    campus = re.compile(rf"-[{UPPER}][a-z]+").match(text, end)
    return tail.end() if tail else campus.end() if campus else end


def _cut(text: str, begin: int, end: int) -> int:
    """Cuts a name where another sentence part begins: "University of Oslo The …", "in Sweden"."""
    for match in re.compile(r"[ \xa0](?:in|at|an|am|i|and|und|och|og|et|e|y|en|a|–|-)[ \xa0]").finditer(
        text, begin, end
    ):
        rest = fold(text[match.end() : end])
        if match[0].strip() == "in" and rest.startswith("the "):  # "Institute for Mathematics in the Sciences"
            continue
        if match[0].strip() in ("in", "at", "am", "an", "i", "–", "-", "a") and (
            match.start() > begin or match[0].strip() in ("in", "at", "am", "an")
        ):
            return match.start()
        if any(word in rest for word in ("universi", "institut", "hochschul", "department", "politec", "college")):
            return match.start()
    return end


def _extended_left(text: str, start: int) -> int:
    """ "KTH Royal Institute of Technology", "Federal University of …": an acronym or adjective just before the head."""
    lead = re.compile(
        rf"(?:(?<=[\s(\"“])|^)(?:[{UPPER}]{{2,6}},?|Royal|Federal|Swiss|National|Indian|Norwegian|"
        r"Swedish|Danish|Technical|Free|Open|Vienna|Italian|French)[ \xa0]$"
    )
    match = lead.search(text, max(0, start - 22), start)
    return match.start() if match and "\n" not in match[0] else start


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, the longest."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def is_aside(text: str, mention: Mention) -> bool:
    """Named as a partner, a funder, or where somebody took a degree."""
    sentence = max(text.rfind("\n", 0, mention.start), text.rfind(". ", 0, mention.start)) + 1
    before = fold(text[max(sentence, mention.start - 60) : mention.start])
    listed = fold(text[max(sentence, mention.start - 200) : mention.start])
    return bool(cue("asides").search(before) or cue("partners").search(listed)) or before.rstrip().endswith(
        ("prof.", "professor", ")", "visiting")
    )


def _leading(ad: AdText, text: str, mentions: tuple[Mention, ...]) -> Found[str] | None:
    """The institution with the most weight: each mention counts, more where it hires, in the first lines and titles."""
    scores: dict[str, float] = defaultdict(float)
    best: dict[str, Mention] = {}
    title = fold(ad.title or "")
    for mention in mentions:
        key = _key(mention.name)
        score = 1.0
        if mention.start < 400:
            score += 1.2
        if key and key in title:
            score += 2.0
        following = fold(text[mention.end : mention.end + 40])
        after = _ACRONYM.match(text, mention.end)
        following = fold(text[after.end() : after.end() + 40]) if after else following
        hires = cue("hires").search(following)
        if hires and hires.start() <= 2:
            score += 1.5
        line_start = text.rfind("\n", 0, mention.start) + 1
        if not text[line_start : mention.start].strip(" -•*") and text[mention.end : mention.end + 1] in (
            "\n",
            "",
            ",",
            " ",
        ):
            score += 0.6
        if re.search(
            r"(?:\bat|\bat the|\bvid|\bved|\ban der|\bam|\bjoin|\bà l['’]|\baan de|\ball['’]|\bde la|\bna|\bpå) ?$",
            fold(text[max(0, mention.start - 12) : mention.start]),
        ):
            score += 0.5
        if is_aside(text, mention):
            score -= 1.5
        if is_lesser(mention.name):
            score *= 0.6
        scores[key] += score
        best.setdefault(key, mention)
    ranked = sorted(best, key=lambda k: (-scores[k], best[k].start))
    if not ranked or scores[ranked[0]] <= 0:
        return None
    first = ranked[0]
    has_head = cue("heads_before").search(first) or cue("heads_after").search(first)
    if ad.language and has_head and not _head_of(ad.language).search(first):
        # "University of Oslo" in an English ad on a Norwegian site
        own = [k for k in ranked if scores[k] >= 0.4 * scores[first] and _head_of(ad.language).search(k)]
        first = own[0] if own and not is_lesser(own[0]) else first
    if not has_head:  # "Radboudumc": the full name where the ad has it too
        first = next((k for k in ranked if k != first and len(k.split()) > 2 and k[:5] == first[:5]), first)
    mention = best[first]
    return Found(_nominative(mention.name), text[mention.start : mention.end])


@cache
def _head_of(language: str) -> Pattern:
    return Pattern(
        p for topic in ("heads_before", "heads_after") for p in phrases(f"organization.{topic}").get(language, ())
    )


def is_lesser(name: str) -> bool:
    """An institute, school or foundation, which a university beside it outranks; an institute of technology is one."""
    return bool(cue("lesser").search(_whole().sub("", fold(name))))


@cache
def _whole() -> re.Pattern[str]:
    return re.compile(source(all_phrases("organization.whole")))


def _key(name: str) -> str:
    plain = re.sub(r"^(?:the|la|die|der) ", "", fold(name))
    plain = re.sub(r"technischen universitat", "technische universitat", plain)
    return re.sub(r"yliopisto\w*", "yliopisto", plain)


def _czech_university(match: re.Match[str]) -> str:
    return f"Univerzita {match[1]}ova" if match[1] else "Univerzita"


_INFLECTED: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b(yliopisto|korkeakoulu)(?:n|ssa|on|sta|lla|lle|a)\b"), r"\1"),
    (re.compile(r"\b(Technische|Freie|Medizinische|Pädagogische)[nr] (Universität|Hochschule)"), r"\1 \2"),
    (re.compile(r"(\w+)ov(?:ě|y|u|ou) univerzit(?:ě|y|u|ou)\b"), r"\1ova univerzita"),
    (re.compile(r"\bUniverzit(?:y|ě|u|ou)(?: (\w+)ov(?:ě|y|u|ou))?\b"), _czech_university),
    (re.compile(r"(universitet|institut)s\b"), r"\1"),
)


def _nominative(name: str) -> str:
    for ending, base in _INFLECTED:
        name = ending.sub(base, name)
    return name


# ---------------------------------------------------------------- names known by what they do


def _advertiser(text: str) -> Found[str] | None:
    """ "GEOMAR invites applications": the capitalised name at a sentence's start that an offering word follows."""
    for hires in cue("hires").finditer(fold(text[:3000])):
        if len(hires[0]) <= 4:  # "is", "has": any sentence
            continue
        line = max(text.rfind("\n", 0, hires.start()), text.rfind(". ", 0, hires.start()))
        before = re.sub(r"^(?:The|Die|Der|Das|La|Le|El|Il|At|About)\s+", "", text[line + 1 : hires.start()].strip())
        if _plain_name().fullmatch(before) and len(before) <= 80 and _is_own_name(before, text):
            return Found(before, before)
    return None


def _company(text: str) -> Found[str] | None:
    """A name with its legal form, near the top: "Example Software s.r.o."."""
    legal = _LEGAL.search(text[:3000])
    if legal:
        line = text.rfind("\n", 0, legal.start()) + 1
        before = re.compile(rf"(?:{WORD}|{_OF})(?:[ ,]{{1,2}}(?:{WORD}|{_OF})){{0,5}}[ ,]{{1,2}}$").search(
            text, line, legal.start()
        )
        if before and before[0][0].isupper():
            words = text[before.start() : legal.end()].strip()
            return Found(words, words)
    return None


def _is_own_name(words: str, text: str) -> bool:
    """Not a pronoun, a unit, or what is on offer; a single word is one if it is spelled like one or comes again."""
    folded = fold(words)
    if (
        folded in words_of("organization.pronouns")
        or cue("groups").search(folded)
        or cue("departments_before").match(folded)
        or _roles().search(folded)
        or cue("asides").search(folded)
    ):
        return False
    return " " in words or not words[1:].islower() or text.count(words) >= 3


@cache
def _roles() -> Pattern:
    return Pattern(all_phrases("title.roles"))


@cache
def _acronyms() -> re.Pattern[str]:
    """In the case in which they are written."""
    names = sorted(all_phrases("organization.acronyms"), key=len, reverse=True)
    return re.compile(r"(?<![\w@./-])(?:" + "|".join(re.escape(n) for n in names) + r")(?![\w@-])")
