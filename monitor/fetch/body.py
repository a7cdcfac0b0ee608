"""Bytes as sent to the bytes of a page: content encoding undone within bounds, and a look at what it really is."""

from __future__ import annotations

import re

from zlib_ng import zlib_ng

from monitor.fetch.faults import Fault

ACCEPT_ENCODING = "gzip, deflate"
_GZIP = b"\x1f\x8b"
_LAYERS = 3  # of content encoding; more is an attack
_MEMBERS = 200  # of a gzip file: each one copies all that follow it

_MAGIC = tuple(
    (re.compile(mark, re.DOTALL), kind)
    for mark, kind in (
        (rb"%PDF-\d", "a PDF"),
        (rb"\x89PNG\r|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|\x00\x00\x01\x00", "an image"),
        (rb"PK\x03\x04", "a ZIP archive or an office document"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1|\{\\rtf\d", "an office document"),
        (rb"7z\xbc\xaf|Rar!\x1a|BZh\d1AY|\xfd7zXZ", "an archive"),
        (rb"OggS\x00|ID3[\x02-\x04]|RIFF....WAVE", "a recording"),
        (rb"\x1aE\xdf\xa3|RIFF....AVI |\x00\x00..ftyp", "a video or an image"),
        (rb"wOF[F2]\x00", "a font"),
    )
)
_TYPES = (
    (re.compile(r"application/(?:x-)?pdf"), "a PDF"),
    (re.compile(r"image/"), "an image"),
    (re.compile(r"audio/"), "a recording"),
    (re.compile(r"video/"), "a video"),
    (re.compile(r"font/|application/(?:x-)?font"), "a font"),
    (re.compile(r"application/(?:msword|rtf|vnd\.(?:ms-|openxmlformats|oasis))"), "an office document"),
    (re.compile(r"application/(?:x-)?(?:zip|rar|7z|tar|bzip|java-archive|epub)"), "an archive"),
)
_TEXT_TYPE = re.compile(r"text/|.*[/+](?:xml|json|html|xhtml|rss|atom|rdf|javascript)\b")
_TIP = "The monitor reads web pages and feeds; watch the page that links to this."


def too_large(limit: int) -> Fault:
    return Fault(
        f"the page is larger than {limit:,} bytes and was not read",
        tip="Watch a smaller page (a search result, a feed), or raise `max_bytes` in [fetch].",
    )


def unpacked(raw: bytes, encoding: str, limit: int) -> bytes:
    """The body with its content encoding undone. encoding: the header Content-Encoding, "" if there was none.

    A body that is gzip though nobody said so (a .gz file, a server that compresses twice) is unpacked too, and one that
    is said to be gzip but is not is left as it is. Fault: larger than `limit` bytes, cut off, broken, or an encoding
    that was not asked for.
    """
    layers = [layer for name in reversed(encoding.casefold().split(",")) if (layer := name.strip()) != "identity"]
    layers = [layer for layer in layers if layer]
    if len(layers) > _LAYERS:
        raise Fault(f"the page is compressed {len(layers)} times over")
    body = raw
    for layer in layers:
        if layer in ("gzip", "x-gzip"):
            body = _gunzipped(body, limit) if body.startswith(_GZIP) else body
        elif layer == "deflate":
            body = _inflated(body, limit)
        else:
            raise Fault(f"the server sent the page compressed as {layer[:20]!r}, which it was not asked for")
    if body.startswith(_GZIP):
        body = _gunzipped(body, limit)
    return body


def _gunzipped(data: bytes, limit: int) -> bytes:
    """A gzip file may have several members (RFC 1952 section 2.2); what follows the last one is padding."""
    members: list[bytes] = []
    size = 0
    while data.startswith(_GZIP):
        if len(members) == _MEMBERS:
            raise Fault(f"the page is compressed in more than {_MEMBERS} pieces")
        member, data = _decompressed(data, 31, limit, size)
        members.append(member)
        size += len(member)
    return b"".join(members)


def _inflated(data: bytes, limit: int) -> bytes:
    """ "deflate" is zlib (RFC 9110 section 8.4.1.2), but some servers send the bare stream."""
    if not data:
        return data
    is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _decompressed(data, 15 if is_zlib else -15, limit)[0]


def _decompressed(data: bytes, window: int, limit: int, before: int = 0) -> tuple[bytes, bytes]:
    """One stream's body and the bytes after it. before: how many of the `limit` bytes are used up already."""
    stream = zlib_ng.decompressobj(window)
    try:
        body = stream.decompress(data, limit - before + 1)
    except zlib_ng.error as error:  # type: ignore[misc]  # the stub takes the class for an instance
        raise Fault("the page is compressed, but what was sent is broken", transient=True) from error
    if before + len(body) > limit:
        raise too_large(limit)
    if not stream.eof:
        raise Fault("the compressed page ended too early", transient=True)
    return body, stream.unused_data


def check_type(content_type: str) -> None:
    """Fault: the header says that this is nothing to read. content_type: lower case."""
    for pattern, kind in _TYPES:
        if pattern.match(content_type):
            raise Fault(f"this is {kind} ({content_type.partition(';')[0]}), not a page", tip=_TIP)


def check_content(body: bytes, content_type: str) -> None:
    """Fault: the body is empty, or its first bytes are those of a file, whatever the header says."""
    start = body[:1024].lstrip()
    if not body.strip(b"\0 \t\r\n\f"):
        raise Fault("the page is empty", transient=True)
    for mark, kind in _MAGIC:
        if mark.match(body) or mark.match(start):
            raise Fault(f"this is {kind}, not a page", tip=_TIP)
    utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in start and not utf16 and not _TEXT_TYPE.match(content_type):
        raise Fault(f"this is no text ({content_type.partition(';')[0] or 'no type given'}), so no page", tip=_TIP)
