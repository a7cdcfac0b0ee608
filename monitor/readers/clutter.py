"""What a page holds besides its main text: menus, banners, other positions.

An element is left out for what it says it is, a heading's section for what it announces, a list for being nothing but
links; but no rule takes the title, or a large part of the page's text, with it.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from monitor.fields.phrase import fold, topic

NEVER = (
    "script, style, noscript, template, svg, math, iframe, object, canvas, video, audio, dialog, button, select, "
    "option, input, textarea, nav, [role=navigation], [role=search], [role=dialog], [role=alertdialog], "
    "[role=contentinfo], [role=menu], [role=menubar], [role=tablist]"
)
_NOISE = frozenset(
    "advert breadcrumb breadcrumbs comments consent cookie cookiebar cookies crumbs gdpr hamburger languages login "
    "menu modal nav navbar navigation newsletter offcanvas onetrust pager pagination popup promo recommended related "
    "search share sharing sidenav signin signup similar sitemap skip skiplink skiplinks social socials subfooter "
    "submenu subscribe toolbar tooltip topbar typeahead".split()
)
_EDGES = frozenset(("footer", "header", "masthead", "banner"))  # of the page; those of an article belong to it
_SUSPECTS = "footer, header, aside, [class], [id], [hidden], [style*='display:none'], [style*='display: none']"
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BLANK = re.compile(r"\s+")
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
SHORT = 200  # characters: a hidden element or an aside up to this length is a notice, above it a folded-up section
_LARGE = 0.3  # share of the page's text that no single rule may take


def clean(text: str) -> str:
    return _BLANK.sub(" ", text.translate(INVISIBLE)).strip()


def tokens(node: LexborNode) -> frozenset[str]:
    attributes = node.attributes
    return frozenset(t.lower() for t in _TOKEN.findall(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"))


def drop_noise(body: LexborNode) -> None:
    """Takes out of the tree what is named as clutter, and menus."""
    whole = max(1, len(body.text()))
    for node in body.css(_SUSPECTS):
        if node.tag in ("html", "body", "main", "article", "h1", "h2", "table", "tbody", "tr", "td"):
            continue
        attributes = node.attributes
        hidden = "hidden" in attributes or "display:none" in (attributes.get("style") or "").replace(" ", "")
        named = tokens(node)
        edge = (node.tag in _EDGES or named & _EDGES) and not _in_article(node)
        if not (hidden or edge or named & _NOISE):
            continue
        size = len(node.text())
        if size > _LARGE * whole and size > SHORT:
            continue
        if hidden and size > SHORT and node.tag != "footer":
            continue
        if node.css_first("h1, main, article, [itemprop=title]") and not hidden:
            continue
        node.decompose()
    for node in body.css("ul, ol"):
        links = node.css("a[href]")
        if len(links) >= 4 and not node.css_first("h1"):
            linked = sum(len(link.text(strip=True)) for link in links)
            if linked > 0.8 * len(clean(node.text())) and linked < 60 * len(links) and "@" not in node.text():
                node.decompose()


def _in_article(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag not in ("main", "article"):
        parent = parent.parent
    return parent is not None


def drop_other_positions(body: LexborNode) -> None:
    """A heading such as "Similar positions" takes its section with it."""
    for heading in body.css("h2, h3, h4, h5, h6"):
        words = clean(heading.text())
        if not words or len(words) > 60 or not topic("main_text.others").match(fold(words)):
            continue
        level = HEADINGS[heading.tag or "h6"]
        target = heading
        while (
            (parent := target.parent)
            and parent.tag not in ("body", "main", "article", "td")
            and not parent.css_first("h1")
        ):
            if not clean(parent.text()).startswith(words):
                break
            target = parent
        alone = clean(target.text()) == words
        following = target.next
        while alone and following is not None:
            inner = following
            following = following.next
            first = (
                inner
                if inner.tag in HEADINGS
                else inner.css_first("h1, h2, h3, h4, h5, h6")
                if (inner.tag or "-")[:1] != "-"
                else None
            )
            if first is not None and HEADINGS[first.tag or "h6"] <= level:
                break
            inner.decompose()
        target.decompose()
