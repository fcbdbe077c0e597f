"""Fine-tune a tagger: from rows and a base encoder to a model folder and its figures.

    train(our_material(), PACKAGED, SHIPPED, Recipe())

`causewire train` is its face. One path: rows, base encoder, trainer, calibration, model folder, figures.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import set_seed

from model.base import BaseFiles, locate
from model.calibration import identity_calibration
from model.checkpoint import save_checkpoint
from model.delta import pack_delta
from model.kernels import EAGER, FP32
from model.merged import encoder_config
from model.meta import BaseRef, CheckpointMeta
from model.network import CauseNetwork, base_weights, fresh_network
from model.packed import is_bert
from model.tagger import Tagger
from model.tokens import load_tokenizer
from training.calibrate import calibrate
from training.callbacks import ProgressBar
from training.card import write_card
from training.corpus import LabelledHeadline
from training.evaluate import evaluate, report_json
from training.material import Material, counted, distinct
from training.metrics import Report
from training.recipe import Recipe
from training.trainer import build_trainer, training_set
from training.work import WORK, begin, state_of, writing


def train(
    material: Material,
    base_source: str,
    out: Path,
    recipe: Recipe,
    *,
    languages: tuple[str, ...] = ("en",),
    resume: bool = False,
) -> Report:
    """Train, save the model folder `out`, and return its figures on the test rows.

    Args:
        material: causes and rows.
        base_source: see `model.base.locate`.
        out: the folder to write, new, empty or a model folder; `out/work` holds an unfinished run's state.
        recipe: the numbers of the fit.
        languages: ISO 639-1 codes of what the rows are written in; the model withholds itself from others.
        resume: go on from that state.

    Raises:
        ModelError: no base encoder; `out` holds something else or cannot be written; or `resume`, and there
            is nothing to resume or it is of another run.
    """
    started = time.monotonic()
    base = locate(base_source)
    meta = CheckpointMeta(
        causes=material.names,
        thresholds=(0.5,) * len(material.names),
        calibration=identity_calibration(len(material.names)),
        base=BaseRef(_lasting(base_source), base.weights_sha256, base.tokenizer_sha256),
        languages=languages,
        max_tokens=recipe.max_tokens,
        data_sha256=material.sha256,
        titles={cause.name: cause.title for cause in material.causes},
        definitions={cause.name: cause.definition for cause in material.causes},
        training={
            "recipe": dataclasses.asdict(recipe),
            "rows": len(distinct(material.split.fit)),
            "sources": [dataclasses.asdict(source) for source in material.sources],
            "causes": counted(material),
        },
    )
    with writing(out):
        state = state_of(out, meta) if resume else None
        if state is None:
            begin(out, meta)
        network = finetune(material.split.fit, material.names, recipe, base, out / WORK, state=state)
        tagger = save_tagger(network, material, meta, base, out)
        report = evaluate(tagger, material.split.test)
        minutes = None if resume else (time.monotonic() - started) / 60
        write_card(out, tagger, report_json(report), minutes=minutes, where=_where())
        shutil.rmtree(out / WORK)  # only an unfinished run needs it
    return report


def finetune(
    rows: Sequence[LabelledHeadline],
    causes: Sequence[str],
    recipe: Recipe,
    base: BaseFiles,
    work: Path,
    *,
    state: Path | None = None,
) -> CauseNetwork:
    """Fit a network to `rows`, from the start or from a `state` that a run has saved under `work`."""
    set_seed(recipe.seed)
    network = fresh_network(base, len(causes))
    network.encoder.get_input_embeddings().requires_grad_(False)  # noqa: FBT003 (torch's signature)
    dataset = training_set(rows, causes, load_tokenizer(base.folder, recipe.max_tokens))
    progress = ProgressBar()
    trainer = build_trainer(network, dataset, recipe, work, progress)
    with progress.bar:
        trainer.train(resume_from_checkpoint=str(state) if state else None)
    return network.to("cpu").eval()


def save_tagger(
    network: CauseNetwork, material: Material, meta: CheckpointMeta, base: BaseFiles, out: Path
) -> Tagger:
    """Save the network with a calibration of just what is saved: the compact difference.

    In float32, whatever this machine computes fastest in, so that the version does not depend on it.
    """
    delta = pack_delta(base_weights(base), network.state_dict())
    rows = material.split.calibration
    kernel = FP32 if is_bert(encoder_config(base.folder)) else EAGER
    with tempfile.TemporaryDirectory() as rough:  # nowhere that an uncalibrated model might be taken for one
        save_checkpoint(Path(rough), meta, delta)
        logits = Tagger.from_pretrained(rough, kernel=kernel).logits([row.text for row in rows])
    calibration, thresholds = calibrate(logits, rows, meta.causes, natural=material.natural)
    save_checkpoint(out, dataclasses.replace(meta, calibration=calibration, thresholds=thresholds), delta)
    return Tagger.from_pretrained(out)


def _where() -> str:
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    return f"{torch.get_num_threads()} CPU threads"


def _lasting(base_source: str) -> str:
    """Return a base's name that means the same from every working directory."""
    return str(Path(base_source).resolve()) if Path(base_source).is_dir() else base_source
