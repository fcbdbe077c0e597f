"""One session in one record: figures, verdict, returns, coverage, and what is not known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregate.intensity import BaselineRule
from aggregate.returns import Returns, SessionReturn
from aggregate.sessions import Calendar
from aggregate.summary import PRICES_DUE, StandOutRule, lookback, summarise
from errors import DataError, SessionError

DAY = date(2026, 7, 29)
CLOSE = datetime(2026, 7, 29, 20, tzinfo=UTC)
LATER = CLOSE + timedelta(days=2)
TWO = {"macro": 0.5, "infrastructure_cost": 0.6}


@pytest.fixture(scope="module")
def past(new_york, a_session_of):
    """Twenty sessions of ten headlines: macro 0.15 and 0.25 in turn, infrastructure cost 0.1 throughout."""
    return [
        item
        for place, session in enumerate(new_york.before(DAY, 20))
        for item in a_session_of(
            new_york, session, macro=0.25 if place % 2 else 0.15, infrastructure_cost=0.1
        )
    ]


def today(a_session_of, new_york, macro=0.2, count=10):
    return a_session_of(new_york, DAY, count, macro=macro, infrastructure_cost=0.1)


def summary_of(new_york, items, **words):
    settings = {"calendar": new_york, "session": DAY, "now": LATER, "thresholds": TWO, **words}
    return summarise(items, **settings)


def test_a_quiet_session_says_that_no_cause_stands_out(new_york, past, a_session_of):
    summary = summary_of(new_york, past + today(a_session_of, new_york))
    assert summary.verdict == "No cause stands out"
    assert summary.standing_out == ()
    assert summary.notes == ("No price file is set.",)
    assert (summary.market, summary.session, summary.state) == ("XNYS", DAY, "final")
    assert (summary.open, summary.close) == (CLOSE - timedelta(hours=6.5), CLOSE)


def test_a_cause_far_above_its_baseline_with_enough_tagged_headlines_stands_out(new_york, past, a_session_of):
    summary = summary_of(new_york, past + today(a_session_of, new_york, macro=0.6))
    macro = summary.causes[0]
    assert summary.verdict == "Macro stands out"
    assert summary.standing_out == ("macro",)
    assert (macro.intensity, macro.count, macro.share) == (pytest.approx(0.6), 10, 1.0)
    assert macro.change == pytest.approx(0.4)
    assert macro.change_sds == pytest.approx(0.4 / macro.baseline.sd)
    assert macro.change_text == "+0.40 (+7.8 sd)"
    assert (macro.baseline.n, macro.baseline.mean) == (20, pytest.approx(0.2))


def test_a_change_in_words_is_the_difference_of_the_figures_as_they_are_shown(new_york, a_session_of):
    days = [(day, 0.0451) for day in new_york.before(DAY, 20)] + [(DAY, 0.0049)]
    items = [item for day, macro in days for item in a_session_of(new_york, day, macro=macro)]
    summary = summary_of(new_york, items, thresholds={"macro": 0.5})
    assert summary.causes[0].change == pytest.approx(-0.0402)
    assert summary.causes[0].change_text.startswith("-0.05")


def test_far_above_its_baseline_is_not_enough_without_tagged_headlines(new_york, past, a_session_of):
    untagged = today(a_session_of, new_york, macro=0.49)
    assert summary_of(new_york, past + untagged).verdict == "No cause stands out"
    two_tagged = untagged[2:] + today(a_session_of, new_york, macro=0.6)[:2]
    assert summary_of(new_york, past + two_tagged).standing_out == ()
    three_tagged = untagged[3:] + today(a_session_of, new_york, macro=0.6)[:3]
    assert summary_of(new_york, past + three_tagged).standing_out == ("macro",)
    rule = StandOutRule(min_sds=1.5, min_tagged=4)
    assert summary_of(new_york, past + three_tagged, stand_out_rule=rule).standing_out == ()


@pytest.mark.parametrize(("sds", "stands_out"), [(1.49, ()), (1.51, ("macro",)), (-3.0, ())])
def test_a_cause_stands_out_from_one_and_a_half_sds_above_its_baseline(
    new_york, past, a_session_of, sds, stands_out
):
    spread = summary_of(new_york, past).causes[0].baseline.sd
    items = past + today(a_session_of, new_york, macro=0.2 + sds * spread)
    summary = summary_of(new_york, items, thresholds={"macro": 0.01})
    assert summary.causes[0].change_sds == pytest.approx(sds)
    assert summary.standing_out == stands_out


def test_causes_stand_in_the_order_of_the_thresholds_with_words_for_people(new_york, past, a_session_of):
    summary = summary_of(new_york, past + today(a_session_of, new_york))
    assert [(cause.name, cause.title) for cause in summary.causes] == [
        ("macro", "Macro"),
        ("infrastructure_cost", "Infrastructure cost"),
    ]
    titled = summary_of(new_york, past, titles={"macro": "The economy"})
    assert titled.causes[0].title == "The economy"


def test_causes_of_the_users_own_are_summed_up_alike(new_york, a_session_of):
    items = a_session_of(new_york, DAY, 10, weather=0.9)
    summary = summary_of(new_york, items, thresholds={"weather": 0.5})
    assert [(cause.name, cause.count) for cause in summary.causes] == [("weather", 10)]


def test_two_causes_that_stand_out_are_both_named_the_stronger_first(new_york, past, a_session_of, scored):
    wild = [
        scored(new_york.open_time(day), f"{day}{i}", macro=0.2, infrastructure_cost=0.1 + 0.01 * (place % 2))
        for place, day in enumerate(new_york.before(DAY, 20))
        for i in range(10)
    ]
    now = a_session_of(new_york, DAY, 10, macro=0.9, infrastructure_cost=0.9)
    mixed = summary_of(new_york, [*past, *wild, *now])
    assert mixed.standing_out == ("infrastructure_cost", "macro")
    assert mixed.verdict == "Infrastructure cost and macro stand out"


def test_without_a_baseline_nobody_says_that_nothing_stands_out(new_york, past, a_session_of):
    nine = [
        item for item in past if item.headline.published_at >= new_york.open_time(new_york.before(DAY, 9)[0])
    ]
    summary = summary_of(new_york, nine + today(a_session_of, new_york, macro=0.9))
    assert summary.verdict == "No baseline to say whether a cause stands out"
    assert summary.causes[0].change_text == "no baseline"
    assert summary.causes[0].change is None
    assert "No baseline: fewer than 10 of the last 40 sessions have 10 headlines." in summary.notes


def test_too_few_headlines_are_marked_and_compared_with_nothing(new_york, past, a_session_of):
    summary = summary_of(new_york, past + today(a_session_of, new_york, macro=0.9, count=9))
    assert summary.verdict == "Too few headlines to say whether a cause stands out"
    assert summary.causes[0].change_text == "too few headlines"
    assert summary.causes[0].history[-1].intensity is None
    assert summary.causes[0].history[-1].n == 9
    assert not summary.coverage.enough
    assert any(note.startswith("Only 9 headlines, and 10 are needed") for note in summary.notes)


def test_a_session_without_headlines_is_a_summary_too(new_york, past):
    summary = summary_of(new_york, past)
    assert summary.verdict == "No headlines: nobody can say whether a cause stands out"
    assert summary.causes[0].intensity is None
    assert summary.causes[0].headlines == ()
    assert summary.coverage.unexplained is None


def test_history_is_the_last_twenty_sessions_with_gaps_where_headlines_are_too_few(
    new_york, past, a_session_of
):
    gone = new_york.previous(DAY)
    kept = [item for item in past if new_york.session_of(item.headline) != gone]
    history = summary_of(new_york, kept + today(a_session_of, new_york)).causes[0].history
    assert [point.session for point in history] == [*new_york.before(DAY, 19), DAY]
    assert [point.session for point in history if point.intensity is None] == [gone]


def test_the_three_headlines_that_carry_most_are_shown_strongest_first_once_a_title(new_york, scored):
    at = new_york.open_time(DAY)
    items = [
        scored(at, "weak", macro=0.1),
        scored(at + timedelta(hours=1), "b", macro=0.8, title="Fed  Cuts", source="late"),
        scored(at, "a", macro=0.8, title="Fed cuts", source="early"),
        scored(at, "top", macro=0.9),
        scored(at, "fourth", macro=0.4),
    ]
    tops = summary_of(new_york, items, thresholds={"macro": 0.5}).causes[0].headlines
    assert [(top.id, top.source, top.tagged) for top in tops] == [
        ("top", "wire", True),
        ("a", "early", True),
        ("fourth", "wire", False),
    ]
    assert tops[0].share == pytest.approx(0.9 / 3.0)
    assert tops[0].link == "https://news.example/top"


def test_coverage_counts_every_kind_of_headline(new_york, headline, scored):
    at = new_york.open_time(DAY)
    tuesday = datetime(2026, 7, 28, 4, tzinfo=UTC)
    items = [
        scored(at, "a", macro=0.9, infrastructure_cost=0.0),
        scored(at, "b", macro=0.1, infrastructure_cost=0.0, source="other"),
        scored(
            tuesday, "c", macro=0.1, infrastructure_cost=0.0, quality="day_only", timezone="America/New_York"
        ),
        scored(None, "d", macro=0.9, infrastructure_cost=0.0, quality="missing"),
    ]
    unscored = [headline(at, name) for name in "efghi"]
    withheld = {"g": "ja", "e": "de", "f": "de", "another session's": "fr"}
    coverage = summary_of(new_york, items, unscored=unscored, withheld=withheld).coverage
    assert (coverage.headlines, coverage.exact, coverage.day_only, coverage.missing) == (3, 2, 1, 1)
    assert (coverage.withheld, coverage.withheld_languages, coverage.waiting) == (3, {"de": 2, "ja": 1}, 2)
    assert (coverage.sources, coverage.tagged_none, coverage.unexplained) == (2, 2, pytest.approx(2 / 3))
    assert (coverage.left_out, coverage.enough, coverage.needed) == (0, False, 10)
    summary = summary_of(new_york, items, unscored=unscored, withheld=withheld, day_only=False)
    assert (summary.coverage.headlines, summary.coverage.day_only, summary.coverage.left_out) == (2, 0, 1)
    assert "3 headlines withheld, in a language the model does not know (de 2, ja 1)." in summary.notes
    assert "2 headlines not tagged yet." in summary.notes
    assert "1 headline with a day but no time left out." in summary.notes
    assert "1 headline without a publication time count to no session." in summary.notes


def prices(calendar, symbol, *entries):
    table = {(symbol, day): SessionReturn(symbol, day, value, flag) for day, value, flag in entries}
    return Returns({symbol: calendar}, table)


def shown(new_york, returns, now, symbols=None):
    entry = summary_of(new_york, [], returns=returns, now=now, symbols=symbols).returns[0]
    return entry.value, entry.flag


def test_a_return_is_not_yet_while_the_session_is_open_even_if_a_price_stands_there(new_york):
    held = prices(new_york, "XLK", (DAY, 0.01, ""))
    assert shown(new_york, held, CLOSE - timedelta(microseconds=1)) == (None, "not yet")
    assert shown(new_york, held, CLOSE) == (0.01, "")


def test_a_missing_return_is_not_yet_for_a_day_and_no_price_afterwards(new_york):
    held = prices(new_york, "XLK", (date(2026, 7, 28), 0.01, ""))
    assert shown(new_york, held, CLOSE + PRICES_DUE - timedelta(seconds=1)) == (None, "not yet")
    assert shown(new_york, held, CLOSE + PRICES_DUE) == (None, "no price")


def test_flags_go_with_returns_and_are_counted_in_the_notes(new_york):
    held = prices(new_york, "XLK", (DAY, 0.01, "unconfirmed"))
    summary = summary_of(new_york, [], returns=held, symbols={"XLK": "Technology", "SPY": ""})
    assert [(entry.title, entry.value, entry.flag) for entry in summary.returns] == [
        ("Technology", 0.01, "unconfirmed"),
        ("SPY", None, "no price"),
    ]
    assert "Returns marked 'unconfirmed': 1 of 2." in summary.notes


def test_a_symbol_of_another_exchange_is_shown_only_if_its_session_closed_by_then(new_york):
    seoul = Calendar.open("XKRX", date(2026, 1, 2), date(2026, 8, 31))
    in_seoul = summary_of(new_york, [], returns=prices(seoul, "^KS11", (DAY, -0.06, "unconfirmed"))).returns[
        0
    ]
    assert (in_seoul.value, in_seoul.flag, in_seoul.exchange) == (-0.06, "unconfirmed", "XKRX")
    at_home = summarise(
        [],
        calendar=seoul,
        session=DAY,
        now=LATER,
        thresholds=TWO,
        returns=prices(new_york, "SPY", (DAY, 0.01, "")),
    )
    assert (at_home.returns[0].value, at_home.returns[0].flag) == (None, "XNYS closes later, if at all")


def test_an_open_session_is_so_far_and_leaves_out_what_is_dated_ahead(new_york, past, scored):
    noon = CLOSE - timedelta(hours=3)
    known = [
        scored(noon - timedelta(minutes=i), f"{i}", macro=0.2, infrastructure_cost=0.1) for i in range(10)
    ]
    ahead = scored(noon + timedelta(minutes=1), "ahead", macro=0.9, infrastructure_cost=0.1)
    summary = summary_of(new_york, [*past, *known, ahead], now=noon)
    assert (summary.state, summary.coverage.headlines) == ("so far", 10)
    assert summary.verdict == "No cause stands out so far"
    assert summary.notes[0].startswith("The session has not closed")
    assert summary == summary_of(new_york, [*past, *known], now=noon)
    at_close = summary_of(new_york, past, now=CLOSE)
    assert at_close.state == "final"


def test_a_summary_becomes_plain_json(new_york, past, a_session_of):
    held = prices(new_york, "XLK", (DAY, 0.01, "unconfirmed"))
    summary = summary_of(new_york, past + today(a_session_of, new_york), returns=held)
    plain = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert plain["session"] == "2026-07-29"
    assert plain["close"] == "2026-07-29T20:00:00+00:00"
    assert plain["causes"][0]["history"][-1] == {"session": "2026-07-29", "intensity": 0.2, "n": 10}
    assert plain["returns"] == [
        {"symbol": "XLK", "title": "XLK", "value": 0.01, "flag": "unconfirmed", "exchange": ""}
    ]
    assert plain["baseline_rule"] == {"sessions": 20, "within": 40, "at_least": 10, "min_headlines": 10}


def test_the_rules_are_parameters(new_york, a_session_of):
    rule = BaselineRule(sessions=3, within=5, at_least=3, min_headlines=2)
    items = [
        item
        for place, session in enumerate(new_york.before(DAY, 3))
        for item in a_session_of(new_york, session, 2, macro=0.1 + 0.01 * place, infrastructure_cost=0.1)
    ]
    items += a_session_of(new_york, DAY, 3, macro=0.8, infrastructure_cost=0.1)
    assert summary_of(new_york, items, baseline_rule=rule).standing_out == ("macro",)
    assert summary_of(new_york, items).standing_out == ()


def test_lookback_reaches_every_headline_that_can_matter(new_york, past, scored):
    since = lookback(new_york, DAY)
    earliest = new_york.before(DAY, 40)[0]
    assert since < new_york.span(earliest)[0]
    stamped = datetime(2026, 5, 28, 14, tzinfo=UTC)  # Friday the 29th in Kiritimati: Monday's session
    item = scored(stamped, "k", quality="day_only", timezone="Pacific/Kiritimati", macro=0.1)
    assert earliest == date(2026, 6, 1)
    assert new_york.session_of(item.headline) == date(2026, 5, 29)
    assert since < stamped


def test_what_cannot_be_summed_up_is_an_error(new_york):
    with pytest.raises(SessionError, match="is no session"):
        summary_of(new_york, [], session=date(2026, 7, 25))
    with pytest.raises(SessionError, match="not 40"):
        summary_of(new_york, [], session=date(2026, 1, 20))
    with pytest.raises(DataError, match="no cause was asked for"):
        summary_of(new_york, [], thresholds={})
    with pytest.raises(DataError, match="has no zone"):
        summary_of(new_york, [], now=datetime(2026, 7, 30))  # noqa: DTZ001
