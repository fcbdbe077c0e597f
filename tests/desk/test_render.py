"""Pages: everything is there, and nothing that a feed says becomes markup."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from desk.formats import MINUS
from desk.page import Link, Surroundings
from desk.render import message_page, style_digest, to_html, to_json, to_markdown

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'too' [x](javascript:alert(2)) | `y` *z*"
CLOSE = datetime(2026, 7, 29, 20, tzinfo=UTC)


@pytest.fixture
def hostile(make_scored):
    def make(link='https://example.com/?a=1&b="><script>alert(3)</script>'):
        return make_scored(CLOSE - timedelta(hours=1), HOSTILE, link=link, macro=0.99, valuation=0.98)

    return make


def soup_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


class Balance(HTMLParser):
    """Counts open tags; an unbalanced page leaves some."""

    VOID = frozenset({"meta", "link", "br", "img", "rect", "line", "path", "use"})

    def __init__(self):
        super().__init__()
        self.open = []
        self.ids = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_a_page_is_well_formed_and_no_id_comes_twice(make_summary, hostile):
    page = Balance()
    page.feed(to_html(make_summary([hostile()])))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_what_a_feed_says_is_text_and_never_markup(make_summary, hostile):
    page = soup_of(to_html(make_summary([hostile()])))
    assert page.find("script") is None
    titles = [link.get_text() for link in page.select(".headline a")]
    assert HOSTILE in titles
    assert [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")] == []


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.test/x"]
)
def test_a_link_that_is_not_http_is_shown_as_words_alone(make_summary, hostile, link):
    html = to_html(make_summary([hostile(link)]))
    page = soup_of(html)
    row = next(one for one in page.select(".headline") if one.get_text() == HOSTILE)
    assert row.find("a") is None
    assert link not in html
    assert f"(<{link}>)" not in to_markdown(make_summary([hostile(link)]))


def test_a_link_opens_without_telling_where_one_comes_from(make_summary, hostile):
    page = soup_of(to_html(make_summary([hostile("https://example.com/a")])))
    link = next(one for one in page.select(".headline a") if one["href"] == "https://example.com/a")
    assert {"noopener", "noreferrer"} <= set(link["rel"])


def test_a_page_asks_no_other_server_for_anything(make_summary, hostile):
    page = soup_of(to_html(make_summary([hostile()])))
    assert page.find_all(["img", "script", "iframe", "object"]) == []
    assert [link["href"] for link in page.find_all("link")] == ["data:,"]
    assert "url(" not in page.find("style").get_text()
    assert "@import" not in page.find("style").get_text()


def test_a_page_has_no_inline_style_for_the_policy_to_forbid(make_summary, hostile):
    html = to_html(make_summary([hostile()]))
    assert " style=" not in html
    assert style_digest().startswith("sha256-")


def test_headings_landmarks_and_table_heads_are_there(make_summary):
    page = soup_of(to_html(make_summary()))
    assert page.html["lang"] == "en"
    assert len(page.find_all("h1")) == 1
    assert all(page.find(name) for name in ("main", "header", "footer"))
    assert {cell["scope"] for cell in page.find_all("th")} == {"row", "col"}
    for section in page.find_all("section"):
        assert page.find(id=section["aria-labelledby"]).name == "h2"


def test_a_bar_is_told_in_words_too(make_summary, hostile):
    cell = soup_of(to_html(make_summary([hostile()]))).select(".bar-cell .sr")[3]
    assert cell.get_text() == "Macro: intensity 0.37, usually 0.34; 1 of 13 headlines tagged."


def test_a_return_shows_its_sign_its_flag_and_what_is_not_there(make_summary):
    rows = soup_of(to_html(make_summary())).select(".returns tbody tr")
    said = [" ".join(row.get_text(" ").split()) for row in rows]
    assert said == [
        f"S&P 500 SPY {MINUS}1.24%",
        f"Technology XLK {MINUS}4.10% unconfirmed",
        "Energy XLE +1.88%",
        "Utilities XLU — no price",
    ]


def test_an_open_session_says_so_far_and_not_yet(make_summary):
    html = to_html(make_summary(now=datetime(2026, 7, 29, 15, tzinfo=UTC)))
    page = soup_of(html)
    assert page.select_one(".status strong").get_text() == "So far"
    assert "closes 16:00 EDT, 20:00 UTC" in page.select_one(".status").get_text()
    assert [flag.get_text() for flag in page.select(".flag")] == ["not yet"] * 4
    assert "The session has not closed" in html


@pytest.mark.parametrize(
    ("past", "said"), [(24, "20 sessions, 30 Jun 2026"), (12, "12 sessions, 13 Jul 2026")]
)
def test_a_page_says_what_its_usual_rests_on(make_summary, past, said):
    summary = make_summary(past=past)
    line = f"usual: mean of {said} to 28 Jul 2026"
    page = soup_of(to_html(summary)).select_one(".glance .aside").get_text()
    assert page.endswith(f"; {line}")
    assert f"\nU{line[1:]}.\n" in to_markdown(summary)
    for text in (to_html(summary), to_markdown(summary)):
        assert "the mean of up to the last 20 sessions with at least 10" in text


def test_without_a_past_a_page_does_not_say_what_a_usual_rests_on(make_summary):
    summary = make_summary(past=0)
    assert "mean of 0" not in to_html(summary)
    assert "sual: mean" not in to_html(summary) + to_markdown(summary)


def test_without_a_past_a_page_says_no_baseline(make_summary):
    page = soup_of(to_html(make_summary(past=0)))
    assert {cell.get_text(strip=True) for cell in page.select(".change")} == {"no baseline"}
    assert "No baseline to say whether a cause stands out" in page.select_one(".lead").get_text()


def test_a_change_is_the_difference_of_the_figures_beside_it(make_summary):
    summary = make_summary()
    macro = summary.causes[3]
    thin = dataclasses.replace(
        macro,
        intensity=0.0049,
        baseline=dataclasses.replace(macro.baseline, mean=0.0451),
        change=-0.0402,
    )
    summary = dataclasses.replace(summary, causes=(*summary.causes[:3], thin))
    row = soup_of(to_html(summary)).select(".glance tbody tr")[3]
    shown = [row.select_one(cell).get_text() for cell in (".now", ".usual")]
    assert shown == ["0.00", "0.05"]
    assert row.select_one(".change").get_text().startswith(f"{MINUS}0.05 ")
    assert f"| 0.00 | 0.05 | {MINUS}0.05 (" in to_markdown(summary)


@pytest.mark.parametrize(
    ("past", "said"), [(24, "Last 20"), (12, "13 of the last 20"), (0, "1 of the last 20")]
)
def test_the_sparklines_are_headed_by_how_many_points_they_have(make_summary, past, said):
    page = soup_of(to_html(make_summary(past=past)))
    assert page.select(".glance thead th")[-1].get_text() == said


def test_a_headline_shows_both_zones_and_the_day_where_it_differs(make_summary, make_scored):
    before = make_scored(datetime(2026, 7, 29, 2, 5, tzinfo=UTC), "Night story", macro=0.99)
    page = soup_of(to_html(make_summary([before])))
    row = next(one for one in page.select(".stories li") if "Night story" in one.get_text())
    spans = [span.get_text() for span in row.select(".meta span")]
    assert spans == ["Example wire", "Tue 28 Jul 22:05 EDT", "Wed 29 Jul 02:05 UTC"]


def test_a_headline_without_a_time_shows_its_publishers_day(make_summary, make_scored):
    item = make_scored(datetime(2026, 7, 27, 15, tzinfo=UTC), "Seoul story", macro=0.99)
    seoul = dataclasses.replace(item.headline, published_quality="day_only", timezone="Asia/Seoul")
    summary = make_summary([dataclasses.replace(item, headline=seoul)])
    row = next(one for one in soup_of(to_html(summary)).select(".stories li") if "Seoul" in one.get_text())
    assert [span.get_text() for span in row.select(".meta span")] == ["Example wire", "28 Jul, no time given"]
    assert "28 Jul, no time given" in to_markdown(summary)
    told = json.loads(to_json(summary))["causes"][3]["headlines"][0]
    assert (told["title"], told["timezone"]) == ("Seoul story", "Asia/Seoul")


def test_the_same_summary_gives_the_same_bytes(make_summary):
    assert to_html(make_summary()) == to_html(make_summary())


def test_links_around_a_page_are_offered_and_left_out(make_summary):
    around = Surroundings(
        title="New York",
        previous=Link(text="Tuesday 28 Jul", href="/summary/XNYS/2026-07-28"),
        markets=(Link(text="New York", href="/a", current=True), Link(text="Seoul", href="/b")),
        notice="A sample",
    )
    page = soup_of(to_html(make_summary(), around, home="/"))
    assert page.find("a", rel="prev")["href"] == "/summary/XNYS/2026-07-28"
    assert page.find("a", rel="next") is None
    assert page.select_one(".masthead [aria-current]").get_text() == "New York"
    assert page.select_one(".notice").get_text() == "A sample"
    assert "New York" in page.title.get_text()


def test_markdown_keeps_a_feeds_words_as_words(make_summary, hostile):
    html = (
        MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .render(to_markdown(make_summary([hostile()])))
    )
    page = soup_of(html)
    assert page.find("script") is None
    link = next(one for one in page.find_all("a") if one.get_text() == HOSTILE)
    assert link["href"].startswith("https://example.com/")
    tables = page.find_all("table")
    assert [len(table.find_all("tr")) for table in tables[:2]] == [5, 5]
    assert f"{MINUS}4.10%" in tables[1].get_text()


def test_json_is_the_summary_and_nothing_else(make_summary, hostile):
    summary = make_summary([hostile()])
    assert json.loads(to_json(summary)) == json.loads(json.dumps(summary.to_dict()))
    assert json.loads(to_json(summary))["session"] == "2026-07-29"


def test_a_message_page_escapes_what_was_asked_for():
    page = soup_of(message_page("Not here", "there is no /<script>x</script>", "start at /"))
    assert page.find("script") is None
    assert "there is no /<script>x</script>" in page.get_text()
