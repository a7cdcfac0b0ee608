"""A loop that only asks: every URL of a file with httpx, with the validators of the last time, and drops the body.

python bench/peers_bare_httpx.py URLS.txt STATE.json
"""

from __future__ import annotations

import asyncio
import json
import sys
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

CONCURRENCY = 20  # more makes httpx slower: it walks its whole pool at every request


async def ask(client: httpx.AsyncClient, url: str, state: dict[str, dict[str, str]], turn: asyncio.Semaphore) -> None:
    async with turn:
        known = state.get(url, {})
        headers = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last-modified")}
        response = await client.get(url, headers={name: value for name, value in headers.items() if value})
    if response.status_code == 200:
        state[url] = {name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers}


async def ask_all(urls: list[str], state: dict[str, dict[str, str]]) -> None:
    turn = asyncio.Semaphore(CONCURRENCY)
    no_cookies = CookieJar(
        DefaultCookiePolicy(allowed_domains=[])
    )  # with those of every host each request takes longer
    async with httpx.AsyncClient(cookies=no_cookies) as client:
        await asyncio.gather(*(ask(client, url, state, turn) for url in urls))


def main() -> None:
    urls, state = Path(sys.argv[1]).read_text(encoding="utf-8").split(), Path(sys.argv[2])
    kept = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
    asyncio.run(ask_all(urls, kept))
    state.write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
