"""What a page shows and what it says of the same positions in data, made one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from monitor.fields.phrase import fold
from monitor.models import Posting
from monitor.values import replace

_FILLED = tuple(
    "organization department location deadline deadline_time posted_on start duration_months pay reference identifier "
    "language openings contacts".split()
)
_ENOUGH = 2  # data about one position only is that of an ad, or of one of the items


def joined(shown: Sequence[Posting], data: Sequence[Posting], text: str) -> tuple[Posting, ...]:
    """The postings that are shown, completed by the data about them, and those of the data that the page names too.

    text: the page's words. Where the page shows no position at all, the data is the list.
    """
    if not data:
        return tuple(shown)
    if not shown:
        return tuple(data) if len(data) >= _ENOUGH else ()
    left = list(data)
    result = []
    for posting in shown:
        same = next((d for d in left if _same(posting, d)), None)
        if same is not None:
            left.remove(same)
            posting = _completed(posting, same)
        result.append(posting)
    if len(result) >= _ENOUGH and len(left) < len(data):  # the data agrees with the page
        words = fold(text)
        result += [d for d in left if d.url and fold(d.title) in words and not any(d.url == p.url for p in result)]
    return tuple(result)


def one_address(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """The postings, those of one title under the same address where theirs differ only in that one has more behind
    the question mark ("/jobs/7?from=featured").
    """
    shortest: dict[tuple[str, str], list[str]] = defaultdict(list)
    for posting in sorted(postings, key=lambda p: len(p.url or "")):
        if posting.url:
            known = shortest[fold(posting.title), posting.url.partition("?")[0]]
            if not any(_parameters(url) <= _parameters(posting.url) for url in known):
                known.append(posting.url)
    result = []
    for posting in postings:
        known = shortest[fold(posting.title), (posting.url or "").partition("?")[0]]
        url = next((url for url in known if posting.url and _parameters(url) <= _parameters(posting.url)), posting.url)
        result.append(replace(posting, url=url))
    return tuple(result)


def _parameters(url: str) -> set[str]:
    return set(url.partition("?")[2].split("&")) - {""}


def _same(posting: Posting, data: Posting) -> bool:
    if posting.url and data.url:
        return _bare(posting.url) == _bare(data.url)
    return fold(posting.title) == fold(data.title)


def _bare(url: str) -> str:
    return url.split("#")[0].rstrip("/").removeprefix("https://").removeprefix("http://").removeprefix("www.")


def _completed(posting: Posting, data: Posting) -> Posting:
    """What the page leaves open, from the data; what both say stays as the page says it."""
    news: dict[str, Any] = {}
    evidence = dict(posting.evidence)
    for name in _FILLED:
        mine, theirs = getattr(posting, name), getattr(data, name)
        if mine in (None, ()) and theirs not in (None, ()):
            news[name] = theirs
            evidence[name] = data.evidence.get(name, str(theirs))
    if "deadline" in news:
        news["deadline_kind"] = data.deadline_kind
    return replace(posting, **news, evidence=evidence) if news else posting
