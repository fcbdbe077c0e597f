"""Numbers, dates and times as people read them: on pages, in Markdown and in the terminal.

A number that is not known is an em dash; a minus is a true minus sign, so that columns align.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

UNKNOWN = "—"
MINUS = "\u2212"


def intensity(value: float | None) -> str:
    """Return `0.31` for an intensity in [0, 1], or for a standard error."""
    return UNKNOWN if value is None else f"{value:.2f}"


def signed(value: float | None) -> str:
    """Return `+0.12` for a difference of intensities, a slope or a t; `0.00` has no sign."""
    return UNKNOWN if value is None else _with_sign(f"{value:+.2f}")


def sds(value: float | None) -> str:
    """Return `+1.2 sd` for a change in standard deviations; empty where it is not known."""
    return "" if value is None else f"{_with_sign(f'{value:+.1f}')} sd"


def percent(value: float | None) -> str:
    """Return `41%` for a share in [0, 1]."""
    return UNKNOWN if value is None else f"{value:.0%}"


def signed_percent(value: float | None, digits: int = 2) -> str:
    """Return `+1.24%` for a return of 0.0124."""
    return UNKNOWN if value is None else f"{_with_sign(f'{value * 100:+.{digits}f}')}%"


def degrees(value: float | None) -> str:
    """Return `12.4` for degrees of freedom."""
    return UNKNOWN if value is None else f"{value:.1f}"


def probability(value: float | None) -> str:
    """Return `0.214` for a p-value in [0, 1]; `<0.01` for one below a hundredth."""
    if value is None:
        return UNKNOWN
    return "<0.01" if value < 0.01 else f"{value:.3f}"


def long_date(day: date) -> str:
    """Return `Wednesday 29 July 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Return `29 Jul`."""
    return f"{day.day} {day:%b}"


def clock(instant: datetime, zone: str) -> str:
    """Return `16:00 EDT`: an aware instant in an IANA zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """Return the zone's abbreviation, or its offset where it has none (`UTC+08:00`)."""
    name = local.tzname() or ""
    return name if name.isalpha() else _offset(local)


def moment(instant: datetime, zone: str) -> str:
    """Return `29 Jul 2026, 16:00 EDT`."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{short_date(local.date())} {local.year}, {clock(instant, zone)}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return `1 headline`, `1,204 headlines`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with_sign(text: str) -> str:
    if not text.strip("+-0."):
        return text.lstrip("+-")
    return text.replace("-", MINUS)


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"UTC{text[:3]}:{text[3:]}"
