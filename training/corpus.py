"""Labelled headlines: read a source of them (ours, a user's, a gold set) and check every row.

    {"id": "a1-0002", "title": "…", "summary": "", "labels": ["valuation"], "judged": ["valuation", "macro"]}

`id`, `summary` and `judged` may be absent. `judged` names the causes that the labeller looked for: of
those the row says yes or no, of all others it says nothing. A bad row is an error that names file, line
and field: training on half a file in silence would be worse than not training.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from numpy.typing import NDArray

from errors import DataError, closest
from model.text import headline_text
from training.sources import DEFAULT_SPLIT, Load, RawRow, raw_rows, shortened

CORPUS = Path(__file__).parent / "data" / "headlines.jsonl"
_SHOWN = 20  # bad rows that an error lists
_SPELT = ("title", "summary", "labels", "judged")  # fields that change what is learned
_ALIKE = 0.8  # a letter or two apart; less alike are two names in one, or other fields
_SEPARATOR = ";"  # of names in one text, as a CSV has them


@dataclass(frozen=True, slots=True)
class LabelledHeadline:
    """A headline with the causes that a careful annotator gives it, primary first.

    Args:
        id: names it and its batch; its place, such as `mine.jsonl:5`, where the source gives none.
        title: plain text, not empty.
        summary: plain text, may be empty.
        labels: causes that it names; none is a full answer.
        judged: causes that it was judged for, the labels among them; about others it says nothing.
        place: where it stands, such as `mine.jsonl:5`; for errors.
        says_judged: whether the row itself names `judged`; else it is what the reader was told to assume.
    """

    id: str
    title: str
    summary: str
    labels: tuple[str, ...]
    judged: tuple[str, ...]
    place: str = field(default="", compare=False)
    says_judged: bool = field(default=True, compare=False)

    @property
    def text(self) -> str:
        """The one text that the encoder reads."""
        return headline_text(self.title, self.summary)

    @property
    def batch(self) -> str:
        """The writer's batch: what stands before the first hyphen of the id."""
        return self.id.partition("-")[0]


def read_labelled(
    source: str | Path,
    causes: Sequence[str],
    *,
    judged: Sequence[str] | None = None,
    split: str = DEFAULT_SPLIT,
    load: Load = datasets.load_dataset,
) -> list[LabelledHeadline]:
    """Read labelled headlines from a file or a hub data set.

    Args:
        source: see `training.sources.raw_rows`.
        causes: names that labels may have.
        judged: the causes that a row without a `judged` of its own was judged for; all by default.
        split: which split of a hub data set.
        load: `datasets.load_dataset`, or what stands in for it.

    Raises:
        DataError: the source is missing or empty, or rows are wrong; names the source, and in `details`
            the place, the field and the remedy for each of the first twenty.
    """
    rows: list[LabelledHeadline] = []
    wrong: list[DataError] = []
    for raw in raw_rows(source, split=split, load=load):
        try:
            rows.append(_checked(raw, causes, causes if judged is None else judged))
        except DataError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise DataError(
            f"{source}: {len(wrong)} of {len(wrong) + len(rows)} rows are wrong",
            f"mend them; the first is {wrong[0].what}",
            details=first_few(list(map(str, wrong))),
        )
    if not rows:
        raise DataError(
            f"{source} holds no labelled headline", 'write lines like {"title": "…", "labels": ["macro"]}'
        )
    return rows


def first_few(lines: Sequence[str]) -> list[str]:
    """Return the first twenty lines of an error's details, and how many more there are."""
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def label_matrix(rows: Sequence[LabelledHeadline], causes: Sequence[str]) -> NDArray[np.int8]:
    """Return (n, causes) in {0, 1}, columns in the order of `causes`."""
    return np.array([[cause in row.labels for cause in causes] for row in rows], dtype=np.int8).reshape(
        len(rows), len(causes)
    )


def judged_matrix(rows: Sequence[LabelledHeadline], causes: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n, causes), true where the row was judged for the cause; columns in the order of `causes`."""
    return np.array([[cause in row.judged for cause in causes] for row in rows], dtype=np.bool_).reshape(
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


def _checked(raw: RawRow, causes: Sequence[str], judged: Sequence[str]) -> LabelledHeadline:
    """Check one row.

    Raises:
        DataError: it is wrong; names place and field.
    """
    if raw.error:
        raise DataError(f"{raw.where}: {raw.error}", "mend the row")
    _require_no_misspelt(raw)
    title = _text(raw, "title")
    if not title.strip():
        raise DataError(f"{raw.where}: title is missing or no text", "give every row a title")
    says_judged = raw.values.get("judged") not in (None, "")
    judged = _names(raw, "judged", causes) if says_judged else judged
    if not judged:
        raise DataError(f"{raw.where}: judged names no cause", "name those that it was judged for")
    labels = _names(raw, "labels", causes)
    unjudged = [label for label in labels if label not in judged]
    if unjudged:
        raise DataError(
            f"{raw.where}: labels has {', '.join(unjudged)}, for which the row was not judged",
            f"give the row a judged that names it (it was judged for {', '.join(judged)})",
        )
    own_id = raw.values.get("id")
    name = raw.where if own_id in (None, "") else str(own_id)
    return LabelledHeadline(
        name, title, _text(raw, "summary"), tuple(labels), tuple(judged), raw.where, says_judged
    )


def _remedy(name: str, causes: Collection[str]) -> str:
    """Say what may be meant by a name that is no cause: one misspelt, several in one, none, or one's own."""
    if meant := closest(name, causes, alike=_ALIKE):
        return f"did you mean {meant}?"
    if set(name) & set(",|/[ ") and any(cause in name for cause in causes):
        return f"put {_SEPARATOR} between names, or write them as a JSON list"
    if name.lower() in {"none", "null", "nan", "n/a"}:
        return "leave it empty for a headline that names no cause"
    return f"use {', '.join(causes)}; causes of your own are told with --causes"


def _require_no_misspelt(raw: RawRow) -> None:
    """Refuse a field that is nearly one that would be read: unread, it would teach what nobody said."""
    for name in raw.values:
        meant = _meant(str(name))
        if meant and meant not in raw.values:
            raise DataError(f"{raw.where}: {name} is not read", f"write {meant}, or name it otherwise")


@functools.lru_cache  # rows have the same fields
def _meant(name: str) -> str:
    """Return the field that a name stands for or nearly does; '' for none."""
    return closest(name.strip(), _SPELT, alike=_ALIKE)


def _text(raw: RawRow, field: str) -> str:
    """Return a field's text, '' where there is none."""
    value = raw.values.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{raw.where}: {field} is no text", "give a text")
    _require_whole(raw, field, value)
    return value


def _names(raw: RawRow, field: str, causes: Collection[str]) -> list[str]:
    """Return the names that a field holds: a list, or one text with `;` between them, as in a CSV."""
    value: Any = raw.values.get(field)
    names = [part for part in value.split(_SEPARATOR) if part.strip()] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(
            f"{raw.where}: {field} is no list of cause names",
            'write names, such as ["macro"]; [] for a headline that names no cause',
        )
    names = [name.strip() for name in names]
    for name in names:
        _require_whole(raw, field, name)
    unknown = [name for name in names if name not in causes]
    if unknown:
        said = shortened(", ".join(map(repr, unknown)))
        raise DataError(f"{raw.where}: {field} has unknown {said}", _remedy(unknown[0], causes))
    if len(set(names)) != len(names):
        raise DataError(f"{raw.where}: {field} names a cause twice", "name each cause once")
    return names


def _require_whole(raw: RawRow, field: str, text: str) -> None:
    """Refuse half a character, which JSON escapes can bring in and no file or tokenizer can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{raw.where}: {field} has half a character (a lone surrogate)", "write the text in UTF-8"
        ) from error
