"""What a server may do, and what a person is then told. One row a case."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from .faults import KEEP, RESET, STALL, Drip, Flood, Script, redirect, response

LIMIT = 50_000  # bytes of body that the tests allow
PAGE = "<html><body><h1>Vacancies</h1><p>Doktorand i glaciärforskning – ansök nu</p></body></html>"
BODY = PAGE.encode()
SHORT = 0.8  # seconds: for the rows that wait until time is up, all at once; longer than a busy machine hesitates


@dataclass(frozen=True)
class FaultCase:
    """says: a part of the sentence. tip: whether there is one. asked: the path that is fetched."""

    name: str
    script: Script
    says: str
    transient: bool = False
    status: int | None = None
    tip: bool = False
    timeout: float = 10.0
    greet: Script = ()


def _status(status: str, says: str, *, transient: bool = False, tip: bool = False) -> FaultCase:
    code = int(status.split()[0])
    return FaultCase(f"status {status}", (response(b"<p>no</p>", status), KEEP), says, transient, code, tip)


def _file(name: str, content_type: str, body: bytes, says: str) -> FaultCase:
    return FaultCase(name, (response(body, content_type=content_type), KEEP), says, status=200, tip=True)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", **headers: str) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return response(b"", content_length="", transfer_encoding="chunked", **headers) + body + end


def packed(body: bytes, encoding: str, **headers: str) -> bytes:
    return response(body, content_encoding=encoding, **headers)


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


BOMB = gzip.compress(bytes(20_000_000))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

FAULTS = [
    # time runs out, at every stage
    FaultCase("silent after the request", (STALL,), "was silent for", True, timeout=SHORT),
    FaultCase("stalls in the status line", (b"HTTP/1.", STALL), "was silent for", True, timeout=SHORT),
    FaultCase("stalls in the headers", (HEAD + b"X-", STALL), "was silent for", True, timeout=SHORT),
    FaultCase("stalls before the body", (response(BODY)[: -len(BODY)], STALL), "was silent for", True, timeout=SHORT),
    FaultCase("stalls in the body", (response(BODY)[:-9], STALL), "was silent for", True, timeout=SHORT),
    FaultCase("stalls in a chunk", (chunked(BODY)[:-20], STALL), "was silent for", True, timeout=SHORT),
    FaultCase("stalls before the last chunk", (chunked(BODY, end=b""), STALL), "was silent for", True, timeout=SHORT),
    FaultCase(
        "stalls in compressed bytes",
        (packed(gzip.compress(BODY), "gzip")[:-9], STALL),
        "was silent for",
        True,
        timeout=SHORT,
    ),
    FaultCase("drips its headers", (HEAD + b"X-Slow: ", Drip(b"z", 0.05)), "was silent for", True, timeout=SHORT),
    FaultCase("drips its body", (HEAD + b"\r\n", Drip(b"z", 0.05)), "had not arrived after", True, timeout=SHORT),
    FaultCase(
        "says Continue for ever",
        (Drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),),
        "had not arrived after",
        True,
        timeout=SHORT,
    ),
    # cut off
    FaultCase("closes on connection", (), "the connection", True, greet=(b"",)),  # closed, or reset: a race
    FaultCase("closes without an answer", (b"",), "closed the connection without an answer", True),
    FaultCase("closes in the status line", (b"HTTP/1.1 2",), "closed the connection without an answer", True),
    FaultCase("closes in the headers", (HEAD + b"X-A",), "closed the connection without an answer", True),
    FaultCase("closes in the body", (response(BODY)[:-30],), "ended too early", True),
    FaultCase("promises more than it sends", (response(BODY, content_length="9999"),), "ended too early", True),
    FaultCase("closes in a chunk", (chunked(BODY)[:-20],), "ended too early", True),
    FaultCase("closes before the last chunk", (chunked(BODY, end=b""),), "ended too early", True),
    FaultCase(
        "cuts compressed bytes",
        (packed(gzip.compress(BODY)[:-20], "gzip"),),
        "compressed page ended too early",
        True,
        status=200,
    ),
    FaultCase("resets on the request", (RESET,), "broke the connection off", True),
    FaultCase("resets in the headers", (HEAD, RESET), "broke the connection off", True),
    # no HTTP
    FaultCase("speaks another protocol", (b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), "does not speak proper HTTP", True),
    FaultCase(
        "greets like a mail server", (), "does not speak proper HTTP", True, greet=(b"220 mail ESMTP\r\n\r\n", STALL)
    ),
    FaultCase("sends bare HTML", (BODY + b"\r\n\r\n",), "does not speak proper HTTP", True),
    FaultCase("sends a broken status", (b"HTTP/1.1 abc OK\r\n\r\n",), "does not speak proper HTTP", True),
    FaultCase("sends zero bytes", (bytes(4096),), "does not speak proper HTTP", True),
    FaultCase("sends a header without a colon", (HEAD + b"nonsense\r\n\r\n",), "does not speak proper HTTP", True),
    FaultCase("sends a negative length", (response(BODY, content_length="-5"),), "does not speak proper HTTP", True),
    FaultCase(
        "sends two lengths",
        (HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",),
        "does not speak proper HTTP",
        True,
    ),
    FaultCase(
        "sends a chunk size of words",
        (response(b"", content_length="", transfer_encoding="chunked") + b"many\r\n",),
        "does not speak proper HTTP",
        True,
    ),
    FaultCase(
        "switches protocols unasked",
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",),
        "closed the connection without an answer",
        True,
    ),
    FaultCase(
        "goes on after switching protocols",
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n" + response(BODY),),
        "does not speak proper HTTP",
        True,
    ),
    FaultCase("answers in HTTP/2", (b"HTTP/2 200 OK\r\n\r\n" + BODY,), "does not speak proper HTTP", True),
    FaultCase("sends a status below 100", (response(BODY, "099 Early"),), "does not speak proper HTTP", True),
    FaultCase("sends zero bytes in a header", (HEAD + b"X-A: a\0b\r\n\r\n",), "does not speak proper HTTP", True),
    FaultCase("sends a length with a sign", (response(BODY, content_length="+9"),), "does not speak proper HTTP", True),
    FaultCase("sends a list of lengths", (response(BODY, content_length="9, 8"),), "does not speak proper HTTP", True),
    FaultCase(
        "compresses the transfer unasked",
        (response(BODY, content_length="", transfer_encoding="gzip, chunked"),),
        "does not speak proper HTTP",
        True,
    ),
    FaultCase(
        "sends what no terminal should see",
        (response(b"", transfer_encoding="\x1b[31mgzip\xe4"),),
        "does not speak proper HTTP (Unsolicited Transfer-Encoding ( [31mgzip",
        True,
    ),
    FaultCase(
        "sends a chunk that is longer than it says",
        (response(b"", content_length="", transfer_encoding="chunked") + b"5\r\n" + BODY,),
        "does not speak proper HTTP",
        True,
    ),
    FaultCase(
        "closes after Continue", (b"HTTP/1.1 100 Continue\r\n\r\n",), "closed the connection without an answer", True
    ),
    # too much
    FaultCase("headers without end", (HEAD + b"X-A: ", Flood(b"a" * 65_536, 2_000_000_000)), "headers without end"),
    FaultCase(
        "a thousand headers and more", (HEAD, Flood(b"X-A: b\r\n" * 8_000, 2_000_000_000)), "headers without end"
    ),
    FaultCase(
        "Continue by the million", (Flood(b"HTTP/1.1 100 Go\r\n\r\n" * 999, 2_000_000_000),), "headers without end"
    ),
    FaultCase(
        "trailers without end",
        (chunked(BODY, end=b"0\r\nX-A: "), Flood(b"a" * 65_536, 2_000_000_000)),
        "headers without end",
    ),
    FaultCase(
        "gigabytes without a length",
        (HEAD + b"\r\n", Flood(b"a" * 65_536, 4_000_000_000)),
        "larger than 50,000 bytes",
        tip=True,
    ),
    FaultCase(
        "gigabytes in chunks",
        (chunked(end=b""), Flood(b"10000\r\n" + b"a" * 65_536 + b"\r\n", 4_000_000_000)),
        "larger than 50,000 bytes",
        tip=True,
    ),
    FaultCase(
        "announces gigabytes", (response(b"", content_length="5000000000"), STALL), "larger than 50,000 bytes", tip=True
    ),
    FaultCase(
        "announces more than there are numbers",
        (response(b"", content_length="9" * 18), STALL),
        "larger than 50,000 bytes",
        tip=True,
    ),
    FaultCase("gzip bomb", (packed(BOMB, "gzip"),), "larger than 50,000 bytes", tip=True, status=200),
    FaultCase(
        "deflate bomb",
        (packed(zlib.compress(bytes(20_000_000)), "deflate"),),
        "larger than 50,000 bytes",
        tip=True,
        status=200,
    ),
    FaultCase(
        "gzip bomb in a gzip bomb",
        (packed(gzip.compress(BOMB), "gzip"),),
        "larger than 50,000 bytes",
        tip=True,
        status=200,
    ),
    FaultCase(
        "gzip bomb of two layers",
        (packed(gzip.compress(BOMB), "gzip, gzip"),),
        "larger than 50,000 bytes",
        tip=True,
        status=200,
    ),
    FaultCase("gzip of many layers", (packed(BODY, "gzip, gzip, gzip, gzip, gzip"),), "compressed 5 times", status=200),
    FaultCase(
        "brotli uninvited",
        (packed(bytes.fromhex("8b0080aaaaaaeaff74e5fc"), "br"), KEEP),
        "compressed as 'br'",
        status=200,
    ),
    FaultCase(
        "zstd uninvited", (packed(bytes.fromhex("28b52ffd0458"), "zstd"), KEEP), "compressed as 'zstd'", status=200
    ),
    FaultCase(
        "an encoding nobody knows", (packed(BODY, "x-university"), KEEP), "compressed as 'x-university'", status=200
    ),
    FaultCase(
        "broken gzip",
        (packed(gzip.compress(BODY)[:-8] + bytes(8), "gzip"), KEEP),
        "what was sent is broken",
        True,
        status=200,
    ),
    FaultCase(
        "deflate that is none", (packed(b"\xff" * 40, "deflate"), KEEP), "what was sent is broken", True, status=200
    ),
    # not a page
    FaultCase("an empty body", (response(b""), KEEP), "the page is empty", True, status=200),
    FaultCase("a body of white space", (response(b" \r\n\t "), KEEP), "the page is empty", True, status=200),
    FaultCase("a body of zeros", (response(bytes(5000)), KEEP), "the page is empty", True, status=200),
    FaultCase("an empty close-delimited body", (HEAD + b"\r\n",), "the page is empty", True, status=200),
    FaultCase("compressed nothing", (packed(gzip.compress(b""), "gzip"), KEEP), "the page is empty", True, status=200),
    _file("a PDF", "application/pdf", b"%PDF-1.7 ...", "a PDF (application/pdf)"),
    _file("a PDF that is called a page", "text/html", b"\r\n%PDF-1.7 ...", "this is a PDF, not a page"),
    _file("an image", "image/png", b"\x89PNG\r\n\x1a\n...", "an image (image/png)"),
    _file("an image that is called a page", "text/html", b"\xff\xd8\xff\xe0 JFIF", "this is an image"),
    _file("a ZIP archive", "application/zip", b"PK\x03\x04", "an archive (application/zip)"),
    _file(
        "an office document without a type", "", b"PK\x03\x04 word/document.xml", "a ZIP archive or an office document"
    ),
    _file("an old office document", "application/msword", b"\xd0\xcf\x11\xe0", "an office document"),
    _file("a recording", "audio/mpeg", b"ID3", "a recording (audio/mpeg)"),
    _file("a video", "application/octet-stream", b"\0\0\0\x20ftypisom", "a video"),
    _file(
        "bytes without meaning",
        "application/octet-stream",
        bytes(range(256)),
        "this is no text (application/octet-stream)",
    ),
    FaultCase(
        "a video without an end",
        (response(b"", content_length="", content_type="video/mp4"), Flood(b"a" * 65_536, 4_000_000_000)),
        "a video (video/mp4)",
        tip=True,
        status=200,
    ),
    # what the server says
    _status("204 No Content", "204 No Content"),
    _status("206 Partial Content", "206 Partial Content"),
    _status("300 Multiple Choices", "300 Multiple Choices"),
    _status("304 Not Modified", "was not asked that"),
    _status("400 Bad Request", "does not understand the request", tip=True),
    _status("401 Unauthorized", "asks for a login", tip=True),
    _status("403 Forbidden", "refuses to show the page", tip=True),
    _status("404 Not Found", "does not know this page", tip=True),
    _status("410 Gone", "removed for good"),
    _status("418 I'm a Teapot", "refuses the request (418 I'm a Teapot)"),
    _status("429 Too Many Requests", "asked too often", transient=True, tip=True),
    _status("451 Unavailable", "legal reasons"),
    _status("500 Internal Server Error", "the server failed (500", transient=True),
    _status("502 Bad Gateway", "behind the site does not answer rightly", transient=True),
    _status("503 Service Unavailable", "overloaded or under maintenance", transient=True),
    _status("504 Gateway Timeout", "does not answer in time", transient=True),
    _status("520 Web Server Returned an Unknown Error", "the server failed (520)", transient=True),
    _status("999 Request Denied", "an answer that is no page (999)", transient=True),
    FaultCase(
        "status 404 with a body that stalls",
        (response(b"<p>no</p>", "404 Not Found", content_length="99"), STALL),
        "does not know this page",
        False,
        404,
        True,
        timeout=SHORT,
    ),
    FaultCase(
        "status 404 with a body that drips",
        (response(b"", "404 Not Found", content_length=""), Drip(b"z", 0.05)),
        "does not know this page",
        False,
        404,
        True,
        timeout=SHORT,
    ),
    FaultCase(
        "status 404 with trailers without end",
        (
            b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: ",
            Flood(b"a" * 65_536, 2_000_000_000),
        ),
        "does not know this page",
        False,
        404,
        True,
    ),
    FaultCase(
        "status 503 and a reset",
        (response(b"", "503 Service Unavailable", content_length="9"), RESET),
        "maintenance",
        True,
        503,
    ),
    FaultCase(
        "status 404 with gigabytes",
        (response(b"", "404 Not Found", content_length=""), Flood(b"a" * 65_536, 4_000_000_000)),
        "does not know this page",
        False,
        404,
        True,
    ),
    # redirects
    FaultCase("redirects to itself", (redirect("/page"), KEEP), "in a circle (http://127.0.0.1:", False, 302, True),
    FaultCase(
        "redirects without saying where", (response(b"", "302 Found"), KEEP), "without saying where to", False, 302
    ),
    FaultCase("redirects to a file", (redirect("file:///etc/hosts"), KEEP), "file is not fetched", False, 302),
    FaultCase(
        "redirects to a script", (redirect("javascript:alert(1)"), KEEP), "javascript is not fetched", False, 302
    ),
    FaultCase("redirects to no host", (redirect("http://./jobs"), KEEP), "this is no web address", False, 302),
    FaultCase(
        "redirects to what no terminal should see", (redirect("http://\x1b[31m/"), KEEP), "to http:// [31m/", False, 302
    ),
    FaultCase(
        "redirects to a broken address", (redirect("http://[::1/jobs"), KEEP), "this is no web address", False, 302
    ),
    FaultCase(
        "redirects to an impossible port",
        (redirect("http://127.0.0.1:99999/"), KEEP),
        "this is no web address",
        False,
        302,
    ),
]

# Servers that are wrong, or old, or odd, but whose page can be read all the same.
QUIRKS: list[tuple[str, Script]] = [
    ("a sound response", (response(BODY), KEEP)),
    ("no length, ended by closing", (HEAD + b"\r\n" + BODY,)),
    ("HTTP/1.0", (b"HTTP/1.0 200 OK\r\n\r\n" + BODY,)),
    ("no reason phrase", (b"HTTP/1.1 200\r\nContent-Type: text/html\r\n\r\n" + BODY,)),
    ("bare line feeds", (b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + BODY,)),
    ("chunks", (chunked(BODY[:20], BODY[20:]), KEEP)),
    ("a status line in lower case", (b"http/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + BODY,)),
    ("a status line with a tab", (b"HTTP/1.1\t200\tOK\r\nContent-Type: text/html\r\n\r\n" + BODY,)),
    ("a header like a status line", (HEAD + b"HTTP/1.1 404 Not: Found\r\nHTTP/1.1 100 Go: on\r\n\r\n" + BODY,)),
    ("a folded header", (HEAD + b"Content-Length:\r\n  %d\r\nX-A: b\r\n \t\r\n c\r\n\r\n" % len(BODY) + BODY, KEEP)),
    ("the same length twice", (response(BODY, x=f"1\r\nContent-Length: {len(BODY)}"), KEEP)),
    ("a length and chunks", (chunked(BODY, x="1\r\nContent-Length: 3"), KEEP)),
    ("chunks with extensions", (chunked(end=b"%x;a=b\r\n%s\r\n0;c=d\r\n\r\n" % (len(BODY), BODY)), KEEP)),
    ("chunks with a trailer", (chunked(BODY, end=b"0\r\nX-Checksum: 1\r\n\r\n"), KEEP)),
    ("a hint first", (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + response(BODY), KEEP)),
    ("gzip", (packed(gzip.compress(BODY), "gzip"), KEEP)),
    ("gzip in capitals", (packed(gzip.compress(BODY), "GZip"), KEEP)),
    ("gzip of two members", (packed(gzip.compress(BODY[:20]) + gzip.compress(BODY[20:]), "gzip"), KEEP)),
    ("gzip with padding", (packed(gzip.compress(BODY) + bytes(100), "gzip"), KEEP)),
    ("gzip twice, said once", (packed(gzip.compress(gzip.compress(BODY)), "gzip"), KEEP)),
    ("gzip twice, said twice", (packed(gzip.compress(gzip.compress(BODY)), "gzip, gzip"), KEEP)),
    ("gzip that nobody mentions", (response(gzip.compress(BODY)), KEEP)),
    ("said to be gzip, but is not", (packed(BODY, "gzip"), KEEP)),
    ("deflate", (packed(zlib.compress(BODY), "deflate"), KEEP)),
    ("deflate without its wrapper", (packed(_raw_deflate(BODY), "deflate"), KEEP)),
    ("identity", (packed(BODY, "identity"), KEEP)),
    ("utf-8 as Content-Encoding absent", (packed(BODY, ""), KEEP)),
    ("no type", (response(BODY, content_type=""), KEEP)),
    ("octet-stream", (response(BODY, content_type="application/octet-stream"), KEEP)),
    ("a type nobody knows", (response(BODY, content_type="Nonsense"), KEEP)),
    ("called latin-1, is utf-8", (response(BODY, content_type="text/html; charset=ISO-8859-1"), KEEP)),
    ("called utf-8, is latin-1", (response(PAGE.encode("cp1252"), content_type="text/html; charset=utf-8"), KEEP)),
    ("utf-16", (response(PAGE.encode("utf-16"), content_type="text/html"), KEEP)),
    ("203", (response(BODY, "203 Non-Authoritative Information"), KEEP)),
    ("more sent than promised", (response(BODY) + b"<p>more</p>",)),
]
