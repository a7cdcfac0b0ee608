"""`monitor poll`, `monitor digest`, `monitor run`: the work itself."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    json_option,
    load_settings,
    must_exist,
    named_sources,
    print_json,
    printable,
    replace_file,
    say,
)
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from monitor.pipeline.digests import Prepared, Sent
    from monitor.pipeline.poll import Checked
    from monitor.settings import Settings


@click.command("poll", short_help="Look once at every source that is due.")
@click.option("--source", "names", metavar="NAME", multiple=True, help="Only this source; may be repeated.")
@click.option("--force", is_flag=True, help="All sources, due or not.")
@json_option
@as_of_option
@config_option
def poll_command(names: tuple[str, ...], force: bool, as_json: bool, now: datetime, config: str | None) -> None:
    """Look once at every source that is due, and store what is new, changed and closed.

    Told to stop (SIGTERM, Ctrl-C), it ends after the sources in hand; told so twice, at once. Nothing stored is lost.
    """
    from monitor.pipeline.poll import due_sources, poll
    from monitor.pipeline.upkeep import beat, keep_house
    from monitor.store import Store, WriterLock

    settings = load_settings(config)
    with WriterLock(settings.database, purpose="poll", now=now), Store.open(settings.database) as store:
        if names:
            sources = named_sources(settings, names)
        elif force:
            sources = [s for s in settings.source if s.enabled]
        else:
            sources = due_sources(settings, store, now)
        with _progress(len(sources), "checking") as advance, _listening() as stop:

            def report(checked: Checked) -> None:
                advance(checked.source)
                _report_check(checked, as_json=as_json)

            results = poll(settings, store, sources, now, report, stop)
        if stop():
            say(f"stopped after {len(results)} of {len(sources)} sources; the others are looked at next time")
        else:
            keep_house(settings, store, now)
            if warning := beat(settings, store, now):
                say(f"note: {warning}")
    if not as_json and not stop():
        say(_poll_summary(len(results), len(settings.source), sum(r.failed for r in results)))
    if any(r.failed for r in results):
        raise click.exceptions.Exit(1)


@contextmanager
def _listening() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or Ctrl-C has come in the meantime."""
    told: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)
        signal.signal(number, signal.SIG_DFL)
        say("stopping after the sources in hand; once more ends it at once")

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report_check(checked: Checked, *, as_json: bool) -> None:
    if as_json:
        print_json(_check_json(checked))
        return
    click.echo(printable(f"{checked.source}: {checked.in_words()}"))
    for warning in checked.warnings:
        say(printable(f"  note: {warning}"))


def _check_json(checked: Checked) -> dict[str, object]:
    return {
        "source": checked.source,
        "outcome": checked.outcome.value,
        "new": checked.new,
        "changed": checked.changed,
        "closed": checked.closed,
        "error": checked.error,
    }


def _poll_summary(checked: int, configured: int, failed: int) -> str:
    if not configured:
        return "sources.toml names no source yet; add one with `monitor add URL`"
    if not checked:
        return "nothing is due; --force looks all the same"
    return f"{checked} of {configured} sources checked" + (f", {failed} in trouble" if failed else "")


@contextmanager
def _progress(total: int, words: str) -> Iterator[Callable[[str], None]]:
    """A bar on stderr while something long runs in front of a person; nothing otherwise."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(words),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[last]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total, last="")
        yield lambda last: bar.update(task, advance=1, last=last)


@click.command("digest", short_help="Show the digests, or send those due.")
@click.option("--send/--preview", default=False, help="Send what is due, or only show it (the default).")
@click.option("--force", is_flag=True, help="Do not wait for the slot.")
@click.option("--test", is_flag=True, help="Send a sample digest, to check [mail] and [[digest]].")
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the HTML of the first digest here.",
)
@json_option
@as_of_option
@config_option
def digest_command(
    send: bool, force: bool, test: bool, html_file: Path | None, as_json: bool, now: datetime, config: str | None
) -> None:
    """Show the digests that would be sent now, or send those that are due.

    A slot that was missed while the machine slept is sent once. Without [mail] in sources.toml, digests go to outbox/
    as .eml files. A delivery that fails is tried again by the next `monitor digest --send` or by `monitor run`.
    A sample (--test) has invented positions and is sent at once; nothing is stored.
    """
    settings = load_settings(config)
    if not settings.digest:
        raise ConfigError([f"{settings.file}: there is no [[digest]]"], tip='add one with to = ["you@example.org"]')
    if html_file and (send or test):
        raise click.UsageError("--html goes with the preview, not with --send or --test.")
    if test:
        _send_samples(settings, now, as_json=as_json)
    elif send:
        _send(settings, now, force=force, as_json=as_json)
    else:
        _preview(settings, now, html_file, as_json=as_json)


def _preview(settings: Settings, now: datetime, html_file: Path | None, *, as_json: bool) -> None:
    from monitor.pipeline.digests import is_due, prepare
    from monitor.store import Store

    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        prepared = [(prepare(settings, store, s, now), is_due(store, s, now)) for s in settings.digest]
    for number, (one, due) in enumerate(prepared):
        if as_json:
            print_json(_preview_json(one, due=due))
        else:
            click.echo(
                ("\n" if number else "") + f"To: {', '.join(one.subscriber.to)}\nSubject: {one.rendered.subject}\n"
            )
            click.echo(one.rendered.text)
    if html_file:
        replace_file(html_file, prepared[0][0].rendered.html)
        say(f"written to {html_file}")


def _preview_json(one: Prepared, *, due: bool) -> dict[str, object]:
    return {
        "subscriber": one.subscriber.key,
        "to": list(one.subscriber.to),
        "due": due,
        "empty": one.digest.is_empty,
        "subject": one.rendered.subject,
        "text": one.rendered.text,
    }


def _send(settings: Settings, now: datetime, *, force: bool, as_json: bool) -> None:
    from monitor.pipeline.digests import send_digests
    from monitor.store import Store, WriterLock

    with WriterLock(settings.database, purpose="digest --send", now=now), Store.open(settings.database) as store:
        results = send_digests(
            settings, store, now, force=force, report=lambda sent: _report_sent(sent, as_json=as_json)
        )
    if not results and not as_json:
        why = "there is nothing to tell" if force else "no slot has come with something to tell; --force does not wait"
        say(f"nothing to send: {why}")
    if any(sent.state != "sent" for sent in results):
        raise click.exceptions.Exit(1)


def _send_samples(settings: Settings, now: datetime, *, as_json: bool) -> None:
    from monitor.pipeline.samples import send_samples

    failed = False
    for sent in send_samples(settings, now):
        _report_sent(sent, as_json=as_json)
        failed = failed or sent.state != "sent"
    if failed:
        raise click.exceptions.Exit(1)


def _report_sent(sent: Sent, *, as_json: bool) -> None:
    if as_json:
        print_json(_sent_json(sent))
    elif sent.error:
        click.echo(f"{sent.recipient}: {sent.state}: {sent.error}")
    else:
        click.echo(f"{sent.recipient}: sent to {sent.where}")


def _sent_json(sent: Sent) -> dict[str, object]:
    return {
        "subscriber": sent.subscriber,
        "recipient": sent.recipient,
        "message_id": sent.message_id,
        "state": sent.state,
        "where": sent.where,
        "error": sent.error,
    }


@click.command("run", short_help="Poll and send for ever.")
@json_option
@config_option
def run_command(as_json: bool, config: str | None) -> None:
    """Poll and send for ever, each source and digest at its time; SIGTERM or Ctrl-C ends it cleanly.

    With --json every check and every delivery is a line on stdout, as of `monitor poll` and `monitor digest --send`,
    with the time. Nothing secret stands in them.
    """
    from monitor.daemon import run
    from monitor.pipeline.poll import Checked

    def log(at: datetime, event: Checked | Sent) -> None:
        line = _check_json(event) if isinstance(event, Checked) else _sent_json(event)
        print_json({"at": at.isoformat(timespec="seconds"), **line})

    settings = load_settings(config)
    run(settings, say, log if as_json else None)
