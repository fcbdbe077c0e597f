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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from errors import ModelError
from model.base import BaseFiles, locate, sha256_of
from model.calibration import Calibration
from model.causes import Cause, known_causes

LAYOUT = 1  # raised when older code could no longer read the folder
_META, _DELTA = "tagger.json", "delta.safetensors"
_DELTA_DIGEST = "delta_sha256"


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
        titles: cause to its title for people; a cause that has none is named by `model.causes`.
        definitions: cause to the sentence that says what it means; likewise.
        training: how it was trained and measured; for people, read by no code.
    """

    causes: tuple[str, ...]
    thresholds: tuple[float, ...]
    calibration: Calibration
    base: BaseRef
    languages: tuple[str, ...] = ("en",)
    max_tokens: int = 128
    data_sha256: str = ""
    titles: dict[str, str] = dataclasses.field(default_factory=dict)
    definitions: dict[str, str] = dataclasses.field(default_factory=dict)
    training: dict[str, Any] = dataclasses.field(default_factory=dict)

    def described(self) -> tuple[Cause, ...]:
        """Return the causes in order, with their titles and definitions."""
        return tuple(
            Cause(
                known.name,
                self.titles.get(known.name, known.title),
                self.definitions.get(known.name, known.definition),
            )
            for known in known_causes(self.causes)
        )


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
    head = {"layout": LAYOUT, _DELTA_DIGEST: sha256_of(folder / _DELTA)}
    text = json.dumps({**head, **dataclasses.asdict(meta)}, indent=2)
    (folder / _META).write_text(text + "\n", encoding="utf-8")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder and find its base encoder.

    Raises:
        ModelError: a file is missing or unreadable, or the base encoder is not the one that was trained on.
    """
    meta, digest = _read_meta(folder / _META)
    delta = _read_delta(folder / _DELTA, digest)
    base = locate(_base_source(folder, meta.base.source))
    if (base.weights_sha256, base.tokenizer_sha256) != (meta.base.weights_sha256, meta.base.tokenizer_sha256):
        raise ModelError(
            f"{base.folder} is not the base encoder that {folder} was trained on (sha256 differs)",
            f"put the base encoder with weights sha256 {meta.base.weights_sha256} there",
        )
    return Checkpoint(meta, delta, base, version_of(folder))


def version_of(folder: Path) -> str:
    """Return the model's version: a digest of `tagger.json`, which carries the digest of the weights.

    So no two models that answer differently share a version.
    """
    return f"cw{LAYOUT}-{sha256_of(folder / _META)[:12]}"


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
        raise ModelError(f"{path}: sha256 is {found}, not {digest} as {_META} says", remedy)
    return delta


def _read_meta(path: Path) -> tuple[CheckpointMeta, str]:
    """Return what the file says, and the digest of the weights that belong to it."""
    remedy = "name a folder that `causewire train` made"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path.parent} is no model folder ({path.name} is missing)", remedy) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error})", remedy) from error
    if not isinstance(raw, dict) or raw.pop("layout", None) != LAYOUT:
        raise ModelError(
            f"{path}: layout is not {LAYOUT}", "use the causewire release that made it, or train again"
        )
    try:
        return _meta_from(raw), str(raw[_DELTA_DIGEST])
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
        titles=_texts(raw.get("titles", {})),
        definitions=_texts(raw.get("definitions", {})),
        training=raw["training"],
    )
    sizes = {len(meta.thresholds), len(calibration.slopes), len(calibration.offsets)}
    if sizes != {len(meta.causes)}:
        raise ValueError("causes, thresholds and calibration of unlike length")
    return meta


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(text) for name, text in raw.items()}
