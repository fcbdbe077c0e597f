"""The quality gate: the shipped checkpoint may not fall below floors pinned beside the corpus digest.

    python -m training.gate                 # measure on the test slice and compare
    python -m training.gate --pin           # raise the floors to what is measured now
    python -m training.gate --pin --lower   # the only way to lower one, or to drop one whose cause is gone

A figure fails when it is below its floor by more than the noise term: half the width of the floor's
68% bootstrap interval over the test rows, pinned with the floor. Floors hold for one corpus; a
changed corpus has to be pinned anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from errors import CausewireError, DataError
from model.base import sha256_of
from model.kernels import FP32
from model.tagger import Tagger
from training.corpus import CORPUS, LabelledHeadline, label_matrix, read_labelled, split_batches
from training.metrics import macro_f1
from training.recipe import TEST_BATCHES

FLOORS = CORPUS.parent / "floors.json"
AVERAGE = "all causes"  # a cause is called macro, so the macro average must not be


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest F1 allowed, and the bootstrap noise within which a lower one is let pass; both in [0, 1]."""

    f1: float
    bootstrap_noise: float


@dataclass(frozen=True, slots=True)
class Floors:
    """Floors of the macro average and of every cause, for one corpus."""

    data_sha256: str
    floors: Mapping[str, Floor]


def measure(tagger: Tagger, rows: Sequence[LabelledHeadline], *, resamples: int = 300) -> dict[str, Floor]:
    """Return F1 at the saved thresholds with its noise, for the macro average and every cause."""
    labels = label_matrix(rows, tagger.causes)
    intensities = tagger.predict_proba([row.text for row in rows])
    columns = {AVERAGE: list(range(len(tagger.causes)))} | {name: [i] for i, name in enumerate(tagger.causes)}
    draws = np.random.default_rng(0).integers(0, len(rows), size=(resamples, len(rows)))
    measured = {}
    for name, chosen in columns.items():
        y, p = labels[:, chosen], intensities[:, chosen]
        cut = [tagger.thresholds[column] for column in chosen]
        low, high = np.nanpercentile([macro_f1(y[draw], p[draw], cut) for draw in draws], [16, 84])
        measured[name] = Floor(round(macro_f1(y, p, cut), 4), round(float(high - low) / 2, 4))
    return measured


def measure_shipped() -> dict[str, Floor]:
    """Measure the checkpoint that ships on the test slice, in float32, so that machines agree."""
    tagger = Tagger.from_pretrained(kernel=FP32)
    _, test = split_batches(read_labelled(CORPUS, tagger.causes), TEST_BATCHES)
    return measure(tagger, test)


def failures(measured: Mapping[str, Floor], pinned: Floors, data_sha256: str) -> list[str]:
    """Return what is wrong, one line each; empty when the gate is passed."""
    if data_sha256 != pinned.data_sha256:
        return ["the corpus is not the one the floors were pinned for; train, measure and pin again"]
    gone = [f"{name}: has a floor, and is not measured" for name in pinned.floors if name not in measured]
    new = [f"{name}: is measured, and has no floor" for name in measured if name not in pinned.floors]
    below = [
        f"{name}: F1 {measured[name].f1:.3f} is below {floor.f1:.3f} by more than {floor.bootstrap_noise:.3f}"
        for name, floor in pinned.floors.items()
        if name in measured and measured[name].f1 < floor.f1 - floor.bootstrap_noise
    ]
    return [f"{line}; pin again" for line in gone + new] + below


def pin(measured: Mapping[str, Floor], pinned: Floors | None, data_sha256: str, *, lower: bool) -> Floors:
    """Return new floors.

    Raises:
        DataError: a floor would be lowered, or dropped with its cause, and `lower` is not set.
    """
    falling = [
        name
        for name, floor in (pinned.floors if pinned else {}).items()
        if name not in measured or measured[name].f1 < floor.f1
    ]
    if falling and not lower:
        raise DataError(
            f"this would lower or drop the floor of {', '.join(falling)}", "say --lower if that is meant"
        )
    return Floors(data_sha256, dict(measured))


def read_floors(path: Path) -> Floors:
    """Read pinned floors."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Floors(raw["data_sha256"], {name: Floor(**floor) for name, floor in raw["floors"].items()})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 0 when passed or pinned, 1 when failed, 2 on an error."""
    parser = argparse.ArgumentParser(
        prog="training.gate", description="Hold the shipped checkpoint to its floors."
    )
    parser.add_argument("--pin", action="store_true", help="pin the floors to what is measured now")
    parser.add_argument("--lower", action="store_true", help="allow --pin to lower or drop a floor")
    options = parser.parse_args(arguments)
    if options.lower and not options.pin:
        parser.error("--lower goes with --pin")
    try:
        return _run(pin_now=options.pin, lower=options.lower)
    except CausewireError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


def _run(*, pin_now: bool, lower: bool) -> int:
    pinned = read_floors(FLOORS) if FLOORS.exists() else None
    if pinned is None and not pin_now:
        raise DataError(f"{FLOORS} is missing", "restore it, or say --pin")
    measured = measure_shipped()
    if pin_now or pinned is None:
        floors = pin(measured, pinned, sha256_of(CORPUS), lower=lower)
        FLOORS.write_text(json.dumps(dataclasses.asdict(floors), indent=2) + "\n", encoding="utf-8")
        return 0
    wrong = failures(measured, pinned, sha256_of(CORPUS))
    sys.stdout.write("".join(f"{line}\n" for line in wrong) or "passed\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
