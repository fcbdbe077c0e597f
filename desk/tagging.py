"""Scores what the ledger holds and the model has not scored yet.

    with Ledger.open(path) as ledger:
        report = tag_ledger(ledger, tagger)

Headlines in a language that the model does not know are withheld, not scored. Works in batches, each
committed, so that an interruption loses one batch at most.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.ledger import Ledger
from ingest.records import Headline
from model.language import language_of, withheld_reason
from model.scorer import Scorer
from model.text import headline_text

BATCH = 256  # headlines between commits

Advance = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, slots=True)
class TaggingReport:
    """How many headlines were scored, and how many were withheld for their language."""

    scored: int
    withheld: int


def tag_ledger(ledger: Ledger, tagger: Scorer, progress: Advance | None = None) -> TaggingReport:
    """Score every headline that this model has not scored.

    Args:
        ledger: is read and written.
        tagger: gives the intensities.
        progress: is told how many are done, of how many.

    Raises:
        LedgerError: the database fails.
    """
    waiting = ledger.unscored(tagger.version)
    scored = done = 0
    for batch in _batches(waiting):
        readable = [headline for headline in batch if foreign_language(headline, tagger.languages) is None]
        if readable:
            ledger.add_scores(tagger.version, _scores(tagger, readable))
        scored += len(readable)
        done += len(batch)
        if progress:
            progress(done, len(waiting))
    return TaggingReport(scored=scored, withheld=len(waiting) - scored)


def _scores(tagger: Scorer, headlines: Sequence[Headline]) -> dict[str, dict[str, float]]:
    rows = tagger.predict_proba([headline_text(one.title, one.summary) for one in headlines])
    return {
        headline.id: dict(zip(tagger.causes, map(float, row), strict=True))
        for headline, row in zip(headlines, rows, strict=True)
    }


def foreign_language(headline: Headline, known: Collection[str]) -> str | None:
    """Return the code of the language that withholds a headline; None if the model may score it."""
    text = headline_text(headline.title, headline.summary)
    return language_of(text) if withheld_reason(text, known) else None


def with_seen_language(headline: Headline, known: Collection[str]) -> Headline:
    """Return the headline with the language that it is withheld for, or else with one that the model knows.

    A feed declares one language for all that it carries; what a headline is really in decides whether
    it is withheld, and so what the coverage counts.
    """
    foreign = foreign_language(headline, known)
    return replace(headline, language=foreign or next(iter(known)))


def _batches(headlines: Sequence[Headline]) -> Iterator[Sequence[Headline]]:
    for start in range(0, len(headlines), BATCH):
        yield headlines[start : start + BATCH]
