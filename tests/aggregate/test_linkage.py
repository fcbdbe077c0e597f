"""Association of intensity and return within a session, with errors whose lags never cross a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from aggregate.intensity import SessionIntensity
from aggregate.linkage import CAVEAT, LinkRule, leverages, link, newey_west_lags, run_ids
from aggregate.returns import Returns, SessionReturn
from aggregate.sessions import Calendar

RNG = np.random.default_rng(7)
RUNS = (12, 7, 1, 20, 15)


def world(new_york, runs, means, values, flags=None):
    """Lay the rows out over runs of sessions with a gap of one session between them."""
    days, place = [], 0
    for length in runs:
        days += new_york.days[place : place + length]
        place += length + 1
    series = [
        SessionIntensity(session=day, cause="c", mean=float(x), count=0, share=0.0, n=10, enough=True)
        for day, x in zip(days, means, strict=True)
    ]
    table = {
        ("S", day): SessionReturn("S", day, float(y), (flags or {}).get(i, ""))
        for i, (day, y) in enumerate(zip(days, values, strict=True))
    }
    return series, Returns({"S": new_york}, table)


def data(n):
    """Make errors and intensities that remember yesterday, so that lags matter."""
    noise, means = RNG.normal(size=n), RNG.normal(size=n)
    for i in range(1, n):
        noise[i] += 0.7 * noise[i - 1]
        means[i] += 0.7 * means[i - 1]
    means = 0.3 + 0.05 * means
    return means, 0.01 * (means - 0.3) / 0.05 + 0.01 * noise


FIXED = data(sum(RUNS))


def one_row(new_york, runs, means, values, **words):
    series, returns = world(new_york, runs, means, values)
    return link({"c": series}, returns, new_york, **words).rows[0]


def by_hand(means, values, runs, lags):
    """Newey-West of HC2's residuals written out: a pair of sessions counts only within one run."""
    n = len(means)
    x = np.column_stack([np.ones(n), (means - means.mean()) / means.std(ddof=1)])
    y = 100 * values
    solve = np.linalg.inv(x.T @ x) @ x.T
    maker = np.eye(n) - x @ solve
    scores = (solve[1] / np.sqrt(np.diag(maker)))[:, None] * maker  # of the residuals, each a row over y
    form = np.zeros((n, n))
    for start, length in zip(np.cumsum([0, *runs[:-1]]), runs, strict=True):
        for i in range(length):
            for j in range(length):
                weight = max(0.0, 1 - abs(i - j) / (lags + 1))
                form += weight * np.outer(scores[start + i], scores[start + j])
    mean, variance = np.trace(form), 2 * np.trace(form @ form)  # of y @ form @ y, where y is noise
    error = np.sqrt(y @ form @ y * (solve[1] @ solve[1]) / mean)
    return solve[1] @ y, error, 2 * mean**2 / variance


def test_slope_and_error_are_those_written_out_by_hand(new_york):
    means, values = data(sum(RUNS))
    row = one_row(new_york, RUNS, means, values)
    slope, error, df = by_hand(means, values, RUNS, row.lags)
    assert row.lags == 3
    assert row.slope == pytest.approx(slope)
    assert row.se == pytest.approx(error)
    assert row.t == pytest.approx(slope / error)
    assert row.df == pytest.approx(df)
    assert row.p == pytest.approx(2 * stats.t.sf(abs(row.t), df))
    assert (row.sessions, row.runs, row.reason) == (55, 5, "")


def test_an_error_whose_lags_crossed_the_gaps_would_be_another(new_york):
    means, values = FIXED
    row = one_row(new_york, RUNS, means, values)
    assert abs(row.se / by_hand(means, values, [sum(RUNS)], row.lags)[1] - 1) > 0.001


@settings(max_examples=30)
@given(order=st.permutations(range(len(RUNS))))
def test_reordering_the_runs_changes_nothing(new_york, order):
    means, values = (np.asarray(part) for part in FIXED)
    pieces = np.split(np.arange(sum(RUNS)), np.cumsum(RUNS)[:-1])
    moved = np.concatenate([pieces[i] for i in order])
    one = one_row(new_york, RUNS, means, values)
    other = one_row(new_york, [RUNS[i] for i in order], means[moved], values[moved])
    assert other.slope == pytest.approx(one.slope)
    assert other.se == pytest.approx(one.se)
    assert other.p == pytest.approx(one.p)


def test_many_sessions_that_decide_alike_give_the_plain_newey_west_error(new_york):
    means = 0.3 + 0.05 * (-1.0) ** np.arange(160)
    values = data(160)[1]
    row = one_row(new_york, [160], means, values)
    plain = sm.OLS(100 * values, sm.add_constant((means - means.mean()) / means.std(ddof=1))).fit(
        cov_type="HAC", cov_kwds={"maxlags": row.lags, "use_correction": True}, use_t=True
    )
    assert row.slope == pytest.approx(plain.params[1])
    assert row.se == pytest.approx(plain.bse[1], rel=0.02)


def test_a_slope_is_percentage_points_for_one_sd_of_intensity(new_york):
    means = np.linspace(0.1, 0.5, 30)
    values = 0.02 * (means - means.mean()) / means.std(ddof=1) + 0.001 * (-1) ** np.arange(30)
    assert one_row(new_york, [30], means, values).slope == pytest.approx(2.0, abs=0.02)


def test_single_sessions_between_gaps_have_no_lags_and_the_error_of_hc2(new_york):
    means, values = data(30)
    row = one_row(new_york, [1] * 30, means, values)
    fit = sm.OLS(100 * values, sm.add_constant((means - means.mean()) / means.std(ddof=1))).fit()
    assert (row.lags, row.runs) == (0, 30)
    assert row.se == pytest.approx(fit.HC2_se[1])


def test_an_intensity_of_two_values_is_held_to_as_few_degrees_as_two_means(new_york):
    means, values = np.repeat([0.01, 0.6], [26, 4]), data(30)[1]
    few = (1 / 26 + 1 / 4) ** 2 / (1 / (26**2 * 25) + 1 / (4**2 * 3))  # Bell and McCaffrey's, written out
    row = one_row(new_york, [1] * 30, means, values)
    assert row.df == pytest.approx(few)
    assert row.p == pytest.approx(2 * stats.t.sf(abs(row.t), few))


@pytest.mark.parametrize(
    ("n", "longest", "lags"), [(20, 20, 2), (55, 20, 3), (88, 30, 3), (100, 50, 4), (55, 2, 1), (55, 1, 0)]
)
def test_lags_follow_newey_and_west_and_stay_within_the_longest_run(n, longest, lags):
    assert newey_west_lags(n, longest) == lags


def test_runs_are_numbered_by_neighbourhood():
    assert run_ids([3, 4, 5, 8, 10, 11]).tolist() == [0, 0, 0, 1, 2, 2]
    assert run_ids([]).tolist() == []


def test_a_session_of_the_middle_without_a_return_breaks_a_run(new_york):
    means, values = data(30)
    series, returns = world(new_york, [30], means, values)
    middle = series[15].session
    holed = Returns(
        returns.calendars, {**returns.table, ("S", middle): SessionReturn("S", middle, None, "no price")}
    )
    row = link({"c": series}, holed, new_york).rows[0]
    assert (row.sessions, row.runs) == (29, 2)


@pytest.mark.parametrize(
    ("means", "values", "reason"),
    [
        (data(19)[0], data(19)[1], "19 sessions, fewer than 20"),
        (np.full(30, 0.3), data(30)[1], "the intensity does not vary"),
        (data(30)[0], np.zeros(30), "the return does not vary"),
    ],
)
def test_a_pair_that_cannot_be_estimated_says_why(new_york, means, values, reason):
    row = one_row(new_york, [len(means)], means, values)
    assert row.reason == reason
    assert (row.slope, row.se, row.t, row.p, row.q, row.lags, row.df) == (None,) * 7


def spiked(random, n, spikes):
    """Make intensities of a cause that speaks in a few sessions and is next to nothing in the others."""
    means = random.uniform(0.005, 0.015, n)
    means[random.choice(n, spikes, replace=False)] = 0.6
    return means


@pytest.mark.parametrize("runs", [[20], [5] * 12, [1] * 20])
def test_a_pair_whose_slope_rests_on_one_session_is_not_estimated(new_york, runs):
    for seed in range(50):
        random = np.random.default_rng(seed)
        row = one_row(new_york, runs, spiked(random, sum(runs), 1), 0.01 * random.normal(size=sum(runs)))
        assert (row.reason, row.p) == ("one session alone decides the slope", None)


def by_counts(random, n):
    """Make intensities of a cause that some three headlines in ten sessions speak of."""
    return random.uniform(0.005, 0.015, n) + 0.075 * random.poisson(0.3, n)


RARE = {
    "three spikes": lambda random, n: spiked(random, n, 3),
    "counts": by_counts,
    "long tail": lambda random, n: np.minimum(0.02 * np.exp(1.5 * random.normal(size=n)), 1.0),
}


@pytest.mark.parametrize("cause", RARE)
@pytest.mark.parametrize("runs", [[20], [40], [5] * 12])
def test_noise_is_called_an_association_hardly_more_than_one_time_in_twenty(new_york, cause, runs):
    rows = []
    for seed in range(150):
        random = np.random.default_rng(seed)
        series, _ = world(new_york, runs, RARE[cause](random, sum(runs)), np.zeros(sum(runs)))
        table = {
            (symbol, entry.session): SessionReturn(symbol, entry.session, 0.01 * random.normal())
            for symbol in "ABCDEFGHIJ"
            for entry in series
        }
        homes = dict.fromkeys("ABCDEFGHIJ", new_york)
        rows += link({"c": series}, Returns(homes, table), new_york).rows
    p_values = [row.p for row in rows if not row.reason]
    assert len(p_values) >= 500
    assert np.mean(np.array(p_values) < 0.05) < 0.07


def test_leverages_are_those_of_statsmodels():
    means = RNG.random(30) ** 8
    fit = sm.OLS(RNG.normal(size=30), sm.add_constant(means)).fit()
    assert leverages(means) == pytest.approx(fit.get_influence().hat_matrix_diag)


def test_thin_sessions_are_not_used(new_york):
    means, values = data(30)
    series, returns = world(new_york, [30], means, values)
    thin = [
        SessionIntensity(session=e.session, cause="c", mean=e.mean, count=0, share=0.0, n=9, enough=False)
        for e in series
    ]
    assert link({"c": thin}, returns, new_york).rows[0].reason == "0 sessions, fewer than 20"


def test_flagged_returns_are_counted_and_can_be_left_out(new_york):
    means, values = data(40)
    series, returns = world(new_york, [40], means, values, flags={3: "unconfirmed", 9: "unconfirmed"})
    kept = link({"c": series}, returns, new_york).rows[0]
    left = link({"c": series}, returns, new_york, rule=LinkRule(use_flagged=False)).rows[0]
    assert (kept.sessions, kept.flagged) == (40, 2)
    assert (left.sessions, left.flagged) == (38, 0)


def test_a_symbol_of_another_exchange_or_without_prices_is_not_estimated(new_york):
    means, values = data(30)
    series, returns = world(new_york, [30], means, values)
    seoul = Calendar.open("XKRX", date(2026, 1, 2), date(2026, 8, 31))
    abroad = Returns({"S": seoul}, returns.table)
    assert link({"c": series}, abroad, new_york).rows[0].reason == "trades on XKRX, not on XNYS"
    assert link({"c": series}, returns, new_york, symbols=["T"]).rows[0].reason == "no prices"


def test_q_values_are_corrected_over_all_pairs_that_were_estimated(new_york):
    means, values = data(40)
    series, returns = world(new_york, [40], means, values)
    other = [
        SessionIntensity(session=e.session, cause="d", mean=float(x), count=0, share=0.0, n=10, enough=True)
        for e, x in zip(series, RNG.random(40), strict=True)
    ]
    result = link({"c": series, "d": other, "e": series[:5]}, returns, new_york)
    p_values = [row.p for row in result.rows[:2]]
    assert result.tests == 2
    assert [row.q for row in result.rows[:2]] == pytest.approx(multipletests(p_values, method="fdr_bh")[1])
    assert result.rows[2].q is None


def test_a_pair_is_what_it_is_without_those_beside_it(new_york):
    means, values = data(40)
    series, returns = world(new_york, [40], means, values)
    table = {(name, day): found for name in "STU" for (_, day), found in returns.table.items()}
    table["T", series[20].session] = SessionReturn("T", series[20].session, None, "no price")
    several = Returns(dict.fromkeys("STU", new_york), table)
    other = [replace(e, cause="d", mean=float(x)) for e, x in zip(series, RNG.random(40), strict=True)]
    causes = {"c": series, "d": other}
    for row in link(causes, several, new_york).rows:
        alone = link({row.cause: causes[row.cause]}, several, new_york, symbols=[row.symbol]).rows[0]
        assert replace(row, q=None) == replace(alone, q=None)


def test_what_lies_after_until_changes_nothing(new_york):
    means, values = data(60)
    series, returns = world(new_york, [60], means, values)
    until = series[39].session
    shortened, fewer = world(new_york, [40], means[:40], values[:40])
    assert link({"c": series}, returns, new_york, until=until) == link({"c": shortened}, fewer, new_york)


def test_the_caveat_and_the_lag_rule_go_with_every_result(new_york):
    result = link({}, Returns(), new_york)
    assert result.caveat == CAVEAT
    assert "association" in CAVEAT
    assert "not cause" in CAVEAT
    assert "after the move" in CAVEAT
    assert "Newey and West (1994)" in result.lag_rule
    assert (result.rows, result.first, result.last) == ((), None, None)
