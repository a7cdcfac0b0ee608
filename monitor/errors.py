"""The errors a person is told of, in one tree.

MonitorError
├── ConfigError     sources.toml: every fault at once, each with its line
├── FetchError      an address could not be fetched; knows whether a later try may do better
├── ReadError       a body was fetched but is not what was expected
├── StoreError      the database is locked, corrupt, or newer than the program
├── RenderError     a template is missing or broken
└── DeliveryError   a digest could not be handed over; knows whether that is final
"""


class MonitorError(Exception):
    """Message: one sentence for a person. `tip`: what to do about it, when there is something."""

    def __init__(self, message: str, *, tip: str | None = None) -> None:
        super().__init__(message)
        self.tip = tip

    def in_full(self) -> str:
        """Message and tip as running text."""
        if not self.tip:
            return str(self)
        return f"{str(self).rstrip('.')}. {self.tip[0].upper()}{self.tip[1:]}"


class ConfigError(MonitorError):
    """`faults`: one line each, `file:line: what is wrong`."""

    def __init__(self, faults: list[str], *, tip: str | None = None) -> None:
        super().__init__("\n".join(faults), tip=tip)
        self.faults = faults


class FetchError(MonitorError):
    """No usable page came back.

    status: the HTTP status, if one was received. `transient`: a later try may succeed (time-outs, 5xx, 429).
    retry_after: seconds the server asked to wait (RFC 9110 section 10.2.3), if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status: int | None = None,
        transient: bool = False,
        retry_after: float | None = None,
        tip: str | None = None,
    ) -> None:
        super().__init__(message, tip=tip)
        self.url = url
        self.status = status
        self.transient = transient
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """The server says that the page does not exist any more (RFC 9110: 404, 410)."""
        return self.status in (404, 410)


class ReadError(MonitorError):
    """A body that is not what its source should show (an image, a broken feed)."""


class StoreError(MonitorError):
    """The database cannot be used as it is."""


class RenderError(MonitorError):
    """A template is missing, or fails on a digest."""


class DeliveryError(MonitorError):
    """A message was not accepted. `final`: trying again is pointless (SMTP 5xx)."""

    def __init__(self, message: str, *, final: bool = False, tip: str | None = None) -> None:
        super().__init__(message, tip=tip)
        self.final = final
