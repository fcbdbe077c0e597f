"""What a run remembers of the model that scored, and how it was computed."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from model.kernels import FP32
from model.scorer import Scorer


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model scored: `version` is a digest of its folder; `thresholds` are those that were used."""

    version: str
    causes: list[str]
    thresholds: list[float]
    languages: list[str]
    calibration: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How it was computed: answers are bit-identical for one kernel and one number of threads."""

    name: str
    threads: int


def model_identity(tagger: Scorer) -> ModelIdentity:
    """Return what a manifest keeps of a tagger; the calibration is empty when the tagger does not show it."""
    return ModelIdentity(
        version=tagger.version,
        causes=list(tagger.causes),
        thresholds=[float(value) for value in tagger.thresholds],
        languages=list(tagger.languages),
        calibration=_as_dict(getattr(getattr(tagger, "meta", None), "calibration", None)),
    )


def _as_dict(value: object) -> dict[str, Any]:
    """Return a dataclass as the plain data that comes back from JSON: lists, no tuples."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return {}
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(value)))
    return plain


def kernel_of(tagger: Scorer) -> Kernel:
    """Return how the tagger computes in this process."""
    import torch  # noqa: PLC0415 (seconds, which a process that only prepares rows is spared)

    return Kernel(str(getattr(tagger, "kernel", FP32)), torch.get_num_threads())
