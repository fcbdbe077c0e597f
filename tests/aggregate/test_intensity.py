"""Intensity per session and cause, and the baseline that it is held against."""

from __future__ import annotations

from datetime import date
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregate.assign import SessionHeadlines, assign
from aggregate.intensity import Baseline, BaselineRule, SessionIntensity, baseline, change, intensities
from errors import DataError

DAY = date(2026, 7, 29)


def entry(session, value, n=10, least=10):
    return SessionIntensity(
        session=session, cause="c", mean=value, count=0, share=0.0, n=n, enough=n >= least
    )


def test_mean_count_and_share_are_over_all_headlines_of_the_session(new_york, scored):
    opening = new_york.open_time(DAY)
    items = [scored(opening, f"{i}", macro=value) for i, value in enumerate([0.9, 0.5, 0.1, 0.1])]
    found = intensities(assign(items, new_york), [DAY], {"macro": 0.5}, BaselineRule(min_headlines=4))
    one = found["macro"][0]
    assert one.mean == pytest.approx(0.4)
    assert (one.count, one.share, one.n, one.enough) == (2, 0.5, 4, True)  # 0.5 is at the threshold


def test_a_session_with_too_few_headlines_is_marked_and_one_with_none_has_no_mean(new_york, a_session_of):
    previous = new_york.previous(DAY)
    groups = assign(a_session_of(new_york, previous, count=9, macro=0.5), new_york)
    thin, empty = intensities(groups, [previous, DAY], {"macro": 0.5})["macro"]
    assert (thin.n, thin.mean, thin.enough) == (9, 0.5, False)
    assert (empty.n, empty.mean, empty.share, empty.count, empty.enough) == (0, None, None, 0, False)


def test_causes_are_those_of_the_thresholds_whatever_their_names(new_york, a_session_of):
    groups = assign(a_session_of(new_york, DAY, weather=0.7, strikes=0.2), new_york)
    found = intensities(groups, [DAY], {"strikes": 0.1, "weather": 0.8})
    assert [(name, series[0].count) for name, series in found.items()] == [("strikes", 10), ("weather", 0)]


@pytest.mark.parametrize("value", [None, 1.5, -0.1, float("nan")])
def test_a_headline_without_a_usable_intensity_is_an_error_that_names_it(new_york, scored, value):
    words = {} if value is None else {"macro": value}
    item = scored(new_york.open_time(DAY), "odd", **words)
    with pytest.raises(DataError, match=r"headline odd scored by m1 has .* for cause 'macro'; tag it again"):
        intensities(assign([item], new_york), [DAY], {"macro": 0.5})


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.randoms())
def test_the_order_of_headlines_does_not_change_a_digit(new_york, scored, values, random):
    items = [scored(new_york.open_time(DAY), f"{i}", macro=value) for i, value in enumerate(values)]
    shuffled = random.sample(items, len(items))
    one, other = (
        intensities({DAY: SessionHeadlines(session=DAY, scored=tuple(order))}, [DAY], {"macro": 0.5})
        for order in (items, shuffled)
    )
    assert one == other


def days(new_york, count):
    return new_york.before(DAY, count)


def test_a_baseline_takes_the_latest_twenty_sessions_with_enough_headlines(new_york):
    series = [entry(day, place / 100) for place, day in enumerate(days(new_york, 30))]
    values = [place / 100 for place in range(10, 30)]
    base = baseline(series, DAY)
    assert base.n == 20
    assert base.mean == pytest.approx(mean(values))
    assert base.sd == pytest.approx(stdev(values))
    assert (base.first, base.last) == (series[10].session, series[29].session)


def test_ten_sessions_make_a_baseline_and_nine_do_not(new_york):
    series = [entry(day, 0.1) for day in days(new_york, 10)]
    assert baseline(series, DAY).n == 10
    assert baseline(series[1:], DAY) is None


def test_thin_sessions_are_skipped_and_not_filled_in(new_york):
    series = [entry(day, 0.9, n=9) if i % 2 else entry(day, 0.1) for i, day in enumerate(days(new_york, 40))]
    base = baseline(series, DAY)
    assert (base.n, base.mean) == (20, pytest.approx(0.1))


def test_a_session_further_back_than_forty_sessions_is_not_used(new_york):
    past = days(new_york, 41)
    full = [0, *range(32, 41)]  # ten sessions with headlines, the first of them 41 sessions back
    series = [entry(day, 0.5) if i in full else entry(day, None, n=0) for i, day in enumerate(past)]
    assert baseline(series, DAY) is None
    series[1] = entry(past[1], 0.5)  # 40 sessions back
    assert baseline(series, DAY).n == 10


def test_the_session_itself_and_what_follows_stay_out_of_its_baseline(new_york):
    past = days(new_york, 20)
    series = [entry(day, 0.1) for day in past]
    later = [entry(DAY, 0.9), entry(date(2026, 7, 30), 0.9)]
    assert baseline([*series, *later], DAY) == baseline(series, DAY)


def test_a_change_is_a_difference_and_in_baseline_sds(new_york):
    base = Baseline(mean=0.2, sd=0.05, n=20, first=DAY, last=DAY)
    moved = change(entry(DAY, 0.3), base)
    assert moved.difference == pytest.approx(0.1)
    assert moved.sds == pytest.approx(2.0)


def test_there_is_no_change_without_a_baseline_or_with_too_few_headlines():
    base = Baseline(mean=0.2, sd=0.05, n=20, first=DAY, last=DAY)
    assert change(entry(DAY, 0.3), None) is None
    assert change(entry(DAY, 0.3, n=9), base) is None


def test_a_baseline_without_spread_gives_a_difference_but_no_sds(new_york):
    base = baseline([entry(day, 0.1) for day in days(new_york, 20)], DAY)
    moved = change(entry(DAY, 0.3), base)
    assert moved.difference == pytest.approx(0.2)
    assert moved.sds is None


@pytest.mark.parametrize("wrong", [{"at_least": 1}, {"sessions": 41}, {"at_least": 21}, {"min_headlines": 0}])
def test_a_rule_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(DataError, match="keep 2 <= at_least"):
        BaselineRule(**wrong)
