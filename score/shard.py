"""One shard: its rows in, the bytes of its file out; by functions without a state.

    prepared = prepare(plan, rows)                   # texts and errors; no model
    intensities = predict(prepared, tagger)          # each distinct text once
    table = scored_table(plan, prepared, intensities)
    shard = encoded(plan, prepared, intensities)     # that table as a Parquet file

`make_shard` is all of it, for a worker that does nothing else meanwhile. What comes out depends on the plan,
the rows and the tagger alone: not on how the rows are cut into Arrow's chunks, nor on the shards before.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.archive_writer import ParquetRows
from model.scorer import TEXTS_A_CALL, Scorer, TokenScorer
from score.plan import Plan
from score.prepare import Prepared, prepare
from score.report import Tally

FOOTER = b"causewire"  # among the metadata of a shard's file: what became of its rows

Intensities = NDArray[np.float32]  # (texts, causes) in [0, 1]


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard: the bytes of its Parquet file, and what became of its rows."""

    data: bytes
    tally: Tally


def make_shard(plan: Plan, rows: pa.Table, tagger: Scorer) -> Shard:
    """Compute a shard.

    Args:
        plan: the run; its model must be the tagger's.
        rows: the shard's, as `plan.shards` gives them.
        tagger: computes with the kernel and the threads of the folder's manifest.
    """
    prepared = prepare(plan, rows)
    return encoded(plan, prepared, predict(prepared, tagger))


def predict(
    prepared: Prepared, tagger: Scorer, on_texts: Callable[[int], None] = lambda _done: None
) -> Intensities:
    """Score a shard's texts; returns them in their order.

    Args:
        prepared: the shard; if it has tokens, the tagger must have the tokenizer that made them.
        tagger: the model.
        on_texts: called now and then with how many are done.
    """
    intensities = np.empty((len(prepared.texts), len(tagger.causes)), dtype=np.float32)
    step = getattr(tagger, "texts_a_call", TEXTS_A_CALL)
    for start in range(0, len(prepared.texts), step):
        end = min(start + step, len(prepared.texts))
        if prepared.tokens is None:
            intensities[start:end] = tagger.predict_proba(prepared.texts[start:end])
        else:
            assert isinstance(tagger, TokenScorer), "whose tokenizer made these tokens"
            intensities[start:end] = tagger.predict_tokens(prepared.tokens[start:end])
        on_texts(end)
    return intensities


def scored_table(plan: Plan, prepared: Prepared, intensities: Intensities) -> pa.Table:
    """Give every row its scores: a table of `plan.schema`.

    Args:
        plan: the run.
        prepared: the rows.
        intensities: (texts, causes) of `prepared.texts`.
    """
    scored = prepared.text_of >= 0
    none = ~scored
    values = np.zeros((len(none), len(plan.model.causes)), dtype=np.float32)  # (rows, causes)
    values[scored] = intensities[prepared.text_of[scored]]
    causes = _tagged(plan, intensities).take(pa.array(prepared.text_of, mask=none))
    versions = pa.repeat(pa.scalar(plan.model.version, pa.string()), len(none))
    columns = [
        *prepared.rows.columns,
        *(pa.array(column, mask=none) for column in np.ascontiguousarray(values.T)),
        causes,
        prepared.errors,
        versions,
    ]
    return pa.table(columns, schema=plan.schema)


def encoded(plan: Plan, prepared: Prepared, intensities: Intensities) -> Shard:
    """Make the shard's file of it, with the tally in its footer."""
    footer = json.dumps({"model_version": plan.model.version, **prepared.tally.as_json()})
    schema = plan.schema.with_metadata({**(plan.schema.metadata or {}), FOOTER: footer.encode()})
    stream = io.BytesIO()
    rows = ParquetRows(stream, schema)
    rows.write(scored_table(plan, prepared, intensities))
    rows.close()
    return Shard(stream.getvalue(), prepared.tally)


def _tagged(plan: Plan, intensities: Intensities) -> pa.Array:
    """Return for every text the names of the causes at or above threshold, strongest first."""
    over = intensities >= np.asarray(plan.model.thresholds, dtype=np.float32)  # (texts, causes)
    strongest = np.argsort(-intensities, axis=1, kind="stable")
    kept = np.take_along_axis(over, strongest, axis=1)
    ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    names = pa.array(plan.model.causes, pa.string()).take(pa.array(strongest[kept]))
    return pa.ListArray.from_arrays(pa.array(ends), names)
