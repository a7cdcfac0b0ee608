"""HTML -> the ad's own text."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.readers.html import parse


@dataclass(frozen=True, slots=True)
class MainText:
    text: str
    title: str | None = None
    language: str | None = None


def from_plain(text: str) -> MainText:
    return MainText(text.strip())


def from_html(html: str, url: str) -> MainText:
    tree = parse(html)
    for node in tree.css("script, style, noscript, template, nav, footer, svg, select, button"):
        node.decompose()
    heading = tree.css_first("h1")
    title = heading.text(strip=True) if heading else None
    body = tree.body
    lines = (line.strip() for line in (body.text(separator="\n") if body else "").splitlines())
    return MainText("\n".join(line for line in lines if line), title)
