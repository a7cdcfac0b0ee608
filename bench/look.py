"""Pictures of digests as a browser shows them: small, normal and large; narrow and wide; light and dark.

    python bench/look.py FOLDER [--chromium PATH]

Writes one .html and four .png for each digest. It is for the eye: nothing here is asserted.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from monitor.digest import Digest
from monitor.digest.sample import Scene, sample_scene
from monitor.models import Event, EventKind
from monitor.pipeline.interests import by_words
from monitor.render import render
from monitor.settings import DigestSettings
from monitor.values import replace

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
READER = DigestSettings(
    to=("reader@example.org",),
    timezone="Europe/Stockholm",
    interests=("mathematical theory of deep learning", "optimal transport, gradient flows", "bilevel optimisation"),
)
WIDTHS = {"narrow": 360, "wide": 1100}
SCHEMES = {"light": "1", "dark": "0"}  # Blink's PreferredColorScheme


def digests() -> Iterator[tuple[str, Digest]]:
    normal = sample_scene(NOW)
    only_new = [e for e in normal.events if e.kind is EventKind.NEW and e.position and e.position.id == 1]
    yield "small", replace(normal, events=tuple(only_new), open_positions=()).digest(READER, by_words)
    yield "normal", normal.digest(READER, by_words)
    yield "large", _copied(normal, 33).digest(READER, by_words)
    recent = [e for e in normal.events if e.kind is EventKind.NEW]
    yield "first", replace(_copied(normal, 4), events=tuple(recent), since=None).digest(READER, by_words)
    yield "empty", replace(normal, events=(), open_positions=()).digest(READER, by_words)
    yield "hostile", _hostile(normal).digest(READER, by_words)


def _copied(scene: Scene, times: int) -> Scene:
    """The same week many times over."""

    def copy(event: Event, n: int) -> Event:
        moved = event.position and replace(event.position, id=event.position.id + 100 * n)
        return replace(event, id=event.id + 100 * n, position=moved)

    positions = [replace(p, id=p.id + 100 * n) for n in range(times) for p in scene.open_positions]
    events = [copy(event, n) for event in scene.events for n in range(times if event.position else 1)]
    return replace(scene, events=tuple(events), open_positions=tuple(positions))


def _as_baseline(scene: Scene) -> Scene:
    events = [replace(e, kind=EventKind.BASELINE) for e in scene.events if e.kind is EventKind.NEW]
    return replace(scene, events=tuple(events))


def _hostile(scene: Scene) -> Scene:
    titles = (
        '<script>alert(1)</script><b>PhD</b> & "quotes"\r\nBcc: all@example.org',
        "PhD \u202egnirts desrever\u202c position " + "x" * 2_000,
        "\u05de\u05e9\u05e8\u05ea \u05d3\u05d5\u05e7\u05d8\u05d5\u05e8\u05d8 (PhD, 2 years)",
    )

    def spoiled(event: Event, title: str) -> Event:
        assert event.position
        posting = replace(event.position.posting, title=title, url="javascript:alert(1)")
        return replace(event, position=replace(event.position, posting=posting))

    new = [event for event in scene.events if event.kind is EventKind.NEW]
    return replace(scene, events=tuple(map(spoiled, new, titles)), open_positions=())


def photograph(page: Path, picture: Path, width: int, scheme: str, chromium: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        command += ["--hide-scrollbars", f"--user-data-dir={profile}", f"--window-size={max(width, 500)},3400"]
        command += [f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chromium", default="chromium")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, digest in digests():
        rendered = render(digest)
        page = (options.folder / f"{name}.html").resolve()
        page.write_text(rendered.html, encoding="utf-8")
        page.with_suffix(".txt").write_text(rendered.text, encoding="utf-8")
        print(f"{name}: {rendered.subject} ({len(rendered.html.encode()):,} bytes)")
        for window, width in WIDTHS.items():
            # headless Chromium has a least window width of 500: a narrow one is a frame in a page of its own
            framed = page.with_name(f"{name}-{window}.frame.html")
            framed.write_text(
                f'<body style="margin:0"><iframe src="{page.as_uri()}" style="width:{width}px;height:3400px;border:0">'
            )
            for scheme, number in SCHEMES.items():
                photograph(framed, page.with_name(f"{name}-{window}-{scheme}.png"), width, number, options.chromium)
            framed.unlink()


if __name__ == "__main__":
    main()
