"""`monitor demo`: the newcomer's first minute."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import say

if TYPE_CHECKING:
    from monitor.demo.tour import Look
    from monitor.pipeline.poll import Checked


@click.command("demo", short_help="See it work on a bundled university site.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where it takes place; what an earlier demo left there is written anew.",
)
def demo_command(folder: Path) -> None:
    """Watch the main job happen on a bundled university site, a week in a few seconds.

    A small site is started on this machine, polled over HTTP as of two Mondays, changed in between, and the digests
    are written to FOLDER/outbox. Nothing leaves this machine.
    """
    from monitor.demo.tour import tour

    say("A small university site is running on this machine; the monitor watches it for a week.\n")
    shown: list[datetime] = []

    def progress(at: datetime, checked: Checked) -> None:
        if at not in shown:
            shown.append(at)
            click.echo(f"{at:%A %d %B %Y}")
        click.echo(f"  {checked.source}: {checked.in_words()}")

    looks = tour(folder, progress)
    _show_last_digest(looks)
    program = _program()
    click.echo(f"""
How to go on
  Look at the mail:         open {_file_of(looks).with_suffix(".html")}
  What the monitor knows:   {program} --config {folder / "sources.toml"} positions
  What happened:            {program} --config {folder / "sources.toml"} changes
  Watch pages of your own:  {program} init, then {program} add URL""")


def _program() -> str:
    """What to type for this program: its name where the shell finds it, else as it was called."""
    called = sys.argv[0]
    if called.endswith("__main__.py"):
        return "python -m monitor"
    return "monitor" if shutil.which("monitor") == shutil.which(called) else called


def _file_of(looks: list[Look]) -> Path:
    return Path(looks[-1].sent[0].where)


def _show_last_digest(looks: list[Look]) -> None:
    from email import message_from_bytes
    from email.policy import default

    file = _file_of(looks)
    message = message_from_bytes(file.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    assert body is not None, "every digest has a text part"
    rule = "-" * 72
    click.echo(f"\n{rule}\nThe digest of the second Monday\n{rule}")
    click.echo(f"Subject: {message['Subject']}\n\n{body.get_content().strip()}\n{rule}")
    click.echo("Digests written:")
    for look in looks:
        for sent in look.sent:
            click.echo(f"  {sent.where}\n  {Path(sent.where).with_suffix('.html')}")
