"""Do a cause's intensity and a symbol's return move together within a session?

    linkage = link(series, returns, calendar)        # a row for each cause and symbol

For each cause and symbol: ordinary least squares of the close-to-close return, in percentage points, on the
session's mean intensity, standardised over the sessions used. The slope is then percentage points of return
for one sd of intensity.

Errors: Newey and West (1987), Bartlett kernel, within runs of consecutive sessions alone, so that no lag
reaches over a gap. Lags: the rule of Newey and West (1994), floor(4 (n/100)^(2/9)), capped below the longest
run. Where few sessions decide the slope, as those do in which a rare cause speaks, these errors are too small
and scatter widely. So residuals are divided by the root of 1 - leverage (HC2, MacKinnon and White 1985), the
variance is scaled to be right on average where returns are noise, and t has the degrees of freedom that
answer to its scatter there: without lags that is the method of Bell and McCaffrey (2002). Many pairs are
tried at once, so q-values of Benjamini and Hochberg (1995) go with the p-values.

A pair is not estimated where a session has a leverage above 0.5, as one spike of a rare cause has: the line
runs through that session whatever its return, so its residual is near 0 and no error sees how it varies.

It finds association and no cause: see `CAVEAT`, which goes with every result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr
from statsmodels.stats.multitest import multipletests

from aggregate.intensity import SessionIntensity
from aggregate.prices import PriceProblem
from aggregate.returns import Returns
from aggregate.sessions import Calendar

CAVEAT = (
    "This is association within a session, not cause: the intensity includes headlines published after "
    "the move, many of them written to explain it, and news and prices may both answer to something else."
)
LAG_RULE = "floor(4 (n/100)^(2/9)), Newey and West (1994), within runs of consecutive sessions only"

_NO_SPREAD = 1e-7  # intensities are float32 at best: less than this is rounding
_DESIGNS_KEPT = 4  # each has an (n, n) matrix; symbols of one market have few sets of sessions between them
_MOST_LEVERAGE = 0.5  # Huber (1981): avoid what lies above

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRule:
    """Which sessions are used and when a pair is estimated at all.

    Args:
        min_sessions: with fewer usable sessions a pair is not estimated.
        use_flagged: whether returns that carry a flag are used; they are counted either way.
    """

    min_sessions: int = 20
    use_flagged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One cause and one symbol; the numbers from `lags` to `q` are None where `reason` says why.

    Args:
        cause: the cause's name.
        symbol: the symbol.
        sessions: sessions used, with enough headlines and a known return.
        flagged: of these, with a flag on the return.
        runs: runs of consecutive sessions that they form.
        lags: the highest lag in the errors.
        slope: percentage points of return for one sd of intensity.
        se: its standard error, percentage points.
        t: slope / se.
        df: degrees of freedom of t: at most n - 2, few where few sessions decide the slope.
        p: two-sided, in [0, 1].
        q: p corrected for all pairs of the table (Benjamini-Hochberg), in [0, 1].
        reason: '' if estimated, else why not.
    """

    cause: str
    symbol: str
    sessions: int
    flagged: int
    runs: int
    lags: int | None = None
    slope: float | None = None
    se: float | None = None
    t: float | None = None
    df: float | None = None
    p: float | None = None
    q: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """The whole table.

    Args:
        market: the exchange's code.
        first: the first session looked at, None if there was none.
        last: the last one.
        rows: causes in their order, symbols in theirs within each.
        tests: rows estimated, over which q is taken.
        lag_rule: how the lags were chosen.
        caveat: the sentence that goes with any showing of the rows.
        problems: rows of prices of the symbols asked for that were left out.
    """

    market: str
    first: date | None
    last: date | None
    rows: tuple[LinkRow, ...]
    tests: int
    lag_rule: str = LAG_RULE
    caveat: str = CAVEAT
    problems: tuple[PriceProblem, ...] = ()


def link(
    series: Mapping[str, Sequence[SessionIntensity]],
    returns: Returns,
    calendar: Calendar,
    *,
    symbols: Sequence[str] | None = None,
    until: date | None = None,
    rule: LinkRule | None = None,
) -> Linkage:
    """Estimate every cause against every symbol.

    Args:
        series: cause name to its sessions, from `intensities`.
        returns: the symbols' returns; a symbol that trades elsewhere than on `calendar` is not estimated.
        calendar: the market's sessions, which say what is consecutive.
        symbols: which symbols, in which order; all of `returns` by default.
        until: the last session to use; give the last one that has closed. None uses all.
        rule: which sessions are used.
    """
    rule = rule or LinkRule()
    names = tuple(returns.symbols if symbols is None else symbols)
    rows = []
    days: set[date] = set()
    for cause, entries in series.items():
        known = [entry for entry in entries if until is None or entry.session <= until]
        days.update(entry.session for entry in known)
        designs: _Designs = {}
        rows += [
            _pair(cause, symbol, designs, entries=known, returns=returns, calendar=calendar, rule=rule)
            for symbol in names
        ]
    estimated = [row.p for row in rows if row.p is not None]
    return Linkage(
        market=calendar.name,
        first=min(days, default=None),
        last=max(days, default=None),
        rows=_with_q(rows),
        tests=len(estimated),
        problems=tuple(one for one in returns.problems if not one.symbol or one.symbol in names),
    )


def _pair(
    cause: str,
    symbol: str,
    designs: _Designs,
    *,
    entries: Sequence[SessionIntensity],
    returns: Returns,
    calendar: Calendar,
    rule: LinkRule,
) -> LinkRow:
    places, means, values, flagged = [], [], [], 0
    for entry in entries:
        found = returns.get(symbol, entry.session)
        usable = found.value is not None and (rule.use_flagged or not found.flag)
        if usable and found.value is not None and entry.enough and entry.mean is not None:
            places.append(calendar.index(entry.session))
            means.append(entry.mean)
            values.append(100.0 * found.value)
            flagged += bool(found.flag)
    runs = run_ids(places)
    row = LinkRow(
        cause=cause, symbol=symbol, sessions=len(means), flagged=flagged, runs=len(set(runs.tolist()))
    )
    home = returns.calendars.get(symbol)
    if home is None:
        return replace(row, reason="no prices")
    if home.name != calendar.name:
        return replace(row, reason=f"trades on {home.name}, not on {calendar.name}")
    if len(means) < rule.min_sessions:
        return replace(row, reason=f"{len(means)} sessions, fewer than {rule.min_sessions}")
    regressor, response = np.asarray(means), np.asarray(values)
    if reason := _why_not(regressor, response):
        return replace(row, reason=reason)
    sessions = tuple(places)
    if sessions not in designs:
        if len(designs) == _DESIGNS_KEPT:
            designs.pop(next(iter(designs)))
        designs[sessions] = _design(regressor, runs)
    return _estimate(row, designs[sessions], response)


def _why_not(means: Floats, values: Floats) -> str:
    """Say why `values` (n,) are not fitted on `means` (n,); '' where they can be."""
    if np.std(means) < _NO_SPREAD:
        return "the intensity does not vary"
    if np.std(values) == 0:
        return "the return does not vary"
    if leverages(means).max() > _MOST_LEVERAGE:
        return "one session alone decides the slope"
    return ""


def leverages(means: Floats) -> Floats:  # (n,)
    """Give each session's weight in its own fitted return, in [1/n, 1] (Hoaglin and Welsch 1978)."""
    apart = (means - means.mean()) ** 2
    found: Floats = 1 / len(means) + apart / apart.sum()
    return found


def run_ids(places: Sequence[int]) -> npt.NDArray[np.int64]:  # (n,)
    """Number the runs of consecutive sessions: places in the calendar, ascending, to the run of each."""
    breaks = np.diff(np.asarray(places, dtype=np.int64)) != 1
    return np.concatenate([np.zeros(min(1, len(places)), np.int64), np.cumsum(breaks)]).astype(np.int64)


def newey_west_lags(n: int, longest_run: int) -> int:
    """Give floor(4 (n/100)^(2/9)) (Newey and West 1994), but less than the longest run has sessions."""
    return max(0, min(math.floor(4 * math.pow(n / 100, 2 / 9)), longest_run - 1))


@dataclass(frozen=True, slots=True)
class _Design:
    """What the intensities of the sessions used say of an estimate, before any return is known.

    Args:
        standard: (n,) the intensities, standardised.
        weights: (n,) of the returns, in the slope.
        lags: the highest in the errors.
        form: (n, n) between the residuals and the slope's variance.
        factor: what that variance lacks.
        df: its degrees of freedom.
    """

    standard: Floats
    weights: Floats
    lags: int
    form: Floats
    factor: float
    df: float


_Designs = dict[tuple[int, ...], _Design]  # of one cause, by the places of the sessions used


def _design(means: Floats, runs: npt.NDArray[np.int64]) -> _Design:
    """Make the design of `means` (n,), rows of a run standing together in order."""
    standard = (means - means.mean()) / means.std(ddof=1)
    lags = newey_west_lags(len(means), int(np.bincount(runs).max()))
    weights = standard / (standard @ standard)
    form = _error_form(weights, leverages(means), runs, lags)
    factor, df = _small_sample(form, standard)
    return _Design(standard, weights, lags, form, factor, df)


def _estimate(row: LinkRow, design: _Design, values: Floats) -> LinkRow:
    """Fit `values` (n,) on a design."""
    slope = float(design.weights @ values)
    residuals = values - values.mean() - slope * design.standard
    variance = design.factor * max(0.0, float(residuals @ design.form @ residuals))
    se = math.sqrt(variance)
    t = slope / se if se else math.copysign(math.inf, slope)
    p = 2 * float(stdtr(design.df, -abs(t)))
    return replace(row, lags=design.lags, slope=slope, se=se, t=t, df=design.df, p=p)


def _error_form(
    weights: Floats, leverage: Floats, runs: npt.NDArray[np.int64], lags: int
) -> Floats:  # (n, n)
    """Give the matrix between the residuals and the slope's variance: Bartlett's kernel within runs, HC2."""
    places = np.arange(len(runs))
    kernel = np.clip(1 - np.abs(np.subtract.outer(places, places)) / (lags + 1), 0, None)
    scaled = weights / np.sqrt(1 - leverage)
    return kernel * np.equal.outer(runs, runs) * np.outer(scaled, scaled)


def _small_sample(form: Floats, standard: Floats) -> tuple[float, float]:
    """Give what the variance by `form` (n, n) lacks, as a factor, and its degrees of freedom.

    Both are such that mean and variance are right for returns that are noise of one variance.
    """
    n = len(standard)
    fitted = np.column_stack([np.full(n, n**-0.5), standard / np.sqrt(standard @ standard)])
    half = form - fitted @ (fitted.T @ form)
    of_returns = half - (half @ fitted) @ fitted.T
    trace = float(np.trace(of_returns))
    return 1 / (float(standard @ standard) * trace), trace**2 / float(np.sum(of_returns**2))


def _with_q(rows: Sequence[LinkRow]) -> tuple[LinkRow, ...]:
    p_values = [row.p for row in rows if row.p is not None]
    if not p_values:
        return tuple(rows)
    q_values = iter(multipletests(p_values, method="fdr_bh")[1])
    return tuple(row if row.p is None else replace(row, q=float(next(q_values))) for row in rows)
