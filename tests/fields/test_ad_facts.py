"""Employer, unit, place, title, reference, language, day of publishing and summary of an ad. Cases: data/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fields.department import find_department
from monitor.fields.language import find_language, language_of
from monitor.fields.lexicon import phrases
from monitor.fields.location import find_location, is_country
from monitor.fields.organization import find_organization, is_lesser
from monitor.fields.phrase import fold
from monitor.fields.posted import find_posted
from monitor.fields.reference import find_reference
from monitor.fields.summary import find_summary
from monitor.fields.text import AdText
from monitor.fields.title import find_title, heading_of, is_generic, names_position
from monitor.models import Found

Finder = Callable[[AdText], Found[Any] | None]


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(
        (Path(__file__).parent / "data" / f"{name}.toml").read_text(encoding="utf-8")
    )["case"]
    return found


def label(case: dict[str, Any]) -> str:
    return str(case.get("name") or case.get("text", case.get("page_title", ""))[:50])


def ad(text: str, title: str | None = None, language: str | None = "en") -> AdText:
    return AdText(text=text, as_of=date(2031, 3, 1), title=title, language=language)


def value(found: Found[Any] | None, text: str) -> Any:
    assert found is None or found.words in text
    return found.value if found else None


@pytest.mark.parametrize("case", cases("organization"), ids=label)
def test_organization(case: dict[str, Any]) -> None:
    assert value(find_organization(ad(case["text"], language=case.get("language", "en"))), case["text"]) == case.get(
        "organization"
    )


@pytest.mark.parametrize("case", [case for case in cases("organization") if "department" in case], ids=label)
def test_department(case: dict[str, Any]) -> None:
    assert value(find_department(ad(case["text"])), case["text"]) == case["department"]


@pytest.mark.parametrize("case", cases("location"), ids=label)
def test_location(case: dict[str, Any]) -> None:
    assert value(find_location(ad(case["text"])), case["text"]) == case.get("location")


@pytest.mark.parametrize("case", cases("title"), ids=label)
def test_title(case: dict[str, Any]) -> None:
    title = case.get("given")
    language = case.get("language", "en")
    assert value(find_title(ad(case["text"], title, language)), f"{title}\n{case['text']}") == case["title"]


@pytest.mark.parametrize("case", cases("headings"), ids=label)
def test_title_among_headings(case: dict[str, Any]) -> None:
    headings = [(level, words) for level, words in case["headings"]]
    assert heading_of(headings, case.get("page_title"), case.get("site")) == case.get("title")


@pytest.mark.parametrize("case", cases("reference"), ids=label)
def test_reference(case: dict[str, Any]) -> None:
    assert value(find_reference(ad(case["text"])), case["text"]) == case.get("reference")


def test_countries_in_many_languages() -> None:
    names = (
        "Sweden|Sverige|Schweden|Suède|Ruotsi|Zweden|Svezia|Suecia|Suécia|Švédsko|the Netherlands|UK|USA|Czech Republic"
    )
    assert [name for name in names.split("|") if not is_country(name)] == []
    assert not is_country("Kiel")


@pytest.mark.parametrize(("language", "common"), phrases("language.common").items())
def test_language(language: str, common: tuple[str, ...]) -> None:
    assert language_of(" ".join(common)) == language


def test_language_unknown() -> None:
    assert language_of("Kwak brzdl fnord") is None
    assert find_language(AdText(text="Kwak", as_of=date(2031, 3, 1), language="fr")) == Found("fr", "Kwak")


def test_day_of_publishing() -> None:
    assert value(find_posted(ad("Published: 12 February 2031\nDeadline: 1 May 2031")), "12 February 2031") == date(
        2031, 2, 12
    )
    assert find_posted(ad("Published: 12 April 2031")) is None
    assert find_posted(ad("Deadline: 1 February 2031")) is None


def test_summary_is_the_sentence_about_the_subject() -> None:
    text = (
        "Norrhamn University has 9 000 students and employees.\n"
        "The project investigates how sand dunes move in the wind and how people slow them down.\n"
        "Your application must contain a CV. Deadline for applications is 1 May."
    )
    found = value(find_summary(ad(text, "PhD student in the physics of sand dunes")), text)
    assert found == "The project investigates how sand dunes move in the wind and how people slow them down."


def test_summary_is_one_line_of_bounded_length() -> None:
    text = "The project investigates " + "the slow movement of dunes " * 30 + "by people."
    found = find_summary(ad(text))
    assert found is not None
    assert found.words in text
    assert len(found.value) <= 242
    assert "\n" not in found.value


def entries(topic: str) -> list[tuple[str, str]]:
    return [(language, phrase.replace("*", "")) for language, group in phrases(topic).items() for phrase in group]


def test_each_generic_heading_is_no_title() -> None:
    assert [entry for entry in entries("title.generic") if not is_generic(entry[1].capitalize())] == []


def test_each_role_names_a_position() -> None:
    assert [entry for entry in entries("title.roles") if not names_position(f"The {entry[1]} in botany")] == []


def titles_other_than(title: str, shape: str, topic: str) -> list[tuple[str, str]]:
    """The entries of a topic with which a text of that shape has another title."""
    found = [(e, find_title(ad(shape.format(e[1]), language=e[0]))) for e in entries(topic)]
    return [e for e, one in found if one is None or one.value != title]


def test_each_verb_makes_a_line_a_sentence() -> None:
    shape = "Doctoral student in the botany of dunes {} by the sea in Norrhamn\nPostdoc in botany\nText follows here."
    assert titles_other_than("Postdoc in botany", shape, "title.verbs") == []


def test_each_word_for_a_date_makes_a_line_no_title() -> None:
    shape = "Doctoral student in botany, {}: May\nPostdoc in botany\nText follows here."
    assert titles_other_than("Postdoc in botany", shape, "title.dated") == []


def test_each_count_is_no_part_of_a_title() -> None:
    shape = "At Norrhamn the garden, as it was before, is looking for {} doctoral student in botany."
    assert titles_other_than("doctoral student in botany", shape, "title.counts") == []


def test_each_word_after_what_is_offered_ends_a_title() -> None:
    shape = "At Norrhamn the garden, as it was before, is looking for a doctoral student in botany {} dunes."
    assert titles_other_than("doctoral student in botany", shape, "title.ends") == []


def test_each_word_before_a_subject_gives_it_to_the_title() -> None:
    shape = "At Norrhamn the garden, as it was before, has this: the PhD position {} sand dunes and wind."
    assert titles_other_than("PhD position: sand dunes and wind", shape, "title.topics") == []


def test_each_word_about_the_subject_makes_a_summary() -> None:
    plain = "Norrhamn lies between two rivers and a hill of sand."
    texts = [(e, f"{plain}\nNorrhamn {e[1]} two of the rivers beside the sand.") for e in entries("summary.about")]
    found = [(e, find_summary(ad(text))) for e, text in texts]
    assert [e for e, one in found if one is None or one.value == plain] == []


def test_each_word_about_the_conditions_makes_no_summary() -> None:
    plain = "Norrhamn lies between two rivers and a hill of sand."
    texts = [(e, f"Norrhamn {e[1]} two of the rivers beside the sand.\n{plain}") for e in entries("summary.besides")]
    found = [(e, find_summary(ad(text))) for e, text in texts]
    assert [e for e, one in found if one is None or one.value != plain] == []


def test_each_head_word_makes_an_employer() -> None:
    def missed(text: str, language: str) -> bool:
        return find_organization(ad(text, language=language)) is None

    before = [
        e for e in entries("organization.heads_before") if missed(f"{e[1][:1].upper()}{e[1][1:]} Norrhamn.", e[0])
    ]
    after = [e for e in entries("organization.heads_after") if missed(f"Norrhamn {e[1].title()} is here.", e[0])]
    assert before + after == []


def test_each_acronym_is_an_employer() -> None:
    missed = [
        e
        for e in entries("organization.acronyms")
        if value(find_organization(ad(f"Join {e[1]} now.")), f"Join {e[1]} now.") != e[1]
    ]
    assert missed == []


def test_each_offering_word_makes_an_advertiser() -> None:
    strong = [e for e in entries("organization.hires") if len(e[1]) > 4]
    missed = [e for e in strong if find_organization(ad(f"BrineWorks {e[1]} a person.")) is None]
    assert missed == []


def test_each_aside_leaves_the_employer_alone() -> None:
    text = "Caldmoor University, in Wales. Text {} Polder University."
    wrong = [
        e
        for e in entries("organization.asides")
        if value(find_organization(ad(text.format(e[1]))), text) != "Caldmoor University"
    ]
    assert wrong == []


def employer(text: str) -> Any:
    return value(find_organization(ad(text)), text)


def test_no_word_before_a_name_is_part_of_it() -> None:
    leads = [
        e
        for e in entries("organization.leads")
        if employer(f"{e[1].capitalize()} Caldmoor University") != "Caldmoor University"
    ]
    articles = []
    for language, article in entries("organization.articles"):
        head = phrases("organization.heads_before")[language][0].capitalize()
        if employer(f"{article.upper()} {head} Norrhamn") != f"{head} Norrhamn":
            articles.append((language, article))
    assert leads + articles == []


def test_no_general_word_is_an_advertiser() -> None:
    names = [e for e in entries("organization.pronouns") if employer(f"{e[1].capitalize()} is looking for a person.")]
    names += [
        e
        for e in entries("organization.groups")
        if employer(f"Moss {e[1].replace('*', '').title()} is looking for a person.")
    ]
    assert names == []


def test_each_word_for_partners_leaves_the_employer_alone() -> None:
    text = "Caldmoor University, in Wales. We have {} with the Polder University."
    wrong = [e for e in entries("organization.partners") if employer(text.format(e[1])) != "Caldmoor University"]
    assert wrong == []


def test_no_funder_is_an_employer() -> None:
    text = "Caldmoor University. The {} pays. The {} pays. The {} pays."
    paid = [(e, e[1].replace("*", "").title()) for e in entries("organization.funders")]
    assert [e for e, name in paid if employer(text.format(name, name, name)) != "Caldmoor University"] == []


def test_each_lesser_institution_yields_to_a_university() -> None:
    lesser = [(e, f"Norrhamn {e[1].replace('*', '').title()}") for e in entries("organization.lesser")]
    assert [e for e, name in lesser if not is_lesser(name)] == []
    whole = [(e, f"Norrhamn {e[1].title()}") for e in entries("organization.whole")]
    assert [e for e, name in whole if is_lesser(name)] == []


def test_each_small_head_word_begins_or_ends_a_name() -> None:
    def missed(head: str) -> bool:
        found = (employer(f"Text om Norrhamns {head}."), employer(f"Texte de l'{head} Norrhamn."))
        return not any(name and "Norrhamn" in name for name in found)

    heads = {
        language: [h for side in ("before", "after") for h in phrases(f"organization.heads_{side}").get(language, ())]
        for language in phrases("organization.small")
    }
    idle = [
        e
        for e in entries("organization.small")
        if all(missed(head) for head in heads[e[0]] if fold(head).startswith(fold(e[1])))
    ]
    assert idle == []


def test_each_unit_word_makes_a_department() -> None:
    missed = [
        e
        for e in entries("organization.departments_before")
        if find_department(ad(f"{e[1][:1].upper()}{e[1][1:]} Moss Studies.")) is None
    ]
    assert missed == []


def test_each_placing_word_is_followed_by_a_place() -> None:
    missed = [
        e
        for e in entries("location.placed")
        if value(find_location(ad(f"It {e[1]} Norrhamn.")), f"It {e[1]} Norrhamn.") != "Norrhamn"
    ]
    assert missed == []


def test_what_is_no_place() -> None:
    assert [
        e for e in entries("location.not_places") if find_location(ad(f"Location: {e[1].capitalize()}")) is not None
    ] == []


FINDERS: list[Finder] = [
    find_organization,
    find_department,
    find_location,
    find_title,
    find_reference,
    find_language,
    find_posted,
    find_summary,
]


@pytest.mark.parametrize("find", FINDERS, ids=lambda find: find.__name__)
@given(text=st.text(max_size=400), title=st.none() | st.text(max_size=50))
def test_any_text(find: Finder, text: str, title: str | None) -> None:
    found = find(ad(text, title))
    assert found is None or (found.value and (found.words in text or found.words in (title or "")))
