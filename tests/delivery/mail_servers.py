"""Real postfix and dovecot, as Debian has them, in a folder of their own and on free loopback ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

TEMPLATES = Path(__file__).parent / "mailservers"
USER, PASSWORD = "me", "sesame"
_PROGRAMS = ("postfix", "dovecot")


@dataclass(frozen=True)
class MailServers:
    """Port of the SMTP server, where USER logs in over STARTTLS; port of the IMAP server with the mailboxes."""

    smtp: int
    imap: int


def missing() -> str | None:
    """Why they cannot be started here; None if they can."""
    if not all(map(shutil.which, _PROGRAMS)):
        return "postfix and dovecot are not installed (in Debian: postfix dovecot-imapd dovecot-lmtpd)"
    if os.geteuid() != 0:
        return "postfix can be started by root only"
    version = _run("dovecot", "--version")
    return None if version.startswith("2.3.") else f"dovecot.conf here is for dovecot 2.3, and this is {version}"


@contextmanager
def mail_servers(authority: trustme.CA) -> Iterator[MailServers]:
    # not in pytest's folder: the paths of sockets are short, and postfix's own user must be able to enter
    with tempfile.TemporaryDirectory(prefix="mail-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("spool", "data", "mail"):
            (folder / part).mkdir()
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "mail", "nobody")
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        ports = _free_ports("smtp", "lmtp", "imap", "auth")
        for template in TEMPLATES.iterdir():
            text = template.read_text(encoding="utf-8").format(folder=folder, password=PASSWORD, **ports)
            (folder / template.name).write_text(text, encoding="utf-8")
        # both return when they listen, and go on in the background
        _run("dovecot", "-c", f"{folder}/dovecot.conf")
        stack.callback(_run, "dovecot", "-c", f"{folder}/dovecot.conf", "stop")
        _run("postfix", "-c", str(folder), "start")
        stack.callback(_run, "postfix", "-c", str(folder), "stop")
        yield MailServers(ports["smtp"], ports["imap"])


def _free_ports(*names: str) -> dict[str, int]:
    """All are held until the last is found, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        return {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}


def _run(*command: str) -> str:
    with tempfile.TemporaryFile() as said:  # no pipe: what goes on in the background keeps it open
        done = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, timeout=60, check=False)
        said.seek(0)
        words = said.read().decode().strip()
    assert done.returncode == 0, f"{' '.join(command)}: {words}"
    return words
