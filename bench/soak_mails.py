"""The mails of a simulated year, read as a subscriber reads them: what was told of which position, when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path

_HEADING = re.compile(r"^([A-Z][^\n]*?) \((\d+)\)\n-{72}\n", re.M)
_ITEM = re.compile(r"^\* ", re.M)
_DAY = r"(?:[A-Z][a-z]{2} )?(\d+ [A-Z][a-z]{2} \d{4})"
_DEADLINE = re.compile(rf"Deadline: {_DAY}|closes {_DAY}|left, {_DAY}|today, {_DAY}|tomorrow, {_DAY}")
_MOVED = re.compile(rf"Deadline: (not stated|{_DAY}) -> {_DAY}")
_MORE = re.compile(r"^  and (\d+) more: ", re.M)
_FIELD = re.compile(r"^  ([A-Z][^:\n]*): ", re.M)
NEW, CHANGED, REMINDED, REOPENED, CLOSED = "NEW", "CHANGED", "CLOSING SOON", "REOPENED", "CLOSED"
TROUBLE, WORKING, FIRST_SEEN, OPEN_NOW = (
    "SOURCES IN TROUBLE",
    "SOURCES WORKING AGAIN",
    "OPEN WHEN FIRST SEEN",
    "OPEN NOW",
)
_EXACT = (NEW, CHANGED, REOPENED, CLOSED, TROUBLE, WORKING)


@dataclass(frozen=True, slots=True)
class Telling:
    """One entry of one mail. section: its heading. title: its first line.

    deadline: what it says that the deadline is (now); before: what it was until then. passing: "came and went".
    others: what else it tells as changed.
    """

    mail: str
    at: datetime
    section: str
    title: str
    deadline: date | None = None
    before: date | None = None
    passing: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mail:
    """id: its Message-ID. number: that of its digest. at: its Date, of the machine's own clock."""

    id: str
    number: int
    at: datetime
    text: str

    @cached_property
    def sections(self) -> dict[str, tuple[int, str]]:
        """Heading -> the number in it, and what stands below."""
        _, *parts = _HEADING.split(self.text)
        return {
            heading: (int(n), words) for heading, n, words in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        }

    @cached_property
    def tellings(self) -> tuple[Telling, ...]:
        return tuple(self._tellings())

    def _tellings(self) -> Iterator[Telling]:
        for heading, (_, below) in self.sections.items():
            section = heading.partition(":")[0]
            for words in _ITEM.split(below)[1:]:
                title, _, rest = words.partition("\n")
                line = " ".join(rest.split())
                moved, says = _MOVED.search(line), _DEADLINE.search(line)
                fields = _FIELD.findall(rest) if section == CHANGED else []
                yield Telling(
                    mail=self.id,
                    at=self.at,
                    section=section,
                    title=title.strip(),
                    deadline=_day(moved[3]) if moved else _day(next(filter(None, says.groups()))) if says else None,
                    before=_day(moved[2]) if moved and moved[2] else None,
                    passing="came and went" in line,
                    others=tuple(field for field in fields if not field.startswith("Deadline")),
                )

    @property
    def is_crowded(self) -> bool:
        """Whether there was no room in it for all, so that some are told by their number alone."""
        return any(self._rest(section) for section in _EXACT if section in self.sections)

    def miscounted(self) -> list[str]:
        """The sections in which entries and rest do not make up the number in their heading."""
        here = [section for section in _EXACT if section in self.sections]
        return [s for s in here if self.sections[s][0] != self._count(s) + self._rest(s)]

    def _count(self, section: str) -> int:
        return sum(telling.section == section for telling in self.tellings)

    def _rest(self, section: str) -> int:
        more = _MORE.search(self.sections[section][1])
        return int(more[1]) if more else 0


def _day(words: str) -> date:
    return datetime.strptime(f"{words} +0000", "%d %b %Y %z").date()


def received(folder: Path, recipient: str) -> tuple[list[Mail], list[str]]:
    """The mails to one address in the order of their digests, each once; and the ids of those that came again."""
    mails: dict[str, Mail] = {}
    again = []
    for file in sorted(folder.glob(f"*-{recipient}.eml")):
        message = message_from_bytes(file.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        text = "\n".join(body.get_content().splitlines())
        identity = str(message["Message-ID"])
        number = int(identity.removeprefix("<digest-").partition(".")[0])
        mail = Mail(identity, number, parsedate_to_datetime(str(message["Date"])), text)
        if identity in mails:
            again.append(identity if mails[identity] == mail else f"{identity}, with other words")
        mails[identity] = mail
    return sorted(mails.values(), key=lambda mail: mail.number), again
