"""Who supervises, and whom to ask: names of persons by the words around them, addresses by their form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from monitor.fields.labelled import Labelled, values
from monitor.fields.level import find_level
from monitor.fields.lexicon import all_phrases
from monitor.fields.names import Person, has_title, person_at, persons, persons_at
from monitor.fields.phrase import Pattern, fold
from monitor.fields.text import AdText
from monitor.models import Contact, Found, Level
from monitor.values import Value

_MOST = 10  # supervisors; a page that names more lists its staff
_GAP = 60  # characters between a cue and the titled name that it speaks of
_SENTENCE_END = re.compile(
    r"(?<![A-Z])(?<!\b[Pp]rof)(?<!\bDr)(?<!\bdr)(?<!\bAssoc)(?<!\bUniv)[.!?]\s+(?=[A-ZÅÄÖØÆÉ0-9])|\n"
)
_ASIDE = re.compile(r"[^\w()]{0,3}(?:\([^()\n]{1,90}\)[^\w()]{0,3})?")  # "Dr X (Institute of Logic) will supervise"
_PROFESSOR = re.compile(r"\bprof|professor|catedr|docent|forsteamanuensis|lektor|hoogleraar|maitre|privatdoz")
_UNIT = re.compile(
    r"(?:group|gruppe|lab|laborator\w+|chair|lehrstuhl|professur|faculty|fakultat|institut\w*|department|team|grupo|equipe|"
    r"universit\w+|projekt|project|vakgroep|avdelning\w*|afdeling|proyecto|projet)\b[^()\n]{0,90}\($"
)


@cache
def _cue(name: str) -> Pattern:
    return Pattern(all_phrases(f"people.{name}"))


# ---------------------------------------------------------------- supervisors


def find_supervisors(ad: AdText) -> Found[tuple[str, ...]] | None:
    """The persons who supervise, in the order of the text; names without titles. Where the ad names nobody as such,
    a professor in whose group it is or who alone answers questions about it.
    """
    for source in (_named_as_supervisors, _heads_of_group, _professors_to_ask):
        found = [p for p in source(ad) if not _is_other(ad.text, p)]
        if found:
            return _named(ad.text, found)
    return None


def _named(text: str, found: list[Person]) -> Found[tuple[str, ...]]:
    names = list(dict.fromkeys(p.name for p in sorted(found, key=lambda p: p.start)))
    kept = tuple(
        n for n in names if not any(n != other and _same_person(n, other) and len(other) > len(n) for other in names)
    )[:_MOST]
    first = min(found, key=lambda p: p.start)
    start, end = _sentence(text, first.start, first.end)
    inside = [p for p in found if start <= p.start and p.end <= end]
    return Found(kept, text[start : max(p.end for p in inside)])


def _same_person(a: str, b: str) -> bool:
    x, y = fold(a).replace(".", "").split(), fold(b).replace(".", "").split()
    return x[-1] == y[-1] and x[0][:1] == y[0][:1]


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or line around a span; the start is where the cue may stand."""
    window = max(0, start - 240)
    before = [m.end() for m in _SENTENCE_END.finditer(text, window, start)]
    after = _SENTENCE_END.search(text, end, end + 240)
    return (before[-1] if before else window if window == 0 else start), (
        after.start() if after else min(len(text), end + 240)
    )


def _named_as_supervisors(ad: AdText) -> Iterator[Person]:
    text = ad.text
    for item in values(text, "supervisor", ad.language):
        listed = persons_at(text, item.start) or _surname_first(text, item)
        yield from listed
        if listed:
            yield from _side_by_side(text, listed[-1].end, item.end)
        if listed and item.own_line:
            yield from _next_lines(text, listed[-1].end)
    folded = fold(text)
    for cue in _cue("supervised_by").finditer(folded):
        listed = persons_at(text, cue.end()) or _titled_soon(text, cue.end())
        yield from listed
        if listed:
            yield from _titled_later(text, listed[-1].end)
    for cue in _cue("supervises").finditer(folded):
        start, _ = _sentence(text, cue.start(), cue.start())
        for p in persons(text[start : cue.start()]):
            begin = start + p.start
            joined = _ASIDE.fullmatch(text, start + p.end, cue.start())
            if not joined or (cue[0][0] == "'" and not has_title(text, begin)):
                continue
            yield Person(p.name, begin, start + p.end, p.rank)
            yield from _joined_before(text, start, begin)


def _surname_first(text: str, item: Labelled) -> list[Person]:
    """ "Berg, Anna" as the whole value of a label."""
    surname, comma, first = item.value.partition(", ")
    person = person_at(f"{first} {surname}", 0) if comma and "," not in first else None
    return [Person(person.name, item.start, item.end, person.rank)] if person and len(item.value) <= 60 else []


def _side_by_side(text: str, end: int, limit: int) -> Iterator[Person]:
    """ "Dr A Professor B": further names of a value, parted by nothing but their titles."""
    while end < limit and (person := person_at(text, end)) and person.rank and not text[end : person.start].strip():
        yield person
        end = person.end


def _next_lines(text: str, end: int) -> Iterator[Person]:
    """Names that stand alone on the lines below a first one."""
    while (line := re.compile(r"[^\n]{0,40}\n\s{0,8}(?=\S)").match(text, end)) is not None:
        person = person_at(text, line.end())
        if person is None or person.start - line.end() > 4 or not re.match(r"[^\n]{0,80}(?:\n|$)", text[person.end :]):
            return
        yield person
        end = person.end


def _titled_soon(text: str, start: int) -> list[Person]:
    """ "led from Oslo by Professor X": a name with a title a few words after the cue, in the same sentence."""
    stop = _SENTENCE_END.search(text, start, start + _GAP)
    end = stop.start() if stop else start + _GAP
    for place in re.compile(r"(?<=\s)(?=[A-ZÀ-Þa-z])").finditer(text, start, min(end, len(text))):
        if not re.compile(r"(?:[Pp]rof|[Dd]r\b|[Pp]rivat|[Dd]ocent|[Ff]ørsteam|[Ll]ektor|[Dd]oc\.)").match(
            text, place.start()
        ):
            continue
        person = person_at(text, place.start())
        if person and person.rank:
            return persons_at(text, place.start())
    return []


def _titled_later(text: str, end: int) -> Iterator[Person]:
    """ "…, an expert in optimisation, and Professor X": further titled names of the same sentence, after an "and"."""
    stop = _SENTENCE_END.search(text, end, end + 260)
    limit = stop.start() if stop else min(len(text), end + 260)
    link = re.compile(
        r"(?:,|\)|;|\s(?:of|at|from|an|von|de|du|vid|ved|van)\s[^,;()\n]{3,60}?)\s*"
        r"\b(?:and|und|och|og|et|y|e|en|ja)\s+(?=(?:[Pp]rof|[Dd]r\b))"
    )
    for match in link.finditer(text, end, limit):
        yield from persons_at(text, match.end())


def _joined_before(text: str, start: int, begin: int) -> Iterator[Person]:
    """ "A and B will supervise": those listed before the last one."""
    for p in persons(text[start:begin]):
        listed = persons_at(text, start + p.start)
        if any(q.start >= begin - 30 for q in listed) or (listed and listed[-1].end >= begin):
            yield from (q for q in listed if q.end <= begin)
            return


def _heads_of_group(ad: AdText) -> Iterator[Person]:
    """ "Arbeitsgruppe Logik (Prof. Dr. X)", "Faculty of Science (Prof. X) invites"."""
    folded = fold(ad.text)
    for bracket in re.finditer(r"\((?=\s?[^()\n]{4,80}\))", ad.text):
        person = person_at(ad.text, bracket.end())
        if person and person.rank and _UNIT.search(folded, max(0, bracket.start() - 140), bracket.end()):
            yield person


def _professors_to_ask(ad: AdText) -> Iterator[Person]:
    """The one professor who answers questions; of a post for which nobody is supervised, a mere contact."""
    level = find_level(ad)
    if level and level.value not in (Level.PHD, Level.POSTDOC):
        return
    asked = [p for p in _persons_to_ask(ad) if _PROFESSOR.search(fold(p.rank)) and not _is_office(ad.text, p)]
    if len({p.name for p in asked}) == 1:
        yield asked[0]


def _is_other(text: str, person: Person) -> bool:
    """A person the ad speaks of otherwise: born in, named after, a referee, a photographer."""
    start, end = _sentence(text, person.start, person.end)
    around = fold(text[max(start, person.start - 40) : min(end, person.end + 25)])
    return bool(_cue("biography").search(around)) or bool(
        _cue("referees").search(fold(text[max(start, person.start - 60) : person.start]))
    )


def _is_office(text: str, person: Person) -> bool:
    """Someone of the administration: "Anna Berg, HR officer", "Head of Department: …"."""
    line_end = text.find("\n", person.end)
    after = text[person.end : min(person.end + 60, line_end if line_end >= 0 else len(text))]
    head, _, _ = after.partition(";")
    before = text[max(0, person.start - 30, text.rfind("\n", 0, person.start) + 1) : person.start]
    return bool(_cue("offices").search(fold(head))) or bool(_cue("offices").search(fold(before)))


def _persons_to_ask(ad: AdText) -> tuple[Person, ...]:
    return _asked_in(ad.text, ad.language)


@lru_cache(maxsize=4)
def _asked_in(text: str, language: str | None) -> tuple[Person, ...]:
    return tuple(_ask_cues(text, language))


def _ask_cues(text: str, language: str | None) -> Iterator[Person]:
    for item in values(text, "contact", language):
        yield from persons_at(text, item.start)
    for cue in _cue("contact_by").finditer(fold(text)):
        listed = persons_at(text, cue.end())
        yield from (p for p in listed if p.start - cue.end() <= 25)
        if not listed:
            yield from _titled_soon(text, cue.end())


# ---------------------------------------------------------------- contacts

_LOCAL = r"[A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63}"
_AT = (
    r"\s?(?:\(\s?(?:at|a|ät|æt|@)\s?\)|\[\s?(?:at|a|ät|æt|@)\s?\]|\{\s?(?:at|@)\s?\}|<\s?at\s?>|∂|\sAT\s|_at_|-at-|"
    r"\s@\s)\s?"
)
_DOT = (
    r"(?:\.|\s?(?:\(\s?(?:dot|punkt|point|punto)\s?\)|\[\s?(?:dot|punkt|point|punto)\s?\]|\{\s?dot\s?\}|"
    r"\sDOT\s|\sdot\s)\s?)"
)
_PLAIN = re.compile(rf"(?<![\w.+@])({_LOCAL})@((?:[\w-]+\.)+(?:(?i:xn--)[\w-]{{2,40}}|[^\W\d_]{{2,24}}))(?![\w@])")
_HIDDEN = re.compile(
    rf"(?<![\w.+@])({_LOCAL}(?:\s?(?:\(dot\)|\[dot\]|\(punkt\))\s?[\w-]+)*){_AT}((?:[\w-]+{_DOT}){{1,5}}[^\W\d_]{{2,24}})(?![\w@])"
)
_SPOKEN = re.compile(_DOT)


class _Address(Value):
    email: str
    start: int
    end: int


def addresses(text: str) -> list[_Address]:
    """The e-mail addresses of a text, also "name (at) host.org" and "name [at] host [dot] org", in its order."""
    found = {m.start(): _Address(f"{m[1]}@{m[2]}", m.start(), m.end()) for m in _PLAIN.finditer(text)}
    if len(found) < text.count("@") or re.search(r"(?i)\b(?:at|æt|ät)\b|∂|_at_|\((?:a|@)\)|\[(?:a|@)\]", text):
        for match in _HIDDEN.finditer(text):
            local = re.sub(r"\s?(?:\(dot\)|\[dot\]|\(punkt\))\s?", ".", match[1])
            found.setdefault(
                match.start(), _Address(f"{local}@{_SPOKEN.sub('.', match[2])}", match.start(), match.end())
            )
    return [found[start] for start in sorted(found)]


def find_contacts(ad: AdText) -> Found[tuple[Contact, ...]] | None:
    """Whom to write to: each address with the name it belongs to, and persons to ask who have no address.

    An address that belongs to an office stands without a name.
    """
    text = ad.text
    known = persons(text)
    contacts: dict[str, tuple[Contact, int, int]] = {}
    previous = 0
    for address in addresses(text):
        if not _cue("no_contacts").match(fold(address.email)):
            owner = _owner(text, address, known, previous)
            name = owner.name if owner else None
            before = contacts.get(address.email.casefold())
            if before is None or (before[0].name is None and name):
                start = (
                    min(owner.start, address.start)
                    if owner and abs(owner.start - address.start) < 200
                    else address.start
                )
                contacts[address.email.casefold()] = (Contact(name, address.email), start, max(address.end, start))
        previous = address.end
    named = {c.name for c, _, _ in contacts.values() if c.name}
    for person in _persons_to_ask(ad):
        if not any(_same_person(person.name, name) for name in named) and not _is_other(text, person):
            named.add(person.name)
            contacts[person.name] = (Contact(person.name, None), person.start, person.end)
    if not contacts:
        return None
    ordered = sorted(contacts.values(), key=lambda c: c[1])[:_MOST]
    _, start, end = ordered[0]
    return Found(tuple(c for c, _, _ in ordered), text[start:end])


def _owner(text: str, address: _Address, known: Iterable[Person], previous: int) -> Person | None:
    """Whose address it is: the name that it spells, else the one just before it on its line or the line above."""
    local = re.sub(r"[^a-z]+", " ", _spelled(address.email.partition("@")[0]))
    ranked = [(score, -abs(p.start - address.start), p) for p in known if (score := _likeness(p.name, local)) > 0]
    if ranked:
        return max(ranked, key=lambda r: r[:2])[2]
    near = [p for p in known if previous <= p.start and p.end <= address.start and address.start - p.end <= 120]
    if near and "\n\n" not in text[near[-1].end : address.start] and text.count("\n", near[-1].end, address.start) <= 2:
        return None if _is_mailbox(local) else near[-1]
    after = person_at(text, address.end)
    return after if after and after.start - address.end <= 3 and not _is_mailbox(local) else None


def _is_mailbox(local: str) -> bool:
    return bool(_cue("mailboxes").search(local))


def _spelled(name: str) -> str:
    """Lower case in ASCII as addresses spell it: "Mömke" is moemke or momke; here momke, the other by `_likeness`."""
    return (
        fold(name)
        .replace("ß", "ss")
        .replace("ø", "o")
        .replace("æ", "ae")
        .replace("å", "a")
        .replace("ł", "l")
        .replace("đ", "d")
    )


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss", "æ": "ae"})


def _likeness(name: str, local: str) -> int:
    """How surely a mailbox spells a name: 3 surname and first name or initial, 2 surname, 1 first name and initial."""
    best = 0
    squeezed = local.replace(" ", "")
    for spelling in (_spelled(name), fold(name.lower().translate(_UMLAUTS))):
        tokens = re.findall(r"[a-z]+", spelling.replace("-", " "))
        if len(tokens) < 2:
            continue
        first, squeezed_tokens = tokens[0], "".join(tokens)
        for last in tokens[1:]:  # of a double surname, either
            if len(last) >= 3 and last in squeezed:
                rest = squeezed.replace(last, "", 1)
                if first in rest or (rest and rest[0] == first[0]):
                    best = max(best, 3)
                elif len(rest) <= 3 or rest in squeezed_tokens:
                    best = max(best, 2)
        last = tokens[-1]
        begun = squeezed.startswith(first) and squeezed[len(first) :] in {"", last[0], last[:2], last[:3]}
        cut = {first[:n] + last[:m] for n in range(1, 5) for m in range(2, 7)}
        if (len(first) >= 4 and begun) or (len(last) >= 5 and squeezed in cut):
            best = max(best, 1)
    return best
