"""The lead at the top of a page: what stands out, and what the market did.

Macro stands out, at 0.41 against a usual 0.28. S&P 500 lost 1.20%, and Energy moved most, by +2.10%.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregate.records import CauseSummary, SessionSummary, SymbolReturn
from aggregate.summary import NOT_YET
from desk import formats


def lead(summary: SessionSummary) -> str:
    """Give the sentences; they say only what the summary holds."""
    parts = [part for part in (_causes(summary), _market(summary.returns)) if part]
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)


def _causes(summary: SessionSummary) -> str:
    by_name = {cause.name: cause for cause in summary.causes}
    standing = [by_name[name] for name in summary.standing_out]
    verdict = summary.verdict.rstrip(".")
    if len(standing) == 1:
        return f"{verdict}, {_against(standing[0])}"
    if len(standing) == 2:
        held = [f"{cause.title.lower()} {_against(cause)}" for cause in standing]
        return f"{verdict}: {formats.listed(held)}"
    if standing:  # more would fill the lead with figures that stand right below it
        return verdict
    nearest = max(
        (cause for cause in summary.causes if cause.change_sds is not None),
        key=lambda cause: cause.change_sds or 0.0,
        default=None,
    )
    if nearest is None or (nearest.change_sds or 0.0) <= 0:
        return verdict
    return f"{verdict}; {nearest.title.lower()} comes nearest, {_against(nearest)}"


def _against(cause: CauseSummary) -> str:
    said = f"at {formats.intensity(cause.intensity)}"
    return f"{said} against a usual {formats.intensity(cause.baseline.mean)}" if cause.baseline else said


def _market(returns: Sequence[SymbolReturn]) -> str:
    known = [row for row in returns if row.value is not None]
    if not known:
        return _none_known(returns)
    first = _moved(known[0]) if known[0] is returns[0] else ""
    others = [row for row in known if row is not returns[0]]
    if not others:
        return first
    most = max(others, key=lambda row: abs(row.value or 0.0))
    if first and abs(most.value or 0.0) <= abs(known[0].value or 0.0):
        return first  # the first symbol moved most itself: 'moved most' would not be true of another
    value = formats.signed_percent(most.value)
    name = _name(most)
    flag = f" ({most.flag})" if most.flag else ""
    return (f"{first}, and " if first else "") + f"{name} moved most, by {value}{flag}"


def _none_known(returns: Sequence[SymbolReturn]) -> str:
    if not returns:
        return ""
    waiting = any(row.flag == NOT_YET for row in returns)
    return "returns are not known yet" if waiting else "no return is known"


def _moved(row: SymbolReturn) -> str:
    value = row.value or 0.0
    flag = f" ({row.flag})" if row.flag else ""
    if abs(value) < 0.00005:
        return f"{_name(row)} ended unchanged{flag}"
    verb = "gained" if value > 0 else "lost"
    return f"{_name(row)} {verb} {abs(value) * 100:.2f}%{flag}"


def _name(row: SymbolReturn) -> str:
    """Give a symbol's title, held together over the end of a line."""
    return row.title.replace(" ", "\u00a0")
