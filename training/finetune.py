"""Fine-tune a tagger: from rows and a base encoder to a model folder and its figures.

    train(our_material(), PACKAGED, SHIPPED, Recipe())

`causewire train` is its face. One path: rows, base encoder, trainer, calibration, model folder, figures.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import set_seed
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import logging

from errors import ModelError
from model.base import BaseFiles, locate
from model.calibration import identity_calibration
from model.checkpoint import BaseRef, CheckpointMeta, save_checkpoint
from model.delta import pack_delta
from model.network import CauseNetwork, base_weights, fresh_network
from model.tagger import Tagger
from model.tokens import load_tokenizer
from training.card import write_card
from training.corpus import LabelledHeadline
from training.evaluate import evaluate, report_json
from training.few import calibrate
from training.material import Material, counted, distinct
from training.metrics import Report
from training.recipe import Recipe
from training.trainer import build_trainer, training_set

_RUN = "run.json"  # what an unfinished run was of


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
        out: the folder to write; `out/work` holds the state of an unfinished run.
        recipe: every number.
        languages: ISO 639-1 codes of what the rows are written in; the model withholds itself from others.
        resume: go on from that state.

    Raises:
        ModelError: no base encoder; or `resume`, and there is nothing to resume or it is of another run.
    """
    # What goes wrong is raised; the rest is not for users.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
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
    work = _prepared(out / "work", meta, resume=resume)
    network = finetune(material.split.fit, material.names, recipe, base, work, resume=resume)
    tagger = save_tagger(network, material.split.calibration, meta, base, out)
    report = evaluate(tagger, material.split.test)
    minutes = None if resume else (time.monotonic() - started) / 60
    write_card(out, tagger, report_json(report), minutes=minutes, threads=torch.get_num_threads())
    shutil.rmtree(work)  # only an unfinished run needs it
    return report


def finetune(
    rows: Sequence[LabelledHeadline],
    causes: Sequence[str],
    recipe: Recipe,
    base: BaseFiles,
    work: Path,
    *,
    resume: bool = False,
) -> CauseNetwork:
    """Fit a network to `rows`; `work` holds the state that `resume` goes on from."""
    set_seed(recipe.seed)
    network = fresh_network(base, len(causes))
    network.encoder.get_input_embeddings().requires_grad_(False)  # noqa: FBT003 (torch's signature)
    dataset = training_set(rows, causes, load_tokenizer(base.folder, recipe.max_tokens))
    trainer = build_trainer(network, dataset, recipe, work)
    trainer.train(resume_from_checkpoint=resume or None)
    return network.to("cpu").eval()


def save_tagger(
    network: CauseNetwork, rows: Sequence[LabelledHeadline], meta: CheckpointMeta, base: BaseFiles, out: Path
) -> Tagger:
    """Save the network, then calibrate on `rows` what was saved: the compact difference."""
    delta = pack_delta(base_weights(base), network.state_dict())
    save_checkpoint(out, meta, delta)
    logits = Tagger.from_pretrained(out).logits([row.text for row in rows])
    calibration, thresholds = calibrate(logits, rows, meta.causes)
    save_checkpoint(out, dataclasses.replace(meta, calibration=calibration, thresholds=thresholds), delta)
    return Tagger.from_pretrained(out)


def _prepared(work: Path, meta: CheckpointMeta, *, resume: bool) -> Path:
    """Make the folder of a run's state ready: empty for a new run, of the same run for one that goes on.

    Raises:
        ModelError: `resume`, and there is no state, or it is of other rows, causes, recipe or base; or the
            folder cannot be written.
    """
    run = json.dumps(dataclasses.asdict(meta), indent=2)
    if resume:
        if not work.is_dir() or get_last_checkpoint(str(work)) is None:  # type: ignore[no-untyped-call]
            raise ModelError(f"{work} holds no unfinished run", "leave out --resume")
        if not (work / _RUN).is_file() or (work / _RUN).read_text(encoding="utf-8") != run:
            raise ModelError(
                f"the unfinished run in {work} is of other rows, causes, recipe or base encoder",
                "give what it was begun with, or leave out --resume to begin anew",
            )
        return work
    try:
        if work.exists():
            shutil.rmtree(work)  # its states would be taken for this run's
        work.mkdir(parents=True)
        (work / _RUN).write_text(run, encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"cannot write {work} ({error.strerror})", "name another folder with --out"
        ) from error
    return work


def _lasting(base_source: str) -> str:
    """Return a base's name that means the same from every working directory."""
    return str(Path(base_source).resolve()) if Path(base_source).is_dir() else base_source
