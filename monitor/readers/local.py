"""A local file as the page it would be: HTML, XML, JSON, plain text, or the body of a saved mail."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from pathlib import Path

from monitor.decoding import decode
from monitor.errors import ReadError
from monitor.models import Page

CONTENT_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".json": "application/json",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".eml": "message/rfc822",
}


def page_of_file(path: Path, *, url: str | None, now: datetime) -> Page:
    """url: where the file came from, for its relative links. ReadError if it cannot be read or is of no known kind."""
    content_type = CONTENT_TYPES.get(path.suffix.lower())
    if content_type is None:
        raise ReadError(f"{path}: a file of this kind is not read", tip=f"known are {', '.join(sorted(CONTENT_TYPES))}")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror}") from error
    if content_type == "message/rfc822":
        body, content_type = _mail_body(body)
    return Page(
        url=url or path.resolve().as_uri(),
        body=body,
        text=decode(body, content_type),
        content_type=content_type,
        fetched_at=now,
    )


def _mail_body(raw: bytes) -> tuple[bytes, str]:
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(preferencelist=("html", "plain"))
    if part is None:
        return b"", "text/plain"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes), "a body part is never a multipart"
    charset = part.get_content_charset()
    return payload, part.get_content_type() + (f"; charset={charset}" if charset else "")
