"""Lists of feeds: the default one, and OPML in and out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import OpmlError
from ingest.feeds import default_feeds, feed_of, unique_names, zone_of
from ingest.opml import parse_opml, read_opml, write_opml
from ingest.records import Feed


def test_the_default_list_is_about_forty_feeds_each_usable_and_none_claimed_to_be_checked():
    feeds = unique_names(default_feeds())
    assert 40 <= len(feeds) <= 60
    assert {feed.checked for feed in feeds} == {"never"}
    assert {"US", "GB", "EU", "JP", "KR", "HK", "CN", "TW", "IN"} <= {feed.market for feed in feeds}
    assert {"central bank", "regulator", "technology", "markets"} <= {feed.desk for feed in feeds}


def test_a_feed_with_a_wrong_field_says_which():
    good = {"name": "n", "url": "https://a.test/", "market": "US", "desk": "d"}
    assert feed_of(good) == Feed(name="n", url="https://a.test/", market="US", desk="d")
    for change, words in [
        ({"url": "ftp://a.test/"}, "not http"),
        ({"url": ""}, "'url' is missing"),
        ({"nmae": "x"}, "unknown field 'nmae'"),
        ({"timezone": "Mars/Base"}, "unknown timezone 'Mars/Base'"),
        ({"timezone": "../../etc/passwd"}, "unknown timezone"),
        ({"desk": 3}, "not text"),
        ({"checked": "soon"}, "soon"),
    ]:
        with pytest.raises(ValueError, match=words):
            feed_of({**good, **change})
    with pytest.raises(ValueError, match="two feeds have the name 'n'"):
        unique_names((feed_of(good), feed_of({**good, "url": "https://b.test/"})))
    assert str(zone_of("Asia/Seoul")) == "Asia/Seoul"


def test_the_default_list_goes_out_as_opml_and_comes_back_the_same(tmp_path):
    path = tmp_path / "feeds.opml"
    feeds = tuple(replace(feed, checked="2026-08-01") for feed in default_feeds())
    path.write_text(write_opml(feeds), encoding="utf-8")
    assert read_opml(path) == feeds


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1).filter(
    lambda name: name == name.strip() and name
)


@given(names=st.lists(NAMES, min_size=1, max_size=5, unique=True), query=st.text("a&<>\"'=ü", max_size=8))
def test_any_name_and_url_survives_the_round_trip(names, query):
    feeds = tuple(
        Feed(
            name=name, url=f"https://a.test/{at}?q={query}", market="KR", desk="d & e", timezone="Asia/Seoul"
        )
        for at, name in enumerate(names)
    )
    assert parse_opml(write_opml(feeds).encode(), "x") == feeds


def test_another_readers_list_is_taken_with_its_folders():
    document = b"""<?xml version="1.0" encoding="UTF-8"?>
<OPML version="1.0"><head><title>mine</title></head><body>
<outline text="News"><outline text="Asia">
  <outline type="rss" text="Harbour" title="Harbour Wire" xmlUrl="https://h.test/rss" language="en-us"/>
  <outline type="rss" text="Harbour Wire" xmlURL="https://h.test/other"/>
</outline><outline xmlUrl="https://h.test/rss" text="again"/></outline>
<outline text="Loose" xmlUrl="https://l.test/"/>
</body></OPML>"""
    first, second, third = parse_opml(document, "list.opml")
    assert (first.name, first.desk, first.market, first.language) == ("Harbour Wire", "Asia", "GLOBAL", "en")
    assert second.name == "Harbour Wire (2)"
    assert (third.name, third.desk, third.timezone) == ("Loose", "news", "UTC")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "line 1: no element found"),
        (b"<opml>\n<body>\n<outline text='a'>\n</body>", "line 4: mismatched tag"),
        (
            b"<opml>\n<body>\n<outline xmlUrl='ftp://a/' text='A'/></body></opml>",
            "line 3: outline 'A': the url",
        ),
        (
            b"<opml><body><outline xmlUrl='http://a:99999/' text='A'/></body></opml>",
            "'http://a:99999/' is no",
        ),
        (
            b"<opml><body>\n\n<outline xmlUrl='http://a/' text='A' timezone='X'/></body></opml>",
            "line 3: outline 'A'",
        ),
        (
            b"<opml><body><outline xmlUrl='http://a/' text='A' checked='yes'/></body></opml>",
            "outline 'A': checked is 'yes', neither never nor a date such as 2026-07-29; correct",
        ),
        (b"<opml><body><outline text='empty'/></body></opml>", "no outline with an xmlUrl"),
        (b"<html><body/></html>", "XML but not OPML"),
        (b"<!DOCTYPE opml [\n<!ENTITY a 'aaaa'>]><opml>&a;</opml>", "line 2: declares the entity 'a'"),
        (b"<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml>&a;</opml>", "declares the entity"),
        (b"\x00\x01\x02", "line 1"),
    ],
)
def test_a_list_that_cannot_be_used_names_its_file_and_line(tmp_path, document, words):
    path = tmp_path / "list.opml"
    path.write_bytes(document)
    with pytest.raises(OpmlError) as caught:
        read_opml(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_a_list_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OpmlError, match=r"cannot read .*absent"):
        read_opml(tmp_path / "absent.opml")
