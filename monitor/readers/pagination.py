"""The next page of a list, and whether this page is all of it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.readers.elements import Element
from monitor.readers.tree import Tree
from monitor.readers.words import is_only

_PAGER = frozenset(
    "pagination pager paginator paging pages pagenav pagenavi paginate seitennavigation bladering nextprev".split()
)
_NEXT = re.compile(r"(?:^|[-_\s])(?:next|nextpage|page-next|naechste)(?:$|[-_\s])", re.I)
_ARROWS = frozenset(("›", "»", ">", ">>", "→", "⟩", "❯", "➔", "▶", "►", "﹥"))
_DEAD = re.compile(r"(?:^|[\s_-])(?:disabled|inactive|unavailable)(?:$|[\s_-])", re.I)
_OF = r"(?:of|av|von|van|de|di|af|su|sur|/|z|ze|out of|of about|yhteensä|aus|total of)"
_TO = r"(?:-|–|—|to|till|til|bis|t/m|à|a|al|até|do|tot)"
_SHOWING = re.compile(
    rf"(?<!\d)(\d{{1,5}})\s*{_TO}\s*(\d{{1,5}})\s+{_OF}\s+(\d{{1,3}}(?:[ .,\u00a0]\d{{3}})+|\d{{1,6}})", re.I
)
_PAGE_OF = re.compile(
    rf"(?:page|sida|side|seite|pagina|página|sivu|strana|strona)\s*(\d{{1,4}})\s*{_OF}\s*(\d{{1,4}})", re.I
)
_COUNTED = re.compile(rf"\d\s*{_OF}\s*\d", re.I)  # what both need, and few lines have
_PARAMETER = re.compile(
    r"^(?:p|pg|page|paged|pagenum\w*|pageno|page_?number|sida|side|seite|pagina|strana|sivu|offset|start|from|skip|startrow|pageindex|pi|page\[number\])$",
    re.I,
)


def next_page(links: list[tuple[str, str]], tree: Tree) -> str | None:
    """The absolute URL of the page after this one, None on the last. links: (rel, href) of the head's <link>s."""
    for rel, href in links:
        if "next" in rel.lower().split() and (url := _other(tree, href)) and _same_list(url, tree.url):
            return url
    candidates: list[tuple[int, str]] = []
    for anchor in tree.anchors:
        url = tree.address(anchor)
        value = _likeness(tree, anchor, url) if url else 0
        if url and value and _elsewhere(tree.url, url) and _same_list(url, tree.url) and not _dead(anchor):
            candidates.append((value, url))
    if candidates:
        best = max(value for value, _ in candidates)
        return next(url for value, url in candidates if value == best)
    return _numbered(tree)


def head_links(parser: LexborHTMLParser) -> list[tuple[str, str]]:
    return [(n.attributes.get("rel") or "", n.attributes.get("href") or "") for n in parser.css("link[rel][href]")]


def is_window(tree: Tree, following: str | None, seen: int) -> bool:
    """Whether the list has more than this page shows."""
    if following:
        return True
    for line in tree.lines:
        if len(line.text) > 160 or not _COUNTED.search(line.text):
            continue
        if match := _SHOWING.search(line.text):
            first, last, total = (int(re.sub(r"\D", "", g)) for g in match.groups())
            if first <= last <= total and (last < total or first > 1) and last - first < 1000:
                return True
        if (match := _PAGE_OF.search(line.text)) and int(match[1]) < int(match[2]):
            return True
    return seen > 0 and any(tree.anchor_text(a).isdigit() and _in_pager(a) for a in tree.anchors)


def _likeness(tree: Tree, anchor: Element, url: str) -> int:
    """How surely a link is "next page": 4 by its rel, 3 by words in a pager, 2 by words and address, 0 not at all."""
    rel = (anchor.attributes.get("rel") or "").lower().split()
    if "next" in rel:
        return 4
    words = tree.anchor_text(anchor)
    label = anchor.attributes.get("aria-label") or anchor.attributes.get("title") or ""
    named = is_only("listing.next", words) or (label and is_only("listing.next", label)) or words.strip() in _ARROWS
    if not (named or _is_next(anchor) or (anchor.parent and _is_next(anchor.parent))):
        return 0
    return 3 if _in_pager(anchor) else 2 if _paged(url, tree.url) else 0


def _is_next(element: Element) -> bool:
    classes = element.attributes.get("class")
    return bool(classes and _NEXT.search(classes))


def _in_pager(anchor: Element) -> bool:
    return any(e.words & _PAGER for e in anchor.ancestors(6))


def _dead(anchor: Element) -> bool:
    chain = anchor.ancestors(2)
    return any(
        _DEAD.search(e.attributes.get("class") or "") or e.attributes.get("aria-disabled") == "true" for e in chain
    )


def _numbers(url: str) -> dict[str, int]:
    split = urlsplit(url)
    found = {k: int(v) for k, v in parse_qsl(split.query) if v.isdigit() and len(v) < 7 and _PARAMETER.match(k)}
    if match := re.search(r"/(?:page|sida|seite|pagina|p)[/-]?(\d{1,4})(?:/|$)", split.path, re.I):
        found["/"] = int(match[1])
    return found


def _paged(url: str, here: str) -> bool:
    """Whether an address is this one at a later page."""
    there, now = _numbers(url), _numbers(here)
    return urlsplit(url).netloc == urlsplit(here).netloc and any(v > now.get(k, 0) for k, v in there.items())


def _numbered(tree: Tree) -> str | None:
    """The number after the current one, where a pager has numbers only."""
    links = [
        (int(t), u)
        for a in tree.anchors
        if (t := tree.anchor_text(a)).isdigit() and len(t) < 5 and _in_pager(a) and (u := tree.address(a))
    ]
    if not links:
        return None
    linked = {number for number, url in links if _elsewhere(tree.url, url)}
    marked = [int(t) for a in tree.anchors if _current(a) and (t := tree.anchor_text(a)).isdigit() and len(t) < 5]
    missing = [n for n in range(1, max(linked, default=0) + 1) if n not in linked]
    here = list(_numbers(tree.url).values())
    now = next(iter(marked or (missing if len(missing) == 1 else []) or here), 1)
    return next((url for number, url in links if number == now + 1 and _elsewhere(tree.url, url)), None)


def _current(anchor: Element) -> bool:
    chain = [anchor, anchor.parent] if anchor.parent else [anchor]
    return _in_pager(anchor) and any(
        e.attributes.get("aria-current") or e.words & {"active", "current", "selected", "aktiv"} for e in chain
    )


def _same_list(url: str, here: str) -> bool:
    """Whether an address may be another page of this one's list: the same but for its query, a number or an ending.

    The next article of a blog and the next chapter of a manual are "next" too.
    """
    (host, path), (own_host, own_path) = _host_and_list(url), _host_and_list(here)
    return host == own_host and (path == own_path or bool(_numbers(url)))


@lru_cache(maxsize=2048)
def _host_and_list(url: str) -> tuple[str, str]:
    """The host of an address, and its path without what differs between the pages of a list."""
    split = urlsplit(url)
    path = re.sub(r"[\d/]+|(?:page|sida|side|seite|pagina|p)(?=[/\d-])|index\.\w+$", "", split.path.lower())
    return split.netloc.removeprefix("www."), path.rstrip("-_.")


def _elsewhere(here: str, url: str) -> bool:
    return url.split("#")[0] != here.split("#")[0]


def _other(tree: Tree, href: str) -> str | None:
    try:
        url = urljoin(tree.base, href)
    except ValueError:
        return None
    return url if url.startswith("http") and _elsewhere(tree.url, url) else None
