"""`monitor add`, over a real server: what is best watched behind an address, and what is said where nothing is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from monitor.errors import FetchError
from monitor.fetch import Fetcher
from monitor.models import Kind, Page, Posting, Reading, Validators
from monitor.pipeline.discovery import Discovery, Way, advice_for, discover, objection
from monitor.settings import FetchSettings
from monitor.values import replace
from tests.command import Result, monitor
from tests.fetch.faults import KEEP, Script, redirect, response
from tests.servers import serving

NOW = "2026-03-02T06:00:00Z"
BOARDS = Path(__file__).parent / "data" / "platforms" / "boards"
HEAD = "# mine\n[fetch]\nallow_private_addresses = true  # for tests\ndelay = 0.0\n"

TITLES = (
    "PhD position in causal inference",
    "Postdoctoral researcher in stochastic geometry",
    "Associate professor of statistics",
    "Doctoral student in hydrology",
    "Research engineer, photonics",
)


def html(body: str, head: str = "", title: str = "Vacancies") -> Script:
    text = f"<!DOCTYPE html><html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return response(text.encode()), KEEP


def listing(titles: tuple[str, ...] = TITLES, head: str = "", after: str = "") -> Script:
    rows = "".join(
        f"<li><a href='/jobs/{n}'>{title}</a> Deadline: {n + 10} April 2026</li>" for n, title in enumerate(titles)
    )
    return html(f"<main><h1>Vacancies</h1><ul>{rows}</ul></main>{after}", head)


def rss(titles: tuple[str, ...], name: str = "Vacancies", path: str = "/jobs/") -> Script:
    entries = "".join(
        f"<item><title>{title}</title><link>http://127.0.0.1:{{port}}{path}{n}</link><guid>{path}{n}</guid></item>"
        for n, title in enumerate(titles)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'
    # as long on the wire as it says it is: the port has as many digits as its placeholder is short of
    return response(body.encode(), content_type="application/rss+xml", content_length="", connection="close"), b""


def announcing(path: str, title: str = "Vacancies") -> str:
    return f"<link rel='alternate' type='application/rss+xml' title='{title}' href='{path}'>"


def add(site: Mapping[str, Script], path: str, folder: Path, *options: str) -> tuple[Result, str, str]:
    """What the command says of the page at this path, the server's address, and sources.toml after it."""
    with serving({p: (script,) for p, script in site.items()}) as server:
        file = folder / "sources.toml"
        if not file.exists():
            file.write_text(HEAD)
        result = monitor("add", server.url + path, "--yes", "--as-of", NOW, *options, cwd=folder)
        return result, server.url, file.read_text()


def test_a_feed_that_holds_the_pages_positions_is_taken(tmp_path: Path) -> None:
    site = {"/jobs/": listing(head=announcing("/jobs.xml")), "/jobs.xml": rss(TITLES)}
    result, url, text = add(site, "/jobs/", tmp_path)
    assert result.code == 0, result.err
    assert f"{url}/jobs.xml: 5 positions" in result.out
    assert "feed: a feed that the page announces holds 5 of the 5 positions on the page" in result.out
    assert "robots.txt  allows it" in result.out
    assert text.startswith(HEAD), "comments and order stay"
    assert f'url = "{url}/jobs.xml"' in text
    assert 'name = "127.0.0.1/jobs"' in text, "called by what the person gave"


UNTAKEN = {
    "news only": (
        {"/feed": rss(("A winter meeting", "A new building", "An alumni portrait"), "News", "/news/")},
        "it announces news and no position",
    ),
    "other positions": (
        {"/feed": rss(("Lecturer in Roman law", "Curator of the herbarium", "Postdoc in phonetics"), path="/arts/")},
        "it holds none of the 5 positions on the page",
    ),
    "far more than the page": (
        {"/feed": rss((*TITLES, *(f"Lecturer in subject number {n}" for n in range(20))))},
        "it holds 25 positions, the page only 5 of them",
    ),
    "only the newest of them": ({"/feed": rss(TITLES[:2])}, "it holds only 2 of the 5 positions on the page"),
    "a page where a feed was announced": ({"/feed": html("<h1>Not here</h1>")}, "it is no feed"),
    "nothing at its address": ({}, "the server does not know this page (404 Not Found)"),
    "robots.txt": (
        {
            "/feed": rss(TITLES),
            "/robots.txt": (response(b"User-agent: *\nDisallow: /feed", content_type="text/plain"), KEEP),
        },
        "robots.txt of 127.0.0.1 asks programs not to read this page",
    ),
}


@pytest.mark.parametrize("case", UNTAKEN)
def test_a_feed_of_anything_else_is_not_taken_and_it_is_said_why(case: str, tmp_path: Path) -> None:
    others, why = UNTAKEN[case]
    result, url, text = add({"/jobs/": listing(head=announcing("/feed")), **others}, "/jobs/", tmp_path)
    assert result.code == 0, result.err
    assert f"not taken   {url}/feed: {why}" in result.out
    assert "listing: the page lists its positions" in result.out
    assert text == f'{HEAD}\n[[source]]\nurl = "{url}/jobs/"\n'


def test_the_table_shows_title_deadline_level_and_place(tmp_path: Path) -> None:
    result, _, _ = add({"/jobs/": listing()}, "/jobs/", tmp_path)
    row = next(line for line in result.out.splitlines() if "causal inference" in line)
    assert row.split() == ["2026-04-10", "phd", *TITLES[0].split()]


def test_a_page_on_a_platform_leads_to_its_data(tmp_path: Path) -> None:
    """The career site is told by its assets, and its data lies beside it, a page at a time."""
    body = (BOARDS / "teamtailor.json").read_text(encoding="utf-8")
    data, more = json.loads(body), json.loads(body.replace("Lab manager", "Doctoral student in optics"))
    data["next_url"] = "/more.json"
    del more["next_url"], more["items"][0]
    more["items"][0] |= {"id": "7308999", "url": "https://career.lindholm.example/jobs/7308999-doctoral-student"}
    assets = '<script src="https://assets-aws.teamtailor-cdn.com/assets/careersite-1.js"></script>'
    site = {
        "/jobs": html("<main><div id='jobs'>Loading…</div></main>", assets, "Career"),
        "/jobs.json": (response(json.dumps(data).encode(), content_type="application/feed+json"), KEEP),
        "/more.json": (response(json.dumps(more).encode(), content_type="application/feed+json"), KEEP),
    }
    result, url, text = add(site, "/jobs", tmp_path, "--json")
    assert result.code == 0, result.err
    (line,) = result.lines
    assert (line["way"], line["url"], line["asked"]) == ("platform", f"{url}/jobs.json", f"{url}/jobs")
    assert line["why"] == "the data of Teamtailor holds the positions, which the page itself does not show"
    assert [p["title"] for p in line["postings"]] == ["Postdoc in stochastic geometry", "Lab manager"]
    assert (line["positions"], line["next_page"]) == (2, f"{url}/more.json")
    assert f'url = "{url}/jobs.json"' in text
    assert "pages = 100" in text, "what comes in small parts is followed further"
    with serving({p: (script,) for p, script in site.items()}) as server:
        (tmp_path / "sources.toml").write_text(text.replace(url, server.url))
        polled = monitor("poll", "--as-of", NOW, "--json", cwd=tmp_path)
    assert [one["outcome"] for one in polled.lines] == ["baseline"], polled.err
    known = monitor("positions", "--json", cwd=tmp_path).lines
    assert {p["title"] for p in known} == {
        "Postdoc in stochastic geometry",
        "Lab manager",
        "Doctoral student in optics",
    }
    assert {p["deadline"] for p in known} == {"2026-04-12", None}


SEEN = {
    "a login": (
        html("<h1>Sign in</h1><form><input name='user'><input type='password'></form>", title="Log in"),
        "the page asks for a login",
        "env:NAME",
    ),
    "JavaScript only": (
        html("<div id='root'></div><script src='/app.js'></script>"),
        "an empty shell that JavaScript fills in",
        "In a browser, look for the address that the list itself comes from",
    ),
    "a bot wall": (
        html("<p>Checking your browser</p><script src='/cdn-cgi/challenge-platform/x.js'></script>", title="Moment"),
        "a bot challenge instead of the page",
        "Ask the site for a feed",
    ),
    "an empty list": (
        html("<main><h1>Vacancies</h1><p>There are currently no vacancies.</p></main>"),
        'the page says that nothing is open: "There are currently no vacancies."; what it lists later will be new',
        "",
    ),
    "a page of text": (
        html("<main><h1>The doctoral programme</h1><p>Admission opens in spring. It lasts four years.</p></main>"),
        'its text is watched (kind = "page")',
        "",
    ),
    "a home page": (
        html(
            "<nav><a href='/about'>About us</a> <a href='/about/vacancies'>Vacancies</a></nav>"
            "<main><h1>The institute</h1><p>We study the sea, and have done so for eighty years.</p></main>"
        ),
        'its text is watched (kind = "page")',
        "/about/vacancies",
    ),
}


@pytest.mark.parametrize("case", SEEN)
def test_where_no_position_is_seen_it_is_said_what_is(case: str, tmp_path: Path) -> None:
    script, seen, advice = SEEN[case]
    result, _, _ = add({"/jobs": script}, "/jobs", tmp_path)
    assert result.code == 0, result.err
    assert seen in result.out + result.err
    assert advice in result.out
    assert ("to do" in result.out) is bool(advice)
    assert "Traceback" not in result.err


def test_what_cannot_be_watched_is_not_added_unless_the_person_says_so(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(HEAD)
    with (
        serving({"/jobs": (SEEN["a login"][0],)}) as server,
        patch("click.termui.visible_prompt_func", return_value=""),
    ):
        result = monitor("add", f"{server.url}/jobs", "--as-of", NOW, cwd=tmp_path)
    assert (result.code, "nothing was changed" in result.err) == (0, True)
    assert (tmp_path / "sources.toml").read_text() == HEAD


def test_robots_txt_is_obeyed_and_quoted(tmp_path: Path) -> None:
    robots = response(b"User-agent: *\nDisallow: /jobs", content_type="text/plain")
    result, _, text = add({"/jobs/": listing(), "/robots.txt": (robots, KEEP)}, "/jobs/", tmp_path)
    assert (result.code, text) == (1, HEAD)
    assert "robots.txt of 127.0.0.1 asks programs not to read this page" in result.err
    assert "obey_robots" in result.err


def test_a_list_in_a_frame_is_watched_there(tmp_path: Path) -> None:
    site = {
        "/jobs": html("<h1>Work with us</h1><iframe src='/recruiting/list?lang=en'></iframe>"),
        "/recruiting/list": listing(),
    }
    result, url, text = add(site, "/jobs", tmp_path)
    assert result.code == 0, result.err
    assert "frame: the list stands in a frame of the page" in result.out
    assert f'url = "{url}/recruiting/list?lang=en"' in text


def test_a_page_that_sends_on_is_followed(tmp_path: Path) -> None:
    site = {"/jobs": html("", "<meta http-equiv='refresh' content='0; url=/en/vacancies'>"), "/en/vacancies": listing()}
    result, url, text = add(site, "/jobs", tmp_path)
    assert "frame: the list stands on the page that this one sends on to" in result.out, result.out + result.err
    assert f'url = "{url}/en/vacancies"' in text


def test_structured_data_and_a_single_ad_are_called_so(tmp_path: Path) -> None:
    jobs = [{"@type": "JobPosting", "title": title, "url": f"/jobs/{n}"} for n, title in enumerate(TITLES)]
    data = (
        f"<script type='application/ld+json'>{json.dumps({'@context': 'https://schema.org', '@graph': jobs})}</script>"
    )
    result, _, _ = add({"/jobs/": html("<h1>Vacancies</h1>", data)}, "/jobs/", tmp_path)
    assert "structured: the page describes its positions in data (schema.org JobPosting)" in result.out
    ad = (
        "<main><h1>PhD position in causal inference</h1><p>The University of Lindholm seeks a doctoral student. The "
        "employment is for four years, full time. Applicants hold a master's degree in mathematics or statistics.</p>"
        "<h2>How to apply</h2><p>Send your application with a CV and a letter by 12 April 2026. The salary follows "
        "the local agreement. For questions contact Astrid Holm, astrid.holm@lindholm.example.</p></main>"
    )
    one, _, _ = add({"/jobs/1": html(ad, announcing("/jobs.xml"), "PhD position")}, "/jobs/1", tmp_path)
    assert "ad: the page is one position's own" in one.out, one.out + one.err
    assert "not taken" not in one.out, "what is wider than one ad is not what was meant"


def test_the_source_is_not_added_twice_by_another_address(tmp_path: Path) -> None:
    site = {"/jobs/": (listing(head=announcing("/jobs.xml")),), "/jobs.xml": (rss(TITLES),)}
    with serving(site) as server:
        (tmp_path / "sources.toml").write_text(f'{HEAD}\n[[source]]\nname = "Jobs"\nurl = "{server.url}/jobs.xml"\n')
        result = monitor("add", f"{server.url}/jobs/", "--yes", "--as-of", NOW, cwd=tmp_path)
    assert (result.code, 'has this address already: it is "Jobs"' in result.err) == (2, True)


@pytest.mark.parametrize(
    "meanwhile", ["# edited meanwhile\n", "[fetch\n", '\n[[source]]\nname = "Jobs"\nurl = "{url}"\n']
)
def test_what_is_edited_while_add_asks_is_kept(meanwhile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(HEAD)
    with serving({"/jobs/": (listing(),)}) as server:
        url = f"{server.url}/jobs/"
        edited = HEAD + meanwhile.format(url=url)

        def answer(*_: object, **__: object) -> bool:
            file.write_text(edited)
            return True

        monkeypatch.setattr("click.confirm", answer)
        result = monitor("add", url, "--as-of", NOW, cwd=tmp_path)
    text = file.read_text()
    assert text.startswith(edited)
    added = meanwhile.startswith("#")
    assert (result.code, text.count(url), text == edited) == ((0, 1, False) if added else (2, edited.count(url), True))


# ------------------------------------------------------------------------------------------------ other hosts
NONE = Validators()


class Mapped:
    """The network, but for the hosts of platforms: what lies there is served from a folder of a local server."""

    def __init__(self, fetcher: Fetcher, server: str) -> None:
        self.fetcher, self.server = fetcher, server

    async def get(
        self, url: str, *, validators: Validators = NONE, headers: Mapping[str, str] | None = None
    ) -> Page | None:
        parts = urlsplit(url)
        page = await self.fetcher.get(f"{self.server}/{parts.netloc}{parts.path}?{parts.query}")
        return replace(page, url=url) if page else None


def discovered(site: Mapping[str, Script], url: str) -> Discovery:
    async def run(server: str) -> Discovery:
        settings = FetchSettings(allow_private_addresses=True, delay=0.0)
        async with Fetcher(settings, now=lambda: datetime(2026, 3, 2, tzinfo=UTC)) as fetcher:
            return await discover(url, Mapped(fetcher, server), date(2026, 3, 2))

    with serving({path: (script,) for path, script in site.items()}) as server:
        return asyncio.run(run(server.url))


def board(name: str, content_type: str) -> Script:
    return response((BOARDS / name).read_bytes(), content_type=content_type), KEEP


EMBEDDED: dict[str, tuple[str, str, str, Script]] = {
    "Greenhouse": (
        '<div id="grnhse_app"></div><script src="https://boards.greenhouse.io/embed/job_board/js?for=lindholm"></script>',
        "https://boards-api.greenhouse.io/v1/boards/lindholm/jobs?content=true",
        "/boards-api.greenhouse.io/v1/boards/lindholm/jobs",
        board("greenhouse.json", "application/json"),
    ),
    "Lever": (
        '<p>See <a href="https://jobs.lever.co/lindholm">our job site</a>.</p>',
        "https://api.lever.co/v0/postings/lindholm?mode=json&skip=0&limit=100",
        "/api.lever.co/v0/postings/lindholm",
        board("lever.json", "application/json"),
    ),
    "Personio": (
        '<iframe src="https://institut-weissenbach.jobs.personio.de/"></iframe>',
        "https://institut-weissenbach.jobs.personio.de/xml",
        "/institut-weissenbach.jobs.personio.de/xml",
        board("personio.xml", "text/xml"),
    ),
    "Varbi": (
        '<iframe src="https://lindholm.varbi.com/en/"></iframe>',
        "https://lindholm.varbi.com/en/what:rssfeed/",
        "/lindholm.varbi.com/en/what:rssfeed/",
        board("varbi.xml", "application/rss+xml"),
    ),
    "Workday": (
        '<a href="https://lindholm.wd3.myworkdayjobs.com/en-US/Academic_Careers?q=">Our vacancies</a>',
        "https://lindholm.wd3.myworkdayjobs.com/wday/cxs/lindholm/Academic_Careers/jobs?offset=0",
        "/lindholm.wd3.myworkdayjobs.com/wday/cxs/lindholm/Academic_Careers/jobs",
        board("workday.json", "application/json"),
    ),
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_page_that_embeds_a_platform_leads_to_its_data(name: str) -> None:
    markup, wanted, path, script = EMBEDDED[name]
    page = html(f"<main><h1>Work with us</h1><p>We are a research institute.</p>{markup}</main>")
    found = discovered({"/www.lindholm.example/jobs": page, path: script}, "https://www.lindholm.example/jobs")
    assert (found.way, found.url, found.advice) == (Way.PLATFORM, wanted, None)
    assert found.reading.postings


def test_a_platforms_script_leads_on_to_its_data() -> None:
    key = "0123456789abcdef0123456789abcdef01234567"
    page = html("<main><h1>Stellen</h1><div data-bite-jobs-api-listing='weissenbach:stellen'></div></main>")
    script = f'var t="{key}",e=BiteJobsApi.createClient({{key:t}});'.encode()
    site = {
        "/www.weissenbach.example/stellen": page,
        "/cs-assets.b-ite.com/weissenbach/jobs-api/stellen.min.js": (
            response(script, content_type="text/javascript"),
            KEEP,
        ),
        "/jobs.b-ite.com/api/v1/postings/search": board("bite.json", "application/json"),
    }
    found = discovered(site, "https://www.weissenbach.example/stellen")
    wanted = f"https://jobs.b-ite.com/api/v1/postings/search?key={key}&locale=de&offset=0"
    assert (found.way, found.url, found.rejected) == (Way.PLATFORM, wanted, ())
    assert len(found.reading.postings) == 2
    lost = discovered({k: v for k, v in site.items() if "search" not in k}, "https://www.weissenbach.example/stellen")
    assert (lost.way, [one.candidate.url for one in lost.rejected]) == (Way.PAGE, [wanted])


def test_a_board_of_others_that_a_page_links_to_is_not_taken() -> None:
    after = '<footer><a href="https://jobs.lever.co/lindholm">A start-up of our students is hiring</a></footer>'
    site = {
        "/www.lindholm.example/jobs": listing(after=after),
        "/api.lever.co/v0/postings/lindholm": EMBEDDED["Lever"][3],
    }
    found = discovered(site, "https://www.lindholm.example/jobs")
    assert (found.way, found.url) == (Way.LISTING, "https://www.lindholm.example/jobs")
    assert [one.why for one in found.rejected] == ["it holds none of the 5 positions on the page"]


def test_a_page_that_shuts_programs_out_may_lie_on_a_platform_that_does_not() -> None:
    site: dict[str, Script] = {
        "/jobs.lever.co/lindholm": (response(b"no", "403 Forbidden"), KEEP),
        "/api.lever.co/v0/postings/lindholm": EMBEDDED["Lever"][3],
    }
    found = discovered(site, "https://jobs.lever.co/lindholm")
    assert (found.way, len(found.reading.postings)) == (Way.PLATFORM, 2)
    assert "403 Forbidden" in found.why
    with pytest.raises(FetchError, match="403 Forbidden"):
        discovered({"/jobs.lever.co/lindholm": site["/jobs.lever.co/lindholm"]}, "https://jobs.lever.co/lindholm")


def test_an_address_that_is_data_already_is_taken_as_it_is() -> None:
    url = EMBEDDED["Greenhouse"][1]
    found = discovered({EMBEDDED["Greenhouse"][2]: EMBEDDED["Greenhouse"][3]}, url)
    assert (found.url, found.way, found.why) == (url, Way.PLATFORM, "it is the data of Greenhouse")
    feed = discovered({"/www.lindholm.example/jobs.xml": rss(TITLES)}, "https://www.lindholm.example/jobs.xml")
    assert (feed.url, feed.way, feed.why) == ("https://www.lindholm.example/jobs.xml", Way.FEED, "it is a feed")


def test_an_address_that_moved_is_read_where_it_is() -> None:
    site = {
        "/www.lindholm.example/old": (redirect("/www.lindholm.example/jobs"), KEEP),
        "/www.lindholm.example/jobs": listing(),
    }
    assert discovered(site, "https://www.lindholm.example/old").way is Way.LISTING


# ------------------------------------------------------------------------------------------------ judging
def reading(*titles: str, kind: Kind = Kind.LISTING, **values: Any) -> Reading:
    return Reading(kind=kind, postings=tuple(Posting(title=title) for title in titles), **values)


def test_a_feed_is_measured_against_the_page() -> None:
    page, feed = reading(*TITLES), reading(*TITLES, kind=Kind.FEED)
    assert objection(Way.FEED, feed, page, 5) is None
    assert objection(Way.FEED, feed, reading(), 5) is None, "a page that shows none cannot contradict"
    assert objection(Way.FEED, feed, reading(), 50) is not None, "news with a few positions among it"
    assert objection(Way.FEED, feed, page, 50) is None, "what is no position is left out anyway"
    many = reading(*TITLES, *(f"Lecturer in subject {n}" for n in range(30)), kind=Kind.FEED)
    assert objection(Way.FEED, many, page, 35) is not None
    first = replace(page, complete=False, next_page="https://www.lindholm.example/jobs?page=2")
    assert objection(Way.FEED, many, first, 35) is None, "the page goes on, so it may be as much"
    few_more = reading(*TITLES, "Lecturer in phonetics", "Curator of maps", kind=Kind.FEED)
    assert objection(Way.FEED, few_more, page, 7) is None
    newest = reading(*TITLES[:3], kind=Kind.FEED)
    assert objection(Way.FEED, newest, page, 2) is not None


def test_an_empty_platform_is_taken_where_the_page_shows_nothing_either() -> None:
    empty = reading(kind=Kind.FEED, none_open=True)
    assert objection(Way.PLATFORM, empty, reading(), 0) is None
    assert objection(Way.PLATFORM, empty, reading(*TITLES), 0) is not None
    assert objection(Way.FEED, empty, reading(), 0) is not None, "an empty feed may be of anything"


def test_every_trouble_has_advice() -> None:
    assert advice_for("the page shows its list in a frame of its own; watch https://example.org/login").startswith(
        "Add"
    )
    assert advice_for("something unheard of").startswith("Open the address in a browser")
