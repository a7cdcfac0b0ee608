"""The figures of `monitor status` in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from monitor.cli.health import Health, usual

Sample = tuple[Mapping[str, str], float]


def metrics(health: Health, now: datetime) -> str:
    """One family of gauges after another; a figure that is not known is left out."""
    return "".join(
        line + "\n" for name, text, samples in _families(health, now) for line in _lines(name, text, samples)
    )


def _families(health: Health, now: datetime) -> Iterator[tuple[str, str, list[Sample]]]:
    known = [({"source": source.name}, state) for source, state in health.sources if state]
    yield (
        "source_last_good_timestamp_seconds",
        "When the last check that proved something was.",
        [(label, s.good_at.timestamp()) for label, s in known if s.good_at],
    )
    yield (
        "source_positions",
        "Median number of postings of the last good checks.",
        [(label, count) for label, s in known if (count := usual(s)) is not None],
    )
    yield (
        "source_failures",
        "Checks in a row that proved nothing.",
        [(label, s.failures) for label, s in known],
    )
    yield (
        "source_due_timestamp_seconds",
        "When the next check is due.",
        [(label, s.next_check_at.timestamp()) for label, s in known if s.next_check_at],
    )
    yield (
        "digest_last_timestamp_seconds",
        "When it was last looked whether there is something to tell.",
        [({"digest": digest.key}, last.at.timestamp()) for digest, last, _, _ in health.digests if last],
    )
    yield "deliveries_pending", "Mails that are still to be sent.", [({}, len(health.pending))]
    yield "deliveries_lost", "Mails given up, with none to that recipient since.", [({}, len(health.lost))]
    yield "database_bytes", "Size of the database.", [({}, health.size)]
    yield "good", "1 while `monitor status` ends with exit code 0.", [({}, float(health.good))]
    yield "status_timestamp_seconds", "When these figures were taken.", [({}, now.timestamp())]


def _lines(name: str, text: str, samples: list[Sample]) -> Iterator[str]:
    if samples:
        yield f"# HELP position_monitor_{name} {text}"
        yield f"# TYPE position_monitor_{name} gauge"
    for labels, value in samples:
        inner = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        yield f"position_monitor_{name}{f'{{{inner}}}' if inner else ''} {value:.15g}"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
