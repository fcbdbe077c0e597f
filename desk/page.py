"""What a summary's page shows, decided before any template: words, widths, order.

    page = build_page(summary, Surroundings(title="New York"))

Pure. The templates under `templates/` only lay out what stands here; so do the Markdown and the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aggregate.records import CauseSummary, SessionSummary, SymbolReturn, TopHeadline
from desk import formats
from desk.lead import lead
from desk.sparkline import sparkline

_NONE_TAGGED = "No headline is tagged; nearest:"
_SCALES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_FAINT = 0.05  # a headline below this speaks of something else, even where it is the day's strongest


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of the page's own: words, address (None for words alone), whether it is this page."""

    text: str
    href: str | None = None
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a page knows beyond its summary.

    Args:
        title: the market's name for people; its code where empty.
        previous: link to the session before.
        following: link to the session after.
        markets: links to the other markets.
        notice: a sentence about the data, such as that it is a sample; may be empty.
        more: links for the foot of the page, such as to the same as JSON.
        refresh_s: seconds after which a page that stays open is loaded again; 0 for never.
    """

    title: str = ""
    previous: Link | None = None
    following: Link | None = None
    markets: tuple[Link, ...] = ()
    notice: str = ""
    more: tuple[Link, ...] = ()
    refresh_s: int = 0


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
    direction: str  # up, down, flat or unknown
    width: float
    usual_at: float | None
    sentence: str
    spark: Markup
    spark_sentence: str
    remark: str
    headlines: tuple[HeadlineRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A symbol's return; `start` and `width` are per cent of the bar; `direction` as in `CauseRow`."""

    symbol: str
    title: str
    value: str
    flag: str
    direction: str
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the templates lay out."""

    summary: SessionSummary
    around: Surroundings
    title: str
    day: str
    state: str
    state_detail: str
    lead: str
    scale: str
    has_usual: bool
    causes: tuple[CauseRow, ...]
    returns: tuple[ReturnRow, ...]
    coverage: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    reading: tuple[str, ...]
    sessions: int
    as_of: str
    model: str


def build_page(
    summary: SessionSummary, around: Surroundings | None = None, definitions: Mapping[str, str] | None = None
) -> Page:
    """Decide everything that a page of `summary` shows.

    Args:
        summary: what there is to show.
        around: the page's surroundings.
        definitions: cause name to a sentence that says what it means.
    """
    around = around or Surroundings()
    scale = _scale(summary)
    reach = max((abs(row.value) for row in summary.returns if row.value), default=1.0)
    return Page(
        summary=summary,
        around=around,
        title=around.title or summary.market,
        day=formats.long_date(summary.session),
        state="Final" if summary.state == "final" else "So far",
        state_detail=_state_detail(summary),
        lead=lead(summary),
        scale=formats.intensity(scale),
        has_usual=any(cause.baseline for cause in summary.causes),
        causes=tuple(_cause(cause, summary, scale, definitions or {}) for cause in summary.causes),
        returns=tuple(_return(row, reach) for row in summary.returns),
        coverage=tuple(_coverage(summary)),
        notes=summary.notes,
        reading=_reading(summary),
        sessions=max((len(cause.history) for cause in summary.causes), default=0),
        as_of=formats.moment(summary.as_of, "UTC"),
        model=formats.listed(list(summary.model_versions)) or "none",
    )


def web_link(link: str | None) -> str | None:
    """Return a link that is safe to offer: http or https, else None."""
    return link if link is not None and link.lower().startswith(("http://", "https://")) else None


def _state_detail(summary: SessionSummary) -> str:
    verb = "closed" if summary.state == "final" else "closes"
    return f"{verb} {formats.clock(summary.close, summary.timezone)}, {summary.close:%H:%M} UTC"


def _scale(summary: SessionSummary) -> float:
    """Give the right end of the causes' bars: the first round number that holds them and their usual."""
    values = [cause.intensity or 0.0 for cause in summary.causes]
    values += [cause.baseline.mean for cause in summary.causes if cause.baseline]
    return next((step for step in _SCALES if max(values, default=0.0) <= step), 1.0)


def _cause(
    cause: CauseSummary, summary: SessionSummary, scale: float, definitions: Mapping[str, str]
) -> CauseRow:
    usual = cause.baseline.mean if cause.baseline else None
    shown = [row for row in cause.headlines if row.tagged or row.intensity >= _FAINT]
    return CauseRow(
        name=cause.name,
        title=cause.title,
        definition=definitions.get(cause.name, ""),
        intensity=formats.intensity(cause.intensity),
        usual=formats.intensity(usual),
        change=formats.signed(cause.change) if cause.change is not None else cause.change_text,
        sds="" if cause.change_sds is None else f"{formats.signed(cause.change_sds)[:-1]} sd",
        count=f"{cause.count:,}",
        share=formats.percent(cause.share),
        stands_out=cause.stands_out,
        direction=_direction(cause.change),
        width=_per_cent(cause.intensity, scale),
        usual_at=None if usual is None else _per_cent(usual, scale),
        sentence=_sentence(cause, summary.coverage.headlines),
        spark=_spark(cause, f"spark{summary.causes.index(cause)}"),
        spark_sentence=_history_sentence(cause),
        remark="" if any(row.tagged for row in shown) or not shown else _NONE_TAGGED,
        headlines=tuple(_headline(row, summary) for row in shown),
    )


def _spark(cause: CauseSummary, prefix: str) -> Markup:
    drawn = sparkline(
        [point.intensity for point in cause.history],
        usual=cause.baseline.mean if cause.baseline else None,
        spread=cause.baseline.sd if cause.baseline else None,
        prefix=prefix,
    )
    return Markup(drawn)  # noqa: S704 (drawn from numbers alone)


def _reading(summary: SessionSummary) -> tuple[str, ...]:
    """Explain the figures, and say what they cannot say."""
    rule, out = summary.baseline_rule, summary.stand_out_rule
    return (
        "A headline's intensity for a cause is the model's calibrated probability, from 0 to 1, that a "
        "careful reader would name that cause; a cause's intensity is the mean over the session's "
        "headlines. A headline counts to the first session that closes at or after its publication.",
        f"The usual is the mean of the last {rule.sessions} sessions with at least {rule.min_headlines} "
        f"headlines, among the {rule.within} before this one; the shaded band in a sparkline is one standard "
        f"deviation either way. A cause stands out at {out.min_sds:g} standard deviations above its usual or "
        f"more, with at least {out.min_tagged} headlines tagged.",
        "What stands beside a move need not have caused it: many headlines are written after the fact, to "
        "explain it. This page tells what the headlines spoke of, and is no advice.",
    )


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
    """Give a headline's time in the exchange's zone and in UTC, with the day if not the session's."""
    if row.day_only:
        return f"{formats.short_date(row.published_at.date())}, no time given", ""
    local = row.published_at.astimezone(ZoneInfo(summary.timezone))
    return (
        f"{_day_unless(summary.session, local)}{formats.clock(row.published_at, summary.timezone)}",
        f"{_day_unless(local.date(), row.published_at)}{row.published_at:%H:%M} UTC",
    )


def _day_unless(known: date, instant: datetime) -> str:
    return "" if instant.date() == known else f"{instant:%a} {formats.short_date(instant.date())} "


def _return(row: SymbolReturn, reach: float) -> ReturnRow:
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


def _coverage(summary: SessionSummary) -> list[tuple[str, str]]:
    """List what the numbers rest on; what is nought and would only be noise is left out."""
    held = summary.coverage
    rows = [
        ("Headlines counted", f"{held.headlines:,}"),
        ("Sources", f"{held.sources:,}"),
        ("With an exact time", f"{held.exact:,}"),
        ("With a day only", f"{held.day_only:,}"),
    ]
    if held.headlines:
        rows.append(("No cause tagged", f"{held.tagged_none:,} ({formats.percent(held.unexplained)})"))
    languages = ", ".join(f"{code} {count:,}" for code, count in held.withheld_languages.items())
    optional = (
        ("Day only, left out", held.left_out, ""),
        ("Without a time, not counted", held.missing, ""),
        ("Withheld for their language", held.withheld, f" ({languages})" if languages else ""),
        ("Waiting to be tagged", held.waiting, ""),
    )
    rows += [(name, f"{count:,}{more}") for name, count, more in optional if count]
    if not held.enough:
        rows.append(("Needed for a comparison", f"{held.needed:,}"))
    return rows
