"""A model folder: `tagger.json`, `delta.safetensors` and a card, saved and read back.

    tagger.json         causes in order, thresholds, calibration, base encoder and its hashes, data digest
    delta.safetensors   the difference to the base encoder, and the head (model/delta.py)
    README.md           the model card, for people

Everything that tagging depends on is in these files and read from nowhere else. Only JSON and
safetensors: nothing in a model folder is ever executed.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from errors import ModelError
from model.base import BaseFiles, locate, sha256_of
from model.meta import DELTA_DIGEST, LAYOUT, META, CheckpointMeta, read_meta, version_of

_DELTA = "delta.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model folder read: what it says, its tensors, its base encoder's files, and its version."""

    meta: CheckpointMeta
    delta: dict[str, torch.Tensor]
    base: BaseFiles
    version: str


def save_checkpoint(folder: Path, meta: CheckpointMeta, delta: dict[str, torch.Tensor]) -> None:
    """Write a model folder; the card is the caller's.

    `tagger.json` comes last and carries the digest of the weights, so a folder whose writing was
    interrupted does not load.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_file(delta, folder / _DELTA)
    head = {"layout": LAYOUT, DELTA_DIGEST: sha256_of(folder / _DELTA)}
    text = json.dumps({**head, **dataclasses.asdict(meta)}, indent=2)
    (folder / META).write_text(text + "\n", encoding="utf-8")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder and find its base encoder.

    Raises:
        ModelError: a file is missing or unreadable, or the base encoder is not the one that was trained on.
    """
    meta, digest = read_meta(folder)
    delta = _read_delta(folder / _DELTA, digest)
    base = locate(_base_source(folder, meta.base.source))
    if (base.weights_sha256, base.tokenizer_sha256) != (meta.base.weights_sha256, meta.base.tokenizer_sha256):
        raise ModelError(
            f"{base.folder} is not the base encoder that {folder} was trained on (sha256 differs)",
            f"put the base encoder with weights sha256 {meta.base.weights_sha256} there",
        )
    return Checkpoint(meta, delta, base, version_of(folder))


def _base_source(folder: Path, source: str) -> str:
    # A base that travels inside the model folder is named relative to it.
    inside = folder / source
    return str(inside) if inside.is_dir() else source


def _read_delta(path: Path, digest: str) -> dict[str, torch.Tensor]:
    remedy = "copy the model folder again"
    try:
        found = sha256_of(path)
        delta = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read ({error})", remedy) from error
    if found != digest:
        raise ModelError(f"{path}: sha256 is {found}, not {digest} as {META} says", remedy)
    return delta
