"""The pages of the simulated sites: six kinds of lists, two of feeds, the positions' own pages, and what is none."""

from __future__ import annotations

import random
from html import escape

from bench.soak_world import FEEDS, Life, Look, Site, Stage, World

_LABELS = {"en": "Last application date", "sv": "Sista ansökningsdag"}
_AROUND = {
    "definitions": ("<dl>", "</dl>"),
    "items": ("<ul>", "</ul>"),
    "cards": ('<div class="grid">', "</div>"),
}


def address(look: Look, life: Life, stage: Stage, session: int = 0) -> str:
    """The path of a position's own page."""
    slug = "-".join("".join(c if c.isalnum() else " " for c in life.title.lower()).split())
    return {
        "id": f"/jobs/{stage.number}",
        "slug": f"/vacancy/{slug}-{stage.number % 100:02}",
        "query": f"/job?jobid={stage.number}&l={look.language}",
        "session": f"/jobs/{stage.number}?session={session:08x}",
        "id and slug": f"/{look.language}/jobs/{stage.number}/{slug}",
    }[look.urls]


def listing(world: World, site: Site, day: float, base: str, nonce: int) -> str:
    """The source's own page. base: scheme and host. nonce: no two responses of a site that is not steady are alike."""
    look = site.look(day)
    noise = random.Random(0 if site.steady else nonce)
    rows = [(life, stage, address(look, life, stage, noise.randrange(16**8))) for life, stage in site.shown(day)]
    if look.style in FEEDS:
        return _feed(world, site, look, [(life, stage, base + url) for life, stage, url in rows], base)
    body = _rows(site, look, rows) if rows else "<p>There are no vacancies at present.</p>"
    menu = "".join(f'<li><a href="/{w.lower()}">{w}</a></li>' for w in ("Research", "Education", "News", "Contact"))
    news = "".join(
        f'<li><a href="/news/{noise.randrange(999)}">{words}</a></li>'
        for words in noise.sample(("New building opened", "Prize to a professor", "Seminar on climate"), 2)
    )
    styles = f"<style>{''.join(f'.c{n:05x}{{margin:{n % 31}px}}' for n in range(500))}</style>" if site.large else ""
    return (
        f'<!DOCTYPE html><html lang="{look.language}"><head><title>Vacancies, {site.name}</title>'
        f'<meta name="csrf-token" content="{noise.random()}">{styles}</head><body><header><nav><ul>{menu}</ul></nav>'
        f"</header><main><h1>Vacancies</h1><p>For naïve readers, in {noise.randrange(900)} ms.</p>{body}</main>"
        f"<aside><h2>News</h2><ul>{news}</ul></aside><footer><p>{site.name}</p></footer></body></html>"
    )


def _rows(site: Site, look: Look, rows: list[tuple[Life, Stage, str]]) -> str:
    label = _LABELS[look.language]
    made = []
    for life, stage, path in rows:
        url, title, unit = escape(path), life.title, life.department
        when = f"{stage.deadline:{look.dates}}" if site.dated else ""
        dated = f"{label}: {when}" if when else ""
        row = {
            "table": f'<tr><td><a href="{url}">{title}</a></td><td>{unit}</td><td>{when}</td></tr>',
            "cards": f'<article><a href="{url}"><h3>{title}</h3><p>{unit}</p><p>{dated}</p></a></article>',
            "headings": f'<h3>{title}</h3><p>{unit}. {dated} <a href="{url}">Read more</a></p>',
            "definitions": f'<dt><a href="{url}">{title}</a></dt><dd>{unit}</dd><dd>{dated}</dd>',
            "items": f'<li><a href="{url}">{title}</a>, {unit} {dated and f"({dated})"}</li>',
            "rows": f'<div class="job"><div class="t"><a href="{url}">{title}</a></div><div class="d">{unit}</div>'
            f'<div class="l">{dated}</div></div>',
        }
        made.append(row[look.style])
    before, after = _AROUND.get(look.style, ("<div>", "</div>"))
    if look.style == "table":
        before = f"<table><tr><th>Title</th><th>Department</th><th>{label if site.dated else ''}</th></tr>"
        after = "</table>"
    return before + "".join(made) + after


def _feed(world: World, site: Site, look: Look, rows: list[tuple[Life, Stage, str]], base: str) -> str:
    entries = []
    for life, stage, url in rows:
        first = world.moment(next(s.since for s in life.stages if s.number == stage.number))
        words = f"{life.department}."
        if site.dated:
            words += f" {_LABELS[look.language]}: {stage.deadline:{look.dates}}"
        if look.style == "atom":
            entries.append(
                f"<entry><id>tag:{site.number},{stage.number}</id><title>{life.title}</title>"
                f'<link href="{escape(url)}"/><published>{first:%Y-%m-%dT%H:%M:%SZ}</published>'
                f"<summary>{words}</summary></entry>"
            )
        else:
            entries.append(
                f"<item><title>{life.title}</title><link>{escape(url)}</link>"
                f'<guid isPermaLink="false">job-{stage.number}</guid>'
                f"<pubDate>{first:%a, %d %b %Y %H:%M:%S} GMT</pubDate><description>{words}</description></item>"
            )
    body = "".join(entries)
    if look.style == "atom":
        head = "<id>vacancies</id><updated>2026-01-01T00:00:00Z</updated>"
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Vacancies</title>{head}{body}</feed>'
    else:
        head = f"<link>{base}/</link><description>Open positions</description>"
        feed = f'<rss version="2.0"><channel><title>Vacancies</title>{head}{body}</channel></rss>'
    return f'<?xml version="1.0" encoding="{look.encoding}"?>{feed}'


def ad(site: Site, life: Life, stage: Stage, nonce: int) -> str:
    """A position's own page."""
    token = 0 if site.steady else nonce
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{life.title}</title><meta name="csrf" content="{token}"></head>'
        f"<body><main><h1>{life.title}</h1><p>{life.department}, {site.name}. You will work on exciting research with"
        " our group, and hold a degree in a related subject.</p><h2>How to apply</h2>"
        f"<p>Apply no later than {stage.deadline:%d %B %Y}.</p></main></body></html>"
    )


def instead(kind: str, *, feed: bool) -> str:
    """What a site that is in trouble shows with status 200. kind: maintenance, captcha or emptied."""
    if kind == "maintenance":
        words = "<h1>Scheduled maintenance</h1><p>We will be back soon.</p>"
        return f"<html><head><title>Maintenance</title></head><body>{words}</body></html>"
    if kind == "captcha":
        words = '<h1>Checking your browser</h1><div id="cf-challenge"></div>'
        return f"<html><head><title>Just a moment...</title></head><body>{words}</body></html>"
    if feed:
        return '<?xml version="1.0"?><rss version="2.0"><channel><title>Vacancies</title><link>/</link></channel></rss>'
    return "<html><head><title>Vacancies</title></head><body><main><h1>Vacancies</h1></main></body></html>"
