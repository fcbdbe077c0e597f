"""Publication times as they are written in the wild."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import as_day, read_published

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("Mon, 02 Mar 2026 09:30:15 GMT", "Asia/Seoul", utc(2026, 3, 2, 9, 30, 15)),
        ("Mon, 2 Mar 2026 09:30 +0900", "UTC", utc(2026, 3, 2, 0, 30)),
        ("02 Mar 26 09:30:00 EST", "UTC", utc(2026, 3, 2, 14, 30)),
        ("Mon, 06 Jul 2026 09:30:00 EST", "America/New_York", utc(2026, 7, 6, 14, 30)),
        ("Mon, 06 Jul 2026 09:30:00 EDT", "UTC", utc(2026, 7, 6, 13, 30)),
        ("Mon, 06 Jul 2026 09:30:00 ET", "UTC", utc(2026, 7, 6, 13, 30)),
        ("Mon, 02 Mar 2026 09:30:00 ET", "UTC", utc(2026, 3, 2, 14, 30)),
        ("Mon, 02 Mar 2026 09:30:00 KST", "UTC", utc(2026, 3, 2, 0, 30)),
        ("Mon, 02 Mar 2026 09:30:00 JST", "UTC", utc(2026, 3, 2, 0, 30)),
        ("Mon, 02 Mar 2026 09:30:00 IST", "Asia/Kolkata", utc(2026, 3, 2, 4, 0)),
        ("Mon, 02 Mar 2026 09:30:00 IST", "UTC", utc(2026, 3, 2, 4, 0)),
        ("Mon, 06 Jul 2026 09:30:00 IST", "Europe/Dublin", utc(2026, 7, 6, 8, 30)),
        ("Mon, 02 Mar 2026 09:30:00 IST", "Asia/Jerusalem", utc(2026, 3, 2, 7, 30)),
        ("Mon, 02 Mar 2026 09:30:00 CST", "Asia/Shanghai", utc(2026, 3, 2, 1, 30)),
        ("Mon, 02 Mar 2026 09:30:00 CST", "America/Chicago", utc(2026, 3, 2, 15, 30)),
        ("Mon, 06 Jul 2026 09:30:00 BST", "Europe/London", utc(2026, 7, 6, 8, 30)),
        ("Mon, 02 Mar 2026 09:30:00 HKT", "UTC", utc(2026, 3, 2, 1, 30)),
        ("Mon, 02 Mar 2026 09:30:00 +05:30 (India)", "UTC", utc(2026, 3, 2, 4, 0)),
        ("Mon, 02 Mar 2026 09:30:00 GMT+0900", "UTC", utc(2026, 3, 2, 0, 30)),
        ("Mon, 02 Mar 2026 09:30:00", "Asia/Seoul", utc(2026, 3, 2, 0, 30)),
        ("Mon Mar  2 09:30:00 2026", "UTC", utc(2026, 3, 2, 9, 30)),
        ("Seg, 24 Set 2018 19:42:40 -0300", "UTC", utc(2018, 9, 24, 22, 42, 40)),
        ("2026-03-02T09:30:15Z", "Asia/Seoul", utc(2026, 3, 2, 9, 30, 15)),
        ("2026-03-02T09:30:15.250+09:00", "UTC", utc(2026, 3, 2, 0, 30, 15, 250_000)),
        ("2026-03-02T09:30-05:00", "UTC", utc(2026, 3, 2, 14, 30)),
        ("2026-03-02T09:30:00", "Asia/Tokyo", utc(2026, 3, 2, 0, 30)),
        ("2026-03-02 09:30", "Asia/Seoul", utc(2026, 3, 2, 0, 30)),
        ("2026/03/02 09:30:00", "UTC", utc(2026, 3, 2, 9, 30)),
        ("2026.03.02 09:30", "Asia/Seoul", utc(2026, 3, 2, 0, 30)),
        ("2026-03-02T24:00:00Z", "UTC", utc(2026, 3, 3)),
        ("2026-03-02T23:59:60Z", "UTC", utc(2026, 3, 2, 23, 59, 59)),
        ("20260302T093015Z", "Asia/Seoul", utc(2026, 3, 2, 9, 30, 15)),
        ("20260302093015", "Asia/Seoul", utc(2026, 3, 2, 0, 30, 15)),
        ("March 2, 2026 9:30 AM ET", "UTC", utc(2026, 3, 2, 14, 30)),
        ("Mar. 2, 2026, 12:05 p.m.", "UTC", utc(2026, 3, 2, 12, 5)),
        ("2 March 2026 12:05 am", "UTC", utc(2026, 3, 2, 0, 5)),
        ("2026年3月2日 9時30分", "Asia/Tokyo", utc(2026, 3, 2, 0, 30)),
        ("2026년 3월 2일 오후 3:05", "Asia/Seoul", utc(2026, 3, 2, 6, 5)),
        ("2026년 3월 2일 오전 12:05", "Asia/Seoul", utc(2026, 3, 1, 15, 5)),
        ("1772443800", "Asia/Seoul", utc(2026, 3, 2, 9, 30)),
        (1772443800, "UTC", utc(2026, 3, 2, 9, 30)),
        (1772443800000.0, "UTC", utc(2026, 3, 2, 9, 30)),
        (datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=9))), "UTC", utc(2026, 3, 2, 0, 30)),
        (datetime(2026, 3, 2, 9, 30), "Asia/Seoul", utc(2026, 3, 2, 0, 30)),  # noqa: DTZ001 - the point
    ],
)
def test_a_time_is_read_exactly_and_one_without_a_zone_in_the_publishers(text, zone, expected):
    published = read_published(text, ZoneInfo(zone), NOW)
    assert (published.at, published.quality, published.note) == (expected, "exact", "")


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 02 Mar 2026",
        "02 Mar 2026",
        "2026-03-02",
        "2026-3-2",
        "2026/03/02",
        "2026. 3. 2.",
        "20260302",
        "March 2, 2026",
        "2nd March 2026",
        "2026年3月2日",
        "2026년 3월 2일",
        date(2026, 3, 2),
    ],
)
def test_a_date_without_a_time_is_midnight_where_the_publisher_sits(value):
    published = read_published(value, ZoneInfo("Asia/Seoul"), NOW)
    assert (published.at, published.quality) == (utc(2026, 3, 1, 15), "day_only")
    assert read_published(value, ZoneInfo("America/New_York"), NOW).at == utc(2026, 3, 2, 5)


@pytest.mark.parametrize("value", [None, "", "  ", float("nan")])
def test_no_time_is_missing_without_a_word(value):
    published = read_published(value, UTC_ZONE, NOW)
    assert (published.at, published.quality, published.note) == (None, "missing", "")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("yesterday", "cannot read"),
        ("03/02/2026", "cannot read"),
        ("2026-02-30", "cannot read"),
        ("2026-03-02T25:61:00Z", "cannot read"),
        ("2026-03-02 25:00", "cannot read"),
        ("2026-03-02 99:30", "cannot read"),
        ("2026-03-02 25:00 pm", "cannot read"),
        ("Mon, 02 Mar 2026 09:30:00 +9900", "cannot read"),
        ("2026-03", "cannot read"),
        ("2026", "cannot read"),
        (True, "cannot read"),
        (5, "cannot read"),
        ([1], "cannot read"),
        ("9" * 5000, "cannot read"),
        ("2026-08-11T12:00:01Z", "in the future"),
        ("2026-08-12", "in the future"),
        ("1989-12-31T23:59:59Z", "before 1990"),
        ("0001-01-01", "cannot read"),
        ("9999-12-31T23:59:59-12:00", ""),
    ],
)
def test_a_time_that_cannot_be_trusted_is_missing_and_says_why(value, words):
    published = read_published(value, ZoneInfo("Asia/Seoul"), NOW)
    assert (published.at, published.quality) == (None, "missing")
    assert published.note
    assert words in published.note


def test_a_clock_that_is_up_to_a_day_ahead_is_believed():
    assert read_published("2026-08-11T12:00:00Z", UTC_ZONE, NOW).quality == "exact"


def test_a_midnight_can_be_taken_for_the_day_it_names():
    zone = ZoneInfo("America/New_York")
    published = read_published("Mon, 02 Mar 2026 00:00:00 +1300", zone, NOW)
    assert published.quality == "exact"
    assert (as_day(published, zone).at, as_day(published, zone).quality) == (utc(2026, 3, 2, 5), "day_only")
    other = read_published("Mon, 02 Mar 2026 00:00:01 GMT", zone, NOW)
    assert as_day(other, zone) is other


@given(
    at=st.datetimes(datetime(1991, 1, 1), datetime(2026, 8, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    hours=st.integers(-12, 14),
)
def test_whatever_iso_and_rfc_822_can_write_is_read_back(at, hours):
    aware = at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    for text in (aware.isoformat(), aware.strftime("%a, %d %b %Y %H:%M:%S %z")):
        assert read_published(text, UTC_ZONE, NOW).at == aware


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text):
    assert read_published(text, UTC_ZONE, NOW).quality in ("exact", "day_only", "missing")
