"""Which URLs are one, and which of their parts names a job."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

PLAIN = re.compile(  # what `canonicalize_url` leaves as it is
    r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[1-9][0-9]{0,3})?(?=/)(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?"
    r"(?:\?[A-Za-z0-9_.~-]+=[A-Za-z0-9_.~-]*)?"
)
_TRACKING = re.compile(
    r"utm_\w+|(?:fb|g|dc?|y|ty|ms)clid|gbraid|wbraid|msclkid|igshid|mc_[ce]id|_g[al]|_hs\w+|hsctatracking|mkt_tok|at_\w+|pk_\w+"
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
    " comment comments respond share print more read contact contacts description details overview info about"
    " anchor".split()
)


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """The address as it is compared, never as it is fetched; two of one text name the same document.

    Folded: scheme, www., case of the host, default port, dot segments, slashes, index file, tracking, session and
    locale parameters, a locale as first folder, fragments that name a part of a page. Whatever cannot be parsed
    comes back stripped.
    """
    return without_noise(url, locales=True)


def without_noise(url: str, *, locales: bool) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url if PLAIN.fullmatch(url) else _canonicalized(url.replace("\\", "/")))
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return url
    host = parts.hostname.removeprefix("www.")
    if port and port not in (80, 443):
        host += f":{port}"
    path = _path(parts.path, locales=locales)
    query = urlencode(_query(parts.query, locales=locales))
    fragment = parts.fragment if _names_item(parts.fragment) else ""
    return f"https://{host}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _canonicalized(url: str) -> str:
    from w3lib.url import canonicalize_url  # which takes its time to load; most addresses are plain

    return canonicalize_url(url, keep_fragments=True)


def _path(path: str, *, locales: bool) -> str:
    path = _SESSION_SEGMENT.sub("", _SESSION_PATH.sub("", path))
    path = re.sub(r";+(?=/|$)", "", path).replace("[", "%5B").replace("]", "%5D")
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


@lru_cache(maxsize=4096)
def host_of(url: str | None) -> str:
    """The host without www., with a port that is not the usual one; empty if the URL has none."""
    canonical = canonical_url(url or "")
    return urlsplit(canonical).netloc if canonical.startswith("https://") else ""


_JOB_WORD = (
    r"job|vacan|posi|posting|offer|offre|requisition|req|advert|annon[cs]e?|stellen?|emploi|career|oppslag|opening"
    r"|listing"
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
    return _job_number(canonical_url(url))


@lru_cache(maxsize=4096)
def _job_number(canonical: str) -> tuple[str, str] | None:
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
