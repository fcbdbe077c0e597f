"""The tagger: headlines in, a calibrated intensity for every cause out.

    tagger = Tagger.from_pretrained()
    tagger.predict_proba(["Chip stocks sink as rate fears hit richly valued AI names"])

It does not read feeds, split articles or detect languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from errors import ModelError
from model.base import hub_snapshot
from model.causes import Cause
from model.checkpoint import Checkpoint, CheckpointMeta, load_checkpoint
from model.delta import apply_delta
from model.network import CauseNetwork, fresh_network
from model.tokens import batches_by_length, encode, load_tokenizer, pad

SHIPPED = Path(__file__).parent / "checkpoint"
_BATCH_TOKENS = 4096
_REMEDY = "name a folder that `causewire train` made"


class Tagger:
    """A trained network with its tokenizer, calibration and thresholds.

    Build it with `from_pretrained`. It is read-only after that and may be shared between threads.

    Attributes:
        meta: what the model folder says.
        version: a digest of the model folder; goes with every score.
    """

    def __init__(
        self, network: CauseNetwork, tokenizer: Tokenizer, meta: CheckpointMeta, version: str
    ) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.meta = meta
        self.version = version

    @classmethod
    def from_pretrained(cls, folder_or_id: str | Path | None = None) -> Self:
        """Load a model folder.

        Args:
            folder_or_id: a folder that `causewire train` made, or a hub id of one; None is the
                checkpoint that ships with causewire.

        Raises:
            ModelError: no such model, an incomplete folder, or a base encoder that is missing or another one.
        """
        checkpoint = load_checkpoint(SHIPPED if folder_or_id is None else _model_folder(folder_or_id))
        network = _merged(checkpoint)
        tokenizer = load_tokenizer(checkpoint.base.folder, checkpoint.meta.max_tokens)
        return cls(network, tokenizer, checkpoint.meta, checkpoint.version)

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
        return self.meta.calibration(self.logits(texts))

    def predict(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Return for every text the causes at or above their thresholds, strongest first."""
        return [self.tagged(row) for row in self.predict_proba(texts)]

    def tagged(self, intensities: NDArray[np.float32]) -> tuple[str, ...]:
        """Return the causes of one row of `predict_proba` that reach their thresholds, strongest first."""
        order = np.argsort(-intensities, kind="stable")
        return tuple(self.causes[i] for i in order if intensities[i] >= self.thresholds[i])

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return raw logits (n, causes), before calibration."""
        rows = encode(self.tokenizer, texts)
        logits = np.zeros((len(rows), len(self.causes)), dtype=np.float32)
        with torch.inference_mode():
            for batch in batches_by_length([len(row) for row in rows], max_tokens=_BATCH_TOKENS):
                input_ids, mask = pad([rows[index] for index in batch])
                logits[batch] = self.network(input_ids, mask).float().numpy()
        return logits


def _model_folder(folder_or_id: str | Path) -> Path:
    if Path(folder_or_id).is_dir():
        return Path(folder_or_id)
    if (
        isinstance(folder_or_id, Path)
        or folder_or_id.startswith((".", "/", "~"))
        or folder_or_id.count("/") != 1
    ):
        raise ModelError(f"model folder {folder_or_id} does not exist", _REMEDY)
    return hub_snapshot(folder_or_id, _REMEDY)


def _merged(checkpoint: Checkpoint) -> CauseNetwork:
    network = fresh_network(checkpoint.base, len(checkpoint.meta.causes))
    try:
        network.load_state_dict(apply_delta(network.state_dict(), checkpoint.delta))
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"the difference does not fit the base encoder in {checkpoint.base.folder} ({error})",
            "train again, or copy the model folder again",
        ) from error
    return network
