"""What a model is trained on: which causes, which rows in which part, and what they were read from.

    our_material()                                              # ours, for the checkpoint that ships
    own_material("mine.jsonl", causes, add=True)                # a user's rows beside ours
    own_material("mine.jsonl", causes, add=False)               # theirs alone

Beside ours, our rows teach our causes and the user's rows theirs: nobody looked for the user's causes in
our rows, so of those they say nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import datasets

from model.causes import CAUSE_NAMES, CAUSES, Cause
from training.checks import check_agreement, check_enough, check_parts
from training.corpus import CORPUS, LabelledHeadline, read_labelled
from training.recipe import NATURAL_BATCHES, Recipe
from training.sources import DEFAULT_SPLIT, Load, digest_of
from training.split import Part, Split, split_by_batch, split_by_title

_MOST_REPEATS = 5  # of a user's rows among ours in one pass
_SHARE = 1 / 8  # of all rows that a user's should be, repeats counted
_FEWEST_STEPS = 400
_MOST_EPOCHS = 30
_AVERAGED_SHARE = 0.1  # of the steps, that the average of the weights reaches over at most


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from: a file's name or a hub id, how many there were, and their digest."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Material:
    """What to train on.

    Args:
        causes: in the order of the network's outputs.
        split: rows to fit, calibrate and test on; a row that is to be seen more often stands there again.
        sources: what they were read from.
        natural: those of our rows that were drawn as feeds come.
        own: a user's rows, each once.
    """

    causes: tuple[Cause, ...]
    split: Split
    sources: tuple[Source, ...]
    natural: frozenset[LabelledHeadline] = frozenset()
    own: tuple[LabelledHeadline, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The causes' names."""
        return tuple(cause.name for cause in self.causes)

    @property
    def sha256(self) -> str:
        """The source's digest; of several, the digest of their digests."""
        if len(self.sources) == 1:
            return self.sources[0].sha256
        return hashlib.sha256("\n".join(source.sha256 for source in self.sources).encode()).hexdigest()


def our_material(corpus: Path = CORPUS) -> Material:
    """Return our corpus, parted as the recipe says."""
    rows = read_labelled(corpus, CAUSE_NAMES)
    natural = frozenset(row for row in rows if row.batch in NATURAL_BATCHES)
    source = Source(corpus.name, len(rows), digest_of(corpus))
    return Material(CAUSES, split_by_batch(rows), (source,), natural)


def own_material(
    source: str | Path,
    causes: Sequence[Cause] | None,
    *,
    add: bool,
    hub_split: str = DEFAULT_SPLIT,
    load: Load = datasets.load_dataset,
    corpus: Path = CORPUS,
) -> Material:
    """Return a user's rows, beside ours or alone.

    Args:
        source: a file or a hub id; see `training.sources.raw_rows`.
        causes: what the rows were judged for; ours by default.
        add: train on our rows too, and keep our causes.
        hub_split: which split of a hub data set.
        load: `datasets.load_dataset`, or what stands in for it.
        corpus: ours.

    Raises:
        DataError: rows that are wrong, contradict each other or are too few.
    """
    own = tuple(causes or CAUSES)
    named = {cause.name: cause for cause in own}
    merged = tuple(named.pop(cause.name, cause) for cause in CAUSES) if add else ()
    merged += tuple(named.values())
    names = tuple(cause.name for cause in merged)
    rows = read_labelled(source, names, judged=[cause.name for cause in own], split=hub_split, load=load)
    check_agreement(str(source), rows)
    check_enough(str(source), rows, [name for name in names if not (add and name in CAUSE_NAMES)])
    digest = digest_of(source, split=hub_split, load=load)
    read = Source(Path(source).name if Path(source).exists() else str(source), len(rows), digest)
    if add:
        ours = our_material(corpus)
        split = _joined(ours.split, split_by_title(rows, beside=ours.split))
        material = Material(merged, split, (*ours.sources, read), ours.natural, tuple(rows))
    else:
        material = Material(merged, split_by_title(rows), (read,), own=tuple(rows))
    check_parts(material.split, names)
    return material


def recipe_for(recipe: Recipe, material: Material, *, epochs: float | None = None) -> Recipe:
    """Return the recipe with epochs enough for few rows, and an average that fits into them.

    A few hundred rows take more epochs, up to thirty, so that there are four hundred steps; and an average
    that reaches over two hundred of those would hold on to where the fit began. For a corpus like ours
    nothing changes.

    Args:
        recipe: for many rows.
        material: what is trained on.
        epochs: what someone asked for, whatever the rows.
    """
    steps_an_epoch = math.ceil(len(material.split.fit) / recipe.batch_size)
    if epochs is None:
        epochs = max(recipe.epochs, min(_MOST_EPOCHS, math.ceil(_FEWEST_STEPS / steps_an_epoch)))
    reach = max(1.0, _AVERAGED_SHARE * steps_an_epoch * epochs)
    decay = min(recipe.average_decay, 1 - 1 / reach)
    return dataclasses.replace(recipe, epochs=epochs, average_decay=decay)


def distinct(rows: Sequence[LabelledHeadline]) -> list[LabelledHeadline]:
    """Return each row once, however often it is to be seen."""
    return list({id(row): row for row in rows}.values())


def counted(material: Material) -> dict[str, dict[Part, list[int]]]:
    """Return for every cause and part [rows with it, rows judged for it], each row counted once."""
    parts = {part: distinct(rows) for part, rows in material.split.parts().items()}
    return {
        cause: {
            part: [sum(cause in row.labels for row in rows), sum(cause in row.judged for row in rows)]
            for part, rows in parts.items()
        }
        for cause in material.names
    }


def _joined(ours: Split, theirs: Split) -> Split:
    """Put a user's rows beside ours, often enough in the fit that ours do not drown them."""
    wanted = _SHARE / (1 - _SHARE) * len(ours.fit)
    repeats = min(_MOST_REPEATS, max(1, round(wanted / max(1, len(theirs.fit)))))
    return Split(
        ours.fit + theirs.fit * repeats, ours.calibration + theirs.calibration, ours.test + theirs.test
    )
