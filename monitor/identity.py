"""Who is who: the keys that a posting has, and which posting is which position.

A key is a string, stored as it is. Its prefix tells its strength, strongest first:

- `id:`     what the site gives (feed guid, JobPosting identifier), within its host
- `job:`    the job number in the URL, within its host
- `ref:`    the employer's own reference, within the host
- `url:`    the canonical URL
- `query:`  the URL without the query parameters that are the same for all postings of the list
- `same:`   title, organisation and deadline; the only key without an address that holds across sources
- `title:`  title and organisation (what tells repeated titles apart besides), within the list's host
- `anchor:` the place in the list's own page to which the posting links
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from w3lib.url import canonicalize_url

from monitor.models import Position, Posting, Sighting, Status
from monitor.words import fold

REPOST_DAYS = 120  # an ad that comes back under another address after a longer time is another position
_NEAR_TITLES_COMPARED = 4_000  # pairs; beyond it, only equal titles count as moved

# ---------------------------------------------------------------- addresses

_TRACKING = re.compile(
    r"utm_\w+|[fgdty]clid|gbraid|wbraid|msclkid|igshid|mc_[ce]id|_g[al]|_hs\w+|hsctatracking|mkt_tok|at_\w+|pk_\w+"
    r"|mtm_\w+|matomo_\w+|piwik_\w+|trk\w*|track(?:id|ing(?:id)?)|spm|cmpid|s_cid|ito|rss|feed|print|cb|_"
)
_SESSION = re.compile(r"[jp]?s(?:ess(?:ion)?)?_?id|jsessionid|phpsessid|aspsessionid\w*|cfid|cftoken|session|sessid")
_TOKEN = re.compile(r"token|validator|csrf\w*|nonce|sig|signature|hash|ts|timestamp|rnd|rand|random|cachebust\w*")
_RETURN = re.compile(
    r"ref|referr?er|return(?:_?(?:url|to))?|back(?:_?url)?|redirect(?:_?ur[il])?|from|origin|source|src"
)
_LOCALE = re.compile(r"l|la|lg|lng|lang|langs|language|languages|languageid|locale|lcid|hl|set_?lang\w*|ui_?lang\w*")
_LOCALE_VALUE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?|[a-z]{3}|[a-z]{4,12}|\d{4}", re.I)
_LOCALE_SEGMENT = re.compile(
    r"(?:ar|bg|ca|cs|cy|da|de|el|en|es|et|eu|fi|fr|ga|gl|he|hr|hu|is|it|ja|ko|lt|lv|mt|nb|nl|nn|no|pl|pt|ro|ru|sk|sl|sq"
    r"|sr|sv|tr|uk|zh)(?:[-_](?:[a-z]{2}|hans|hant))?|english|svenska|deutsch|french|francais",
    re.I,
)
_SESSION_PATH = re.compile(r";[^/;?#]*sess(?:ion)?[^/;?#]*|;[jp]?sid=[^/;?#]*", re.I)
_SESSION_SEGMENT = re.compile(r"/\([A-Z]\([a-z0-9]{20,}\)\)", re.I)  # ASP.NET without cookies
_INDEX_FILE = re.compile(r"/(?:index|default|home)\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.I)
_PAGE_PARTS = frozenset(
    "apply application now form content main top page header footer nav navigation skip to the link start bottom"
    " comment comments respond share print more read contact contacts description details overview info about anchor".split()
)
)


def canonical_url(url: str) -> str:
    """The address as it is compared, never as it is fetched; two of one text name the same document.

    Folded: scheme, www., case of the host, default port, dot segments, slashes, index file, tracking, session and
    locale parameters, a locale as first folder, fragments that name a part of a page. Whatever cannot be parsed
    comes back stripped.
    """
    return _canonical(url, locales=True)


def _canonical(url: str, *, locales: bool) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url
    host = parts.hostname.removeprefix("www.")
    if port and port not in (80, 443):
        host += f":{port}"
    path = _path(parts.path, locales=locales)
    query = urlencode(_query(parts.query, locales=locales))
    fragment = parts.fragment if _names_item(parts.fragment) else ""
    made = f"https://{host}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    try:
        return canonicalize_url(made, keep_fragments=True)
    except ValueError:
        return made


def _path(path: str, *, locales: bool) -> str:
    path = _SESSION_SEGMENT.sub("", _SESSION_PATH.sub("", path))
    path = re.sub(r"/{2,}", "/", path)
    path = posixpath.normpath(path) if path.strip("/") else "/"
    path = _INDEX_FILE.sub("", path).rstrip("/")
    segments = path.split("/")[1:]
    if locales and len(segments) > 1 and _LOCALE_SEGMENT.fullmatch(segments[0]):
        segments = segments[1:]
    return "/" + "/".join(segments)


def _query(query: str, *, locales: bool) -> list[tuple[str, str]]:
    pairs = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if v and not _is_noise(k.lower(), v, locales)]
    lasting = [(k, v) for k, v in pairs if not (_TOKEN.fullmatch(k.lower()) and len(v) >= 6)]
    return lasting or pairs  # a token that stands alone may well be the only name the posting has


def _is_noise(name: str, value: str, locales: bool) -> bool:
    if _TRACKING.fullmatch(name):
        return True
    if _SESSION.fullmatch(name):
        return not (value.isdecimal() and len(value) < 8)
    if _RETURN.fullmatch(name):
        return "/" in value or "." in value or value.isalpha()
    return locales and bool(_LOCALE.fullmatch(name) and _LOCALE_VALUE.fullmatch(value))


def _names_item(fragment: str) -> bool:
    """`#/job/5`, `#!job=5`, `#phd-in-optics` stand for one item; `#content`, `#apply-now` for a part of a page."""
    if fragment.startswith(":~:"):
        return False
    if fragment.startswith(("/", "!")):
        return len(fragment) > 1
    words = re.findall(r"[a-z]+|\d+", fragment.lower())
    return bool(words) and not set(words) <= _PAGE_PARTS and (len(words) > 1 or len(fragment) >= 5)


def host_of(url: str | None) -> str:
    """The host without www., with a port that is not the usual one; empty if the URL has none."""
    canonical = canonical_url(url or "")
    return urlsplit(canonical).netloc if canonical.startswith("https://") else ""


_JOB_WORD = (
    r"job|vacan|posi|posting|offer|offre|requisition|req|advert|annon[cs]e?|stellen?|emploi|career|oppslag|opening"
)
_JOB_PARAMETER = re.compile(rf"(?:.*(?:{_JOB_WORD}).*)|j?id|[jrnpua]+id|nr|no|aid|ad", re.I)
_KEYED_SEGMENT = re.compile(rf"(?:{_JOB_WORD})\w*[:=,]([\w-]*\d[\w-]*)", re.I)
_NUMBER_SEGMENT = re.compile(r"(\d{3,})|(\d{4,})[-_].+|.*[-_](\d{4,})|.*?[-_]?((?:jr|req|r|ref)[-_]?\d[\d-]{3,})", re.I)
_YEAR_OR_DATE = re.compile(r"(?:19|20)\d\d|20[0-3]\d[01]\d[0-3]\d")


def job_number(url: str) -> tuple[str, str] | None:
    """(scope, number): the number by which a site's own URL names a job, and the host (and path) within which it holds.

    `https://example.org/ext/12/job?site=7&job_id=14609` -> ("example.org/ext/12/job", "14609")
    `https://example.org/en/jobs/phd-in-optics_894164/` -> ("example.org", "894164")
    """
    canonical = canonical_url(url)
    if not canonical.startswith("https://"):
        return None
    parts = urlsplit(canonical)
    named = [(k, v) for k, v in parse_qsl(parts.query) if _JOB_PARAMETER.fullmatch(k) and re.search(r"\d", v)]
    named = [(k, v) for k, v in named if re.search(_JOB_WORD, k, re.I)] or named
    if len(named) == 1 and len(named[0][1]) <= 40:
        return parts.netloc + parts.path, named[0][1].casefold()
    segments = [unquote(s) for s in parts.path.split("/") if s]
    for segment in reversed(segments):
        if keyed := _KEYED_SEGMENT.fullmatch(segment):
            return parts.netloc, keyed[1].casefold()
    for segment in reversed(segments[-2:]):
        if found := _NUMBER_SEGMENT.fullmatch(re.sub(r"\.\w{2,5}$", "", segment)):
            number = next(filter(None, found.groups()))
            if not _YEAR_OR_DATE.fullmatch(number):
                return parts.netloc, number.casefold()
    return None


# ---------------------------------------------------------------- words


def normal(text: str | None) -> str:
    """Words without case, accents, punctuation and white space; text that was decoded wrongly is put right first."""
    return " ".join(re.findall(r"[^\W_]+", fold(repaired(text or ""))))


def repaired(text: str) -> str:
    """UTF-8 that was taken for Latin-1 ("FÃ¶rskare"), as it was meant."""
    if not re.search(r"[ÂÃÄÅâ][\u0080-\u00bf\u0152-\u2122]", text):
        return text
    for wrong in ("cp1252", "latin-1"):
        try:
            return text.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
    return text


def same_words(a: str | None, b: str | None) -> bool:
    """Equal but for case, punctuation, white space and letters lost to a wrong encoding."""
    if normal(a) == normal(b):
        return True
    if "\ufffd" in f"{a}{b}":
        plain = [re.sub(r"[^a-z0-9]+", "", repaired(t or "").lower()) for t in (a, b)]
        return plain[0] == plain[1] != ""
    return False


_ROMAN = re.compile(r"[ivx]+")


def near_title(a: str, b: str) -> bool:
    """The same title but for spelling, number of a noun, and a little added; "Group A" and "Group B" differ."""
    one, two = normal(a).split(), normal(b).split()
    if one == two or (one and "".join(one) == "".join(two)):
        return True
    if not one or not two:
        return False
    cut = re.search(r"(?:…|\.\.\.)\s*$", a) or re.search(r"(?:…|\.\.\.)\s*$", b)
    short, long = sorted((" ".join(one), " ".join(two)), key=len)
    if cut and len(short) >= 15 and long.startswith(short):
        return True
    changed = 0
    for tag, i, j, k, m in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = one[i:j], two[k:m]
        if tag == "replace" and len(gone) == len(come) and all(map(_near_word, gone, come)):
            continue
        if any(w.isdecimal() or len(w) == 1 or _ROMAN.fullmatch(w) for w in gone + come):
            return False
        if tag == "replace":
            return False
        changed += len(gone) + len(come)
    return changed * 4 <= min(len(one), len(two))


def _near_word(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= 4 and difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.75


def alike(a: str, b: str) -> bool:
    """Titles that share enough to be of one thing, were it told of one thing by an id."""
    return difflib.SequenceMatcher(None, normal(a), normal(b), autojunk=False).ratio() >= 0.5


# ---------------------------------------------------------------- keys


def distinct(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """The postings without rows that repeat an earlier one in all that tells positions apart."""
    first: dict[object, Posting] = {}
    for p in postings:
        apart = (canonical_url(p.url or ""), normal(p.title), p.identifier, _where(p), p.deadline)
        first.setdefault(apart, p)
    return tuple(first.values())


def keys(posting: Posting, page_url: str = "") -> tuple[str, ...]:
    """The keys of one posting by itself, strongest first."""
    return keys_of((posting,), page_url)[0]


def keys_of(postings: Sequence[Posting], page_url: str) -> list[tuple[str, ...]]:
    """The keys of each posting of one list, strongest first.

    A key that several of them share (one guid for all, one application form) tells nothing and is left out.
    """
    made = [_strong_keys(p, page_url) for p in postings]
    _add_query_keys(made, postings)
    for found, p in zip(made, postings, strict=True):
        found.extend(_title_keys(p, page_url))
    for drop in (True, False):  # what told nothing by itself may tell apart together with the place and the day
        shared = {k for k, n in Counter(k for found in made for k in set(found)).items() if n > 1}
        for found, p in zip(made, postings, strict=True):
            lost = [k for k in found if k in shared]
            found[:] = [k for k in found if k not in shared]
            if drop and any(k.startswith("title:") for k in lost):
                found.append(f"title:{host_of(page_url)}:{normal(p.title)}|{_where(p)}|{p.deadline or ''}")
            if drop and p.url and not any(k.startswith("url:") for k in found):
                found.append("url:" + _canonical(p.url, locales=False))
    page = _canonical(page_url, locales=False)
    order = {prefix: n for n, prefix in enumerate(_STRENGTH)}
    return [
        tuple(sorted(dict.fromkeys(k for k in found if k != "url:" + page), key=lambda k: order[k.partition(":")[0]]))
        for found in made
    ]


_STRENGTH = ("id", "job", "ref", "url", "query", "same", "title", "anchor")
_ADDRESSES = ("id:", "job:", "ref:", "url:", "query:")


def lookup_keys(postings: Sequence[Posting], page_url: str) -> frozenset[str]:
    """The keys by which another source may know the same positions."""
    found = keys_of(distinct(postings), page_url)
    return frozenset(k for keys in found for k in keys if not k.startswith(("query:", "title:", "anchor:")))


def _strong_keys(p: Posting, page_url: str) -> list[str]:
    found: list[str] = []
    host = host_of(p.url) or host_of(page_url)
    if p.identifier and re.match(r"https?://", p.identifier):
        found.append("url:" + canonical_url(p.identifier))
    elif p.identifier:
        found.append(f"id:{host}:{p.identifier.strip()}")
    if p.reference and re.search(r"\d", p.reference):
        found.append(f"ref:{host}:{normal(p.reference)}")
    address = canonical_url(p.url or "")
    if not address.startswith("https://"):
        return found
    page, _, fragment = address.partition("#")
    if fragment and not fragment.startswith(("/", "!")) and page == canonical_url(page_url).partition("#")[0]:
        if not re.search(r"(?:^|[^\d])\d{1,2}$", fragment):  # `#item-3` is a place in the list, not a name
            found.append(f"anchor:{address}")
        return found
    if page_url and address == canonical_url(page_url):
        return found
    if number := job_number(address):
        found.append("job:" + ":".join(number))
    found.append("url:" + address)
    return found


def _add_query_keys(made: list[list[str]], postings: Sequence[Posting]) -> None:
    """Query parameters of one value in all postings of a list of three or more are noise: a session, a customer."""
    groups: dict[str, list[tuple[int, list[tuple[str, str]]]]] = defaultdict(list)
    for i, p in enumerate(postings):
        parts = urlsplit(canonical_url(p.url or ""))
        if parts.query:
            groups[parts.netloc + parts.path].append((i, parse_qsl(parts.query)))
    for path, members in groups.items():
        counts = Counter(pair for _, pairs in members for pair in set(pairs))
        constant = {pair for pair, n in counts.items() if n == len(members)}
        if len(members) >= 3 and constant:
            for i, pairs in members:
                varying = urlencode(sorted(set(pairs) - constant))
                if varying:
                    made[i].append(f"query:{path}?{varying}")


def _title_keys(p: Posting, page_url: str) -> list[str]:
    title, organization = normal(p.title), normal(p.organization)
    if not title:
        return []
    found = [f"title:{host_of(page_url)}:{title}|{organization}"]
    if organization and p.deadline and len(title.split()) >= 3:
        found.insert(0, f"same:{title}|{organization}|{p.deadline}")
    return found


def _where(p: Posting) -> str:
    return f"{normal(p.department)}|{normal(p.location)}"


# ---------------------------------------------------------------- matching


@dataclass(frozen=True, slots=True)
class Matching:
    """One to one. pairs: (index of the posting, its position). new: indices. missing: this source's others."""

    pairs: tuple[tuple[int, Position], ...]
    new: tuple[int, ...]
    missing: tuple[Position, ...]


def sighting_of(position: Position, source: str) -> Sighting | None:
    """The position as one source knows it."""
    return next((s for s in position.sightings if s.source == source), None)


def match(
    postings: Sequence[Posting],
    positions: Sequence[Position],
    source: str,
    now: datetime,
    *,
    complete: bool = True,
) -> Matching:
    """Which position each posting is about; `postings` without repetitions (`distinct`).

    By keys, the strongest first; then a posting without a known key and a position of this source that the list no
    longer shows are one, moved, if their titles are near-equal and nothing speaks against it. complete: the list shows
    everything, so that what it does not show has gone; in a window it may have slid out.
    """
    found = keys_of(postings, source)
    held = {p.id: frozenset(k for s in p.sightings for k in s.keys) for p in positions}
    holders: dict[str, list[Position]] = defaultdict(list)
    for position in positions:
        for key in held[position.id]:
            holders[key].append(position)
    pairs: dict[int, Position] = {}
    taken: set[int] = set()

    def take(i: int, candidates: Iterable[Position], fits: Callable[[int, Position], bool]) -> None:
        free = [c for c in candidates if c.id not in taken and fits(i, c)]
        if free and i not in pairs:
            best = min(free, key=lambda c: _preference(c, postings[i], source))
            pairs[i] = best
            taken.add(best.id)

    def same_address(i: int, position: Position) -> bool:
        return True

    def same_id(i: int, position: Position) -> bool:
        """A guid that stands for the whole feed outlives its items: then neither address nor title agrees."""
        old, new = position.posting, postings[i]
        other_address = old.url and new.url and canonical_url(old.url) != canonical_url(new.url)
        return not (other_address and not alike(old.title, new.title))

    def same_elsewhere(i: int, position: Position) -> bool:
        return not _numbers_differ(found[i], held[position.id])

    repeated = {t for t, n in Counter(normal(p.posting.title) for p in positions).items() if n > 1}
    repeated |= {t for t, n in Counter(normal(p.title) for p in postings).items() if n > 1}

    def moved(i: int, position: Position) -> bool:
        return _moved(postings[i], found[i], position, held[position.id], source, now, complete, repeated)

    tests = {"id": same_id, "ref": same_id, "same": same_elsewhere, "title": moved, "anchor": moved}
    order = sorted(range(len(postings)), key=lambda i: (found[i], postings[i].title))
    for prefix in _STRENGTH:
        for i in order:
            for key in found[i]:
                if key.startswith(prefix + ":"):
                    take(i, holders.get(key, ()), tests.get(prefix, same_address))
    own = [p for p in positions if sighting_of(p, source)]
    free = [p for p in own if p.id not in taken and p.status is not Status.CLOSED]
    left = [i for i in order if i not in pairs]
    if len(free) * len(left) <= _NEAR_TITLES_COMPARED:
        for i in left:
            near = [p for p in free if near_title(p.posting.title, postings[i].title)]
            take(i, near, moved)
    return Matching(
        pairs=tuple(sorted(pairs.items())),
        new=tuple(i for i in range(len(postings)) if i not in pairs),
        missing=tuple(p for p in own if p.id not in taken),
    )


def _preference(position: Position, posting: Posting, source: str) -> tuple[object, ...]:
    """Smallest first: this source's own, open, of the same title, place and deadline, the latest."""
    old = position.posting
    return (
        sighting_of(position, source) is None,
        position.status is Status.CLOSED,
        normal(old.title) != normal(posting.title),
        normal(old.department) != normal(posting.department),
        old.deadline != posting.deadline,
        -position.last_seen.timestamp(),
        position.id,
    )


def _numbers_differ(one: Collection[str], two: Collection[str]) -> bool:
    """Both have a number within the same scope, and it is not the same."""
    numbers: tuple[dict[str, set[str]], dict[str, set[str]]] = (defaultdict(set), defaultdict(set))
    for side, held in zip(numbers, (one, two), strict=True):
        for key in held:
            if key.startswith(("job:", "id:", "ref:")):
                scope, _, number = key.rpartition(":")
                side[scope].add(number)
    return any(numbers[0][scope].isdisjoint(numbers[1][scope]) for scope in numbers[0].keys() & numbers[1].keys())


def _siblings(one: str | None, two: str | None) -> bool:
    """Two addresses in one folder of one host, or of one script: the site tells them apart by name."""
    a, b = (urlsplit(canonical_url(u or "")) for u in (one, two))
    if not a.netloc or a.netloc != b.netloc:
        return False
    return posixpath.dirname(a.path) == posixpath.dirname(b.path) and (a.path, a.query) != (b.path, b.query)


def _moved(
    posting: Posting,
    keys: Collection[str],
    position: Position,
    held: Collection[str],
    source: str,
    now: datetime,
    complete: bool,
    repeated: Collection[str],
) -> bool:
    """Whether a posting of (nearly) the same title, under another address or none, is this position."""
    sighting = sighting_of(position, source)
    if sighting is None:
        return False
    old = position.posting
    if old.organization and posting.organization and normal(old.organization) != normal(posting.organization):
        return False
    if old.department and posting.department and normal(old.department) != normal(posting.department):
        return False
    addressed = any(k.startswith(_ADDRESSES) for k in keys) and any(k.startswith(_ADDRESSES) for k in held)
    same_deadline = old.deadline is not None and old.deadline == posting.deadline
    over = position.status is not Status.OPEN
    if over and now - (position.closed_at or sighting.last_seen) > timedelta(days=REPOST_DAYS):
        return False
    if not addressed:
        return complete or same_deadline or not (old.deadline and posting.deadline)
    if not complete and not same_deadline:
        return False
    if _numbers_differ(keys, held) or _siblings(sighting.listed.url, posting.url):
        telling = len(normal(posting.title).split()) >= 4 and normal(posting.title) not in repeated
        return same_deadline or telling
    return True
