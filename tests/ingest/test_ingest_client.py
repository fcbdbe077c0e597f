"""Fetching from a real server that is slow, large, broken, gone or in a circle."""

import socket
import threading
import time
import tracemalloc
from dataclasses import replace

import pytest

from errors import FeedError
from ingest.client import FeedClient, Fetched, FetchLimits, NotModified
from ingest.records import Feed, FeedState

PATIENT = FetchLimits(wait_s=0.01, max_retry_after_s=1)  # else as users have it, on however slow a machine


@pytest.fixture
def client():
    return FeedClient(PATIENT)


@pytest.fixture
def hasty():
    return FeedClient(replace(PATIENT, total_s=1))


def failure(client, feed):
    with pytest.raises(FeedError) as caught:
        client.fetch(feed)
    words = str(caught.value)
    assert feed.name in words
    assert feed.url in words
    assert caught.value.remedy
    return words


def test_a_feed_that_answers_gives_its_body_and_what_the_next_request_needs(server, client):
    fetched = client.fetch(server.feed("/ok"))
    assert isinstance(fetched, Fetched)
    assert (fetched.status, fetched.body) == (200, server.served["/ok"])
    assert (fetched.etag, fetched.last_modified) == ('"v1"', "Mon, 10 Aug 2026 09:00:00 GMT")
    assert fetched.content_type == "application/rss+xml"


def test_the_client_names_itself_and_asks_for_feeds(server, client):
    client.fetch(server.feed("/ok"))
    headers = server.headers["/ok"]
    assert headers["user-agent"].startswith("causewire/")
    assert "application/rss+xml" in headers["accept"]
    assert "if-none-match" not in headers


def test_a_second_fetch_is_conditional_and_learns_that_nothing_changed(server, client):
    feed = server.feed("/ok")
    first = client.fetch(feed)
    state = FeedState(url=feed.url, etag=first.etag, last_modified=first.last_modified)
    assert client.fetch(feed, state) == NotModified(url=feed.url)
    assert server.headers["/ok"]["if-modified-since"] == first.last_modified


def test_an_etag_that_no_request_may_carry_is_left_out_and_the_feed_stays_readable(server, client):
    feed = server.feed("/odd-etag")
    first = client.fetch(feed)
    assert not first.etag.isascii()
    state = FeedState(url=feed.url, etag=first.etag, last_modified=first.last_modified)
    assert client.fetch(feed, state).body == first.body
    assert not {"if-none-match", "if-modified-since"} & set(server.headers["/odd-etag"])


def test_the_total_limit_holds_while_the_look_up_of_the_host_hangs(hasty, monkeypatch):
    asked, answer = threading.Event(), threading.Event()

    def hang(*_, **__):
        asked.set()
        answer.wait(20)
        raise socket.gaierror("nobody knows")

    monkeypatch.setattr(socket, "getaddrinfo", hang)  # the system's resolver cannot be told to hang
    start = time.monotonic()
    try:
        failure(hasty, Feed(name="hung", url="http://feed.test/", market="US", desk="x"))
        assert asked.is_set()
        assert time.monotonic() - start < 15  # it hangs for 20
    finally:
        answer.set()


def test_a_packed_body_is_unpacked(server, client):
    assert client.fetch(server.feed("/packed")).body == server.served["/ok"]


def test_a_redirect_is_followed_and_tells_where_it_led(server, client):
    fetched = client.fetch(server.feed("/moved"))
    assert fetched.url == server.url("/ok")
    assert fetched.body == server.served["/ok"]


def test_a_server_that_recovers_is_asked_again(server, client):
    assert client.fetch(server.feed("/flaky")).body == server.served["/ok"]
    assert server.hits["/flaky"] == 3


def test_a_server_that_stays_broken_is_asked_three_times(server, client):
    assert "HTTP 500" in failure(client, server.feed("/broken"))
    assert server.hits["/broken"] == 3


@pytest.mark.parametrize(("path", "wait"), [("/busy", "3600 s"), ("/busy-until", "600 s")])
def test_a_server_that_asks_for_a_long_wait_is_left_alone(server, client, path, wait):
    words = failure(client, server.feed(path))
    assert "429" in words
    assert wait in words
    assert server.hits[path] == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/absent", "HTTP 404 (not found)"),
        ("/gone", "gone for good"),
        ("/loop", "redirects in a circle"),
        ("/to-file", "leads to no http or https address"),
        ("/to-bad-port", "leads to no http or https address"),
        ("/cut-short", "broke off"),
        ("/packed-cut", "broke off inside"),
        ("/packed-bad", "damaged compressed body"),
        ("/brotli", "packed as 'br'"),
        ("/huge", "larger than 5,000,000 bytes"),
    ],
)
def test_a_feed_that_fails_says_how(server, client, path, words):
    assert words in failure(client, server.feed(path))


def test_a_feed_that_is_silent_is_not_waited_for(server):
    client = FeedClient(replace(PATIENT, read_s=0.3))
    assert "did not answer in time" in failure(client, server.feed("/silent"))


def test_a_feed_that_is_gone_for_good_should_be_removed(server, client):
    assert failure(client, server.feed("/gone")).endswith("remove it from the list")


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_the_total_limit_holds_while_bytes_still_trickle_in(server, hasty, path):
    start = time.monotonic()
    assert "did not finish within 1 s" in failure(hasty, server.feed(path))
    assert time.monotonic() - start < 15  # they never end by themselves


def test_a_gzip_bomb_stops_at_the_byte_limit_and_never_fills_the_memory(server, client):
    tracemalloc.start()
    try:
        assert "larger than 5,000,000 bytes" in failure(client, server.feed("/bomb"))
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_a_port_where_nobody_listens_is_an_error_that_says_so(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # kept, so that nobody else can listen there
        feed = Feed(name="nobody", url=f"http://127.0.0.1:{port}/", market="US", desk="x")
        assert "cannot be reached" in failure(client, feed)


@pytest.mark.parametrize(
    "url",
    ["ftp://wire.test/feed", "http://[bad/", "http://wire .test/", "http://127.0.0.1:99999/", "nonsense"],
)
def test_an_address_that_is_none_is_an_error_that_says_so(client, url):
    failure(client, Feed(name="odd", url=url, market="US", desk="x"))
