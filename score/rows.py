"""One shard of rows: judged, each distinct text scored once, put together again. Pure but for the tagger.

    prepared = prepare(rows, columns, tagger.languages)   # texts and errors; no model
    scored = score(prepared, tagger)                      # the rows with the new columns

What comes out depends on these rows and the model alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.archives import Row
from model.language import withheld_reason
from model.scorer import Scorer
from model.text import headline_text
from score.columns import TextColumns
from score.report import Tally

TEXTS_A_CALL = 2_048  # enough for batches of equal length, few enough to show progress between them

UNREADABLE = "row is unreadable"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows with what there is to score in them.

    Args:
        rows: the values of every row's columns.
        texts: distinct, in order of their first row.
        text_of: for every row its place in `texts`, or -1.
        errors: for every row why it has no scores; None where `text_of` is not -1.
        tally: what became of the rows.
    """

    rows: list[dict[str, Any]]
    texts: list[str]
    text_of: list[int]
    errors: list[str | None]
    tally: Tally


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Rows ready to be written: input columns, one float a cause, `causes`, `error`, `model_version`."""

    rows: list[dict[str, Any]]
    tally: Tally


def prepare(rows: Sequence[Row], columns: TextColumns, languages: Sequence[str]) -> Prepared:
    """Judge every row: its text, or why it has none; and find the distinct texts."""
    texts: dict[str, int] = {}
    withheld: dict[str, str | None] = {}
    kinds: Counter[str] = Counter()
    text_of, errors = [], []
    for row in rows:
        text, error, kind = _judged(row, columns)
        if text and text not in withheld:
            withheld[text] = withheld_reason(text, languages)
        if text and (reason := withheld[text]):
            error, kind = f"{WITHHELD}: {reason}", WITHHELD
        if error:
            kinds[kind] += 1
        errors.append(error or None)
        text_of.append(-1 if error else texts.setdefault(text, len(texts)))
    withheld_rows = kinds.pop(WITHHELD, 0)
    scored = len(rows) - withheld_rows - kinds.total()
    tally = Tally(rows=len(rows), errors=kinds, withheld=withheld_rows, duplicates=scored - len(texts))
    return Prepared([row.values for row in rows], list(texts), text_of, errors, tally)


def score(
    prepared: Prepared, tagger: Scorer, on_texts: Callable[[int], None] = lambda _done: None
) -> ScoredRows:
    """Score the distinct texts and give every row its columns.

    Args:
        prepared: made by `prepare`.
        tagger: the model.
        on_texts: called now and then with the number of `texts` that are done.
    """
    intensities = np.empty((len(prepared.texts), len(tagger.causes)), dtype=np.float32)
    for start in range(0, len(prepared.texts), TEXTS_A_CALL):
        texts = prepared.texts[start : start + TEXTS_A_CALL]
        intensities[start : start + len(texts)] = tagger.predict_proba(texts)
        on_texts(start + len(texts))
    columns = _columns(intensities, tagger)
    none = dict.fromkeys((*tagger.causes, "causes"))
    rows = [
        {**values, **(none if at < 0 else columns[at]), "error": error, "model_version": tagger.version}
        for values, at, error in zip(prepared.rows, prepared.text_of, prepared.errors, strict=True)
    ]
    return ScoredRows(rows, prepared.tally)


def _columns(intensities: NDArray[np.float32], tagger: Scorer) -> list[dict[str, Any]]:
    """Return for every text its causes' intensities and the names of those at or above threshold."""
    names = tagger.causes
    over = intensities >= np.asarray(tagger.thresholds, dtype=np.float32)  # (n, causes)
    strongest = np.argsort(-intensities, axis=1, kind="stable")
    # By way of its shortest text, so that CSV and JSONL say 0.1 where float32 is 0.10000000149.
    numbers = intensities.astype("U16").astype(np.float64).tolist()
    return [
        {**dict(zip(names, row, strict=True)), "causes": [names[i] for i in order if tagged[i]]}
        for row, order, tagged in zip(numbers, strongest.tolist(), over.tolist(), strict=True)
    ]


def _judged(row: Row, columns: TextColumns) -> tuple[str, str, str]:
    """Return a row's text, its error and the error's kind; either the text or the others are empty."""
    if row.error:
        return "", f"row {row.number} {row.error}", UNREADABLE
    title = row.values.get(columns.title)
    summary = row.values.get(columns.summary) if columns.summary else None
    error = _text_error(title, summary)
    return "" if error else headline_text(title or "", summary or ""), error, error


def _text_error(title: object, summary: object) -> str:
    if title is None:
        return "title is missing"
    if not isinstance(title, str):
        return "title is not text"
    if not title.strip():
        return "title is empty"
    return "" if summary is None or isinstance(summary, str) else "summary is not text"
