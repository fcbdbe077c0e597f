"""A model folder: `tagger.json`, `delta.safetensors` and a card, saved and read back.

    tagger.json         causes in order, thresholds, calibration, base encoder and its hashes, data digest
    delta.safetensors   the difference to the base encoder, and the head (model/delta.py)
    README.md           the model card, for people

Everything that tagging depends on is in these files and read from nowhere else. Only JSON and
safetensors: nothing in a model folder is ever executed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from errors import ModelError
from model.base import BaseFiles, locate
from model.calibration import Calibration

LAYOUT = 1  # raised when older code could no longer read the folder
_META, _DELTA = "tagger.json", "delta.safetensors"


@dataclass(frozen=True, slots=True)
class BaseRef:
    """The base encoder that a checkpoint is a difference to: where it is and what it hashes to."""

    source: str
    weights_sha256: str
    tokenizer_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointMeta:
    """What `tagger.json` says.

    Args:
        causes: names in the order of the network's outputs.
        thresholds: one a cause, on the calibrated intensity, in [0, 1].
        calibration: logits to intensities.
        base: the base encoder.
        languages: ISO 639-1 codes of what the training data is written in.
        max_tokens: texts are cut after so many tokens.
        data_sha256: digest of the training file's bytes.
        training: how it was trained and measured; for people, read by no code.
    """

    causes: tuple[str, ...]
    thresholds: tuple[float, ...]
    calibration: Calibration
    base: BaseRef
    languages: tuple[str, ...] = ("en",)
    max_tokens: int = 128
    data_sha256: str = ""
    training: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model folder read: what it says, its tensors, its base encoder's files, and its version."""

    meta: CheckpointMeta
    delta: dict[str, torch.Tensor]
    base: BaseFiles
    version: str


def save_checkpoint(folder: Path, meta: CheckpointMeta, delta: dict[str, torch.Tensor]) -> None:
    """Write a model folder; the card is the caller's."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(delta, folder / _DELTA)
    text = json.dumps({"layout": LAYOUT, **dataclasses.asdict(meta)}, indent=2)
    (folder / _META).write_text(text + "\n", encoding="utf-8")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder and find its base encoder.

    Raises:
        ModelError: a file is missing or unreadable, or the base encoder is not the one that was trained on.
    """
    meta = _read_meta(folder / _META)
    try:
        delta = load_file(folder / _DELTA)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{folder / _DELTA} cannot be read ({error})", "copy the model folder again"
        ) from error
    base = locate(_base_source(folder, meta.base.source))
    if (base.weights_sha256, base.tokenizer_sha256) != (meta.base.weights_sha256, meta.base.tokenizer_sha256):
        raise ModelError(
            f"{base.folder} is not the base encoder that {folder} was trained on (sha256 differs)",
            f"put the base encoder with weights sha256 {meta.base.weights_sha256} there",
        )
    return Checkpoint(meta, delta, base, version_of(folder))


def version_of(folder: Path) -> str:
    """Return the model's version: a digest of what its answers depend on, so no two models share one."""
    digest = hashlib.sha256()
    for name in (_META, _DELTA):
        digest.update((folder / name).read_bytes())
    return f"cw{LAYOUT}-{digest.hexdigest()[:12]}"


def _base_source(folder: Path, source: str) -> str:
    # A base that travels inside the model folder is named relative to it.
    inside = folder / source
    return str(inside) if inside.is_dir() else source


def _read_meta(path: Path) -> CheckpointMeta:
    remedy = "name a folder that `causewire train` made"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path.parent} is no model folder ({path.name} is missing)", remedy) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error})", remedy) from error
    if raw.pop("layout", None) != LAYOUT:
        raise ModelError(
            f"{path}: layout is not {LAYOUT}", "use the causewire release that made it, or train again"
        )
    try:
        return _meta_from(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: {error} is missing or wrong", remedy) from error


def _meta_from(raw: dict[str, Any]) -> CheckpointMeta:
    calibration = Calibration(tuple(raw["calibration"]["slopes"]), tuple(raw["calibration"]["offsets"]))
    meta = CheckpointMeta(
        causes=tuple(raw["causes"]),
        thresholds=tuple(map(float, raw["thresholds"])),
        calibration=calibration,
        base=BaseRef(**raw["base"]),
        languages=tuple(raw["languages"]),
        max_tokens=int(raw["max_tokens"]),
        data_sha256=raw["data_sha256"],
        training=raw["training"],
    )
    sizes = {len(meta.thresholds), len(calibration.slopes), len(calibration.offsets)}
    if sizes != {len(meta.causes)}:
        raise ValueError("causes, thresholds and calibration of unlike length")
    return meta
