"""Workday: a career site at TENANT.wdN.myworkdayjobs.com/SITE or wdN.myworkdaysite.com/recruiting/TENANT/SITE.

The site is filled in by a script that asks POST /wday/cxs/TENANT/SITE/jobs on its own host, 20 positions at a time, and
GET /wday/cxs/TENANT/SITE/job/... for an ad. Facets of the site's address (name=32 hexadecimal digits) go along in the
body. Here the list's address has the body's values as its query: .../jobs?offset=20&q=WORDS&FACET=ID.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.models import Page
from monitor.platforms.base import Board, Platform, Record, Request
from monitor.platforms.data import (
    address,
    inside,
    items,
    json_of,
    mentions,
    number,
    origin,
    path,
    query,
    record,
    with_query,
    words,
)

_LOCALE = r"(?:[a-z]{2}(?:-[A-Z]{2})?/(?!(?:job|details)/)(?=[\w-]))?"
_SITE = re.compile(
    rf"(?<![\w.-])((?:[\w-]+(?:\.wd\d+)?\.(?i:myworkdayjobs)|wd\d+\.(?i:myworkdaysite))\.com)/{_LOCALE}"
    r"(?:(?:recruiting|wday/cxs)/([\w-]+)/)?([\w-]+)(?:/[\w/.%-]*)?(\?[^\s\"'<>#]*)?"
)
_LIST = re.compile(r"/wday/cxs/([\w-]+)/([\w-]+)/jobs/?$")
_AD = re.compile(rf"^/{_LOCALE}(?:recruiting/([\w-]+)/)?([\w-]+)/(?:job|details)/(.+?)/?$")
_FACET = re.compile("[0-9a-f]{32}")
_HOSTS = (".myworkdayjobs.com", ".myworkdaysite.com")
_SEVERAL_PLACES = re.compile(r"\d+ \w+")  # "2 Locations"
_PAGE = 20  # more are refused


def _leads(url: str, html: str) -> Iterator[str]:
    for found in mentions(_SITE, url, html):
        host, tenant, site, asked = found[1].lower(), found[2], found[3], parse_qsl((found[4] or "").lstrip("?"))
        if not tenant and host.endswith(".myworkdaysite.com"):
            continue
        kept = [(k, v) for k, v in asked if _FACET.fullmatch(v) or (k == "q" and v)]
        board = f"https://{host}/wday/cxs/{tenant or host.partition('.')[0]}/{site}/jobs"
        yield f"{board}?{urlencode([('offset', 0), *kept])}"


def _request(url: str) -> Request | None:
    if "/wday/cxs/" in url and _LIST.search(path(url)):
        return Request(urlsplit(url)._replace(query="", fragment="").geturl(), _body(url))
    if _is_workday(url) and (ad := _AD.search(path(url))):
        tenant = ad[1] or (urlsplit(url).hostname or "").partition(".")[0]
        return Request(f"{origin(url)}/wday/cxs/{tenant}/{ad[2]}/job/{ad[3]}")
    return None


def _is_workday(url: str) -> bool:
    return ".myworkday" in url.lower() and (urlsplit(url).hostname or "").endswith(_HOSTS)


def _body(url: str) -> str:
    facets: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(url).query):
        if _FACET.fullmatch(value):
            facets.setdefault(name, []).append(value)
    wanted = {"limit": _PAGE, "offset": number(url, "offset", 0), "searchText": query(url).get("q", "")}
    return json.dumps({"appliedFacets": facets, **wanted})


def _read(page: Page) -> Board | None:
    data, listed = json_of(page.text), _LIST.search(path(page.url))
    if listed is None or not isinstance(inside(data, "jobPostings"), list):
        return None
    jobs, offset, total = items(inside(data, "jobPostings")), number(page.url, "offset", 0), inside(data, "total")
    # behind the first page the total may be 0
    last = len(jobs) < _PAGE or (isinstance(total, int) and 0 < total <= offset + _PAGE)
    following = None if last else with_query(page.url, offset=offset + _PAGE)
    part = f"recruiting/{listed[1]}/" if ".myworkdaysite.com" in origin(page.url) else ""
    site = f"{origin(page.url)}/{part}{listed[2]}"
    return Board(tuple(filter(None, (_record(job, site) for job in jobs))), following)


def _record(job: Mapping[str, Any], site: str) -> Record | None:
    where = job.get("externalPath")
    identifier = _identifier(where) if isinstance(where, str) else None
    bullets = job.get("bulletFields")
    place = words(job.get("locationsText"))
    return record(
        title=job.get("title"),
        url=address(site, f"{site}{where}") if isinstance(where, str) and where.startswith("/") else None,
        identifier=identifier,
        reference=next((b for b in bullets if b and b == identifier), None) if isinstance(bullets, list) else None,
        location=None if place and _SEVERAL_PLACES.fullmatch(place) else place,
    )


def _identifier(where: str) -> str | None:
    """The requisition's number, at the end of an ad's address: /job/Umea/PhD-student_R-1234."""
    name, _, requisition = where.rstrip("/").rpartition("_")
    return requisition if name else None


def _read_ad(page: Page) -> Record | None:
    """`endDate` is the last day where the site tells applicants how long is left; else it may be the system's own."""
    info = inside(json_of(page.text), "jobPostingInfo")
    if not _is_workday(page.url) or not isinstance(info, Mapping):
        return None
    places = info.get("additionalLocations")
    return record(
        title=info.get("title"),
        url=page.url,
        identifier=_identifier(path(page.url)),
        reference=words(info.get("jobReqId")),
        organization=words(inside(json_of(page.text), "hiringOrganization", "name")),
        location=words(info.get("location"), *(places if isinstance(places, list) else ())),
        posted=info.get("startDate"),
        closes=info.get("endDate") if words(info.get("timeLeftToApply")) else None,
        markup=str(info.get("jobDescription") or ""),
    )


PLATFORM = Platform("Workday", _leads, _read, request=_request, read_ad=_read_ad)
