"""What there is to score in a shard's rows: each row's text, or why it has none; every distinct text once.

It needs no network and loads no torch, so that it can run beside the scoring, in processes of its own too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.archive_columns import python_values
from ingest.archives import ROW_ERROR
from model.language import withheld_reason
from model.text import headline_text
from model.tokens import TokenRows, encode
from score.plan import Plan, ShardRows
from score.report import Tally

UNREADABLE = "row is unreadable"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows with what there is to score in them.

    Args:
        rows: their columns as they were read, without the row errors.
        texts: distinct, in order of their first row.
        text_of: (rows,) for every row its place in `texts`, or -1.
        errors: for every row why it has no scores; null where `text_of` is not -1.
        tally: what became of the rows.
        tokens: the ids of every text's tokens, where they are made here already.
    """

    rows: pa.Table
    texts: list[str]
    text_of: NDArray[np.int32]
    errors: pa.Array
    tally: Tally
    tokens: TokenRows | None = None


def prepare(plan: Plan, rows: pa.Table, tokenizer: Tokenizer | None = None) -> Prepared:
    """Judge every row of a shard and find the distinct texts.

    Args:
        plan: the run.
        rows: the shard's, as `plan.shards` gives them.
        tokenizer: makes the texts' tokens; without one that is left to the tagger.
    """
    judge = _Judge(plan.languages)
    titles = python_values(rows[plan.columns.title], rows.schema.field(plan.columns.title))
    summaries: list[Any] = [None] * len(rows)
    if plan.columns.summary:
        summaries = python_values(rows[plan.columns.summary], rows.schema.field(plan.columns.summary))
    unreadable = rows[ROW_ERROR].to_pylist()
    for title, summary, error in zip(titles, summaries, unreadable, strict=True):
        if error:
            judge.refuse(error, UNREADABLE)
        else:
            judge.take(title, summary)
    texts = list(judge.texts)
    return Prepared(
        rows=rows.drop_columns(ROW_ERROR),
        texts=texts,
        text_of=np.array(judge.text_of, dtype=np.int32),
        errors=pa.array(judge.errors, pa.string()),
        tally=judge.tally(),
        tokens=TokenRows.of(encode(tokenizer, texts)) if tokenizer else None,
    )


@dataclass(frozen=True, slots=True)
class Preparing:
    """`prepare` for one run's shards; returns each one's index with it. It can be pickled."""

    plan: Plan
    tokenizer: Tokenizer | None = None

    def __call__(self, shard: ShardRows) -> tuple[int, Prepared]:
        """Prepare a shard."""
        return shard.index, prepare(self.plan, shard.rows, self.tokenizer)


class _Judge:
    """Takes rows one after another."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.texts: dict[str, int] = {}
        self.text_of: list[int] = []
        self.errors: list[str | None] = []
        self._languages = languages
        self._withheld: dict[str, str] = {}  # text to why, for those that were withheld
        self._kinds: Counter[str] = Counter()

    def take(self, title: object, summary: object) -> None:
        """Judge a row that could be read."""
        if error := _text_error(title, summary):
            self.refuse(error, error)
            return
        assert isinstance(title, str) and (summary is None or isinstance(summary, str))  # noqa: PT018 - for mypy
        text = headline_text(title, summary or "")
        place = self.texts.get(text)
        if place is None:
            if reason := self._reason(text):
                self.refuse(f"{WITHHELD}: {reason}", WITHHELD)
                return
            place = self.texts[text] = len(self.texts)
        self.text_of.append(place)
        self.errors.append(None)

    def refuse(self, error: str, kind: str) -> None:
        """Give a row an error in place of scores."""
        self.text_of.append(-1)
        self.errors.append(error)
        self._kinds[kind] += 1

    def tally(self) -> Tally:
        """Count what became of the rows."""
        kinds = self._kinds.copy()
        withheld = kinds.pop(WITHHELD, 0)
        scored = len(self.errors) - withheld - kinds.total()
        return Tally(
            rows=len(self.errors), errors=kinds, withheld=withheld, duplicates=scored - len(self.texts)
        )

    def _reason(self, text: str) -> str:
        if text in self._withheld:
            return self._withheld[text]
        if reason := withheld_reason(text, self._languages):
            self._withheld[text] = reason
        return reason or ""


def _text_error(title: object, summary: object) -> str:
    if title is None:
        return "title is missing"
    if not isinstance(title, str):
        return "title is not text"
    if not title.strip():
        return "title is empty"
    return "" if summary is None or isinstance(summary, str) else "summary is not text"
