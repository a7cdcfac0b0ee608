"""The pages of the load as markup, with places for the noise of each response.

A rendered page is text in which `\\0name\\0` stands for what differs from response to response: `token` (hexadecimal),
`count` (a number that grows) and `clock` (the time).
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, time
from email.utils import format_datetime
from html import escape

from bench.load import LoadSource, Opening, World

TOKEN, COUNT, CLOCK = "\0token\0", "\0count\0", "\0clock\0"
LISTING_SELECTOR = "#vacancies"  # the element of every layout that holds the positions and nothing else
_SMALLEST, _LARGEST = 30_000, 120_000  # bytes of a listing


def page(world: World, source: LoadSource, generation: int) -> str:
    """What the source's URL shows in a generation."""
    shown = world.shown(source.number, generation)
    if source.kind == "feed":
        return _atom(world, source, shown) if source.host % 2 else _rss(world, source, shown)
    return _listing(world, source, shown)


def ad(world: World, source: LoadSource, opening: Opening) -> str:
    """A position's own page."""
    university = world.university(source.host)
    return f"""<!DOCTYPE html><html lang="en"><head><title>{escape(opening.title)} - {university}</title></head><body>
<main><h1>{escape(opening.title)}</h1><p>{university}, {opening.department}</p><p>{escape(opening.summary)}</p>
<p>Application deadline: {opening.deadline:%-d %B %Y}</p></main></body></html>"""


def _listing(world: World, source: LoadSource, shown: tuple[Opening, ...]) -> str:
    dice = random.Random(f"{world.seed} page {source.number}")
    university = world.university(source.host)
    rows = "\n".join((_table_row, _card, _item)[source.style](opening) for opening in shown)
    columns = "<thead><tr><th>Position</th><th>Department</th><th>Apply by</th></tr></thead>"
    opened, closed = (
        (f'<table id="vacancies">{columns}<tbody>', "</tbody></table>"),
        ('<div id="vacancies" class="cards">', "</div>"),
        ('<ul id="vacancies" class="jobs">', "</ul>"),
    )[source.style]
    news = COUNT if world.is_restless(source) else "4711"
    head = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Vacancies - {university}</title>
<meta name="csrf-token" content="{TOKEN}">
<script nonce="{TOKEN}">window.dataLayer=[{{"visit":"{TOKEN}","page":"vacancies"}}];</script>
<link rel="stylesheet" href="/static/site.css?v=481">"""
    body = f"""</head><body class="page"><!-- served {CLOCK} by web3 -->
<header><a class="logo" href="/">{university}</a><nav class="main">{{menu}}</nav></header>
<main><h1>Vacancies</h1>
<p class="lead">The university has about 4,000 employees. Here are all positions that are open now.</p>
<form action="/vacancies" method="get"><input type="hidden" name="token" value="{TOKEN}">
<label>Search <input name="q"></label><button>Search</button></form>
{opened}
{rows}
{closed}
</main>
<aside><h2>Read more</h2><ul class="related"><li><a href="/news/{news}">News from our laboratories</a></li>
<li><a href="/events/{news}">This week on campus</a></li></ul><p>You are visitor number {news}.</p></aside>
<footer><p>{university}, Main Street 1. <a href="/privacy">Privacy</a> <a href="/contact">Contact</a></p></footer>
<script nonce="{TOKEN}">var state={{"loaded":"{CLOCK}","hits":{COUNT}}};</script>
<!-- generated in {COUNT} ms --></body></html>"""
    missing = max(0, dice.randint(_SMALLEST, _LARGEST) - len(head) - len(body))
    menu = _menu(dice, missing // 3)
    return head + _styles(dice, missing - len(menu)) + body.replace("{menu}", menu)


def _table_row(o: Opening) -> str:
    return (
        f'<tr><td><a href="/jobs/{o.number}">{escape(o.title)}</a></td><td>{o.department}</td>'
        f"<td>{o.deadline:%Y-%m-%d}</td></tr>"
    )


def _card(o: Opening) -> str:
    return f"""<article class="card"><h3><a href="/jobs/{o.number}">{escape(o.title)}</a></h3>
<p class="unit"><svg viewBox="0 0 16 16"><path d="M2 14V6l6-4 6 4v8H9v-4H7v4z"/></svg> {o.department}</p>
<p>{escape(o.summary)}</p><p class="date">Apply by {o.deadline:%-d %B %Y}</p></article>"""


def _item(o: Opening) -> str:
    return f"""<li class="job"><a href="/jobs/{o.number}">{escape(o.title)}</a> <span>{o.department}</span>
<span>Published: {o.posted:%-d %b %Y}</span> <span>Deadline: {o.deadline:%-d %b %Y}</span></li>"""


def _menu(dice: random.Random, size: int) -> str:
    """Links to everything else, as wide menus have them."""
    topics = "about study research news library campus international alumni staff press events partners".split()
    made, length = ["<ul>"], 0
    while length < size:
        topic, number = dice.choice(topics), dice.randrange(10_000)
        link = f'<li><a class="menu-item level-2" href="/{topic}/{number:04}">{topic.title()} {number % 97}</a></li>'
        made.append(link)
        length += len(link)
    return "".join((*made, "</ul>"))


def _styles(dice: random.Random, size: int) -> str:
    """What pages carry along: style rules and settings as JSON, half and half."""
    rules, settings, length = [], {}, 0
    while length < size:
        number = dice.randrange(16**6)
        rules.append(f".c{number:06x}{{margin:{number % 31}px;color:#{number:06x}}}")
        settings[f"module{number:06x}"] = {"enabled": number % 2 == 0, "weight": number % 100}
        length += 80
    return f"<style>{''.join(rules)}</style><script>var settings={json.dumps(settings)};</script>"


def _rss(world: World, source: LoadSource, shown: tuple[Opening, ...]) -> str:
    university = world.university(source.host)
    drifting = f"<lastBuildDate>{CLOCK}</lastBuildDate><!-- {TOKEN} -->" if is_drifting(source) else ""
    items = "\n".join(
        f"<item><title>{escape(o.title)}</title><link>{{base}}/jobs/{o.number}</link>"
        f'<guid isPermaLink="false">vacancy-{o.number}</guid><pubDate>{format_datetime(_noon(o))}</pubDate>'
        f"<description>{escape(_entry(o))}</description></item>"
        for o in shown
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Vacancies at {university}</title><link>{{base}}/</link>
<description>All open positions</description>{drifting}
{items}
</channel></rss>"""


def _atom(world: World, source: LoadSource, shown: tuple[Opening, ...]) -> str:
    university = world.university(source.host)
    drifting = f"<updated>{CLOCK}</updated><!-- {TOKEN} -->" if is_drifting(source) else ""
    entries = "\n".join(
        f'<entry><title>{escape(o.title)}</title><link href="{{base}}/jobs/{o.number}"/>'
        f"<id>tag:vacancy-{o.number}</id><published>{_noon(o).isoformat()}</published>"
        f'<content type="html">{escape(_entry(o))}</content></entry>'
        for o in shown
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Vacancies at {university}</title><id>{{base}}/</id>{drifting}
{entries}
</feed>"""


def is_drifting(source: LoadSource) -> bool:
    """Whether a feed says something else each time although nothing has changed."""
    return source.kind == "feed" and source.style == 4


def _entry(o: Opening) -> str:
    return f"<p>{o.summary}</p><p>{o.department}</p><p>Application deadline: {o.deadline:%-d %B %Y}</p>"


def _noon(o: Opening) -> datetime:
    return datetime.combine(o.posted, time(12), tzinfo=UTC)
