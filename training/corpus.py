"""Labelled headlines: read a JSONL file (ours, a user's, a gold set) and check every line.

    {"id": "a1-0002", "title": "…", "summary": "", "labels": ["valuation"]}

`id` and `summary` may be absent. A bad line is an error that names file, line and field: training
on half a file in silence would be worse than not training.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import DataError
from model.text import headline_text

CORPUS = Path(__file__).parent / "data" / "headlines.jsonl"


@dataclass(frozen=True, slots=True)
class LabelledHeadline:
    """A headline with the causes that a careful annotator gives it, primary first; none is a full answer."""

    id: str
    title: str
    summary: str
    labels: tuple[str, ...]

    @property
    def text(self) -> str:
        """The one text that the encoder reads."""
        return headline_text(self.title, self.summary)

    @property
    def batch(self) -> str:
        """The writer's batch: what stands before the first hyphen of the id."""
        return self.id.partition("-")[0]


def read_labelled(path: Path, causes: Collection[str]) -> list[LabelledHeadline]:
    """Read a JSONL file of labelled headlines.

    Raises:
        DataError: the file is missing or empty, or a line is wrong; names file, line and field.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines would part texts at U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error})", "name a UTF-8 JSONL file") from error
    rows = [_parse(line, f"{path}:{number}", causes) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError(
            f"{path} holds no labelled headline", 'write lines like {"title": "…", "labels": ["macro"]}'
        )
    return rows


def label_matrix(rows: Sequence[LabelledHeadline], causes: Sequence[str]) -> NDArray[np.int8]:
    """Return (n, causes) in {0, 1}, columns in the order of `causes`."""
    return np.array([[cause in row.labels for cause in causes] for row in rows], dtype=np.int8).reshape(
        len(rows), len(causes)
    )


def split_batches(
    rows: Iterable[LabelledHeadline], held_out: Collection[str]
) -> tuple[list[LabelledHeadline], list[LabelledHeadline]]:
    """Part rows into (those of other batches, those of the batches named in `held_out`), order kept."""
    rest: list[LabelledHeadline] = []
    held: list[LabelledHeadline] = []
    for row in rows:
        (held if row.batch in held_out else rest).append(row)
    return rest, held


def _parse(line: str, where: str, causes: Collection[str]) -> LabelledHeadline:
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise DataError(f"{where}: not JSON ({error})", "put one JSON object on every line") from error
    if not isinstance(raw, dict):
        raise DataError(f"{where}: not a JSON object", "put one JSON object on every line")
    return labelled_from(raw, where, causes)


def labelled_from(raw: dict[str, Any], where: str, causes: Collection[str]) -> LabelledHeadline:
    """Check one raw row, from a JSONL line or a `datasets` row; `where` names it in errors."""
    title = raw.get("title")
    if not isinstance(title, str) or not title.strip():
        raise DataError(f"{where}: title is missing or no text", "give every row a title")
    summary = raw.get("summary") or ""
    if not isinstance(summary, str):
        raise DataError(f"{where}: summary is no text", "give a text, an empty text, or leave it out")
    labels = raw.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise DataError(
            f"{where}: labels is no list of cause names", "write [] for a headline that names no cause"
        )
    unknown = [label for label in labels if label not in causes]
    if unknown:
        raise DataError(f"{where}: labels has unknown {', '.join(unknown)}", f"use {', '.join(causes)}")
    if len(set(labels)) != len(labels):
        raise DataError(f"{where}: labels names a cause twice", "name each cause once")
    return LabelledHeadline(str(raw.get("id", where)), title, summary, tuple(labels))
