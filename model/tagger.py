"""The tagger: headlines in, a calibrated intensity for every cause out.

    tagger = Tagger.from_pretrained()
    tagger.predict_proba(["Chip stocks sink as rate fears hit richly valued AI names"])

It does not read feeds, split articles or detect languages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model.causes import Cause
from model.checkpoint import load_checkpoint
from model.compute import Compute, load_compute
from model.explain import Explanation, explain
from model.meta import CheckpointMeta, model_folder
from model.scorer import tagged
from model.tokens import encode, load_tokenizer


class Tagger:
    """A trained network with its tokenizer, calibration and thresholds.

    For one kernel and number of threads the same texts in one call get the same answers, to the last bit.
    Build it with `from_pretrained`. It is read-only after that and may be shared between threads.

    Attributes:
        meta: what the model folder says, but for thresholds that were put in the place of its own.
        version: a digest of the model folder; goes with every score.
    """

    def __init__(self, compute: Compute, tokenizer: Tokenizer, meta: CheckpointMeta, version: str) -> None:
        self.compute = compute
        self.tokenizer = tokenizer
        self.meta = meta
        self.version = version

    @classmethod
    def from_pretrained(cls, folder_or_id: str | Path | None = None, *, kernel: str | None = None) -> Self:
        """Load a model folder.

        Args:
            folder_or_id: a folder that `causewire train` made, or a hub id of one; None is the
                checkpoint that ships with causewire.
            kernel: how to compute (a name in `model.kernels`); None or `auto` is this machine's fastest.

        Raises:
            ModelError: no such model, an incomplete folder, a base encoder that is missing or another one,
                or a kernel that this machine does not have.
        """
        checkpoint = load_checkpoint(model_folder(folder_or_id))
        compute = load_compute(checkpoint, kernel)
        tokenizer = load_tokenizer(checkpoint.base.folder, checkpoint.meta.max_tokens)
        return cls(compute, tokenizer, checkpoint.meta, checkpoint.version)

    def with_thresholds(self, thresholds: Iterable[float]) -> Self:
        """Return the same tagger with other thresholds, one a cause, each in [0, 1]."""
        meta = dataclasses.replace(self.meta, thresholds=tuple(thresholds))
        return type(self)(self.compute, self.tokenizer, meta, self.version)

    @property
    def kernel(self) -> str:
        """Name of the kernel that computes."""
        return self.compute.kernel

    @property
    def texts_a_call(self) -> int:
        """How many texts suit a call where there are many."""
        return self.compute.texts_a_call

    @property
    def causes(self) -> tuple[str, ...]:
        """Cause names in the order of the columns of `predict_proba`."""
        return self.meta.causes

    @property
    def described(self) -> tuple[Cause, ...]:
        """The causes with their titles and definitions for people, in the same order."""
        return self.meta.described()

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The intensity at and above which a cause counts as tagged, in the order of `causes`."""
        return self.meta.thresholds

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that the model knows."""
        return self.meta.languages

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated intensities (n, causes) in [0, 1], float32.

        Args:
            texts: made by `model.text.headline_text`.
        """
        return self.predict_tokens(encode(self.tokenizer, texts))

    def predict_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the same for texts of which `rows` are the ids of their tokens."""
        return self.meta.calibration(self.compute(rows))

    def predict(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Return for every text the causes at or above their thresholds, strongest first."""
        return [tagged(self, row) for row in self.predict_proba(texts)]

    def explain(
        self, texts: Sequence[str], causes: Sequence[Sequence[str]] | None = None
    ) -> list[tuple[Explanation, ...]]:
        """Return for every text, cause by cause, the words that carry it; see `model.explain.explain`."""
        return explain(self, texts, causes)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return raw logits (n, causes), before calibration."""
        return self.compute(encode(self.tokenizer, texts))
