"""Certificates are verified, and what is wrong with one is said in plain words."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from monitor.errors import FetchError
from monitor.fetch import Fetcher

from .cases import BODY, PAGE, SHORT
from .faults import KEEP, RESET, STALL, FaultServer, Script, redirect, response

LONG_AGO, NOT_YET = datetime(2001, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
NEVER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is one of the operator's own, named as an operator would."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


def fetch_from(
    fetcher: Fetcher, tls: ssl.SSLContext | None, path: str = "/page", scheme: str = "https", greet: Script = ()
) -> str | FetchError:
    async def run() -> str | FetchError:
        scripts: dict[str, tuple[Script, ...]] = {"/page": ((response(BODY), KEEP),)}
        async with FaultServer(scripts, tls=tls, greet=greet) as server, fetcher as fetch:
            try:
                page = await fetch.get(f"{scheme}://127.0.0.1:{server.port}{path}")
            except FetchError as error:
                return error
        assert page is not None
        return page.text

    return asyncio.run(run())


def test_a_certificate_that_holds(authority: trustme.CA, fetcher: Callable[..., Fetcher]) -> None:
    assert fetch_from(fetcher(), context(authority.issue_cert("127.0.0.1"))) == PAGE


def test_a_folder_of_authorities(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fetcher: Callable[..., Fetcher]
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    authority.cert_pem.write_to_path(tmp_path / f"{subject_hash(authority)}.0")
    assert fetch_from(fetcher(), context(authority.issue_cert("127.0.0.1"))) == PAGE


def subject_hash(authority: trustme.CA) -> str:
    """By which OpenSSL finds a certificate in a folder (openssl-rehash(1)): of the subject in lower case, in UTF-8."""
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    plain = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
    encoded = plain.public_bytes()
    assert encoded[1] < 128, "a header of two bytes, which is not part of what is hashed"
    return hashlib.sha1(encoded[2:]).digest()[3::-1].hex()


@dataclass(frozen=True)
class Bad:
    name: str
    issue: Callable[[trustme.CA], trustme.LeafCert]
    says: str


BAD = [
    Bad("expired", lambda ca: ca.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO), "has expired"),
    Bad("not valid yet", lambda ca: ca.issue_cert("127.0.0.1", not_before=NOT_YET, not_after=NEVER), "not valid yet"),
    Bad("for another host", lambda ca: ca.issue_cert("jobs.example.org"), "is not for 127.0.0.1"),
    Bad("unknown authority", lambda ca: trustme.CA().issue_cert("127.0.0.1"), "from an authority that is not known"),
    Bad("a gap in the chain", lambda ca: _without_chain(ca), "its chain has a gap"),
]


def _without_chain(authority: trustme.CA) -> trustme.LeafCert:
    """What forgetful servers send: the certificate, but not that of the authority in between."""
    complete = authority.create_child_ca().issue_cert("127.0.0.1")
    return trustme.LeafCert(complete.private_key_pem.bytes(), complete.cert_chain_pems[0].bytes(), [])


@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_a_certificate_that_does_not_hold(bad: Bad, authority: trustme.CA, fetcher: Callable[..., Fetcher]) -> None:
    error = fetch_from(fetcher(), context(bad.issue(authority)))
    assert isinstance(error, FetchError)
    assert bad.says in str(error)
    assert error.tip
    assert not error.transient


def test_a_certificate_signed_by_itself(tmp_path: Path, fetcher: Callable[..., Fetcher]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(LONG_AGO)
        .not_valid_after(NEVER)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    (tmp_path / "own.pem").write_bytes(pem)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "own.pem")
    error = fetch_from(fetcher(), made)
    assert isinstance(error, FetchError)
    assert "signed by itself" in str(error)


HANDSHAKES: list[tuple[str, Script, str, bool]] = [
    ("plain http on the port", (response(BODY),), "no secure connection to 127.0.0.1", False),
    ("silent", (STALL,), "did not answer the TLS handshake within", True),
    ("closes", (b"",), "broke the connection off", True),
    ("resets", (RESET,), "broke the connection off", True),
]


@pytest.mark.parametrize(("name", "greet", "says", "transient"), HANDSHAKES, ids=[name for name, *_ in HANDSHAKES])
def test_a_handshake_that_fails(
    name: str, greet: Script, says: str, transient: bool, fetcher: Callable[..., Fetcher]
) -> None:
    error = fetch_from(fetcher(timeout=SHORT), None, greet=greet)
    assert isinstance(error, FetchError)
    assert says in str(error)
    assert error.transient == transient


def test_http_to_a_port_that_speaks_tls(authority: trustme.CA, fetcher: Callable[..., Fetcher]) -> None:
    error = fetch_from(fetcher(), context(authority.issue_cert("127.0.0.1")), scheme="http")
    assert isinstance(error, FetchError)


def test_a_login_is_not_sent_in_the_clear(authority: trustme.CA, fetcher: Callable[..., Fetcher]) -> None:
    """A redirect from https to http of the same name is another host as far as secrets go; back to https it is not."""

    async def run() -> None:
        safe = FaultServer({}, tls=context(authority.issue_cert("127.0.0.1")))
        async with safe, FaultServer({}) as plain, fetcher() as fetch:
            safe.scripts = {"/page": ((redirect(plain.url + "/page"), KEEP),)}
            plain.scripts = {"/page": ((response(BODY), KEEP),)}
            assert await fetch.get(safe.url + "/page", headers={"X-Key": "hush"})
            assert safe.requests[0].headers["x-key"] == "hush"
            assert "x-key" not in plain.requests[0].headers

    asyncio.run(run())


def test_names_and_numbers_are_both_verified(
    authority: trustme.CA, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to a checked number; the certificate must still be that of the name."""
    monkeypatch.setattr("monitor.fetch.addresses._look_up", lambda host: ["127.0.0.1"])

    async def run(certificate_for: str) -> str:
        scripts: dict[str, tuple[Script, ...]] = {"/page": ((response(BODY), KEEP),)}
        tls = context(authority.issue_cert(certificate_for))
        async with FaultServer(scripts, tls=tls) as server, fetcher() as fetch:
            try:
                assert await fetch.get(f"https://jobs.example.org:{server.port}/page")
            except FetchError as error:
                return str(error)
            return server.requests[0].headers["host"].partition(":")[0]

    assert asyncio.run(run("jobs.example.org")) == "jobs.example.org"
    assert "is not for jobs.example.org" in asyncio.run(run("127.0.0.1"))


def test_an_open_connection_serves_no_other_name(
    authority: trustme.CA, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hosts at one address, of which the certificate names one."""
    monkeypatch.setattr("monitor.fetch.addresses._look_up", lambda host: ["127.0.0.1"])
    named: list[str | None] = []
    tls = context(authority.issue_cert("jobs.example.org"))
    tls.sni_callback = lambda _, name, __: named.append(name)

    async def run() -> None:
        async with FaultServer({"/page": ((response(BODY), KEEP),)}, tls=tls) as server, fetcher() as fetch:
            url = f"https://jobs.example.org:{server.port}/page"
            assert await fetch.get(url)
            with pytest.raises(FetchError, match=r"is not for www\.example\.org"):
                await fetch.get(url.replace("jobs", "www"))
            assert await fetch.get(url)
            assert [request.connection for request in server.requests] == [1, 1]

    asyncio.run(run())
    assert named == ["jobs.example.org", "www.example.org"]


def test_an_authority_that_cannot_be_read(fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
    error = fetch_from(fetcher(), None)
    assert isinstance(error, FetchError)
    assert "missing.pem" in str(error)
