"""One cause within a session: its figures, its past, its headlines, and whether it stands out.

The causes' names come with the data; this file holds none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from aggregate.intensity import (
    Baseline,
    BaselineRule,
    Change,
    SessionIntensity,
    baseline,
    change,
    intensity_of,
)
from aggregate.records import CauseSummary, Coverage, HistoryPoint, StandOutRule, TopHeadline
from ingest.records import ScoredHeadline
from model.causes import title_of

HISTORY_SESSIONS = 20
TOP_HEADLINES = 3

NO_BASELINE = "no baseline"
TOO_FEW = "too few headlines"
NOTHING = "No cause stands out"


def summarise_cause(
    name: str,
    *,
    title: str,
    threshold: float,
    series: Sequence[SessionIntensity],
    scored: Sequence[ScoredHeadline],
    rule: BaselineRule,
    stand_out: StandOutRule,
) -> CauseSummary:
    """Sum up one cause.

    Args:
        name: the cause's name.
        title: the same for people; '' makes one from the name.
        threshold: intensity in [0, 1] that tags.
        series: the cause over consecutive sessions, ascending; the last one is summed up.
        scored: the last session's headlines.
        rule: what the session is held against.
        stand_out: when the cause stands out.
    """
    entry = series[-1]
    base = baseline(series, entry.session, rule)
    moved = change(entry, base)
    return CauseSummary(
        name=name,
        title=title or title_of(name),
        threshold=threshold,
        intensity=entry.mean,
        count=entry.count,
        share=entry.share,
        baseline=base,
        change=moved.difference if moved else None,
        change_sds=moved.sds if moved else None,
        change_text=change_text(entry, base, moved),
        stands_out=stands_out(entry, moved, stand_out),
        history=tuple(
            HistoryPoint(session=past.session, intensity=past.mean if past.enough else None, n=past.n)
            for past in series[-HISTORY_SESSIONS:]
        ),
        headlines=top_headlines(scored, name, threshold),
    )


def stands_out(entry: SessionIntensity, moved: Change | None, rule: StandOutRule) -> bool:
    """Say whether a cause is far enough above its baseline and has enough tagged headlines."""
    far = moved is not None and moved.sds is not None and moved.sds >= rule.min_sds
    return far and entry.count >= rule.min_tagged


def change_text(entry: SessionIntensity, base: Baseline | None, moved: Change | None) -> str:
    """Put a change in words; say what is missing where there is none."""
    if not entry.enough:
        return TOO_FEW
    if base is None or moved is None or entry.mean is None:
        return NO_BASELINE
    difference = f"{shown_difference(entry.mean, base.mean):+.2f}"
    return difference + (f" ({moved.sds:+.1f} sd)" if moved.sds is not None else "")


def shown_difference(intensity: float, usual: float) -> float:
    """Return the difference of two intensities as they are shown, each rounded to two digits."""
    return round(round(intensity, 2) - round(usual, 2), 2)


def top_headlines(
    scored: Sequence[ScoredHeadline], cause: str, threshold: float, count: int = TOP_HEADLINES
) -> tuple[TopHeadline, ...]:
    """Give the `count` headlines that carry most of a cause, strongest first, the earlier one first if level.

    A title that several sources carry is shown once.
    """
    total = math.fsum(intensity_of(item, cause) for item in scored)
    tops: dict[str, TopHeadline] = {}
    for item in sorted(scored, key=lambda item: _rank(item, cause)):
        headline, intensity = item.headline, float(intensity_of(item, cause))
        assert headline.published_at is not None  # a headline without a time counts to no session
        top = TopHeadline(
            id=headline.id,
            title=headline.title,
            link=headline.link,
            source=headline.source,
            published_at=headline.published_at,
            timezone=headline.timezone,
            day_only=headline.published_quality == "day_only",
            intensity=intensity,
            share=intensity / total if total > 0 else 0.0,
            tagged=intensity >= threshold,
        )
        tops.setdefault(" ".join(headline.title.casefold().split()), top)
    return tuple(tops.values())[:count]


def _rank(item: ScoredHeadline, cause: str) -> tuple[float, str, str]:
    return (-intensity_of(item, cause), str(item.headline.published_at), item.headline.id)


def verdict(
    causes: Sequence[CauseSummary], coverage: Coverage, *, so_far: bool
) -> tuple[tuple[str, ...], str]:
    """Give the causes that stand out, furthest above their baseline first, and one plain line."""
    out = sorted(
        (cause for cause in causes if cause.stands_out), key=lambda cause: -(cause.change_sds or 0.0)
    )
    names = tuple(cause.name for cause in out)
    if out:
        titles = [out[0].title, *(cause.title[:1].lower() + cause.title[1:] for cause in out[1:])]
        joined = " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)
        line = f"{joined} stand{'s' if len(titles) == 1 else ''} out"
    elif not coverage.headlines:
        line = "No headlines: nobody can say whether a cause stands out"
    elif not coverage.enough:
        line = "Too few headlines to say whether a cause stands out"
    elif all(cause.baseline is None for cause in causes):
        line = "No baseline to say whether a cause stands out"
    else:
        line = NOTHING
    return names, f"{line} so far" if so_far else line
