"""Whether two bodies of one page show the same, told from the bytes alone: what no reader looks at is left out.

Most pages differ at every request though nothing in them does: tokens against forgery, numbers used once, the time it
took to make the page. Reading a page takes fifty times as long as this. Only what is surely not read is left out; all
text, all links, embedded data and every other attribute count, so that a change that could be read is never missed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from monitor.models import Page

# Comments end as the HTML standard has it (13.2.5.43). What is left open, written in capitals, or a script that holds
# data, is kept: that costs a reading, never a change.
_UNSEEN = re.compile(
    r"<!--(?:-?>|.*?--!?>)|<style\b[^>]*>.*?(?i:</style\s*>)|<script\b([^>]*)>(.*?)(?i:</script\s*>)", re.DOTALL
)
_DATA = re.compile(r"""(?:[tT]itle|name|heading|headline|label)[\\"']*\s*:""")
_TAGS = re.compile(
    r"<(?:input\b[^<>]*\btype=[\"']?hidden\b|meta\b[^<>]*\bname=[\"']?[\w-]*(?:csrf|token|nonce|request-id)"
    r"|link\b[^<>]*\b(?:stylesheet|preload|prefetch|preconnect|dns-prefetch|modulepreload|icon)\b)[^<>]*>"
)
_ATTRIBUTES = [
    f' {name}="' for name in "id for nonce src srcset aria-labelledby aria-describedby aria-controls".split()
]
_OWN_DATA = re.compile(
    r"(?!(?:label|title|th|header|column|name|heading|page|props|state|jobs|vacancies|positions|items|test|cfemail)\b)"
    r'[\w-]+="[^"<>]*"'
)
_SESSION_MARKS = ("sessionid=", "SESSIONID=", "PHPSESSID=", "_token=", "session=", "sid=")
_SESSION = re.compile(
    r"[?&;](?:jsessionid|JSESSIONID|PHPSESSID|authenticity_token|_token)=[^?&#\"'<>\s;]*"
    r"|[?&;](?:session|sid)=(?!\d{1,7}(?![^?&#\"'<>\s;]))[^?&#\"'<>\s;]*"  # a short number may name something
)
_HIDDEN_ADDRESS = re.compile(r"(?:data-cfemail=[\"']|/cdn-cgi/l/email-protection#)([0-9a-f]+)")
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_BUILT = re.compile(r"<(?:lastBuildDate|pubDate|updated|dc:date|ttl)>[^<]*</|<!--.*?-->", re.DOTALL)
_FIRST_ENTRY = re.compile(r"<(?:item|entry)\b")


def gist(page: Page) -> str:
    """A fingerprint of all that a reader could see in a page; equal for two bodies that show the same."""
    text = page.text
    if _FEED.search(text, 0, 8000):
        text = _entries(text)
    elif not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):  # of JSON every character counts
        text = _visible(text)
    address = _SESSION.sub("", page.url)
    return hashlib.blake2b(f"{address}\n{text}".encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _visible(html: str) -> str:
    text = _TAGS.sub("", _UNSEEN.sub(_kept, html))
    for attribute in _ATTRIBUTES:
        text = _without(text, attribute, lambda rest: rest.find('"') + 1)
    text = _without(text, " data-", lambda rest: own.end() if (own := _OWN_DATA.match(rest)) else 0)
    if any(mark in text for mark in _SESSION_MARKS):
        text = _SESSION.sub("", text)
    return _HIDDEN_ADDRESS.sub(_revealed, text) if "cfemail" in text or "email-protection" in text else text


def _kept(part: re.Match[str]) -> str:
    """Nothing of what is not seen; all of what holds data, or stands within a tag and is no element at all."""
    page, start, body = part.string, part.start(), part[2]
    within_tag = page.rfind("<", 0, start) > page.rfind(">", 0, start)
    holds_data = body is not None and ("json" in part[1] or "template" in part[1] or _DATA.search(body))
    return part[0] if within_tag or holds_data else ""


def _without(text: str, beginning: str, length: Callable[[str], int]) -> str:
    """The text without what follows each `beginning`, as far as `length` says of the rest."""
    first, *others = text.split(beginning)
    return beginning.join([first, *(rest[length(rest) :] for rest in others)]) if others else text


def _revealed(address: re.Match[str]) -> str:
    """Cloudflare hides an address behind another key at every request."""
    from monitor.readers.main_text import cloudflare_address

    return cloudflare_address(address[1]) or address[0]


def _entries(xml: str) -> str:
    """A feed without the time at which it was made."""
    first = _FIRST_ENTRY.search(xml)
    start = first.start() if first else 0
    return _BUILT.sub("", xml[:start]) + xml[start:]
