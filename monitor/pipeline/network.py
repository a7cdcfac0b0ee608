"""The network as a check asks it: what a recruitment platform answers only to its own kind of request, too."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.fetch import Fetcher, may_share
from monitor.models import Page, Validators
from monitor.platforms import request
from monitor.values import replace

_NONE = Validators()


class Network:
    """`check.Web`: every address is asked as its platform wants it, and its page bears the address that was meant."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def get(
        self, url: str, *, validators: Validators = _NONE, headers: Mapping[str, str] | None = None
    ) -> Page | None:
        """As `Fetcher.get`."""
        asked = request(url)
        if asked is None:
            return await self._fetcher.get(url, validators=validators, headers=headers)
        own = headers if may_share(url, asked.url) else None
        page = await self._fetcher.get(asked.url, validators=validators, headers=own, json=asked.json)
        return replace(page, url=url) if page else None
