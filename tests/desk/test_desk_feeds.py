"""Which feeds the settings choose, and the sample's own feeds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from desk.feeds import as_toml, chosen_feeds, fetch_limits
from desk.sample_feeds import sample_feeds
from desk.settings import ClientSettings, FeedsSettings, OwnFeed, load_settings
from errors import SettingsError
from ingest.client import FeedClient, Fetched, FetchLimits, NotModified
from ingest.feeds import default_feeds
from ingest.opml import write_opml
from ingest.parse import parse_feed
from ingest.records import Feed, FeedState
from sample.load import sample_items


def test_the_default_list_is_taken_whole_unless_told_otherwise():
    assert chosen_feeds(FeedsSettings()) == default_feeds()


def test_include_takes_a_part_and_exclude_leaves_out():
    first, second, third = (feed.name for feed in default_feeds()[:3])
    chosen = chosen_feeds(FeedsSettings(include=(third, first, second), exclude=(first,)))
    assert [feed.name for feed in chosen] == [third, second]
    assert len(chosen_feeds(FeedsSettings(exclude=(first,)))) == len(default_feeds()) - 1


def test_own_feeds_and_those_of_an_opml_file_come_after(tmp_path):
    other = Feed(name="Other", url="https://example.com/o", market="KR", desk="news", timezone="Asia/Seoul")
    (tmp_path / "f.opml").write_text(write_opml([other]))
    own = OwnFeed(name="Mine", url="https://example.com/m")
    chosen = chosen_feeds(FeedsSettings(default=False, opml=tmp_path / "f.opml", own=(own,)))
    assert [feed.name for feed in chosen] == ["Other", "Mine"]
    assert chosen[0] == other


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (FeedsSettings(default=False), "the settings choose no feed"),
        (FeedsSettings(include=("Nobody's Wire",)), "see `causewire feeds list`"),
        (
            FeedsSettings(
                own=(OwnFeed(name="A", url="https://a.test"), OwnFeed(name="A", url="https://b.test"))
            ),
            "two feeds have the name 'A'",
        ),
        (
            FeedsSettings(own=(OwnFeed(name="A", url="https://a.test", timezone="Mars"),)),
            "unknown timezone 'Mars'; correct it in the settings",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_an_error_with_the_remedy(settings, said):
    with pytest.raises(SettingsError) as caught:
        chosen_feeds(settings)
    assert said in str(caught.value)
    assert caught.value.remedy


def test_feeds_written_as_settings_read_back_as_they_were(tmp_path):
    feed = Feed(name='A "quoted" \\ name é\x7f', url="https://example.com/?a=1&b=2", market="KR", desk="x")
    (tmp_path / "c.toml").write_text(f"[feeds]\ndefault = false\n{as_toml([feed])}", encoding="utf-8")
    assert chosen_feeds(load_settings(tmp_path / "c.toml", {}).feeds) == (feed,)


def test_the_settings_limits_are_ingests_own_by_default():
    assert fetch_limits(ClientSettings()) == FetchLimits()


def test_the_sample_comes_over_http_as_feeds_that_the_client_reads():
    now = datetime(2026, 8, 10, tzinfo=UTC)
    client = FeedClient()
    with sample_feeds() as feeds:
        found = []
        for feed in feeds:
            fetched = client.fetch(feed)
            assert isinstance(fetched, Fetched)
            found += parse_feed(fetched.body, feed, content_type=fetched.content_type, now=now).headlines
            again = client.fetch(feed, FeedState(url=feed.url, etag=fetched.etag))
            assert isinstance(again, NotModified)
        assert httpx2.get(f"{feeds[0].url}x").status_code == 404
    assert sorted((one.published_at, one.title, one.summary) for one in found) == sorted(
        (one.published_at, one.title, one.summary) for one in sample_items()
    )
    assert {one.published_quality for one in found} == {"exact"}
    assert {one.market for one in found} == {"GLOBAL"}


def test_nothing_listens_when_the_samples_feeds_are_closed():
    with sample_feeds(sample_items()[:3]) as feeds:
        url = feeds[0].url
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_the_demos_settings_load(tmp_path):
    from desk.demo import SETTINGS

    path = Path(tmp_path / "causewire.toml")
    path.write_text(SETTINGS)
    settings = load_settings(path, {})
    assert settings.prices.path == tmp_path / "prices.csv"
    assert (settings.baseline.min_headlines, settings.baseline.at_least) == (7, 10)
