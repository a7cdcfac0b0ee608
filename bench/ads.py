"""How long the fields of an ad take to read.

    python bench/ads.py AD.txt|AD.html|ADS.jsonl ... [--rounds N]

A .jsonl file holds an object a line with the ad's `text`. Prints milliseconds of processor time: the median and the
longest, then what hostile input costs. The goal: at most 10 ms an ad in the median on one core, no input over 200 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from monitor.decoding import decode
from monitor.models import Hints, Page
from monitor.readers.ad import read_ad

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SENTENCE = "The University of Lindholm offers a PhD position; apply by 1 April 2026, EUR 2,500 per month. "
HOSTILE = {
    "1 MB of ad": SENTENCE * 10_500,
    "100,000 blank lines": "\n" * 100_000,
    "60,000 capitals": "A" * 60_000,
    "20,000 dates": "1.2.2026 " * 20_000,
    "20,000 names": "Ada Example, " * 20_000,
    "100,000 digits": "1" * 100_000,
    "50,000 open <div>": "<div>" * 50_000,
}


def page(text: str, kind: str) -> Page:
    return Page(url="https://www.example.org/ad", body=text.encode(), text=text, content_type=kind, fetched_at=NOW)


def ads(paths: list[Path]) -> Iterator[Page]:
    for path in paths:
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                yield page(json.loads(line)["text"], "text/plain")
        else:
            kind = "text/plain" if path.suffix == ".txt" else "text/html"
            yield page(decode(path.read_bytes(), kind), kind)


def milliseconds(ad: Page, rounds: int) -> float:
    """The best of so many rounds, in processor time."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        read_ad(ad, Hints(as_of=NOW.date()))
        times.append(time.process_time() - start)
    return 1000 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ads", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    milliseconds(page(SENTENCE, "text/plain"), 1)  # the lexicons are loaded once
    spent = [milliseconds(ad, options.rounds) for ad in ads(options.ads)]
    if spent:
        print(f"{len(spent)} ads: median {statistics.median(spent):.1f} ms, longest {max(spent):.0f} ms")
    for name, text in HOSTILE.items():
        kind = "text/html" if text.startswith("<") else "text/plain"
        print(f"{name:24} {milliseconds(page(text, kind), 1):6.0f} ms")


if __name__ == "__main__":
    main()
