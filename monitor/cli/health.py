"""`monitor status`: how the sources and the deliveries fare."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import (
    as_of_option,
    config_option,
    json_option,
    kind_of,
    kind_words,
    load_settings,
    must_exist,
    print_json,
    printable,
    replace_file,
)
from monitor.values import Value

if TYPE_CHECKING:
    from monitor.settings import DigestSettings, Settings, Source
    from monitor.store import Delivery, DigestRecord, SourceState, Store


class Health(Value, kw_only=True):
    """All that `monitor status` tells.

    digests: each with the last one put together, the last that had something to tell, and when the next is due.
    lost: deliveries given up, after which nothing has reached that recipient.
    """

    sources: tuple[tuple[Source, SourceState | None], ...]
    digests: tuple[tuple[DigestSettings, DigestRecord | None, DigestRecord | None, datetime], ...]
    pending: tuple[Delivery, ...]
    lost: tuple[Delivery, ...]
    database: str
    size: int
    size_of_pages: int

    @property
    def good(self) -> bool:
        return not self.lost and not any(state and state.trouble for _, state in self.sources)


@click.command("status", short_help="Show how sources and deliveries fare.")
@click.option(
    "--prometheus",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to FILE for Prometheus, too.",
)
@json_option
@as_of_option
@config_option
def status_command(prometheus: Path | None, as_json: bool, now: datetime, config: str | None) -> None:
    """Show how each source fares, what is still to be sent, and what was given up.

    Exit code 1 if a source that is switched on is in trouble (its last check proved nothing), or if a delivery was
    given up and no later one has reached that recipient; else 0. So it serves a monitoring system. With --prometheus
    the figures are put into a file in one move, for the textfile collector of node_exporter.
    """
    from monitor.store import Store

    settings = load_settings(config)
    must_exist(settings)
    with Store.open(settings.database, read_only=True) as store:
        health = _health(settings, store, now)
    if prometheus:
        from monitor.cli.metrics import metrics

        replace_file(prometheus, metrics(health, now))
    if as_json:
        print_json(health_json(health))
    else:
        _show(health, now)
    if not health.good:
        raise click.exceptions.Exit(1)


def _health(settings: Settings, store: Store, now: datetime) -> Health:
    from monitor.cadence import next_slot

    states = {state.url: state for state in store.states()}
    return Health(
        sources=tuple((source, states.get(source.url)) for source in settings.source if source.enabled),
        digests=tuple(
            (d, store.outbox.last(d.key), store.outbox.last(d.key, told=True), next_slot(d.every, d.zone, now))
            for d in settings.digest
        ),
        pending=tuple(store.outbox.pending()),
        lost=tuple(store.outbox.lost()),
        database=str(settings.database),
        size=store.size(),
        size_of_pages=store.size_of_pages(),
    )


def health_json(health: Health) -> dict[str, Any]:
    from monitor.plain import to_json

    return {
        "good": health.good,
        "sources": [
            {
                "source": source.name,
                "url": source.url,
                "kind": kind_of(source, state),
                "platform": state.platform if state else None,
                "last_good": to_json(state.good_at if state else None),
                "yields": usual(state),
                "due": to_json(state.next_check_at if state else None),
                "failures": state.failures if state else 0,
                "trouble_since": to_json(state.trouble_since if state else None),
                "trouble": state.trouble if state else None,
            }
            for source, state in health.sources
        ],
        "digests": [
            {
                "subscriber": digest.key,
                "last": to_json(told.at if told else None),
                "nothing_to_tell": to_json(last.at if last and last != told else None),
                "next": next_at.isoformat(),
            }
            for digest, last, told, next_at in health.digests
        ],
        "pending": [_delivery_json(delivery) for delivery in health.pending],
        "failed": [_delivery_json(delivery) for delivery in health.lost],
        "database": {"path": health.database, "bytes": health.size, "bytes_of_pages": health.size_of_pages},
    }


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    from monitor.plain import to_json

    return {
        "subscriber": delivery.subscriber,
        "recipient": delivery.recipient,
        "message_id": delivery.message_id,
        "digest_at": delivery.at.isoformat(),
        "attempts": delivery.attempts,
        "next_try": None if delivery.settled_at else delivery.next_try_at.isoformat(),
        "given_up": to_json(delivery.settled_at),
        "error": delivery.error,
    }


def usual(state: SourceState | None) -> float | None:
    """The median of what the recent good checks showed."""
    return statistics.median(state.counts) if state and state.counts else None


def _show(health: Health, now: datetime) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("Source", "Kind", "Last good (UTC)", "Usually", "Next check (UTC)", "State"):
        table.add_column(column, overflow="fold")
    for source, state in health.sources:
        count = usual(state)
        table.add_row(
            Text(printable(source.name)),
            kind_words(source, state),
            _moment(state.good_at if state else None, "never"),
            "" if count is None else f"{count:.0f}",
            _due(state, now),
            Text("in trouble", "red") if state and state.trouble else "good" if state else "",
        )
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for line in _lines(health):
        console.print(Text(printable(line)))


def _lines(health: Health) -> Iterator[str]:
    for source, state in health.sources:
        if state and state.trouble:
            yield ""
            since = _moment(state.trouble_since, "now")
            yield f"{source.name}: in trouble since {since}, {state.failures} check{'s' * (state.failures != 1)}"
            yield f"  {state.trouble}"
    yield ""
    for digest, last, told, next_at in health.digests:
        when = "at once" if digest.every.period == "instant" else _moment(next_at, "")
        silent = f", nothing to tell {_moment(last.at, '')}" if last and last != told else ""
        yield f"digest {digest.key}: last {_moment(told.at if told else None, 'never')}{silent}, next {when}"
    for delivery in health.pending:
        why = f": {delivery.error}" if delivery.error else ""
        when = _moment(delivery.next_try_at, "")
        yield f"to be sent to {delivery.recipient}, {delivery.attempts} tries so far, the next {when}{why}"
    for delivery in health.lost:
        yield f"given up for {delivery.recipient} {_moment(delivery.settled_at, '')}: {delivery.error}"
    pages = size_words(health.size_of_pages)
    yield f"database {health.database}: {size_words(health.size)}, of which pages that were seen {pages}"


def size_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _due(state: SourceState | None, now: datetime) -> str:
    from monitor.cadence import falls_due

    if state is None or state.next_check_at is None:
        return "now"
    due = falls_due(state.next_check_at, state.checked_at or now, now)
    return "now" if due <= now else _moment(due, "")


def _moment(at: datetime | None, otherwise: str) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else otherwise
