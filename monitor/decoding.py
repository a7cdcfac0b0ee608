"""Bytes to text, in the order that real pages need: BOM, HTTP header, meta element, strict utf-8, cp1252.

The header is believed before the page (WHATWG Encoding, HTML section 13.2.3.2), labels are resolved as browsers do
(latin-1 means cp1252), and a declared charset that does not fit the bytes gives way to one that does.
"""

from __future__ import annotations

import codecs

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a page; never raises. content_type: the HTTP header, "" if there was none."""
    bom, mark = read_bom(body)
    if bom and mark:
        return body[len(mark) :].decode(bom, errors="replace")
    declared = http_content_type_encoding(content_type or None) or html_body_declared_encoding(body)
    for name in (resolve_encoding(declared) if declared else None, "utf-8", "cp1252"):
        if name:
            try:
                return body.decode(codecs.lookup(name).name)
            except (LookupError, UnicodeDecodeError):
                continue
    # cp1252 leaves five bytes undefined: what is mostly utf-8 is read as such, the broken bytes marked
    return body.decode("utf-8", errors="replace")
