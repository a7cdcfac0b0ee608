"""The ad's own text out of a page."""

from __future__ import annotations

import pytest

from monitor.decoding import cloudflare_address
from monitor.fields.lexicon import phrases
from monitor.readers.main_text import from_html, from_plain


def lines(body: str) -> list[str]:
    return from_html(f"<html><body><main><h1>PhD in botany</h1>{body}</main></body></html>").text.splitlines()[1:]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<table><tr><th>Deadline</th><td>1 May 2031</td></tr></table>", ["Deadline: 1 May 2031"]),
        ("<table><tr><td>Deadline:</td><td>1 May</td></tr></table>", ["Deadline: 1 May"]),
        ("<table><tr><td>A</td><td>B</td><td>C</td></tr></table>", ["A | B | C"]),
        ("<dl><dt>City</dt><dd><div>Lund</div></dd><dt>Pay</dt></dl>", ["City: Lund", "Pay:"]),
        ("<div><span>City</span><p>Lund</p></div>", ["City: Lund"]),
        ("<ul><li><p>Moss</p></li><li>Fern</li><li></li></ul>", ["- Moss", "- Fern"]),
        ("<p>One<br>two <b>th</b>ree</p>", ["One", "two three"]),
        ("<p><span>End Date</span><span>8 May</span> is near</p>", ["End Date 8 May is near"]),
        ("<pre>a\n  b</pre>", ["a", "b"]),
        ("<p>Write to <a href='mailto:a.b@example.org?subject=x'>Ann</a>.</p>", ["Write to Ann (a.b@example.org)."]),
        ("<p><a href='mailto:a@example.org'>a(at)example.org</a></p>", ["a@example.org"]),
        ("<p>soft\u00adhyphen, zero\u200bwidth,\u00a0blank</p>", ["softhyphen, zerowidth, blank"]),
        ("<p hidden>This vacancy is closed.</p><p>Open</p>", ["Open"]),
        ("<p>Text</p><p>© 2031 Norrhamn</p>", ["Text"]),
    ],
)  # fmt: skip
def test_blocks(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


@pytest.mark.parametrize(
    "clutter",
    [
        "<nav>Clutter</nav>",
        "<div class='cookie-notice'>Clutter</div>",
        "<div id='socialShare'>Clutter</div>",
        "<ul>" + "<li><a href='/1'>Clutter</a></li>" * 4 + "</ul>",
        "<section><h3>Similar positions</h3><p><a href='/1'>Clutter</a></p></section>",
        "<h3>Related jobs</h3><p>Clutter</p>",
        "<button>Clutter</button><select><option>Clutter</option></select>",
    ],
)
def test_clutter_is_left_out(clutter: str) -> None:
    main = f"<main><h1>PhD in botany</h1><p>{'The mosses grow. ' * 9}</p>{clutter}</main>"
    shown = from_html(f"<body>{main}<footer>Clutter</footer></body>")
    assert "Clutter" not in shown.text
    assert "mosses" in shown.text


def test_a_rule_never_takes_the_ad() -> None:
    for name in ("menu", "footer", "related", "cookie", "banner"):
        shown = from_html(f"<body><div class='{name}'><h1>PhD in botany</h1><p>Deadline: 1 May</p></div></body>")
        assert shown.text.splitlines() == ["PhD in botany", "Deadline: 1 May"], name


def test_other_positions_end_at_the_next_heading() -> None:
    shown = lines("<h2>Related jobs</h2><p>Lecturer</p><h2>Contact</h2><p>Ann</p>")
    assert shown == ["Contact", "Ann"]


def test_facts_of_the_page() -> None:
    page = from_html(
        '<html lang="nb-NO"><head><title>Job - Norrhamn</title><meta property="og:site_name" content="Norrhamn"></head>'
        '<body><h1>PhD</h1><p class="job-location">Lund</p></body></html>'
    )
    assert (page.language, page.page_title, page.site) == ("no", "Job - Norrhamn", "Norrhamn")
    assert page.marked == {"location": "Lund"}
    assert page.headings == ((1, "PhD"),)


@pytest.mark.parametrize("code", ["", "5", "5a", "zz11", "5a00", "ff" * 40])
def test_broken_cloudflare_codes(code: str) -> None:
    assert cloudflare_address(code) is None


def test_plain_text_and_markdown() -> None:
    page = from_plain("## PhD in botany\n\n**Deadline:** 1 May\n* moss\n\n\n\n__Note__\n")
    assert page.text == "PhD in botany\n\nDeadline: 1 May\n- moss\n\nNote"
    assert page.headings == ((2, "PhD in botany"),)


def test_markup_in_plain_text_is_read_as_such() -> None:
    assert from_plain("<html><body><p>PhD in botany</p><p>Apply</p></body></html>").text == "PhD in botany"


def entries(topic: str) -> list[tuple[str, str]]:
    return [(language, phrase.replace("*", "")) for language, group in phrases(topic).items() for phrase in group]


def test_each_heading_of_other_positions_takes_its_section() -> None:
    kept = [
        e
        for e in entries("main_text.others")
        if "Clutter" in "".join(lines(f"<h2>{e[1].capitalize()}</h2><p>Clutter</p>"))
    ]
    assert kept == []


def test_each_button_is_no_line() -> None:
    assert [e for e in entries("main_text.chrome") if lines(f"<p>{e[1].capitalize()}</p><p>Text</p>") != ["Text"]] == []
