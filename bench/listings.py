"""How long a listing page takes to read, and that a hostile one is stopped.

    python bench/listings.py PAGE.html... [--rounds N]

Prints milliseconds of processor time for each page, per 100 KB, and their median; the same with what a first reading
learned of the source (its record signature); then what hostile nesting costs. The goal: at most 15 ms per 100 KB in the
median on one core, no page over 400 ms, and never more with the signature.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from monitor.decoding import decode
from monitor.models import Hints, Page
from monitor.readers.listing import read_listing

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = {
    "100,000 open <div>": "<div>" * 100_000,
    "20,000 open <b>": "<b>" * 20_000,
    "20,000 links": "<a href='/job/1'>PhD student</a> " * 20_000,
    "a table of 5,000 rows": "<table>" + "<tr><td><a href='/j'>Postdoc</a><td>1.4.2026</tr>" * 5_000 + "</table>",
}


def page(body: bytes) -> Page:
    text = decode(body, "text/html")
    return Page(url="https://www.example.org/jobs", body=body, text=text, content_type="text/html", fetched_at=NOW)


def milliseconds(body: bytes, rounds: int, signature: tuple[str, ...] = ()) -> float:
    """The best of so many rounds, in processor time."""
    read, times = page(body), []
    for _ in range(rounds):
        start = time.process_time()
        read_listing(read, Hints(as_of=NOW.date(), signature=signature))
        times.append(time.process_time() - start)
    return 1000 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shares, total, again, longest = [], 0.0, 0.0, 0.0
    for path in options.pages:
        body = path.read_bytes()
        spent = milliseconds(body, options.rounds)
        shares.append(spent / (len(body) / 100_000))
        longest = max(longest, spent)
        total += spent
        again += milliseconds(body, options.rounds, read_listing(page(body), Hints(as_of=NOW.date())).signature)
        print(f"{path.name:40} {len(body) / 1000:8.0f} KB {spent:8.1f} ms {shares[-1]:8.1f} ms per 100 KB")
    if shares:
        print(f"median {statistics.median(shares):.1f} ms per 100 KB, longest {longest:.0f} ms")
        print(f"all pages {total:.0f} ms, with the signature of a first reading {again:.0f} ms")
    for name, markup in HOSTILE.items():
        print(f"{name:40} {milliseconds(markup.encode(), 1):8.0f} ms")


if __name__ == "__main__":
    main()
