"""What the entries of a feed have in common in every format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

from monitor.values import Value, field, replace

MAX_TEXT = 20_000  # characters of one item

_MARKS = re.compile(r"[\W_]")
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?/[\w%~=,+./-]*", re.A)

# what recruitment systems call their own elements, without prefix and in lower case
FIELD_NAMES = {
    "organization": (
        "company companyname employer employername hiringorganization institution organisation organization"
        " university publisher"
    ).split(),
    "department": "department faculty school unit division".split(),
    "location": "location joblocation city town place workplace".split(),
    "deadline": (
        "deadline applicationdeadline deadlinedate closingdate dateclosing closing closes enddate expires"
        " expired expirydate expirationdate validthrough applyby lastapplicationdate lastdate valid"
    ).split(),
    "reference": "reference referencenumber refno jobid jobreference vacancyid jobnumber requisitionid".split(),
}
KNOWN_NAMES = frozenset(name for names in FIELD_NAMES.values() for name in names)


class Item(Value, kw_only=True):
    """An entry of any format. markup: its longest text, HTML or plain. extras: its elements by name, without prefix."""

    identifier: str | None
    url: str | None
    title: str
    markup: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    extras: Mapping[str, str] = field(default_factory=dict)


class Feed(Value, kw_only=True):
    title: str
    items: tuple[Item, ...]
    language: str | None = None
    next_page: str | None = None
    complete: bool = False
    damage: str | None = None


def bare(name: str, prefixes: Iterable[str]) -> str:
    prefix = max((p for p in prefixes if name.startswith(p)), key=len, default="")
    return _MARKS.sub("", name[len(prefix) :].lower())


def joined(base: str, address: str) -> str:
    """What `urljoin` finds; most addresses are whole and plain, and stay as they are."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else urljoin(base, address)


def absolute(base: str, url: Any) -> str | None:
    try:
        address = joined(base, url.strip()) if isinstance(url, str) and url.strip() else ""
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) else None


def language_code(value: Any) -> str | None:
    match = re.match(r"([a-z]{2})\b", str(value or "").lower())
    return match[1] if match else None


def opening(text: str, length: int) -> str:
    """The beginning of a text, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rpartition(" ")[0].rstrip(" ,;:-") + " …"


def distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    """Each entry once. An id that entries with different links share identifies none of them."""
    once = {(i.identifier, i.url, i.title): i for i in items}
    count = Counter(identifier for identifier, _ in {(i.identifier, i.url) for i in once.values()})
    return tuple(replace(i, identifier=None) if count[i.identifier] > 1 else i for i in once.values())
