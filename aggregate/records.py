"""What a summary is made of: frozen records, plain enough to become JSON as they are.

    summary.to_dict()       # dicts, lists, strings, numbers, None; dates and times as ISO 8601

Times are aware UTC. A number that is not known is None, and a flag or a note says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from aggregate.intensity import Baseline, BaselineRule

State = Literal["so far", "final"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandOutRule:
    """When a cause stands out: both must hold.

    Args:
        min_sds: mean intensity at least so many baseline sds above the baseline's mean.
        min_tagged: at least so many headlines at or above the cause's threshold.
    """

    min_sds: float = 1.5
    min_tagged: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """One session of a sparkline: `intensity` in [0, 1], None (a gap) where `n` headlines are too few."""

    session: date
    intensity: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopHeadline:
    """A headline under its cause; `intensity` in [0, 1]; `tagged` if at or above the threshold.

    `share` is this headline's part of the session's summed intensity for the cause, in [0, 1].
    `timezone` is the IANA zone of the publisher, in which `day_only` means its day.
    """

    id: str
    title: str
    link: str | None
    source: str
    published_at: datetime
    timezone: str
    day_only: bool
    intensity: float
    share: float
    tagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseSummary:
    """One cause in the session.

    Args:
        name: the cause's name, as in the model and in columns.
        title: the same for people.
        threshold: intensity in [0, 1] from which a headline counts as tagged.
        intensity: mean intensity over the session's headlines, in [0, 1]; None without any.
        count: headlines tagged.
        share: `count` over all of the session's headlines, in [0, 1]; None without any.
        baseline: what it is held against; None: 'no baseline'.
        change: `intensity` less the baseline's mean; None without a baseline or with too few headlines.
        change_sds: the same in baseline sds; None too where the baseline has no spread.
        change_text: the change in words, between the figures as shown: '+0.12 (+2.1 sd)', 'no baseline',
            'too few headlines'.
        stands_out: whether the `StandOutRule` holds.
        history: the last 20 sessions, ascending, this one last; gaps stay gaps.
        headlines: the three that carry most of the intensity, strongest first.
    """

    name: str
    title: str
    threshold: float
    intensity: float | None
    count: int
    share: float | None
    baseline: Baseline | None
    change: float | None
    change_sds: float | None
    change_text: str
    stands_out: bool
    history: tuple[HistoryPoint, ...]
    headlines: tuple[TopHeadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolReturn:
    """A symbol's close-to-close return of the session.

    Args:
        symbol: as in the prices.
        title: the same for people, such as 'Technology'.
        value: a fraction (0.01 is one per cent); None when not known.
        flag: '' for a plain value; else what is to be said beside it, such as 'unconfirmed', 'not yet',
            'no price', 'spans a missing session'.
        exchange: where it trades, if that is not the summary's market; its session of that date closed before
            the market's did.
    """

    symbol: str
    title: str
    value: float | None
    flag: str
    exchange: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the session's numbers rest on; every number counts headlines unless it says otherwise.

    Args:
        headlines: those that count.
        exact: of these, with a time.
        day_only: of these, with only a day.
        left_out: with only a day and left out by the setting.
        missing: without a time, first seen in this session's span; they count to no session.
        withheld: not scored because of their language.
        withheld_languages: language code to how many of `withheld`.
        waiting: the model has not looked at them yet.
        sources: how many sources the counted headlines come from.
        tagged_none: counted headlines with no cause at its threshold.
        unexplained: `tagged_none` over `headlines`, in [0, 1]; None without headlines.
        enough: whether `headlines` reaches `needed`.
        needed: headlines that a session must have.
    """

    headlines: int
    exact: int
    day_only: int
    left_out: int
    missing: int
    withheld: int
    withheld_languages: Mapping[str, int]
    waiting: int
    sources: int
    tagged_none: int
    unexplained: float | None
    enough: bool
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """One market's session, as it is known at `as_of`.

    Args:
        market: the exchange's code, such as XNYS.
        timezone: IANA zone of the exchange, for showing times.
        session: the session's date.
        open: its opening, aware UTC.
        close: its close, aware UTC.
        as_of: when this was made, aware UTC.
        state: 'so far' while the close lies ahead of `as_of`, then 'final'.
        verdict: one plain line: 'Macro stands out', 'No cause stands out', or why nobody can say.
        standing_out: names of the causes that stand out, furthest above its baseline first.
        causes: in the model's order.
        returns: in the order asked for.
        coverage: what the numbers rest on.
        notes: what is not known, a sentence each.
        model_versions: which models scored the counted headlines.
        baseline_rule: what the changes are measured by.
        stand_out_rule: what the verdict is measured by.
    """

    market: str
    timezone: str
    session: date
    open: datetime
    close: datetime
    as_of: datetime
    state: State
    verdict: str
    standing_out: tuple[str, ...]
    causes: tuple[CauseSummary, ...]
    returns: tuple[SymbolReturn, ...]
    coverage: Coverage
    notes: tuple[str, ...]
    model_versions: tuple[str, ...]
    baseline_rule: BaselineRule
    stand_out_rule: StandOutRule

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain JSON types, dates and times as ISO 8601."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)
        return plain


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
