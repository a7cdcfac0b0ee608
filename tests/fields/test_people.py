"""Supervisors, contacts and names. Cases: data/people.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.lexicon import phrases
from monitor.fields.names import persons_at
from monitor.fields.people import addresses, find_contacts, find_supervisors
from monitor.fields.text import AdText
from monitor.models import Contact

CASES = tomllib.loads((Path(__file__).parent / "data" / "people.toml").read_text(encoding="utf-8"))["case"]


def ad(text: str) -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1))


def label(case: dict[str, Any]) -> str:
    return str(case.get("name") or case["text"][:50])


def written(contact: Contact) -> str:
    return " ".join(filter(None, [contact.name, f"<{contact.email}>" if contact.email else None]))


@pytest.mark.parametrize("case", CASES, ids=label)
def test_supervisors(case: dict[str, Any]) -> None:
    found = find_supervisors(ad(case["text"]))
    assert list(found.value if found else ()) == case.get("supervisors", [])
    assert found is None or found.words in case["text"]


@pytest.mark.parametrize("case", [case for case in CASES if "contacts" in case or "supervisors" not in case], ids=label)
def test_contacts(case: dict[str, Any]) -> None:
    found = find_contacts(ad(case["text"]))
    assert sorted(written(contact) for contact in (found.value if found else ())) == sorted(case.get("contacts", []))
    assert found is None or found.words in case["text"]


def entries(name: str) -> list[tuple[str, str]]:
    return [(language, phrase) for language, group in phrases(f"people.{name}").items() for phrase in group]


def test_each_cue_before_a_name_makes_a_supervisor() -> None:
    def supervised(phrase: str) -> bool:
        title = "" if phrase.split()[-1].lower() in ("prof", "dr") else "Professor "
        found = find_supervisors(ad(f"Text. {phrase.replace('*', '')} {title}Maren Ostergo-Lind."))
        return found is not None and found.value == ("Maren Ostergo-Lind",)

    assert [entry for entry in entries("supervised_by") if not supervised(entry[1])] == []


def test_each_cue_after_a_name_makes_a_supervisor() -> None:
    def supervised(phrase: str) -> bool:
        space = "" if phrase.startswith("'") else " "
        found = find_supervisors(ad(f"Text. Professor Maren Ostergo-Lind{space}{phrase.replace('*', '')} here."))
        return found is not None and found.value == ("Maren Ostergo-Lind",)

    wanted = [e for e in entries("supervises") if not e[1].startswith("s ")]
    assert [entry for entry in wanted if not supervised(entry[1])] == []


def test_each_cue_before_a_name_makes_a_contact() -> None:
    def asked(phrase: str) -> bool:
        found = find_contacts(ad(f"Text. {phrase.replace('*', '')} Professor Maren Ostergo-Lind."))
        return found is not None and found.value[0].name == "Maren Ostergo-Lind"

    assert [entry for entry in entries("contact_by") if not asked(entry[1])] == []


def test_no_office_is_asked_to_supervise() -> None:
    text = "For details contact Professor Maren Ostergo-Lind, {}."
    offices = [(language, phrase.replace("*", "")) for language, phrase in entries("offices")]
    assert [entry for entry in offices if find_supervisors(ad(text.format(entry[1])))] == []


def test_each_title_is_taken_off() -> None:
    kept = [
        entry
        for entry in entries("titles")
        if [p.name for p in persons_at(f"{entry[1].replace('*', '')} Maren Ostergo-Lind", 0)] != ["Maren Ostergo-Lind"]
    ]
    assert kept == []


def test_words_that_no_name_holds() -> None:
    taken = [
        entry
        for entry in entries("not_names")
        if len(entry[1]) > 1 and persons_at(f"{entry[1].capitalize()} Ostergo", 0)
    ]
    assert taken == []


def test_nobody_is_named_by_an_eponym() -> None:
    named = [e for e in entries("eponyms") if persons_at(" ".join(map(str.capitalize, e[1].split())), 0)]
    assert named == []


def test_no_referee_is_a_supervisor() -> None:
    text = "Supervised by {} Professor Maren Ostergo-Lind."
    taken = [e for e in entries("referees") if find_supervisors(ad(text.format(f"the {e[1].replace('*', '')} of")))]
    assert taken == []


def test_nobody_whose_life_is_told_is_a_supervisor() -> None:
    text = "Supervised by Professor Maren Ostergo-Lind, {} here."
    taken = [e for e in entries("biography") if find_supervisors(ad(text.format(e[1].replace("*", ""))))]
    assert taken == []


def test_no_mailbox_is_a_person_s_own() -> None:
    def owned(phrase: str) -> bool:
        found = find_contacts(ad(f"Maren Ostergo-Lind, {phrase.replace('*', '')}@example.org"))
        return found is None or found.value[0].name is not None

    assert [entry for entry in entries("mailboxes") if owned(entry[1])] == []


def test_nobody_is_asked_at_the_site_s_own_addresses() -> None:
    addressed = [e for e in entries("no_contacts") if find_contacts(ad(f"Write to {e[1]}@example.org today."))]
    assert addressed == []


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    for found in (find_supervisors(ad(text)), find_contacts(ad(text))):
        assert found is None or (found.value and found.words in text)


@given(st.emails())
def test_addresses_are_found(address: str) -> None:
    local, _, host = address.partition("@")
    if local.replace(".", "").isalnum() and host.replace(".", "").replace("-", "").isalpha() and local[:1].isalnum():
        assert [a.email for a in addresses(f"Write to {address} today.")] == [address]
