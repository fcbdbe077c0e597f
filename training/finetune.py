"""Fine-tune a tagger: `python -m training.finetune` makes the checkpoint that ships.

    python -m training.finetune                          # ours, from training/data
    python -m training.finetune --data mine.jsonl --out my_model

Also `causewire train`. One path: rows, base encoder, trainer, calibration, model folder, figures.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import logging

from errors import CausewireError, DataError, ModelError
from model.base import PACKAGED, BaseFiles, locate, sha256_of
from model.calibration import identity_calibration
from model.causes import CAUSE_NAMES
from model.checkpoint import BaseRef, CheckpointMeta, save_checkpoint
from model.delta import pack_delta
from model.network import CauseNetwork, base_weights, fresh_network
from model.tagger import SHIPPED, Tagger
from model.tokens import load_tokenizer
from training.calibrate import fit_platt, fit_thresholds
from training.card import write_card
from training.corpus import CORPUS, LabelledHeadline, label_matrix, read_labelled, split_batches
from training.evaluate import evaluate, report_json
from training.recipe import CALIBRATION_BATCHES, TEST_BATCHES, Recipe
from training.trainer import build_trainer, training_set

_LEAST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to fit, rows to calibrate on, rows to test on; no row in two of them."""

    fit: list[LabelledHeadline]
    calibration: list[LabelledHeadline]
    test: list[LabelledHeadline]


def split_rows(rows: Sequence[LabelledHeadline]) -> Split:
    """Part rows by batch as the recipe says; of other data, a tenth goes to each held part.

    Raises:
        DataError: too few rows to part.
    """
    rest, test = split_batches(rows, TEST_BATCHES)
    fit, calibration = split_batches(rest, CALIBRATION_BATCHES)
    if test and calibration:
        return Split(fit, calibration, test)
    if len(rows) < _LEAST_ROWS:
        raise DataError(f"{len(rows)} labelled headlines are too few", f"give at least {_LEAST_ROWS}")
    return Split(
        fit=[row for index, row in enumerate(rows) if index % 10 < 8],
        calibration=list(rows[8::10]),
        test=list(rows[9::10]),
    )


def finetune(
    split: Split, causes: Sequence[str], recipe: Recipe, base: BaseFiles, work: Path, *, resume: bool = False
) -> CauseNetwork:
    """Fit a network to `split.fit`; `work` holds the state that `resume` goes on from.

    Raises:
        ModelError: `resume`, and there is nothing to resume.
    """
    set_seed(recipe.seed)
    network = fresh_network(base, len(causes))
    network.encoder.get_input_embeddings().requires_grad_(False)  # noqa: FBT003 (torch's signature)
    dataset = training_set(split.fit, causes, load_tokenizer(base.folder, recipe.max_tokens))
    trainer = build_trainer(network, dataset, recipe, work)
    if resume and get_last_checkpoint(str(work)) is None:  # type: ignore[no-untyped-call]
        raise ModelError(f"{work} holds no unfinished run", "leave out --resume")
    trainer.train(resume_from_checkpoint=resume or None)
    return network.to("cpu").eval()


def save_tagger(
    network: CauseNetwork, split: Split, meta: CheckpointMeta, base: BaseFiles, out: Path
) -> Tagger:
    """Save the network, then calibrate what was saved (so the compact difference is what is calibrated)."""
    delta = pack_delta(base_weights(base), network.state_dict())
    save_checkpoint(out, meta, delta)
    logits = Tagger.from_pretrained(out).logits([row.text for row in split.calibration])
    calibration = fit_platt(logits, label_matrix(split.calibration, meta.causes))
    thresholds = fit_thresholds(calibration(logits))
    save_checkpoint(out, dataclasses.replace(meta, calibration=calibration, thresholds=thresholds), delta)
    return Tagger.from_pretrained(out)


def train(data: Path, base_source: str, out: Path, recipe: Recipe, *, resume: bool = False) -> dict[str, Any]:
    """Train on a JSONL file, save the model folder `out`, and return its figures on the test rows."""
    started = time.monotonic()
    causes = CAUSE_NAMES
    split = split_rows(read_labelled(data, causes))
    base = locate(base_source)
    network = finetune(split, causes, recipe, base, out / "work", resume=resume)
    meta = CheckpointMeta(
        causes=causes,
        thresholds=(0.5,) * len(causes),
        calibration=identity_calibration(len(causes)),
        base=BaseRef(_lasting(base_source), base.weights_sha256, base.tokenizer_sha256),
        max_tokens=recipe.max_tokens,
        data_sha256=sha256_of(data),
        training={"recipe": dataclasses.asdict(recipe), "rows": len(split.fit)},
    )
    tagger = save_tagger(network, split, meta, base, out)
    report = report_json(evaluate(tagger, split.test))
    minutes = None if resume else (time.monotonic() - started) / 60
    write_card(out, tagger, report, minutes=minutes, threads=torch.get_num_threads())
    shutil.rmtree(out / "work")  # only an unfinished run needs it
    return report


def _lasting(base_source: str) -> str:
    """Return a base's name that means the same from every working directory."""
    return str(Path(base_source).resolve()) if Path(base_source).is_dir() else base_source


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="training.finetune", description="Fine-tune a tagger.")
    parser.add_argument("--data", type=Path, default=CORPUS, help="JSONL with title, summary, labels")
    parser.add_argument(
        "--base", default=PACKAGED, help="base encoder: a folder or hub id (default: the packaged one)"
    )
    parser.add_argument("--out", type=Path, help="model folder to write (ours: the one that ships)")
    parser.add_argument("--epochs", type=float, default=Recipe.epochs, help="passes over the rows")
    parser.add_argument(
        "--seed", type=int, default=Recipe.seed, help="of the head, the order and the dropout"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last state under OUT/work")
    # What goes wrong is raised; the rest is not for users.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        options = parser.parse_args(arguments)
        if options.out is None and options.data != CORPUS:
            raise DataError(
                "--data without --out would write over the model that ships", "name a folder with --out"
            )
        recipe = Recipe(epochs=options.epochs, seed=options.seed)
        report = train(options.data, options.base, options.out or SHIPPED, recipe, resume=options.resume)
    except CausewireError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
