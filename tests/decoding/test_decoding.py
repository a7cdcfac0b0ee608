"""Bytes to text: a case is a row of cases.toml."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decoding import decode

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]


def as_bytes(escaped: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), escaped.encode())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_page_is_read_as_it_was_meant(case: dict[str, str]) -> None:
    body = as_bytes(case["bytes"]) if "bytes" in case else case["text"].encode(case["encoded"])
    assert decode(as_bytes(case.get("prefix", "")) + body, case.get("header", "")) == case["text"]


@settings(deadline=None)
@given(
    st.binary(), st.text(max_size=40) | st.sampled_from(["text/html; charset=" + c for c in ("utf-8", "gbk", "idna")])
)
def test_anything_is_text(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type), str)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: "<p>" + text))
def test_utf_8_is_itself_whatever_a_single_byte_header_says(text: str) -> None:
    assert decode(text.encode(), "text/html; charset=iso-8859-1") == text
    assert decode(text.encode(), "text/html") == text


@settings(deadline=None)
@given(st.sampled_from("cp1250 cp1251 cp1253 koi8-r iso8859-2 iso8859-5 cp874".split()), st.binary())
def test_a_declared_single_byte_charset_holds_unless_the_bytes_are_utf_8(charset: str, noise: bytes) -> None:
    body = b"\xe0\xe1\xe2 \xe0\xe1\xe2 " + bytes(byte for byte in noise if byte >= 0xC0)
    assert decode(body, f"text/plain; charset={charset}") == body.decode(charset, errors="replace")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00", "\ufffd"),
        (r"\ud83d\ude00", "\N{GRINNING FACE}"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\uD83D\ud83d\uDE00\uDE00", "\ufffd\N{GRINNING FACE}\ufffd"),
    ],
)
def test_json_of_a_page_has_whole_characters_only(written: str, read: str) -> None:
    text = decode(f'<script>["PhD {written} x"]'.encode())
    assert json.loads(text.removeprefix("<script>")) == [f"PhD {read} x"]
