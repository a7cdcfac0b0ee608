"""The outbox: which digests were put together, and what became of each delivery. Nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from zlib_ng import zlib_ng

from monitor.store.connection import Connection
from monitor.store.records import Delivery, DigestRecord, moment, some_moment, stamp


class Outbox:
    """One transaction binds events to a digest and its messages; another one settles each delivery."""

    def __init__(self, store: Connection) -> None:
        self._store = store

    def last(self, subscriber: str, *, told: bool = False) -> DigestRecord | None:
        """The last one that was put together; with `told`, the last that had something to tell."""
        only = " AND subject IS NOT NULL" if told else ""
        rows = self._store.rows(
            f"SELECT * FROM digests WHERE subscriber = ?{only} ORDER BY id DESC LIMIT 1",  # noqa: S608
            [subscriber],
        )
        if not rows:
            return None
        row = rows[0]
        return DigestRecord(
            id=row["id"],
            subscriber=row["subscriber"],
            at=some_moment(row["at"]),
            through_event=row["through_event"],
            subject=row["subject"],
        )

    def message_ids(self, subscriber: str, recipient: str, limit: int = 10) -> list[str]:
        """The last Message-IDs that went to a recipient, oldest first: the thread of their digests."""
        rows = self._store.rows(
            "SELECT v.message_id FROM deliveries v JOIN digests d ON d.id = v.digest"
            " WHERE d.subscriber = ? AND v.recipient = ? ORDER BY v.id DESC LIMIT ?",
            [subscriber, recipient, limit],
        )
        return [row["message_id"] for row in reversed(rows)]

    def bind(
        self,
        subscriber: str,
        *,
        at: datetime,
        through_event: int,
        subject: str | None,
        messages: Callable[[int], Iterable[tuple[str, str, bytes]]],
    ) -> int:
        """Bind the events up to `through_event` to a new digest and its messages, in one transaction.

        messages: digest id -> (recipient, Message-ID, message) each; none of them for a digest with nothing to tell.
        """
        with self._store.transaction(durable=True):
            digest = self._store.insert(
                "digests",
                {"subscriber": subscriber, "at": stamp(at), "through_event": through_event, "subject": subject},
            )
            for recipient, message_id, message in messages(digest):
                self._store.insert(
                    "deliveries",
                    {
                        "digest": digest,
                        "recipient": recipient,
                        "message_id": message_id,
                        "message": zlib_ng.compress(message),
                        "next_try_at": stamp(at),
                    },
                )
        return digest

    def pending(self, now: datetime | None = None) -> list[Delivery]:
        """What is still to be sent, oldest first; with `now`, only what may be tried by then.

        No pause between two tries is as long as two days: a longer one comes of a clock that was set back since.
        """
        if now is None:
            return self._deliveries("v.state = 'pending' ORDER BY v.id")
        return self._deliveries(
            "v.state = 'pending' AND NOT (v.next_try_at > ? AND v.next_try_at <= ?) ORDER BY v.id",
            stamp(now),
            stamp(now + timedelta(days=2)),
        )

    def lost(self) -> list[Delivery]:
        """What was given up for good, as long as nothing later has reached that recipient."""
        return self._deliveries(
            "v.state = 'failed' AND NOT EXISTS (SELECT 1 FROM deliveries later WHERE later.state = 'sent'"
            " AND later.recipient = v.recipient AND later.id > v.id) ORDER BY v.id"
        )

    def _deliveries(self, where: str, *values: Any) -> list[Delivery]:
        rows = self._store.rows(
            f"SELECT v.*, d.subscriber, d.at FROM deliveries v JOIN digests d ON d.id = v.digest WHERE {where}",  # noqa: S608
            values,
        )
        return [
            Delivery(
                id=row["id"],
                digest=row["digest"],
                subscriber=row["subscriber"],
                recipient=row["recipient"],
                message_id=row["message_id"],
                message=zlib_ng.decompress(row["message"]),
                attempts=row["attempts"],
                at=some_moment(row["at"]),
                next_try_at=some_moment(row["next_try_at"]),
                settled_at=moment(row["settled_at"]),
                error=row["error"],
            )
            for row in rows
        ]

    def settle(self, delivery: int, *, at: datetime, error: str | None = None) -> None:
        """Sent, or given up for good with the reason."""
        self._settle(delivery, state="failed" if error else "sent", settled_at=stamp(at), error=error)

    def postpone(self, delivery: int, *, until: datetime, error: str) -> None:
        self._settle(delivery, next_try_at=stamp(until), error=error)

    def _settle(self, delivery: int, **columns: Any) -> None:
        changes = ", ".join(f"{column} = :{column}" for column in columns)
        with self._store.transaction(durable=True):
            self._store.execute(
                f"UPDATE deliveries SET attempts = attempts + 1, {changes} WHERE id = :id",  # noqa: S608
                {**columns, "id": delivery},
            )
