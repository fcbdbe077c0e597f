"""What a summary's page shows, decided before any template: words, widths, order.

    page = build_page(summary, Surroundings(title="New York"))

Pure. The templates under `templates/` only lay out what stands here; so do the Markdown and the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from aggregate.records import SessionSummary
from aggregate.summary import NO_PRICES, NO_SYMBOLS
from desk import formats
from desk.lead import lead
from desk.rows import CauseRow, ReturnRow, bar_scale, cause_row, return_row

# Stands in the place of the returns, and not again among the notes.
_WHY_NO_RETURNS = (NO_PRICES, NO_SYMBOLS)


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
        definitions: cause name to a sentence that says what it means.
    """

    title: str = ""
    previous: Link | None = None
    following: Link | None = None
    markets: tuple[Link, ...] = ()
    notice: str = ""
    more: tuple[Link, ...] = ()
    refresh_s: int = 0
    definitions: Mapping[str, str] = field(default_factory=dict)


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
    usual_from: str
    causes: tuple[CauseRow, ...]
    returns: tuple[ReturnRow, ...]
    coverage: tuple[tuple[str, str], ...]
    no_returns: str
    notes: tuple[str, ...]
    reading: tuple[str, ...]
    history: str
    as_of: str
    model: str


def build_page(summary: SessionSummary, around: Surroundings | None = None) -> Page:
    """Decide everything that a page of `summary` shows.

    Args:
        summary: what there is to show.
        around: the page's surroundings.
    """
    around = around or Surroundings()
    scale = bar_scale(summary)
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
        usual_from=_usual_from(summary),
        causes=tuple(cause_row(cause, summary, scale, around.definitions) for cause in summary.causes),
        returns=tuple(return_row(row, reach) for row in summary.returns),
        coverage=tuple(_coverage(summary)),
        no_returns=next((note for note in summary.notes if note in _WHY_NO_RETURNS), ""),
        notes=tuple(note for note in summary.notes if note not in _WHY_NO_RETURNS),
        reading=_reading(summary),
        history=_history(summary),
        as_of=formats.moment(summary.as_of, "UTC"),
        model=formats.listed(list(summary.model_versions)) or "none",
    )


def _state_detail(summary: SessionSummary) -> str:
    verb = "closed" if summary.state == "final" else "closes"
    return f"{verb} {formats.clock(summary.close, summary.timezone)}, {summary.close:%H:%M} UTC"


def _reading(summary: SessionSummary) -> tuple[str, ...]:
    """Explain the figures, and say what they cannot say."""
    rule, out = summary.baseline_rule, summary.stand_out_rule
    return (
        "A headline's intensity for a cause is the model's calibrated probability, from 0 to 1, that a "
        "careful reader would name that cause; a cause's intensity is the mean over the session's "
        "headlines. A headline counts to the first session that closes at or after its publication.",
        f"The usual is the mean of up to the last {rule.sessions} sessions with at least "
        f"{rule.min_headlines} headlines, among the {rule.within} before this one; the shaded band in a "
        "sparkline is one standard deviation either way. A cause stands out at "
        f"{out.min_sds:g} standard deviations above its usual or more, with at least {out.min_tagged} "
        "headlines tagged.",
        "What stands beside a move need not have caused it: many headlines are written after the fact, to "
        "explain it. This page tells what the headlines spoke of, and is no advice.",
    )


def _usual_from(summary: SessionSummary) -> str:
    """Say what the usual rests on: `usual: mean of 12 sessions, 28 May to 28 Jul 2026`; '' without one."""
    held = next((cause.baseline for cause in summary.causes if cause.baseline), None)
    if held is None:
        return ""
    return f"usual: mean of {formats.plural(held.n, 'session')}, {_day(held.first)} to {_day(held.last)}"


def _history(summary: SessionSummary) -> str:
    """Head the sparklines: `Last 20`, or `13 of the last 20` where the other sessions are gaps."""
    span = max((len(cause.history) for cause in summary.causes), default=0)
    known = [sum(point.intensity is not None for point in cause.history) for cause in summary.causes]
    points = max(known, default=0)
    return f"Last {span}" if points == span else f"{points} of the last {span}"


def _day(day: date) -> str:
    return f"{formats.short_date(day)} {day.year}"


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
