"""What scoring needs of a tagger, and what a run remembers of it.

`model.tagger.Tagger` is a `Scorer`; so is any object with these few attributes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray


class Scorer(Protocol):
    """A tagger as scoring sees it. An attribute `kernel` names how it computes; without one, `fp32`."""

    @property
    def causes(self) -> tuple[str, ...]:
        """Cause names, in the order of the columns of `predict_proba`."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The intensity in [0, 1] at and above which a cause counts as tagged."""

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that the model knows."""

    @property
    def version(self) -> str:
        """A digest of all that the answers depend on: weights, calibration, thresholds."""

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return intensities (n, causes) in [0, 1]."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model scored. `version` is a digest of the rest; the rest is for people."""

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
    return Kernel(str(getattr(tagger, "kernel", "fp32")), torch.get_num_threads())


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many threads inside: a run that goes on elsewhere keeps the number it began with."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
