"""The way from the address that was asked for to the page: each redirect is followed by hand, so that nothing private
leaves its host."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.fetch.faults import Fault, shown
from monitor.fetch.headers import cookies
from monitor.fetch.wire import URL, Answer, basic_login, joined, may_share

REDIRECTS = (301, 302, 303, 307, 308)
MOST = 5
_OWN = frozenset(
    ("accept-encoding", "connection", "content-length", "expect", "host", "te", "transfer-encoding", "upgrade")
)


class Journey:
    """Where a fetch stands. at: the URL that is asked next.

    headers: for every host. private: for the first host only, as are the user and password of its URL. A cookie set on
    the way goes back to the host that set it, for this journey only: some sites send one round until it comes.
    """

    def __init__(self, start: URL, headers: Mapping[str, str], private: Mapping[str, str]) -> None:
        self._start = self.at = start
        self._headers = dict(headers)
        self._private = {name: value for name, value in private.items() if name.lower() not in _OWN}
        if login := basic_login(start):
            self._private = {"Authorization": login} | self._private
        self._cookies: dict[str, dict[str, str]] = {}
        self._trail: list[tuple[str, tuple[tuple[str, str], ...]]] = []  # of stops, if it is redirected

    @property
    def redirected(self) -> bool:
        return bool(self._trail)

    def headers(self) -> dict[str, str]:
        """What the request to `at` carries; later ones replace earlier ones of the same name in any case."""
        merged = {name.lower(): (name, value) for name, value in self._headers.items()}
        if self._private and may_share(self._start, self.at):
            merged |= {name.lower(): (name, value) for name, value in self._private.items()}
        if jar := self._cookies.get(self.at.origin):
            own = [merged["cookie"][1]] if "cookie" in merged else []
            merged["cookie"] = ("Cookie", "; ".join([*own, *(f"{name}={value}" for name, value in jar.items())]))
        return dict(merged.values())

    def go_on(self, answer: Answer) -> None:
        """To where a redirect leads. Fault: nowhere, in a circle, too far, or to what is not fetched."""
        location = answer.headers.get("location", "").strip()
        if not location:
            raise Fault(f"the server redirects ({answer.status}) without saying where to", status=answer.status)
        if not self._trail:
            self._trail.append(self._stop())
        self._cookies.setdefault(self.at.origin, {}).update(cookies(answer.set_cookie))
        try:
            self.at = self._joined(location)
        except Fault as fault:
            raise Fault(f"it redirects to {shown(location)[:200]}: {fault.reason}", status=answer.status) from fault
        stop = self._stop()
        if stop in self._trail:
            circle = [url for url, _ in self._trail[self._trail.index(stop) :]] + [stop[0]]
            raise Fault(f"it redirects in a circle ({' -> '.join(map(shown, circle))})", status=answer.status, tip=_TIP)
        self._trail.append(stop)
        if len(self._trail) > MOST + 1:
            raise Fault(
                f"it redirects more than {MOST} times, last to {shown(stop[0])}", status=answer.status, tip=_TIP
            )

    def _joined(self, location: str) -> URL:
        there = joined(self.at, location).parsed
        fragment = there.fragment or self.at.parsed.fragment or None  # RFC 9110 section 10.2.2
        return URL.of(there.copy_with(userinfo=b"", fragment=fragment))

    def _stop(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """To be at one URL twice is no circle if a cookie was set in between."""
        jar = self._cookies.get(self.at.origin, {})
        return self.at.origin + self.at.parsed.raw_path.decode("ascii"), tuple(sorted(jar.items()))


_TIP = "Open the address in a browser; the site may need cookies or a login."
