"""Bytes as sent to the bytes of a page, within bounds of size and memory."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fetch.body import check_content, check_type, unpacked
from monitor.fetch.faults import Fault

LIMIT = 100_000
BOMB = gzip.compress(bytes(100_000_000))  # a tenth of a megabyte that wants to be a hundred
NESTED = gzip.compress(gzip.compress(bytes(100_000_000)))
MEMBERS = gzip.compress(bytes(90_000)) * 1000


@pytest.mark.parametrize(
    ("bomb", "encoding"),
    [
        (BOMB, "gzip"),
        (BOMB, ""),
        (NESTED, "gzip"),
        (NESTED, "gzip, gzip"),
        (MEMBERS, "gzip"),
        (zlib.compress(bytes(100_000_000)), "deflate"),
        (zlib.compress(BOMB), "gzip, deflate"),
    ],
    ids=["gzip", "unannounced", "nested", "layers", "members", "deflate", "mixed"],
)
def test_a_bomb_does_not_grow(bomb: bytes, encoding: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="larger than 100,000 bytes"):
            unpacked(bomb, encoding, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    finally:
        tracemalloc.stop()


@settings(deadline=None)
@given(
    st.binary(max_size=2000),
    st.sampled_from(["gzip", "x-gzip", "deflate", "deflate, gzip", "gzip,deflate", "identity", ""]),
)
def test_what_was_packed_comes_back(body: bytes, encoding: str) -> None:
    if body.startswith(b"\x1f\x8b"):
        return  # looks packed by itself
    packed = body
    for layer in encoding.replace(" ", "").split(","):
        if layer.endswith("gzip"):
            packed = gzip.compress(packed)
        elif layer == "deflate":
            packed = zlib.compress(packed)
    assert unpacked(packed, encoding, LIMIT) == body


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "deflate, gzip", ""]))
def test_any_bytes_are_a_body_or_a_fault(raw: bytes, encoding: str) -> None:
    for sent in (raw, b"\x1f\x8b\x08" + raw, b"\x78\x9c" + raw):
        with contextlib.suppress(Fault):
            assert len(unpacked(sent, encoding, LIMIT)) <= LIMIT


@settings(deadline=None)
@given(
    st.text("PhD\n", max_size=2000).map(str.encode) | st.binary(max_size=300).map(b"<".__add__),
    st.sampled_from([("gzip", 31), ("deflate", 15), ("deflate", -15)]),
    st.integers(0, 9),
    st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED]),
    st.integers(0, 2000),
    st.binary(max_size=20),
    st.booleans(),
)
def test_a_stream_is_what_the_standard_library_makes_of_it(
    body: bytes, form: tuple[str, int], level: int, strategy: int, place: int, other: bytes, cut: bool
) -> None:
    """Whole, damaged at a place behind the first two bytes (they tell the form), or cut off."""
    encoding, window = form
    packer = zlib.compressobj(level, zlib.DEFLATED, window, strategy=strategy)
    packed = packer.compress(body) + packer.flush()
    place = 2 + place % (len(packed) - 1)
    sent = packed[:place] + other + (b"" if cut else packed[place + len(other) :])

    def ours() -> bytes | None:
        with contextlib.suppress(Fault):
            return unpacked(sent, encoding, LIMIT)
        return None

    def theirs() -> bytes | None:
        is_zlib = window > 0 or (sent[0] & 0x0F == 8 and int.from_bytes(sent[:2], "big") % 31 == 0)
        stream = zlib.decompressobj(abs(window) if is_zlib else window)
        with contextlib.suppress(zlib.error):
            shown = stream.decompress(sent, LIMIT + 1)
            return shown if stream.eof and len(shown) <= LIMIT else None
        return None

    assert ours() == theirs()


def test_a_file_of_countless_pieces_is_not_put_together() -> None:
    with pytest.raises(Fault, match="more than 200 pieces"):
        unpacked(gzip.compress(b"") * 100_000, "gzip", LIMIT)


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1])
def test_the_limit_is_exact(size: int) -> None:
    body = gzip.compress(b"a" * size)
    if size > LIMIT:
        with pytest.raises(Fault, match="larger than"):
            unpacked(body, "gzip", LIMIT)
    else:
        assert len(unpacked(body, "gzip", LIMIT)) == size


PAGE_TYPES = """
text/html; text/html; charset=utf-8; application/xhtml+xml; text/xml; application/xml; application/rss+xml;
application/atom+xml; application/rdf+xml; application/json; application/feed+json; application/ld+json; text/plain;
text/calendar; application/octet-stream; binary/octet-stream; application/x-unknown; ; nonsense
""".replace("\n", " ").split("; ")
FILE_TYPES = """
application/pdf application/x-pdf image/png image/svg+xml audio/mpeg video/mp4 font/woff2 application/zip
application/x-zip-compressed application/msword application/vnd.ms-excel application/vnd.oasis.opendocument.text
application/vnd.openxmlformats-officedocument.wordprocessingml.document application/x-rar-compressed application/rtf
application/x-tar application/epub+zip application/x-7z-compressed
""".split()


@pytest.mark.parametrize("content_type", PAGE_TYPES)
def test_types_that_may_be_pages(content_type: str) -> None:
    check_type(content_type.strip())
    check_content(b"<html>", content_type.strip())


@pytest.mark.parametrize("content_type", FILE_TYPES)
def test_types_that_are_files(content_type: str) -> None:
    with pytest.raises(Fault, match="not a page") as fault:
        check_type(content_type + "; name=advert")
    assert content_type in str(fault.value)


@pytest.mark.parametrize(
    "start", ["RIFF research group", "BZh is hiring", "Rarely", "ID3 algorithms", "PKU", "GIF", "%PDF"]
)
def test_words_that_look_like_magic(start: str) -> None:
    """Short marks of files are words too: a page that begins with one of them is a page."""
    check_content(start.encode() + b" - vacancies at our department", "text/plain")
