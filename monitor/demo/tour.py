"""The main job on the bundled site, from sources.toml to digests: two Mondays, the site changed in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from monitor.config import load
from monitor.demo.site import DemoSite
from monitor.errors import ConfigError
from monitor.pipeline.digests import Sent, send_digests
from monitor.pipeline.poll import Checked, poll
from monitor.settings import Settings
from monitor.store import Store
from monitor.values import Value

LEFT_BEHIND = ("demo.db", "demo.db-wal", "demo.db-shm")


class Look(Value):
    """One pass over the site, and the digest that followed it, if one was due."""

    at: datetime
    checks: tuple[Checked, ...]
    sent: tuple[Sent, ...]


def tour(folder: Path, progress: Callable[[datetime, Checked], None] = lambda at, checked: None) -> list[Look]:
    """Run it in `folder`, afresh each time, over real HTTP; what it leaves can be looked at with every command.

    ConfigError: the folder cannot be written to, or holds something that no demo left there.
    """
    with DemoSite() as site:
        settings = load(_begin(folder, site.configuration()))
        with Store.open(settings.database) as store:
            first = site.now
            looks = [_look(settings, store, first, progress, digest=True)]
            site.show(week=2)
            second = site.now
            # a site that is down is told after a few tries on different days, not at once
            for days_before in (3, 2, 1, 0):
                at = second - timedelta(days=days_before)
                looks.append(_look(settings, store, at, progress, digest=not days_before))
    return looks


def _begin(folder: Path, configuration: str) -> Path:
    """The demo's sources.toml, in a folder without anything of an earlier run."""
    file = folder / "sources.toml"
    mark = configuration.partition("\n")[0].encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (file.exists() and file.read_bytes().startswith(mark)):
            raise ConfigError([f"{folder} holds files that are not the demo's"], tip="name another one with --folder")
        for old in (*(folder / name for name in LEFT_BEHIND), *(folder / "outbox").glob("*.*")):
            old.unlink(missing_ok=True)
        file.write_text(configuration, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{folder}: cannot be written: {error.strerror}"], tip="name another one with --folder"
        ) from None
    return file


def _look(
    settings: Settings, store: Store, at: datetime, progress: Callable[[datetime, Checked], None], *, digest: bool
) -> Look:
    checks = poll(settings, store, settings.source, at, lambda checked: progress(at, checked))
    sent = send_digests(settings, store, at) if digest else []
    return Look(at, tuple(checks), tuple(sent))
