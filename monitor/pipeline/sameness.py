"""Whether two bodies of one page show the same, told from the bytes alone: what no reader looks at is left out.

Most pages differ at every request though nothing in them does: tokens against forgery, numbers used once, the time it
took to make the page. Reading a page takes fifty times as long as this. Only what is surely not read is left out; all
text, all links, embedded data and every other attribute count, so that a change that could be read is never missed.
"""

from __future__ import annotations

import hashlib
import re

from monitor.decoding import cloudflare_address
from monitor.models import Page

# Whatever a page holds, none of these searches may take time that grows with the square of its length: they are not
# made where they can be stopped. The fast ones begin with letters, rare ones at best, not with a choice; what stands
# before these is looked at afterwards.

_TAG = (
    r"input\b(?=[^<>]*>)[^<>]*\btype=[\"']?hidden\b[^<>]*>"
    r"|meta\b(?=[^<>]*>)[^<>]*\bname=[\"']?[\w-]*(?:csrf|token|nonce|request-id)[^<>]*>"
    r"|link\b(?=[^<>]*>)[^<>]*\b(?:stylesheet|preload|prefetch|preconnect|dns-prefetch|modulepreload|icon)\b[^<>]*>"
)
_TAGS = re.compile(f"<(?:{_TAG})")

# Comments end as the HTML standard has it (13.2.5.43). What is left open, written in capitals, or a script that holds
# data, is kept: that costs a reading, never a change.
_UNSEEN = re.compile(rf"<(?:!--(?:-?>)?|style\b|script\b|{_TAG})")
_ENDS = {
    "<!-->": re.compile(""),
    "<!--->": re.compile(""),
    "<!--": re.compile(r"--!?>"),
    "<style": re.compile(r"(?i:</style\s*>)"),
    "<script": re.compile(r"(?i:</script\s*>)"),
}
_DATA = [re.compile(name + r"""[\\"']*\s*:""") for name in ("name", "itle(?<=[tT]itle)", "head(?:ing|line)", "label")]
# Of these attributes the beginning (the group) counts, the rest does not. The last two letters rule out most others.
_ROTATING = ("id", "for", "src", "nonce", "srcset", "aria-labelledby", "aria-describedby", "aria-controls")
_NAMES = "|".join(f"(?<= {name}=)" for name in _ROTATING)
_LETTERS = "".join(f"[{''.join(letters)}]" for letters in zip(*(name[-2:] for name in _ROTATING), strict=True))
_ATTRIBUTES = re.compile(rf'(=(?<={_LETTERS}=)(?:{_NAMES})")[^"<>]*"')
_OWN_DATA = re.compile(
    r"(data-(?<= data-))"
    r"(?!(?:label|title|th|header|column|name|heading|page|props|state|jobs|vacancies|positions|items|test|cfemail)\b)"
    r'[\w-]+="[^"<>]*"'
)
_SESSIONS = {
    mark: re.compile(
        re.escape(mark) + r"(?:(?:jsessionid|JSESSIONID|PHPSESSID|authenticity_token|_token)="
        r"|(?:session|sid)=(?!\d{1,7}(?![^?&#\"'<>\s;])))[^?&#\"'<>\s;]*"  # a short number may name something
    )
    for mark in "?&;"
}
_HIDDEN_ADDRESS = re.compile(r"(?:data-cfemail=[\"']|/cdn-cgi/l/email-protection#)([0-9a-f]+)")
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_BUILT = re.compile(r"<(?:lastBuildDate|pubDate|updated|dc:date|ttl)>[^<]*</|<!--(?:(?!<!--).)*?-->", re.DOTALL)
_FIRST_ENTRY = re.compile(r"<(?:item|entry)\b")


def gist(page: Page) -> str:
    """A fingerprint of all that a reader could see in a page; equal for two bodies that show the same."""
    text = page.text
    if _FEED.search(text, 0, 8000):
        text = _entries(text)
    elif not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):  # of JSON every character counts
        text = _visible(text)
    address = _without_session(page.url)
    return hashlib.sha1(f"{address}\n{text}".encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _visible(html: str) -> str:
    text = "".join(_ATTRIBUTES.split(_seen(html)))
    text = "".join(_OWN_DATA.split(text))
    text = _without_session(text)
    hidden = "data-cfemail=" in text or "/cdn-cgi/l/email-protection#" in text
    return _HIDDEN_ADDRESS.sub(_revealed, text) if hidden else text


def _seen(html: str) -> str:
    """A page without the tags above, comments, style sheets and scripts that hold no data.

    What looks like one of the latter three within a tag is kept.
    """
    ends = dict(_ENDS)
    seen: list[str] = []
    rest = position = 0
    while begun := _UNSEEN.search(html, position):
        start, position = begun.span()
        kind, kept = begun[0], ""
        if kind in _ENDS:
            if kind not in ends:
                continue
            body = position if kind.startswith("<!") else html.find(">", position) + 1
            ended = ends[kind].search(html, body) if body else None
            if not ended:
                del ends[kind]  # of those that follow none ends either
                continue
            position = ended.end()
            within_tag = html.rfind("<", 0, start) > html.rfind(">", 0, start)
            if within_tag or (kind == "<script" and _holds_data(html[start:body], html[body : ended.start()])):
                kept = _TAGS.sub("", html[start:position])
        seen += html[rest:start], kept
        rest = position
    return "".join((*seen, html[rest:]))


def _holds_data(attributes: str, script: str) -> bool:
    return "json" in attributes or "template" in attributes or any(name.search(script) for name in _DATA)


def _without_session(text: str) -> str:
    for mark, session in _SESSIONS.items():
        if mark in text:
            text = session.sub("", text)
    return text


def _revealed(address: re.Match[str]) -> str:
    """Cloudflare hides an address behind another key at every request."""
    return cloudflare_address(address[1]) or address[0]


def _entries(xml: str) -> str:
    """A feed without the time at which it was made."""
    first = _FIRST_ENTRY.search(xml)
    start = first.start() if first else 0
    return _BUILT.sub("", xml[:start]) + xml[start:]
