"""The keys that a posting has.

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

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.identity.addresses import canonical_url, host_of, job_number, without_noise
from monitor.identity.titles import normal
from monitor.models import Posting
from monitor.values import field_names, replace


def distinct(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """The postings without rows that say of an earlier one what is known already, as a featured block does.

    What one row leaves out and the other says is kept; what they say differently keeps them apart.
    """
    made: list[Posting] = []
    places: dict[tuple[str, str], list[int]] = {}
    for p in postings:
        same = places.setdefault((canonical_url(p.url or ""), normal(p.title)), [])
        earlier = next((n for n in same if _agree(made[n], p, partly=bool(p.url))), None)
        if earlier is None:
            same.append(len(made))
            made.append(p)
        else:
            made[earlier] = _filled(made[earlier], p)
    return tuple(made)


def _agree(a: Posting, b: Posting, *, partly: bool) -> bool:
    """Whether two rows tell the same of what tells positions apart. partly: one may say less than the other."""
    pairs = (
        (a.identifier, b.identifier),
        (normal(a.department), normal(b.department)),
        (normal(a.location), normal(b.location)),
        (a.deadline, b.deadline),
    )
    return all(x == y or (partly and not (x and y)) for x, y in pairs)


def _filled(first: Posting, later: Posting) -> Posting:
    missing = [name for name in field_names(Posting) if getattr(first, name) in (None, ())]
    evidence = {**later.evidence, **first.evidence}
    values: dict[str, Any] = {name: getattr(later, name) for name in missing}
    if later.deadline and not first.deadline:
        values["deadline_kind"] = later.deadline_kind
    return replace(first, **values, evidence=evidence)


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
                found.append("url:" + without_noise(p.url, locales=False))
    page = without_noise(page_url, locales=False)
    order = {prefix: n for n, prefix in enumerate(STRENGTH)}
    return [
        tuple(sorted(dict.fromkeys(k for k in found if k != "url:" + page), key=lambda k: order[k.partition(":")[0]]))
        for found in made
    ]


STRENGTH = ("id", "job", "ref", "url", "query", "same", "title", "anchor")
ADDRESSES = ("id:", "job:", "ref:", "url:", "query:")


def lookup_keys(postings: Sequence[Posting], page_url: str) -> frozenset[str]:
    """The keys by which another source may know the same positions."""
    found = keys_of(distinct(postings), page_url)
    return frozenset(k for keys in found for k in keys if is_known_elsewhere(k))


def is_known_elsewhere(key: str) -> bool:
    """Whether another source may know the same position by this key."""
    return not key.startswith(("query:", "title:", "anchor:"))


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
    if number := job_number(p.url or ""):
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
