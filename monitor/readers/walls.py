"""Pages that prove nothing about positions: a bot challenge, a login, a consent wall, maintenance, an empty shell.

Asked only of a page on which no position was found, except for the marks of a bot challenge, which no list carries.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from monitor.readers.tree import Tree
from monitor.readers.words import is_placeholder, says, words_of

SHORT = 700  # characters; a wall says little else
_CHALLENGE = re.compile(
    r"cf-chl-|cf_chl_|challenge-platform|/cdn-cgi/challenge|__cf_chl|_Incapsula_Resource|incapsula|px-captcha|perimeterx|"
    r"geo\.captcha-delivery|datadome|distil_r_captcha|ak_bmsc.{0,80}challenge|awswaf|aws-waf-token|sucuri_cloudproxy|"
    r"anubis_challenge|within\.website/x/cmd/anubis|ddos-guard",
    re.I,
)
_CAPTCHA = re.compile(r"g-recaptcha|h-captcha|hcaptcha\.com|recaptcha/api|cf-turnstile|friendlycaptcha|mtcaptcha", re.I)
_APP_ROOT = re.compile(
    r"<(?:div|main|section)\b[^>]*\bid=[\"']?(?:root|app|__next|__nuxt|react-root|main-app|q-app|ember\d*)[\"'\s>]|<app-root|ng-app=|data-reactroot|ng-version",
    re.I,
)
_SCRIPT = re.compile(r"<script\b", re.I)


def marks_of(parser: LexborHTMLParser, html: str) -> Marks:
    """What has to be asked before scripts are taken out of the tree."""
    noscript = " ".join(node.text(separator=" ") for node in parser.css("noscript")[:5])
    return Marks(
        challenge=bool(_CHALLENGE.search(html)),
        captcha=bool(_CAPTCHA.search(html)),
        password=bool(parser.css_first("input[type=password]")),
        application=bool(_APP_ROOT.search(html)),
        scripts=len(_SCRIPT.findall(html)),
        noscript=noscript[:500],
    )


class Marks:
    """What a page's source shows besides its text."""

    def __init__(
        self, *, challenge: bool, captcha: bool, password: bool, application: bool, scripts: int, noscript: str
    ) -> None:
        self.challenge = challenge
        self.captcha = captcha
        self.password = password
        self.application = application
        self.scripts = scripts
        self.noscript = noscript


def wall(tree: Tree, marks: Marks, *, none_open: bool = False) -> str | None:
    """One sentence that names why this page proves nothing; None if it is an ordinary page.

    none_open: the page says in words that nothing is open, which a login button or a script beside it does not undo.
    """
    text = " ".join(line.text for line in tree.lines)
    short = len(text) <= SHORT
    opening = f"{tree.title} {text[:SHORT]}"
    placeholders = [line.text for line in tree.lines if is_placeholder(line.text)]
    if placeholders:
        return f'the page is filled in by JavaScript: it holds placeholders such as "{placeholders[0][:60]}"'
    if marks.challenge and (short or says("walls.challenge", opening)):
        return "the site shows a bot challenge instead of the page"
    if short and (says("walls.challenge", opening) or (marks.captcha and not marks.password)):
        kind = "a captcha" if marks.captcha else "a bot challenge"
        words = words_of("walls.challenge", opening)
        return f"the site shows {kind} instead of the page" + (f' ("{words}")' if words else "")
    if short and says("walls.maintenance", opening):
        return f'the site is out of service: "{words_of("walls.maintenance", opening)}"'
    if short and (
        says("walls.missing", tree.title) or any(says("walls.missing", li.text) for li in tree.lines if li.heading)
    ):
        return "the page says that it does not exist"
    if none_open:
        return None
    main = _main_text(tree)
    if marks.password and len(text) <= 3 * SHORT:
        return "the page asks for a login"
    if short and says("walls.login", tree.title):
        return "the page asks for a login"
    if len(main) <= SHORT and says("walls.consent", opening) and len(text) - len(main) < SHORT and short:
        return "the page asks for consent to cookies before it shows anything"
    if says("walls.javascript", f"{marks.noscript} {opening}") and len(main) <= SHORT / 2:
        return "the page needs JavaScript to show its content"
    if len(main) <= 200 and marks.scripts and (marks.application or not main or says("walls.loading", main)):
        return "the page is an empty shell that JavaScript fills in"
    if any(len(li.text) <= 60 and says("walls.loading", li.text) for li in tree.lines) and len(main) <= SHORT / 2:
        return "the page shows that it is still loading: JavaScript fills it in"
    return None


def _main_text(tree: Tree) -> str:
    main = next((e for e in tree.elements if e.tag == "main" or e.attributes.get("role") == "main"), None)
    if main is not None:
        return tree.text(main)
    return " ".join(line.text for line in tree.lines)
