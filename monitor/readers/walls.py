"""Pages that prove nothing about positions: a bot challenge, a login, a consent wall, maintenance, an empty shell.

Asked only of a page on which no position was found, except for the marks of a bot challenge, which no list carries.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from monitor.readers.tree import Tree
from monitor.readers.words import address_words, is_placeholder, says, words_of
from monitor.values import Value

NOT_FOUND = "the page says that it does not exist"
SHORT = 700  # characters; a wall says little else
_CHALLENGE = re.compile(
    r"cf-chl-|cf_chl_|challenge-platform|/cdn-cgi/challenge|__cf_chl|_Incapsula_Resource|incapsula|px-captcha|perimeterx|"
    r"geo\.captcha-delivery|datadome|distil_r_captcha|ak_bmsc.{0,80}challenge|awswaf|aws-waf-token|sucuri_cloudproxy|"
    r"anubis_challenge|within\.website/x/cmd/anubis|ddos-guard",
    re.I,
)
_CAPTCHA = re.compile(r"g-recaptcha|h-captcha|hcaptcha\.com|recaptcha/api|cf-turnstile|friendlycaptcha|mtcaptcha", re.I)
_FORWARD = re.compile(r"\s*[0-5](?:\.\d)?\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.I)
_APP_ROOT = re.compile(
    r"<(?:div|main|section)\b[^>]*\bid=[\"']?(?:root|app|__next|__nuxt|react-root|main-app|q-app|ember\d*)[\"'\s>]|<app-root|ng-app=|data-reactroot|ng-version",
    re.I,
)


class Marks(Value):
    """What a page's source shows besides its text. html: the source; scripts: whether it has any.

    frames: the addresses of its frames. forward: where it sends a reader at once (`<meta http-equiv=refresh>`).
    """

    html: str
    password: bool
    scripts: bool
    noscript: str
    frames: tuple[str, ...] = ()
    forward: str | None = None


def marks_of(parser: LexborHTMLParser, html: str) -> Marks:
    """What has to be asked before scripts are taken out of the tree."""
    noscript = " ".join(node.text(separator=" ") for node in parser.css("noscript")[:5])
    password = parser.css_first("input[type=password]") is not None
    frames = [
        node.attributes.get("src") or node.attributes.get("data-src") or "" for node in parser.css("iframe, frame")
    ]
    refresh = (node.attributes.get("content") or "" for node in parser.css("meta[http-equiv=refresh i]"))
    forward = next((match[1] for content in refresh if (match := _FORWARD.match(content))), None)
    scripts = parser.css_first("script") is not None
    return Marks(html, password, scripts, noscript[:500], tuple(f for f in frames if f), forward)


def wall(tree: Tree, marks: Marks, *, none_open: bool = False) -> str | None:
    """One sentence that names why this page proves nothing; None if it is an ordinary page.

    none_open: the page says in words that nothing is open, which a login button or a script beside it does not undo.
    """
    placeholder = next((line.text for line in tree.lines if is_placeholder(line.text)), None)
    if placeholder:
        return f'the page is filled in by JavaScript: it holds placeholders such as "{placeholder[:60]}"'
    text = tree.characters[-1]
    short = text <= SHORT
    spoken = [tree.title, *(line.text for line in tree.lines)] if short else [tree.title]

    def said(topic: str) -> str | None:
        return next((words for line in spoken if (words := words_of(topic, line))), None)

    challenge = said("walls.challenge")
    if (short or challenge) and _CHALLENGE.search(marks.html):
        return "the site shows a bot challenge instead of the page"
    captcha = short and not marks.password and bool(_CAPTCHA.search(marks.html))
    if short and (challenge or captcha):
        kind = "a captcha" if captcha else "a bot challenge"
        return f"the site shows {kind} instead of the page" + (f' ("{challenge}")' if challenge else "")
    if short and (words := said("walls.maintenance")):
        return f'the site is out of service: "{words}"'
    headings = [tree.title, *(line.text for line in tree.lines if 0 < line.heading < 7)]
    if short and any(says("walls.missing", heading) for heading in headings):
        return NOT_FOUND
    if short and marks.forward:
        return f"the page only sends on to {_absolute(tree, marks.forward)}"
    if none_open:
        return None
    for frame in marks.frames:
        if address_words(frame)[0] or (short and "<frameset" in marks.html.lower()):
            return f"the page shows its list in a frame of its own; watch {_absolute(tree, frame)}"
    main = _main_text(tree)
    if (marks.password and text <= 3 * SHORT) or (short and says("walls.login", tree.title)):
        return "the page asks for a login"
    if short and said("walls.consent"):
        return "the page asks for consent to cookies before it shows anything"
    if len(main) <= SHORT / 2 and (says("walls.javascript", marks.noscript) or said("walls.javascript")):
        return "the page needs JavaScript to show its content"
    loading = any(len(line.text) <= 60 and says("walls.loading", line.text) for line in tree.lines)
    if len(main) <= SHORT / 2 and loading:
        return "the page shows that it is still loading: JavaScript fills it in"
    if len(main) <= 200 and marks.scripts and (not main or _APP_ROOT.search(marks.html)):
        return "the page is an empty shell that JavaScript fills in"
    return None


def _absolute(tree: Tree, address: str) -> str:
    try:
        return urljoin(tree.base, address.strip())
    except ValueError:
        return address


def _main_text(tree: Tree) -> str:
    main = next((e for e in tree.elements if e.tag == "main" or e.attributes.get("role") == "main"), None)
    if main is not None:
        return tree.text(main)
    return " ".join(line.text for line in tree.lines)
