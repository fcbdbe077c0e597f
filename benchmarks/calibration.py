"""What correcting the prior does on a draw of feeds to which nothing was fitted.

    python benchmarks/calibration.py [--model FOLDER]

Platt's slope and offset are fitted to the batches that calibrate, as the recipe fits them; then the offsets
are corrected on `n1`, rows drawn as feeds come. Both are shown on `n2`, drawn in the same way.
"""

from __future__ import annotations

import argparse

import numpy as np
from quality import texts_of

from model.kernels import FP32
from model.tagger import Tagger
from training.calibrate import fit_platt
from training.corpus import CORPUS, label_matrix, read_labelled, split_batches
from training.metrics import brier_skill, expected_calibration_error
from training.recipe import CALIBRATION_BATCHES, NATURAL_TEST_BATCHES


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Show what correcting the prior does.")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    tagger = Tagger.from_pretrained(parser.parse_args().model, kernel=FP32)
    rows = read_labelled(CORPUS, tagger.causes)
    calibrating, feeds = (
        split_batches(rows, batches)[1] for batches in (CALIBRATION_BATCHES, NATURAL_TEST_BATCHES)
    )
    logits, labels = tagger.logits(texts_of(feeds)), label_matrix(feeds, tagger.causes)
    platt = fit_platt(tagger.logits(texts_of(calibrating)), label_matrix(calibrating, tagger.causes))
    before, ships = platt(logits), tagger.meta.calibration(logits)
    lines = {
        "share that carries the cause": labels.mean(axis=0),
        "mean intensity before": before.mean(axis=0),
        "mean intensity, corrected (ships)": ships.mean(axis=0),
    }
    for name, intensities in (("before", before), ("corrected (ships)", ships)):
        pairs = list(zip(labels.T, intensities.T, strict=True))
        lines[f"ECE {name}"] = np.array([expected_calibration_error(y, p) for y, p in pairs])
        lines[f"Brier skill {name}"] = np.array([brier_skill(y, p) for y, p in pairs])
    print(f"| {len(feeds)} headlines | " + " | ".join(tagger.causes) + " |")
    print("| --- |" + " --- |" * len(tagger.causes))
    for name, values in lines.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")


if __name__ == "__main__":
    main()
