"""Scores what the ledger holds and the model has not judged yet.

    with Ledger.open(path) as ledger:
        report = tag_ledger(ledger, tagger)

Headlines in a language that the model does not know are withheld, not scored; the ledger keeps that too, so
a model judges each revision once. Works in batches, each committed, so that an interruption loses one
batch at most.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from desk.progress import Advance
from ingest.ledger import Ledger
from ingest.records import Headline
from model.language import foreign_language
from model.scorer import Scorer
from model.text import headline_text

BATCH = 256  # headlines between commits

Detect = Callable[[str, Collection[str]], str | None]  # text, known languages -> the foreign one, or None


@dataclass(frozen=True, slots=True)
class TaggingReport:
    """How many headlines were scored now, and how many were withheld now for their language.

    A headline of which several revisions were judged counts once, by the last of them.
    """

    scored: int
    withheld: int


def tag_ledger(
    ledger: Ledger, tagger: Scorer, progress: Advance | None = None, *, detect: Detect = foreign_language
) -> TaggingReport:
    """Score or withhold every revision of every headline that this model has not judged.

    Args:
        ledger: is read and written.
        tagger: gives the intensities.
        progress: is told how many are done, of how many; more are to come where a headline has several
            revisions.
        detect: says for which language a text is withheld.

    Raises:
        LedgerError: the database fails.
    """
    withheld: dict[str, bool] = {}
    done = 0
    # The ledger hands out one revision of a headline at a time.
    while waiting := ledger.unscored(tagger.version):
        total = done + len(waiting)
        for batch in _batches(waiting):
            withheld |= _judge(ledger, tagger, batch, detect)
            done += len(batch)
            if progress:
                progress(done, total)
    foreign = sum(withheld.values())
    return TaggingReport(scored=len(withheld) - foreign, withheld=foreign)


def _judge(ledger: Ledger, tagger: Scorer, batch: Sequence[Headline], detect: Detect) -> dict[str, bool]:
    """Score or withhold a batch; give by headline whether it was withheld."""
    texts = {headline.id: headline_text(headline.title, headline.summary) for headline in batch}
    found = {id_: detect(text, tagger.languages) for id_, text in texts.items()}
    foreign = {id_: language for id_, language in found.items() if language}
    readable = {id_: text for id_, text in texts.items() if id_ not in foreign}
    if foreign:
        ledger.withhold(tagger.version, foreign)
    if readable:
        ledger.add_scores(tagger.version, _scores(tagger, readable))
    return {id_: id_ in foreign for id_ in texts}


def _scores(tagger: Scorer, texts: Mapping[str, str]) -> dict[str, dict[str, float]]:
    rows = tagger.predict_proba(list(texts.values()))
    return {
        id_: dict(zip(tagger.causes, map(float, row), strict=True))
        for id_, row in zip(texts, rows, strict=True)
    }


def _batches(headlines: Sequence[Headline]) -> Iterator[Sequence[Headline]]:
    for start in range(0, len(headlines), BATCH):
        yield headlines[start : start + BATCH]
