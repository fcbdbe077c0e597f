"""The rows of a summary's page: a cause, a headline under it, a return. Words and widths, no layout.

Pure; `desk.page` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aggregate.causes import shown_difference
from aggregate.records import CauseSummary, SessionSummary, SymbolReturn, TopHeadline
from aggregate.sessions import day_of
from desk import formats
from desk.sparkline import sparkline

_NONE_TAGGED = "No headline is tagged; nearest:"
_SCALES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_FAINT = 0.05  # a headline below this speaks of something else, even where it is the day's strongest


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineRow:
    """A headline under its cause; `link` is http or https, or None."""

    title: str
    link: str | None
    source: str
    local_time: str
    utc_time: str
    intensity: str
    tagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A cause in figures and words; widths and places are per cent of the common scale."""

    name: str
    title: str
    definition: str
    intensity: str
    usual: str
    change: str
    sds: str
    count: str
    share: str
    stands_out: bool
    width: float
    usual_at: float | None
    sentence: str
    spark: Markup
    spark_sentence: str
    remark: str
    headlines: tuple[HeadlineRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A symbol's return; `start` and `width` in per cent of the bar; `direction`: up, down, flat, unknown."""

    symbol: str
    title: str
    value: str
    flag: str
    direction: str
    start: float
    width: float


def bar_scale(summary: SessionSummary) -> float:
    """Give the right end of the causes' bars: the first round number that holds them and their usual."""
    values = [cause.intensity or 0.0 for cause in summary.causes]
    values += [cause.baseline.mean for cause in summary.causes if cause.baseline]
    return next((step for step in _SCALES if max(values, default=0.0) <= step), 1.0)


def cause_row(
    cause: CauseSummary, summary: SessionSummary, scale: float, definitions: Mapping[str, str]
) -> CauseRow:
    """Decide a cause's row; bars are drawn from 0 to `scale`, an intensity in (0, 1]."""
    usual = cause.baseline.mean if cause.baseline else None
    shown = [row for row in cause.headlines if row.tagged or row.intensity >= _FAINT]
    return CauseRow(
        name=cause.name,
        title=cause.title,
        definition=definitions.get(cause.name, ""),
        intensity=formats.intensity(cause.intensity),
        usual=formats.intensity(usual),
        change=_change(cause),
        sds=formats.sds(cause.change_sds),
        count=f"{cause.count:,}",
        share=formats.percent(cause.share),
        stands_out=cause.stands_out,
        width=_per_cent(cause.intensity, scale),
        usual_at=None if usual is None else _per_cent(usual, scale),
        sentence=_sentence(cause, summary.coverage.headlines),
        spark=_spark(cause, f"spark{summary.causes.index(cause)}"),
        spark_sentence=_history_sentence(cause),
        remark="" if any(row.tagged for row in shown) or not shown else _NONE_TAGGED,
        headlines=tuple(_headline(row, summary) for row in shown),
    )


def _change(cause: CauseSummary) -> str:
    """Give the difference of the two figures that stand beside it, or why there is none."""
    if cause.change is None or cause.intensity is None or cause.baseline is None:
        return cause.change_text
    return formats.signed(shown_difference(cause.intensity, cause.baseline.mean))


def _spark(cause: CauseSummary, prefix: str) -> Markup:
    drawn = sparkline(
        [point.intensity for point in cause.history],
        usual=cause.baseline.mean if cause.baseline else None,
        spread=cause.baseline.sd if cause.baseline else None,
        prefix=prefix,
    )
    return Markup(drawn)  # noqa: S704 (drawn from numbers alone)


def web_link(link: str | None) -> str | None:
    """Return a link that is safe to offer: http or https, else None."""
    return link if link is not None and link.lower().startswith(("http://", "https://")) else None


def _sentence(cause: CauseSummary, headlines: int) -> str:
    """Say in words what the bar shows."""
    said = f"{cause.title}: intensity {formats.intensity(cause.intensity)}"
    said += f", usually {formats.intensity(cause.baseline.mean)}" if cause.baseline else ", no baseline"
    said += f"; {cause.count:,} of {formats.plural(headlines, 'headline')} tagged"
    return said + ("; stands out." if cause.stands_out else ".")


def _history_sentence(cause: CauseSummary) -> str:
    known = [point.intensity for point in cause.history if point.intensity is not None]
    if not known:
        return "No earlier session with enough headlines."
    gaps = len(cause.history) - len(known)
    said = f"Last {formats.plural(len(cause.history), 'session')}: from {min(known):.2f} to {max(known):.2f}"
    return said + (f", {formats.plural(gaps, 'gap')}." if gaps else ".")


def _headline(row: TopHeadline, summary: SessionSummary) -> HeadlineRow:
    local_time, utc_time = _times(row, summary)
    return HeadlineRow(
        title=row.title,
        link=web_link(row.link),
        source=row.source,
        local_time=local_time,
        utc_time=utc_time,
        intensity=formats.intensity(row.intensity),
        tagged=row.tagged,
    )


def _times(row: TopHeadline, summary: SessionSummary) -> tuple[str, str]:
    """Give a headline's time in the exchange's zone and in UTC, with the day if not the session's.

    A day without a time is that of its publisher.
    """
    if row.day_only:
        return f"{formats.short_date(day_of(row.published_at, row.timezone))}, no time given", ""
    local = row.published_at.astimezone(ZoneInfo(summary.timezone))
    return (
        f"{_day_unless(summary.session, local)}{formats.clock(row.published_at, summary.timezone)}",
        f"{_day_unless(local.date(), row.published_at)}{row.published_at:%H:%M} UTC",
    )


def _day_unless(known: date, instant: datetime) -> str:
    return "" if instant.date() == known else f"{instant:%a} {formats.short_date(instant.date())} "


def return_row(row: SymbolReturn, reach: float) -> ReturnRow:
    """Decide a return's row; half the bar stands for `reach`, a fraction above 0."""
    width = _per_cent(abs(row.value or 0.0), 2 * reach)
    return ReturnRow(
        symbol=row.symbol,
        title=row.title,
        value=formats.signed_percent(row.value),
        flag=row.flag,
        direction=_direction(row.value, smallest=0.00005),
        start=round(50 - width, 2) if (row.value or 0.0) < 0 else 50.0,
        width=width,
    )


def _direction(value: float | None, smallest: float = 0.005) -> str:
    if value is None:
        return "unknown"
    if abs(value) < smallest:  # rounds to nothing
        return "flat"
    return "up" if value > 0 else "down"


def _per_cent(value: float | None, of: float) -> float:
    return 0.0 if value is None else round(min(100.0, 100 * value / of), 2)
