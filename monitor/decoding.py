"""Bytes to text, in the order that real pages need: BOM, HTTP header, meta element, utf-8, cp1252.

The header is believed before the page (WHATWG Encoding, HTML section 13.2.3.2), and labels are resolved as browsers do
(latin-1 means cp1252). Browsers stop there; but on real sites a server's default charset often contradicts the bytes,
so bytes that can hardly be anything but utf-8 are read as such, and a declared charset that does not fit gives way to
one that does.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

# The encodings of the web (https://encoding.spec.whatwg.org), by their names in Python; utf-16 is known by its bytes.
_MULTI_BYTE = frozenset("utf-8 gb18030 big5hkscs euc_jp iso2022_jp cp932 cp949".split())
_SINGLE_BYTE = frozenset(
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874 koi8-r koi8-u mac-roman mac-cyrillic "
    "iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-13 iso8859-14 "
    "iso8859-15 iso8859-16".split()
)
_MOST_MENDED = 10_000  # broken bytes that are looked at one by one
# RFC 8259 section 8.2: the escape of a surrogate without the other one of its pair
_HIGH, _LOW = r"[89abAB][0-9a-fA-F]{2}", r"[c-fC-F][0-9a-fA-F]{2}"
_HALVES = re.compile(rf"\\u[dD](?:{_HIGH}(?!\\u[dD]{_LOW})|{_LOW}(?<!\\u[dD]{_HIGH}\\u[dD]{_LOW}))")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a page, without its BOM; never raises. content_type: the HTTP header, "" if there was none.

    JSON in it yields whole characters only: an escape that stands for half of one can be neither stored nor printed.
    """
    text = _decoded(body, content_type)
    return _HALVES.sub(r"\\ufffd", text) if "\\" in text else text


def _decoded(body: bytes, content_type: str) -> str:
    bom, mark = read_bom(body)
    if bom and mark:
        return body[len(mark) :].decode(bom, errors="replace")
    if wide := _unmarked_utf_16(body):
        return body.decode(wide, errors="replace")
    declared = _declared(body, content_type)
    first = next(declared, "utf-8")
    # a single-byte charset fits all bytes, so that it fits proves nothing: utf-8 is asked first
    for name in (first, "utf-8") if first in _MULTI_BYTE else ("utf-8",):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return _with_strays(body) or _legacy(body, [name for name in (first, *declared) if name != "utf-8"])


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """Charsets that the header and the page name, as far as they can be true of markup that is legible as ASCII."""
    for label in _labels(body, content_type):
        try:
            name = codecs.lookup(resolve_encoding(label) or "").name if label else ""
        except (LookupError, ValueError):
            continue
        if name in _MULTI_BYTE or name in _SINGLE_BYTE:
            yield name


def _labels(body: bytes, content_type: str) -> Iterator[str | None]:
    yield http_content_type_encoding(content_type or None)
    yield html_body_declared_encoding(body)


def _unmarked_utf_16(body: bytes) -> str | None:
    """Markup in utf-16 begins with half a "<" or white space; what only says that it is utf-16 is not believed."""
    for name, zero in (("utf-16-be", 0), ("utf-16-le", 1)):
        if len(body) > 1 and body[zero] == 0 and body[1 - zero] in b"< \t\r\n":
            return name
    return None


def _with_strays(body: bytes) -> str | None:
    """Text that is mostly utf-8, the stray bytes in it (pasted from elsewhere, cut in half) read as cp1252."""
    text = body.decode("utf-8", errors="replace")
    stray = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", errors="ignore")) - stray
    if sound <= stray:
        return None
    return body.decode("utf-8", errors="cp1252-bytes") if stray <= _MOST_MENDED else text


def _legacy(body: bytes, declared: list[str]) -> str:
    for name in declared:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    if declared and declared[0] != "cp1252":
        return body.decode(declared[0], errors="replace")
    return body.decode("cp1252", errors="cp1252-bytes")


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """An error handler: the byte that did not fit is what it is in cp1252, or in latin-1 where cp1252 has a gap."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", errors="ignore") or byte.decode("latin-1"), error.start + 1


codecs.register_error("cp1252-bytes", _as_cp1252)


def cloudflare_address(code: str) -> str | None:
    """An address that Cloudflare hides: hex, of which the first byte is the key to the others."""
    try:
        data = bytes.fromhex(code)
        address = bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8")
    except (ValueError, IndexError):
        return None
    return address if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) else None
