"""Interests against ads, over words with accents, spelling and endings folded away.

A sentence of interests is taken apart at its commas, and where "and" joins several words with several, into phrases.
An ad matches a phrase when two words and about half of the phrase, weighed by how rare its words are, stand together
in one sentence. A word here and a word there is no match ("a deep interest in ... an open learning environment" is
not deep learning), but counts for the order: that is BM25 (Robertson & Zaragoza 2009), which the caller brings.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from monitor.models import Posting
from monitor.settings import DigestSettings
from monitor.values import Value
from monitor.words import fold

PASSAGE = 12  # words of one sentence that stand together
ENOUGH = 0.45  # of a phrase's weight
PREFIX = 5  # letters from which a word also stands for longer ones that begin with it (compounds, derivations)
_LONGEST_TEXT = 20_000  # characters of an ad that are read

_WORD = re.compile(r"[^\W_]+")
_PHRASES = re.compile(r"[,;:.\n()/]+")
_AND = re.compile(r"\s(?:and|och|og|und|en|et|y|e|ja|&)\s", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?;]\s|\n")

# Words that carry no subject, folded: function words of ten languages, and what every ad here says.
_IDLE = frozenset(
    """
    a about all also an and any are as at be been but by can do for from has have i im in into is it its like me my
    of on or our that the their this to using via was we who will with within work working you your
    am auf aus bei das dem den der des die ein eine einem einen einer fur im ist mit nach oder sowie und vom von zu
    zum zur au aux avec ce cette dans de des du en est et la le les leur ou par pour sur un une
    al con da dei del della delle di e el gli il los las lo nel o per por que si sono su una uno y
    ao com do dos e em na nas no nos os um uma aan bij een het met naar op te tot uit van voor
    att av den det eller ett for fran hos i inom med och om pa som till vid
    er et eller fra og til ved ja tai sekae
    ad ads apply area areas candidate doctoral doctorate especially fellow fellowship fellowships field fields
    funded interest interested interests job jobs phd phds position positions postdoc postdocs postdoctoral
    professor professorship project projects research researcher scientist student students studentship
    studentships topic topics university universities vacancies vacancy
    """.split()
)

# Endings, longest first, after the spelling is folded; of English, the Germanic and the Romance languages together.
_ENDINGS = sorted(
    """
    isations isation isierung isierungen iserings isering isasion isasione isasioni isacion isaciones isacao isacoes
    ierung ierungen erings ering eringar amiento imiento imento ements ement ations ation aciones acion acao acoes
    asione asioni ical icals ically ics ic ica icas ico icos ici iche ice ices icue icues icen isch ische ischen ischer
    isches isc isca iscan ean eans ien ienne iano iana ious ieux ieuse ieuses ios iosa iosas ioso iosos ion ions ioni
    iones ione ings ing ed ers er ern en ens es e s a as os o um ar arna or orna erna i issa ite
    ites iti ita itat itaten
    """.split(),
    key=len,
    reverse=True,
)
# Spellings in which related words of these languages differ.
_SPELLINGS = (
    ("th", "t"), ("ph", "f"), ("ck", "c"), ("kv", "cu"), ("qu", "cu"), ("k", "c"), ("z", "s"), ("y", "i"),
    ("ct", "c"), ("nm", "m"), ("our", "or"),
)  # fmt: skip


class Match(Value):
    """score: comparable within one digest only, more is better. words: why, as the ad writes them.

    enough: it is what the reader asked for, and not merely near it.
    """

    score: float
    words: tuple[str, ...] = ()
    enough: bool = True


# Texts by position and which of them are asked about -> how each of these matches a subscriber's interests; without
# an entry it has nothing to do with them.
Matcher = Callable[[DigestSettings, Mapping[int, str], Collection[int]], Mapping[int, Match]]
# Documents as their terms, and a query (`term*`: all that begin so) -> BM25 of those that have one of its terms.
Ranking = Callable[[Mapping[int, Sequence[str]], Sequence[str]], Mapping[int, float]]


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """What is common to a word's forms, and often to its cognates: `optimization`, `Optimierung` -> `optim`."""
    folded = fold(word)
    for written, plain in _SPELLINGS:
        folded = folded.replace(written, plain)
    folded = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", folded)
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 4:
            folded = folded[: -len(ending)]
            break
    return folded[:4] + folded[4:].rstrip("aeiou")


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def phrases(interests: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Each phrase as the stems of its telling words, in order, once each."""
    found = []
    for sentence in interests:
        for part in _PHRASES.split(sentence):
            joined = [_telling(half) for half in _AND.split(part)]
            found += joined if all(len(half) > 1 for half in joined) else [_telling(part)]
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _telling(part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem(word) for word in words(part) if not _idle(word)))


def _idle(word: str) -> bool:
    """Of no subject; single letters are what an apostrophe cut off (l'histoire, women's)."""
    return (len(word) == 1 and not word.isdigit()) or fold(word) in _IDLE


def text_to_match(posting: Posting) -> str:
    """The title counts three times: it says what the position is about."""
    parts = (*[posting.title] * 3, posting.department, posting.summary, posting.text)
    return "\n".join(part for part in parts if part)[:_LONGEST_TEXT]


def match(
    subscriber: DigestSettings, texts: Mapping[int, str], candidates: Collection[int], *, bm25: Ranking
) -> dict[int, Match]:
    """How each of the `candidates` that has a word of the subscriber's interests in it matches them.

    texts: by position; all together are the corpus that says which words are rare. candidates: keys of `texts`.
    """
    asked = phrases(subscriber.interests)
    if not asked or not texts:
        return {}
    terms = sorted({term for phrase in asked for term in phrase})
    documents = {key: [stem(word) for word in words(text)] for key, text in texts.items()}
    scores = bm25(documents, [f"{term}*" if len(term) >= PREFIX else term for term in terms])
    serves = _serving({part for document in documents.values() for part in document}, terms)
    weights = _rarity(documents.values(), serves, terms)
    found = {}
    for key in candidates:
        text = _read(texts[key], serves)
        passages = [passage for phrase in asked if (passage := _best_passage(phrase, text, weights))]
        shown = dict.fromkeys(w for passage in passages for w in _as_written(text.words, passage))
        if passages or key in scores:
            found[key] = Match(scores.get(key, 0.0), _distinct(shown), enough=bool(passages))
    return found


class _Text(Value):
    """An ad's words, the number of the sentence that each stands in, and the places of words that serve for terms."""

    words: list[str]
    sentence: list[int]
    hits: list[tuple[int, tuple[str, ...]]]

    def places(self, phrase: Sequence[str]) -> list[tuple[int, str]]:
        return [(at, term) for at, terms in self.hits for term in phrase if term in terms]


def _read(text: str, serves: Mapping[str, tuple[str, ...]]) -> _Text:
    sentences = [words(sentence) for sentence in _SENTENCES.split(text)]
    flat = [word for sentence in sentences for word in sentence]
    numbers = [n for n, sentence in enumerate(sentences) for _ in sentence]
    return _Text(flat, numbers, [(at, serves[s]) for at, s in enumerate(map(stem, flat)) if s in serves])


def _serving(stems: Iterable[str], terms: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """stem -> the terms that it serves for: itself, and those that it begins with if they are long."""
    serves = {}
    for own in stems:
        if served := tuple(t for t in terms if own == t or (len(t) >= PREFIX and own.startswith(t))):
            serves[own] = served
    return serves


def _rarity(
    documents: Collection[Sequence[str]], serves: Mapping[str, tuple[str, ...]], terms: Iterable[str]
) -> dict[str, float]:
    """The inverse document frequency of each term, in the form that is never negative."""
    holders = Counter(
        term for document in documents for term in {t for s in serves.keys() & document for t in serves[s]}
    )
    return {t: math.log(1 + (len(documents) - holders[t] + 0.5) / (holders[t] + 0.5)) for t in terms}


def _best_passage(phrase: Sequence[str], text: _Text, weights: Mapping[str, float]) -> list[tuple[int, str]]:
    """The places of the passage that holds most of the phrase; empty when that is not enough."""
    places = text.places(phrase)
    best: list[tuple[int, str]] = []
    heaviest = (0.0, 0)
    for i, (start, _) in enumerate(places):
        passage: list[tuple[int, str]] = []
        last_new = 0
        for place in places[i:]:
            if place[0] - start >= PASSAGE or text.sentence[place[0]] != text.sentence[start]:
                break
            if place[1] not in (term for _, term in passage):
                last_new = len(passage) + 1
            passage.append(place)
        passage = passage[:last_new]
        weight = sum(weights[term] for term in {term for _, term in passage})
        if (weight, start - passage[-1][0]) > heaviest or not best:  # among equals the shortest
            best, heaviest = passage, (weight, start - passage[-1][0])
    told = len({term for _, term in best})
    whole = sum(weights[term] for term in phrase)
    return best if told >= min(2, len(phrase)) and heaviest[0] >= ENOUGH * whole else []


def _as_written(written: Sequence[str], passage: Sequence[tuple[int, str]]) -> list[str]:
    """The words of a passage, those that stand side by side as one: `theory of deep learning`."""
    runs: list[list[int]] = []
    for at, _ in passage:
        if runs and all(map(_idle, written[runs[-1][-1] + 1 : at])) and at - runs[-1][-1] <= 3:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [" ".join(written[run[0] : run[-1] + 1]) for run in runs]


def _distinct(shown: Iterable[str]) -> tuple[str, ...]:
    """Without those that another one says already, whatever their case."""
    first = {fold(phrase): phrase for phrase in reversed(list(shown))}
    kept = [f for f in reversed(first) if not any(f in other for other in first if other != f)]
    return tuple(first[f] for f in kept)
