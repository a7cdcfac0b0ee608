"""What the lexicon's [listing] and [walls] tables say of a title, a heading, a link or an address."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from urllib.parse import unquote, urlsplit

from monitor.fields.lexicon import all_phrases
from monitor.fields.phrase import fold
from monitor.readers.phrasebook import Phrasebook, Said

# stems, since addresses and class names glue words together ("jobdetail", "stellenangebot", "displayjob")
_JOB_ADDRESS = re.compile(
    r"job(?!-?(?:fair|alert|agent|abo))|vacan|vakan|career|karrier|carriere|position(?!al)|posting|opening|recruit|rekry|rekryt|rekrut|"
    r"employ(?!ee)|emploi|empleo|emprego|impieg|stelle(?!n?bosch)|stilling|anst[aäÃ]ll|ausschreib|bewerb|tjanst|tjänst|ledig|"
    r"vacature|werkenbij|werken-bij|offre|poste[s/_-]|concours|concors|concurs|bandi|bando|selezion|oferta|plaza|convocatori|"
    r"tyopaik|avoim|nabidk|volna-mist|vyberov|pracovni|studentship|fellowship|(?<![a-z])phds?(?![a-z])|postdoc|doktorand|requisition|"
    r"opportunit|announcement|konkurs|/rpd/|lavora|lavoro|vagas?\b|/bolsa|edital"
)
_JOB_HOST = re.compile(
    r"(?:www\.)?(?:[a-z0-9-]*-)?(?:jobs?|careers?|karriere|karriar|vacatures?|werken|emplois?|empleo|recruit\w*|rekrut\w*|stellen\w*|"
    r"apply|hire|hiring|lavora|rekry|ledige|bewerbung|jobb)(?:-[a-z0-9-]*)?\."
)
_OTHER_ADDRESS = re.compile(
    r"(?<![a-z])(?:news|newsroom|nyhet\w*|nyheder|nieuws|aktuell\w*|aktuelt|actualit\w*|noticia\w*|notizi\w*|novink\w*|uutis\w*|events?|"
    r"event-?calendar|kalend\w+|calendar|agenda|veranstaltung\w*|seminars?|people|persons?|personen|staff|staff-?directory|profiles?|users?|author|"
    r"team|members?|mitarbeiter|medarbejdere|ansatte|publications?|papers?|courses?|kurs\w*|programmes?|study|studies|degrees?|"
    r"blogs?|articles?|stories|press|presse|tags?|category|categories|login|signin|register|subscribe|faq|about|about-us|contact|privacy|cookies?|"
    r"compan(?:y|ies)|employers?|organi[sz]ations?|institutions?|universit(?:y|ies)|advice|guides?|arbeitgeber|firm[ay]|facets?)(?![a-z])"
)
_FOREIGN = re.compile(r"/|%2f|^(?:utm_\w+|ref|source|src|campaign|from|origin)=", re.I)
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(/[\w%~=,+./-]*)", re.A)
_NUMBER = re.compile(r"[0-9]+")
_ZEROS = str.maketrans("123456789", "000000000")
_IDENTIFIER = re.compile(r"\d{3,}|[0-9a-f]{8}-[0-9a-f]{4}|=\d+(?:&|$)|/\d+(?:/|$)")
_COUNT = re.compile(r"\s*(?:\(\s*\d[\d.,\s]*\+?\s*\)|\[\d+\]|\b\d{1,5})$")
_ENDS_COUNT = frozenset(")]\n")
_LOOKS_LIKE_ADDRESS = re.compile(r"^\W*(?:https?://|www\.)\S+\W*$|^\S+@\S+\.\S+$")
_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{1,80}\}\}|\{\$[^{}\n]{1,80}\$?\}|\$\{[^{}\n]{1,80}\}|<%=?[^%\n]{1,80}%>|\[\[[^\[\]\n]{1,60}\]\]"
)
_FILE = re.compile(r"\.(?:pdf|docx?|odt|rtf)(?:[?#]|$)", re.I)
_EDGES = " \t\n\"'«»‹›<>→➔➜►▸▶↗⇒•·|:;,.!?…-–—+*()[]/\\#✓✔✕×☆★"
_SHORTEST = 6  # characters of a phrase that says something wherever it stands in a title
_LETTERS = re.compile(r"[^\W\d_]")


TOPICS = tuple(
    [
        f"listing.{name}"
        for name in "roles occupations offer jobs plain never other closed speculative generic badges next "
        "none_open for_all".split()
    ]
    + [f"walls.{name}" for name in "challenge login consent maintenance missing javascript loading".split()]
    + ["deadline.cues"]
)


@cache
def _book() -> Phrasebook:
    return Phrasebook(TOPICS)


@lru_cache(maxsize=2048)
def _said(text: str) -> Said:
    return _book().said(text)


@cache
def _beginnings() -> frozenset[tuple[str, ...]]:
    """Generic phrases that end in `*`: anything may follow ("Read more about ...")."""
    return frozenset(tuple(fold(p[:-1]).split()) for p in all_phrases("listing.generic") if p.endswith("*"))


def says(topic: str, text: str) -> bool:
    """Whether a phrase of the topic ("listing.roles") stands in the text."""
    return topic in _said(text).topics


def opens_with(topic: str, text: str) -> bool:
    """Whether the text begins with a phrase of the topic."""
    return topic in _said(text).opening


def is_only(topic: str, text: str) -> bool:
    """Whether the text is nothing but one phrase of the topic, give or take punctuation."""
    return topic in _said(text).whole


def says_none_open(text: str) -> bool:
    """Whether the text says that nothing is open; "No suitable position for you?" asks."""
    return not text.rstrip().endswith("?") and says("listing.none_open", text)


def is_placeholder(text: str) -> bool:
    """Whether a template shows through: "{{ job.title }}"."""
    return _PLACEHOLDER.search(text) is not None


def words_of(topic: str, text: str) -> str | None:
    """The words of the text that a phrase of the topic matches."""
    hit = next((hit for hit in _said(text).hits if hit.topic == topic), None)
    return text[slice(*Phrasebook.span(text, hit))] if hit else None


@lru_cache(maxsize=2048)
def is_generic(text: str) -> bool:
    """A link's words that name no position: "Read more", "PDF", a bare address, an arrow, "Apply now »"."""
    bare = text.strip(_EDGES)
    if not _LETTERS.search(bare) or _LOOKS_LIKE_ADDRESS.match(text):
        return True
    if is_only("listing.generic", bare) or is_only("listing.next", bare):
        return True
    if len(bare) > 80 or says("listing.roles", bare):
        return False
    said = _said(bare)
    words = said.words
    return "listing.generic" in said.opening and any(
        words[:n] in _beginnings() for n in range(1, min(5, len(words)) + 1)
    )


@lru_cache(maxsize=2048)
def is_bare(text: str) -> bool:
    """A name of a kind of page or section and of no position ("PhD positions", "All vacancies (12)", "Current")."""
    return (
        says("listing.jobs", text) or not (says("listing.roles", text) or says("listing.occupations", text))
    ) and _is_made_of(text, "listing.roles", "listing.jobs", "listing.occupations", "listing.plain")


@lru_cache(maxsize=2048)
def is_rank(text: str) -> bool:
    """A rank and nothing more ("Postdoc", "Professors"): the title of a position, or a facet."""
    return says("listing.roles", text) and not is_bare(text) and _is_made_of(text, "listing.roles", "listing.plain")


@lru_cache(maxsize=2048)
def is_kind(text: str) -> bool:
    """A kind of positions or of people, without a word of what they work on ("PostDoc position", "PhD students")."""
    return _is_made_of(text, *(f"listing.{topic}" for topic in ("roles", "jobs", "occupations", "plain", "offer")))


def _is_made_of(text: str, *topics: str) -> bool:
    if text[-1:] in _ENDS_COUNT or text[-1:].isdecimal():
        text = _COUNT.sub("", text)
    said = _said(text)
    known = {n for hit in said.hits if hit.topic in topics for n in range(hit.first, hit.last)}
    letters = 0
    for n, word in enumerate(said.words):
        if n not in known:
            letters += len(_LETTERS.findall(word))
            if letters >= 3:
                return False
    return True


@lru_cache(maxsize=2048)
def names_no_position(text: str) -> bool:
    """Whether words such as "Seminar" or "How to apply" stand in a title; short ones count at its start only."""
    if opens_with("listing.never", text):
        return True
    spans = (Phrasebook.span(text, hit) for hit in _said(text).hits if hit.topic == "listing.never")
    return any(end - start >= _SHORTEST for start, end in spans)


@lru_cache(maxsize=2048)
def has_count(text: str) -> bool:
    """ "Physics (12)": an entry of a facet."""
    return bool(re.search(r"[^\W\d]\s*[(\[]\s*\d[\d.,]*\s*[)\]]\s*$", text))


def address_words(url: str) -> tuple[bool, bool, bool]:
    """Of an address: whether it looks like a position's, like another kind of page's, and whether it holds an id."""
    return _address_words(url if "%" in url else url.translate(_ZEROS))  # a list's own differ in their digits alone


@lru_cache(maxsize=2048)
def _address_words(url: str) -> tuple[bool, bool, bool]:
    plain = _PLAIN_ADDRESS.fullmatch(url)  # what `urlsplit` finds, at a third of its time
    try:
        path, query, fragment = (plain[1], "", "") if plain else urlsplit(url)[2:]
    except ValueError:
        return (False, False, False)
    # campaign marks and values that are themselves addresses say nothing of where the link leads
    query = "&".join(p for p in query.split("&") if not _FOREIGN.search(p))
    where = unquote(f"{path}?{query}#{fragment}").lower()
    position = _JOB_ADDRESS.search(_NUMBER.sub("0", where))
    other = _OTHER_ADDRESS.search(_NUMBER.sub("0", unquote(path).lower()))
    return (bool(position), bool(other), bool(_IDENTIFIER.search(where)))


def is_file(url: str) -> bool:
    """Whether an address leads to a document, such as an ad in PDF."""
    return _FILE.search(url) is not None


@lru_cache(maxsize=2048)
def on_a_job_host(url: str) -> bool:
    """Whether the host is one of recruitment: jobs.example.org, karriere.example.org."""
    try:
        return _JOB_HOST.match(urlsplit(url).hostname or "") is not None
    except ValueError:
        return False


@lru_cache(maxsize=2048)
def names_positions(words: frozenset[str]) -> bool:
    """Whether class and id words say that this element holds positions ("job-card", "vacancyList")."""
    return any(_JOB_ADDRESS.match(word) for word in words if word not in ("position", "positioned", "poste"))


def heads_a_list(section: tuple[str, ...]) -> bool:
    """Whether the nearest heading is one of a list of positions ("PhD positions", "Jobs", "Postdocs" below "Jobs")."""
    if not section:
        return False
    if len(section) > 1 and is_rank(section[-1]):
        return says("listing.jobs", section[-2])
    return is_bare(section[-1]) or says("listing.jobs", section[-1])
