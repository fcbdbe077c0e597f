"""How strongly each cause speaks in each session, and against its own recent past.

    series = intensities(groups, sessions, thresholds)         # cause -> one SessionIntensity a session
    base = baseline(series["macro"], session)                  # None where the past is too thin

A session with too few headlines is marked (`enough` is False), never filled in, and no baseline uses it.
The causes are those of `thresholds`; no name of a cause stands in this file.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, stdev

from aggregate.assign import SessionHeadlines
from errors import DataError
from ingest.records import ScoredHeadline

# Below this a baseline's sd is rounding, not spread: intensities are float32 at best.
_NO_SPREAD = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRule:
    """What a session is held against.

    Args:
        sessions: at most so many sessions, the latest ones before the session.
        within: no further back than so many sessions of the calendar.
        at_least: with fewer sessions than this there is no baseline.
        min_headlines: a session with fewer headlines is marked as too thin and left out.
    """

    sessions: int = 20
    within: int = 40
    at_least: int = 10
    min_headlines: int = 10

    def __post_init__(self) -> None:
        if not 2 <= self.at_least <= self.sessions <= self.within or self.min_headlines < 1:
            raise DataError(
                f"{self} cannot be used", "keep 2 <= at_least <= sessions <= within and min_headlines >= 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIntensity:
    """One cause in one session.

    Args:
        session: the session.
        cause: the cause's name.
        mean: mean intensity over the session's headlines, in [0, 1]; None without any headline.
        count: headlines at or above the cause's threshold.
        share: `count` / `n`, in [0, 1]; None without any headline.
        n: the session's headlines.
        enough: whether `n` reaches the rule's `min_headlines`.
    """

    session: date
    cause: str
    mean: float | None
    count: int
    share: float | None
    n: int
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A cause's mean intensity lately: `mean`, `sd` (with n - 1), over `n` sessions, `first` to `last`."""

    mean: float
    sd: float
    n: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A session against its baseline: `difference` of means in [-1, 1]; in baseline sds (None at sd 0)."""

    difference: float
    sds: float | None


def intensities(
    groups: Mapping[date, SessionHeadlines],
    sessions: Sequence[date],
    thresholds: Mapping[str, float],
    rule: BaselineRule | None = None,
) -> dict[str, tuple[SessionIntensity, ...]]:
    """Measure every cause of `thresholds` in every one of `sessions`, with headlines or without.

    Args:
        groups: the headlines by session, from `assign`.
        sessions: consecutive sessions of the calendar, ascending; all of them, gaps included.
        thresholds: cause name to the intensity in [0, 1] from which a headline counts as tagged.
        rule: says how many headlines are enough.

    Raises:
        DataError: a headline lacks a cause, or its intensity is no number in [0, 1].
    """
    least = (rule or BaselineRule()).min_headlines
    measured = {session: groups[session].scored if session in groups else () for session in sessions}
    return {
        cause: tuple(_measure(measured[day], day, cause, threshold, least) for day in sessions)
        for cause, threshold in thresholds.items()
    }


def _measure(
    scored: Sequence[ScoredHeadline], session: date, cause: str, threshold: float, least: int
) -> SessionIntensity:
    values = [intensity_of(item, cause) for item in scored]
    count = sum(value >= threshold for value in values)
    n = len(values)
    return SessionIntensity(
        session=session,
        cause=cause,
        # fsum: the same headlines in another order give the same last digit
        mean=math.fsum(values) / n if n else None,
        count=count,
        share=count / n if n else None,
        n=n,
        enough=n >= least,
    )


def intensity_of(item: ScoredHeadline, cause: str) -> float:
    """Give a headline's intensity for a cause, in [0, 1].

    Raises:
        DataError: there is none, or it is no number in [0, 1].
    """
    value = item.intensities.get(cause)
    if value is None or not 0.0 <= value <= 1.0:
        raise DataError(
            f"headline {item.headline.id} scored by {item.model_version} has {value!r} for cause {cause!r}",
            "tag it again with the model whose causes are asked for",
        )
    return value


def baseline(
    series: Sequence[SessionIntensity], session: date, rule: BaselineRule | None = None
) -> Baseline | None:
    """Give what `session` is held against, from the sessions before it alone.

    Args:
        series: one cause over consecutive sessions of the calendar, ascending, gaps included: an entry is a
            calendar session, so `rule.within` counts entries.
        session: the session; it need not be in `series`.
        rule: which sessions count.
    """
    rule = rule or BaselineRule()
    position = bisect_left(series, session, key=lambda entry: entry.session)
    recent = series[max(0, position - rule.within) : position]
    usable = [entry for entry in recent if entry.enough and entry.mean is not None][-rule.sessions :]
    if len(usable) < rule.at_least:
        return None
    means = [entry.mean for entry in usable if entry.mean is not None]
    return Baseline(
        mean=fmean(means), sd=stdev(means), n=len(means), first=usable[0].session, last=usable[-1].session
    )


def change(entry: SessionIntensity, base: Baseline | None) -> Change | None:
    """Hold a session against its baseline; None without a baseline or with too few headlines."""
    if base is None or entry.mean is None or not entry.enough:
        return None
    difference = entry.mean - base.mean
    return Change(difference=difference, sds=difference / base.sd if base.sd > _NO_SPREAD else None)
