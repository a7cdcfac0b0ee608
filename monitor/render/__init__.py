"""A digest as subject, text and HTML, through jinja2 templates that a user may replace by their own."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
import jinja2

from monitor.digest import LOOK_BACK, Digest, Rendered
from monitor.errors import RenderError
from monitor.render import wording
from monitor.render.wording import clean, count
from monitor.values import Value

MAX_HTML = 90_000  # bytes; Gmail cuts a mail off at 102 KB and hides what follows
SUBJECT_LENGTH = 120
_SHOWN = {  # entries of each section, when there is room for them
    "new": 60,
    "other_new": 10,  # folded: who gave interests wants their number
    "changed": 40,
    "closing": 40,
    "other_closing": 15,
    "closed": 15,
    "reopened": 15,
    "first_seen": 15,
    "open_now": 60,
    "sources": 25,
    "trouble": 30,
    "recovered": 30,
}
# Of _SHOWN, until the HTML is small enough; at last the numbers alone.
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02, 0.0)


class Shown(Value):
    """The entries of a section that a mail has room for. rest: how many more there are."""

    entries: tuple[Any, ...]
    rest: int = 0
    title: str = ""

    @property
    def total(self) -> int:
        return len(self.entries) + self.rest


def render(digest: Digest, *, folders: Sequence[Path] = ()) -> Rendered:
    """digest.html and digest.txt from the first of `folders` that has them, else from the program's own.

    The HTML is kept under MAX_HTML bytes: sections show fewer entries until it fits, and state the rest.
    Raises RenderError, with file and line, for a template that does not work.
    """
    searched = (*folders, template_folder())
    environment = _environment(searched, tuple(file for folder in searched for file in sorted(folder.glob("*.*"))))
    for share in _SHARES:
        context = _context(digest, share)
        html = _inlined(_fill(environment, "digest.html", context))
        if len(html.encode()) <= MAX_HTML:
            break
    text = _fill(environment, "digest.txt", context)
    return Rendered(context["subject"], _tidy(text), html)


def template_folder() -> Path:
    """The program's own templates: in the installed package, or at the top of the source tree."""
    package = Path(__file__).parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "digest.html").is_file():
            return folder
    raise RenderError("The program's own templates are missing.", tip="Install it again.")


def subject(digest: Digest) -> str:
    """What is in it: "7 new, 2 deadlines moved, 3 closing this week"; a single new position by its name."""
    headline = ", ".join(summary(digest)[:4])
    if digest.counts.new == 1 and len(summary(digest)) == 1:
        posting = digest.new[0].posting
        headline = "New: " + ", ".join(p for p in (clean(posting.title, 80), clean(posting.organization)) if p)
    return clean(f"{clean(digest.name, 40)}: {headline or 'nothing new'}", SUBJECT_LENGTH)


def summary(digest: Digest) -> list[str]:
    """The counts in words, most important first."""
    n = digest.counts
    this_week = sum(entry.days_left is not None and entry.days_left <= 7 for entry in digest.closing)
    open_for_you = sum(entry.matching for entry in digest.open_now)
    chosen = "new for you" if digest.interests else "new"
    parts = [
        (n.new, f"{n.new} {chosen}"),
        (n.other_new, f"{n.other_new} other new"),
        (n.deadlines_moved, f"{count(n.deadlines_moved, 'deadline')} moved"),
        (this_week, f"{this_week} closing this week"),
        (n.closing - this_week, f"{n.closing - this_week} closing soon"),
        (open_for_you, f"{open_for_you} open for you"),
        (n.open_now - open_for_you, f"{n.open_now - open_for_you} {'other ' if open_for_you else ''}open now"),
        (n.changed, f"{n.changed} changed"),
        (n.trouble, f"{count(n.trouble, 'source')} in trouble"),
        (n.reopened, f"{n.reopened} reopened"),
        (n.closed, f"{n.closed} closed"),
        (n.first_seen, f"{n.first_seen} open when first seen"),
        (n.other_closing, f"{count(n.other_closing, 'other deadline')} near"),
        (n.recovered, f"{count(n.recovered, 'source')} working again"),
    ]
    return [words for number, words in parts if number]


# --- templates ---------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...], present: tuple[Path, ...]) -> jinja2.Environment:
    """Kept, as reading the templates takes longer than filling them; jinja2 sees when a file has changed.

    present: the files there now; jinja2 would not see a new one that comes before one it has read.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=jinja2.select_autoescape(["html"], default_for_string=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        clean=clean,
        count=count,
        day=wording.day,
        moment=_moment,
        days_left=wording.days_left,
        deadline=wording.deadline,
        facts=wording.facts,
        field_name=wording.field_name,
        held=wording.held,
        href=wording.href,
        evidence_href=wording.evidence_href,
        shift=wording.shift,
        value=wording.value,
        wrap=wording.wrap,
    )
    return environment


@jinja2.pass_context
def _moment(context: jinja2.runtime.Context, value: datetime) -> str:
    return wording.moment(value.astimezone(ZoneInfo(context["digest"].timezone)))


def _context(digest: Digest, share: float) -> dict[str, Any]:
    def shown(section: str, entries: Sequence[Any], title: str = "") -> Shown:
        room = max(1, int(_SHOWN[section] * share)) if share else 0
        return Shown(tuple(entries[:room]), max(0, len(entries) - room), title)

    lists = (
        *("new", "open_now", "other_new", "changed", "closing", "other_closing", "closed", "reopened"),
        *("trouble", "recovered"),
    )
    since = (digest.since or digest.at - LOOK_BACK).astimezone(ZoneInfo(digest.timezone)).date()
    return {
        "digest": digest,
        "subject": subject(digest),
        "summary": summary(digest),
        "since_day": since,
        **{name: shown(name, getattr(digest, name)) for name in lists},
        "first_seen": shown("sources", [shown("first_seen", s.entries, s.source) for s in digest.first_seen]),
    }


def _fill(environment: jinja2.Environment, name: str, context: Mapping[str, Any]) -> str:
    try:
        return environment.get_template(name).render(context)
    except jinja2.TemplateNotFound as error:
        raise RenderError(f"The template {error.name} is missing.") from error
    except jinja2.TemplateSyntaxError as error:
        where = f"{error.filename or error.name}:{error.lineno}"
        raise RenderError(f"{where}: the template cannot be read: {error.message}") from error
    except Exception as error:  # a template of the user's own can raise anything
        where = _template_line(error, environment) or name
        raise RenderError(
            f"{where}: the template fails on this digest: {error}",
            tip="Mend the template, or remove it: then the program's own is used.",
        ) from error


def _template_line(error: Exception, environment: jinja2.Environment) -> str | None:
    """jinja2 puts template files and their lines into the traceback."""
    loader = environment.loader
    folders = [Path(p) for p in loader.searchpath] if isinstance(loader, jinja2.FileSystemLoader) else []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).parent in folders:
            return f"{frame.filename}:{frame.lineno}"
    return None


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    # the @media rules stay: dark mode and narrow screens cannot be said inline
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _inlined(html: str) -> str:
    try:
        return _inliner().inline(html)
    except css_inline.InlineError as error:
        raise RenderError(f"The style sheet in digest.html cannot be read: {error}") from error


def _tidy(text: str) -> str:
    """No blanks at line ends, no two empty lines in a row."""
    lines: list[str] = []
    for line in (raw.rstrip() for raw in text.splitlines()):
        if line or lines[-1:] != [""]:
            lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"
