"""A whole fetch: robots.txt asked, redirects followed by hand, what is transient tried again, an answer made a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType

from monitor import __version__
from monitor.decoding import decode
from monitor.fetch.body import ACCEPT_ENCODING, check_content, check_type, unpacked
from monitor.fetch.faults import Answered, Fault, status_fault
from monitor.fetch.headers import fresh_until, retry_after
from monitor.fetch.journey import REDIRECTS, Journey
from monitor.fetch.pacing import LONGEST_WAIT, Host, Paces
from monitor.fetch.robots import AGENT, ROBOTS_LIMIT, Memory, Robots
from monitor.fetch.wire import URL, Answer, Question, Wire, parse
from monitor.models import Page, Validators
from monitor.settings import FetchSettings
from monitor.values import replace

_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.8"
_ROBOTS_TIP = "If the site's operator allows it all the same, set obey_robots = false in [fetch]."
_POSTED = {"Accept": "application/json", "Content-Type": "application/json"}
_NONE = Validators()
_PAGELESS = (204, 205, 206)  # successful, but no page: nothing, or a part


class Fetcher:
    """Pages over HTTP for one run; an async context manager, used within one event loop.

    now: the moment at which the run takes place; pages carry it. robots: where robots.txt is kept between runs.
    Many `get`s may run side by side: those to one host take turns.
    """

    def __init__(self, settings: FetchSettings, *, now: Callable[[], datetime], robots: Memory | None = None) -> None:
        self._settings = settings
        self._now = now
        self._wire = Wire(settings)
        self._paces = Paces(settings.delay, settings.concurrency)
        self._robots = Robots(self._robots_txt, now, robots)
        self._headers = {
            "User-Agent": user_agent(settings.contact),
            "Accept": _ACCEPT,
            "Accept-Encoding": ACCEPT_ENCODING,
        }

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def get(
        self,
        url: str,
        *,
        validators: Validators = _NONE,
        headers: Mapping[str, str] | None = None,
        json: str | None = None,
    ) -> Page | None:
        """The page at a URL, or None if it has not changed since it had these validators (304).

        headers: sent to the host of `url` only, as are user and password in it. json: posted, where a search answers
        only to that; such a request is made once, follows no redirect, and goes by no validators (RFC 9110 section
        13.1). FetchError: everything else.
        """
        if json is not None:
            validators = _NONE
        try:
            private = _first_host_conditions(validators) | dict(headers or {})
            own = self._headers | _conditions(validators) | (_POSTED if json is not None else {})
            journey = Journey(parse(url), own, private)
        except Fault as fault:
            raise fault.about(url) from fault
        question = Question(self._settings.max_bytes, _is_page, posted=None if json is None else json.encode())
        try:
            answer = await self._follow(journey, question, obey=self._settings.obey_robots)
            if answer.status == 304:
                if validators == _NONE:
                    raise Fault("the server says that the page has not changed, but it was not asked that", status=304)
                return None
            with Answered(answer.status):
                page = self._page(journey.at, answer)
                return page if json is None else replace(page, validators=_NONE)
        except Fault as fault:
            raise fault.about(url, at=journey.at.text if journey.redirected else None) from fault

    def _page(self, url: URL, answer: Answer) -> Page:
        headers = answer.headers
        content_type = headers.get("content-type", "").lower()
        body = unpacked(answer.body, headers.get("content-encoding", ""), self._settings.max_bytes)
        check_content(body, content_type)
        now = self._now()
        return Page(
            url=url.text,
            body=body,
            text=decode(body, content_type),
            content_type=content_type,
            status=answer.status,
            validators=Validators(headers.get("etag"), headers.get("last-modified")),
            fetched_at=now,
            fresh_until=fresh_until(headers, now),
        )

    async def _follow(self, journey: Journey, question: Question, *, obey: bool) -> Answer:
        """The answer at the end of all redirects: 2xx with its body, or 304. Fault: any other."""
        while True:
            if obey:
                await self._permit(journey)
            answer = await self._ask(journey, question)
            if answer.status not in REDIRECTS:
                return answer
            if question.posted is not None:
                raise Fault("it redirects, and what is posted is not sent elsewhere", status=answer.status)
            journey.go_on(answer)

    async def _ask(self, journey: Journey, question: Question) -> Answer:
        """One hop, in its host's turn, tried again where that may help."""
        host = self._paces.host(journey.at.host)
        try:  # to make ready for other tries costs as much as a request, and to load what they need, twenty
            return await self._try(host, journey, question)
        except Fault as fault:
            if question.posted is not None or _again(fault) is False:
                raise
            first = fault
        import stamina

        stamina.instrumentation.set_on_retry_hooks(())  # a try that fails is no news; the last one's error is
        timeout = self._settings.timeout
        tries = stamina.retry_context(
            on=_again,
            attempts=self._settings.retries + 1,
            timeout=None,
            wait_initial=timeout / 20,
            wait_max=timeout / 2,
            wait_jitter=timeout / 20,
        )
        async for attempt in tries:
            with attempt:
                if attempt.num == 1:
                    raise first
                return await self._try(host, journey, question)
        raise AssertionError("the last try returns or raises")

    async def _try(self, host: Host, journey: Journey, question: Question) -> Answer:
        async with host:
            try:
                answer = await self._wire.ask(journey.at, journey.headers(), question)
            except Fault as fault:
                if fault.transient:
                    host.failed()
                raise
        if 200 <= answer.status < 300 or answer.status in (304, *REDIRECTS):
            host.answered()
            return answer
        wait = retry_after(answer.headers, self._now()) if answer.status in (429, 503) else None
        host.answered(wait)
        raise status_fault(answer.status, wait)

    async def _permit(self, journey: Journey) -> None:
        """Fault: robots.txt does not allow this address, or cannot be known now."""
        rules = await self._robots.rules(journey.at)
        self._paces.host(journey.at.host).asks_for(rules.crawl_delay)
        if not rules.allow(journey.at.text):
            raise Fault(f"robots.txt of {journey.at.parsed.host} asks programs not to read this page", tip=_ROBOTS_TIP)

    async def _robots_txt(self, url: URL) -> bytes:
        question = Question(ROBOTS_LIMIT, _is_success, cut=True)
        answer = await self._follow(Journey(url, self._headers, private={}), question, obey=False)
        return unpacked(answer.body, answer.headers.get("content-encoding", ""), 20 * ROBOTS_LIMIT)


def user_agent(contact: str | None) -> str:
    """An honest name with a version, and whom to write to: `position-monitor/1.0 (+me@example.org)`."""
    reachable = re.sub(r"[^!-'*-~]", "", contact or "")
    return f"{AGENT}/{__version__}" + (f" (+{reachable})" if reachable else "")


def _conditions(validators: Validators) -> dict[str, str]:
    """A tag that Apache marked when it compressed goes without the mark too: older ones do not know it again."""
    etag = validators.etag
    if not etag or not etag.isascii():
        return {}
    return {"If-None-Match": f'{etag}, {etag[:-6]}"' if etag.endswith('-gzip"') else etag}


def _first_host_conditions(validators: Validators) -> dict[str, str]:
    """A date says nothing about another host's page: an older one there would pass for this one, unchanged."""
    modified = validators.last_modified
    return {"If-Modified-Since": modified} if modified and modified.isascii() else {}


def _again(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds the server asked for."""
    if not isinstance(error, Fault) or not error.again or (error.retry_after or 0) > LONGEST_WAIT:
        return False
    return True if error.retry_after is None else error.retry_after


def _is_success(status: int, headers: Mapping[str, str]) -> bool:
    return 200 <= status < 300


def _is_page(status: int, headers: Mapping[str, str]) -> bool:
    """Fault: it succeeds, but with something that is no page."""
    if not 200 <= status < 300:
        return False
    if status in _PAGELESS:
        raise status_fault(status)
    with Answered(status):
        check_type(headers.get("content-type", "").lower())
    return True
