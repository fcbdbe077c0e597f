"""Documents beside their expected values, and documents that are none."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import FeedError
from ingest.parse import parse_feed
from ingest.records import Feed

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).parents[3] / "shared" / "feeds"
NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
FEED = Feed(name="harbour", url="https://feed.test/rss.xml", market="US", desk="markets")


def rss(*items):
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>T</title>{body}</channel></rss>'.encode()


def parsed(body, **options):
    return parse_feed(body, FEED, now=NOW, **options)


@pytest.mark.parametrize("expected", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_a_document_gives_the_values_beside_it(expected):
    pair = json.loads(expected.read_text(encoding="utf-8"))
    feed = Feed(name="n", url="https://feed.test/rss.xml", market="US", desk="d", **pair["feed"])
    result = parse_feed(
        (FIXTURES / pair["file"]).read_bytes(), feed, content_type=pair["content_type"], now=NOW
    )
    values = [
        {
            "title": h.title,
            "summary": h.summary,
            "link": h.link,
            "published_at": h.published_at.isoformat() if h.published_at else None,
            "published_quality": h.published_quality,
            "language": h.language,
        }
        for h in result.headlines
    ]
    assert values == pair["headlines"]
    assert result.skipped == pair["skipped"]
    assert all((h.source, h.market, h.timezone) == ("n", "US", feed.timezone) for h in result.headlines)
    assert all(h.first_seen_at == NOW for h in result.headlines)


def test_a_time_in_the_future_is_missing_and_noted():
    result = parsed(rss("<title>Ahead</title><pubDate>Tue, 02 Mar 2027 10:00:00 GMT</pubDate>"))
    assert result.headlines[0].published_quality == "missing"
    assert result.notes == ("'Ahead': the time 2027-03-02T10:00:00+00:00 lies in the future",)


@pytest.mark.parametrize(("stated", "at"), [("12:00:01", 12), ("23:00:00", 12), ("11:00:00", 11)])
def test_no_story_is_out_later_than_it_was_seen_however_fast_its_publishers_clock(stated, at):
    body = rss(f"<title>Rates held</title><pubDate>Mon, 10 Aug 2026 {stated} GMT</pubDate>")
    (headline,) = parsed(body).headlines
    assert (headline.published_at, headline.published_quality) == (NOW.replace(hour=at), "exact")


def test_a_clock_that_is_fast_by_midnight_changes_no_id():
    body = rss("<title>Rates held</title><pubDate>Tue, 11 Aug 2026 00:01:00 GMT</pubDate>")
    before, after = (parse_feed(body, FEED, now=NOW + timedelta(hours=hours)) for hours in (0, 13))
    assert [h.published_at.day for h in (*before.headlines, *after.headlines)] == [10, 11]
    assert before.headlines[0].id == after.headlines[0].id


def test_a_story_that_two_feeds_carry_is_one_headline():
    item = "<title>One</title><link>https://a.test/s?{}</link>"
    one = parse_feed(rss(item.format("utm_source=x")), FEED, now=NOW).headlines[0]
    other_feed = Feed(name="other", url="https://other.test/", market="EU", desk="d")
    other = parse_feed(rss(item.format("utm_campaign=y")), other_feed, now=NOW).headlines[0]
    assert one.id == other.id
    assert one.source != other.source


def test_items_that_share_one_link_are_told_apart_by_guid_or_title():
    link = "<link>https://a.test/live</link>"
    result = parsed(
        rss(f"<title>A</title>{link}", f"<title>B</title>{link}", f"<title>C</title>{link}<guid>c</guid>")
    )
    assert [h.title for h in result.headlines] == ["A", "B", "C"]
    assert len({h.id for h in result.headlines}) == 3


LIVE = [
    "<title>First</title><link>https://a.test/live#1</link><guid isPermaLink='false'>g1</guid>",
    "<title>Second</title><link>https://a.test/live#2</link><guid>https://a.test/live#2</guid>",
    "<title>Third</title><link>https://a.test/live#3</link>",
    "<title>The page</title><link>https://a.test/live</link>",
]


@pytest.mark.parametrize("windows", [[LIVE, *LIVE], [*LIVE, LIVE], [LIVE[2:], LIVE[1:3], LIVE[:2], LIVE[3:]]])
def test_an_item_of_a_live_page_is_the_same_headline_whoever_stands_beside_it(ledger, windows):
    for window in windows:
        items = [window] if isinstance(window, str) else window
        assert ledger.add(parsed(rss(*items)).headlines, NOW).revised == 0
    assert sorted(h.title for h in ledger.headlines()) == ["First", "Second", "The page", "Third"]


def test_a_new_title_of_an_item_of_a_live_page_is_a_revision(ledger):
    ledger.add(parsed(rss(*LIVE)).headlines, NOW)
    changed = parsed(rss(*(item.replace("d</title>", "d, corrected</title>") for item in LIVE[1:3])))
    assert ledger.add(changed.headlines, NOW).revised == 2


@pytest.mark.parametrize("mark", ["", "#xtor=RSS-1", "#utm_source=feed&utm_medium=rss", "#ref=rss"])
def test_a_mark_after_a_link_that_says_where_a_reader_comes_from_names_no_item(mark):
    plain, marked = (
        parsed(rss(f"<title>A</title><link>https://a.test/s{end}</link><guid>x{end}</guid>"))
        for end in ("", mark)
    )
    assert plain.headlines[0].id == marked.headlines[0].id


def test_an_item_that_comes_twice_is_there_once():
    item = "<title>A</title><link>https://a.test/1</link>"
    assert len(parsed(rss(item, item)).headlines) == 1


@pytest.mark.parametrize(
    "declaration", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="iso-8859-1"?>', "\n  "]
)
@pytest.mark.parametrize("content_type", ["", "text/xml", "text/xml; charset=iso-8859-1", "text/html"])
def test_utf_8_is_read_as_utf_8_whatever_else_is_said(declaration, content_type):
    body = declaration.encode() + rss("<title>Größe 금리</title>")
    assert parsed(body, content_type=content_type).headlines[0].title == "Größe 금리"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_other_unicode_encodings_are_read(codec):
    assert (
        parsed(rss("<title>x</title>").decode().replace("x", "금리").encode(codec)).headlines[0].title
        == "금리"
    )


def test_an_encoding_that_nobody_names_is_guessed_rather_than_lost():
    assert (
        parsed(rss("<title>x</title>").replace(b"x", b"simula\xe7\xf5es")).headlines[0].title == "simulações"
    )


def test_a_document_that_is_itself_a_gzip_file_is_unpacked():
    assert parsed(gzip.compress(rss("<title>Packed</title>"))).headlines[0].title == "Packed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (
            b"<!DOCTYPE html><html><head><title>News</title></head></html>",
            "is a web page, not a feed; look for its RSS",
        ),
        (b"\n<!-- x --><HTML lang='en'><body></body></HTML>", "is a web page, not a feed"),
        (b"<head><title>Moved</title></head>", "is a web page, not a feed"),
        (b"404 page not found", "is not a feed"),
        (b"<?xml version='1.0'?><note><to>x</to></note>", "is not a feed"),
        (b'{"error": "quota"}', "is JSON, but not a JSON Feed"),
        (b'{"items": [', "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (rss(), "has no items"),
        (rss("<link>https://a.test/</link>"), "has items, but none with a title or a summary"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', "has no items"),
        (gzip.compress(rss("<title>x</title>"))[:-12], "cut short"),
        (b"\x1f\x8bnot gzip", "damaged gzip"),
        (gzip.compress(b"\0" * 30_000_000), "unpacks to more than"),
        (b"\xff\xfe\x00\xd8" * 50, "is not a feed"),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3", "is not a feed"),
    ],
)
def test_what_is_no_feed_is_an_error_that_names_it_and_the_remedy(body, words):
    with pytest.raises(FeedError) as caught:
        parsed(body)
    assert words in str(caught.value)
    assert "'harbour' (https://feed.test/rss.xml)" in str(caught.value)
    assert caught.value.remedy


def test_entities_that_a_document_declares_cannot_fill_the_memory():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{levels}]>'
    body = doctype.encode() + rss("<title>Big &l9; title</title>")
    start = time.process_time()
    assert len(parsed(body).headlines[0].title) < 1000
    assert time.process_time() - start < 5


def test_files_cannot_be_read_through_a_document(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret words")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'
    result = parsed(doctype.encode() + rss("<title>See &x; here</title>"))
    assert "secret words" not in result.headlines[0].title


@settings(max_examples=150)
@given(data=st.data())
def test_a_torn_document_gives_headlines_or_a_feed_error_and_nothing_else(data):
    path = data.draw(st.sampled_from(sorted(p for p in FIXTURES.iterdir() if p.suffix != ".json")))
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=5))
    body = body[: data.draw(st.integers(0, len(body)))]
    try:
        result = parsed(bytes(body), content_type=data.draw(st.sampled_from(["", "text/xml; charset=utf-7"])))
    except FeedError:
        pass
    else:
        assert result.headlines
        assert all(h.title for h in result.headlines)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/feeds, which is not part of the project")
def test_every_document_of_the_collection_gives_headlines_or_an_error_with_a_remedy():
    good, remedies = 0, []
    paths = sorted(SHARED.iterdir())
    for path in paths:
        try:
            good += bool(parsed(path.read_bytes()).headlines)
        except FeedError as error:
            remedies.append(error.remedy)
    assert all(remedies)
    assert good >= len(paths) - 3  # three of them hold no item with words, or are a web page
