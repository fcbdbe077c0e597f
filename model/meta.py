"""What a model folder says of itself, in `tagger.json`: enough to read scores by, without weights or torch.

    profile = read_profile(model_folder(None))       # the shipped model's causes, thresholds and version

`model/checkpoint.py` reads the weights beside it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import ModelError
from model.base import hub_snapshot, sha256_of
from model.calibration import Calibration
from model.causes import Cause, known_causes

SHIPPED = Path(__file__).parent / "checkpoint"
LAYOUT = 2  # raised when code of before could not read a folder, or its folders cannot be read
META, DELTA_DIGEST = "tagger.json", "delta_sha256"
_REMEDY = "name a folder that `causewire train` made"


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
        data_sha256: digest of the training file's bytes; of several, the digest of their digests.
        titles: cause to its title for people; a cause that has none is named by `model.causes`.
        definitions: cause to the sentence that says what it means; likewise.
        training: how it was trained and measured; for people and the model card.
    """

    causes: tuple[str, ...]
    thresholds: tuple[float, ...]
    calibration: Calibration
    base: BaseRef
    languages: tuple[str, ...] = ("en",)
    max_tokens: int
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
class Profile:
    """A model without its network: its causes in order, their thresholds, its version."""

    causes: tuple[str, ...]
    thresholds: tuple[float, ...]
    described: tuple[Cause, ...]
    version: str


def model_folder(folder_or_id: str | Path | None) -> Path:
    """Return the folder of a model: a folder, a hub id's after a download, or for None the shipped one.

    Raises:
        ModelError: there is no such folder, and the hub does not give it.
    """
    if folder_or_id is None:
        return SHIPPED
    if Path(folder_or_id).is_dir():
        return Path(folder_or_id)
    if (
        isinstance(folder_or_id, Path)
        or folder_or_id.startswith((".", "/", "~"))
        or folder_or_id.count("/") != 1
    ):
        raise ModelError(f"model folder {folder_or_id} does not exist", _REMEDY)
    return hub_snapshot(folder_or_id, _REMEDY)


def read_profile(folder: Path) -> Profile:
    """Read a model's profile.

    Raises:
        ModelError: the folder holds no model.
    """
    meta, _ = read_meta(folder)
    return Profile(meta.causes, meta.thresholds, meta.described(), version_of(folder))


def version_of(folder: Path) -> str:
    """Return the model's version: a digest of `tagger.json`, which carries the digest of the weights.

    So no two folders that answer differently share a version. Settings may put other thresholds in the place
    of a folder's own, under the same version.
    """
    return f"cw{LAYOUT}-{sha256_of(folder / META)[:12]}"


def read_meta(folder: Path) -> tuple[CheckpointMeta, str]:
    """Return what the file says, and the digest of the weights that belong to it.

    Raises:
        ModelError: it is missing, cannot be read, or is not what this code writes.
    """
    path = folder / META
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path.parent} is no model folder ({path.name} is missing)", _REMEDY) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error})", _REMEDY) from error
    if not isinstance(raw, dict) or raw.pop("layout", None) != LAYOUT:
        raise ModelError(
            f"{path}: layout is not {LAYOUT}", "use the causewire release that made it, or train again"
        )
    try:
        return _meta_from(raw), str(raw[DELTA_DIGEST])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: {error} is missing or wrong", _REMEDY) from error


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
