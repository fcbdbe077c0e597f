"""The network: an encoder, the mean and the maximum over its tokens, one linear head; logits, one a cause.

It knows nothing of names, thresholds or calibration: the tagger does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors import SafetensorError
from torch import nn

from errors import ModelError
from model.base import BaseFiles, unreadable
from model.checkpoint import Checkpoint
from model.delta import apply_delta
from model.merged import misfit

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.modeling_outputs import BaseModelOutput


class CauseNetwork(nn.Module):
    """Encoder, mean and max pooling, and a linear head.

    The mean says what a text is about, the maximum also what it names in passing.

    Args:
        encoder: a transformers encoder whose output has `last_hidden_state` (n, tokens, hidden).
        n_causes: how many logits a text gets.
        dropout: on the pooled vectors, while training.
    """

    def __init__(self, encoder: PreTrainedModel, n_causes: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * encoder.config.hidden_size, n_causes)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return logits (n, n_causes) for `input_ids` and `attention_mask`, both (n, tokens)."""
        output: BaseModelOutput = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        hidden = cast("torch.Tensor", output.last_hidden_state)  # (n, tokens, hidden)
        return self.classify(hidden, attention_mask)

    def classify(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Pool `hidden` (n, tokens, hidden) over the mask and return logits (n, n_causes)."""
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (n, tokens, 1)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        maximum = hidden.masked_fill(weights == 0, -torch.inf).amax(dim=1)
        return cast("torch.Tensor", self.head(self.dropout(torch.cat([mean, maximum], dim=1))))


def fresh_network(base: BaseFiles, n_causes: int) -> CauseNetwork:
    """Return the base encoder with an untrained head: training starts here, a checkpoint is merged here."""
    return CauseNetwork(load_encoder(base.folder), n_causes)


def merged_network(checkpoint: Checkpoint) -> CauseNetwork:
    """Return a checkpoint's network.

    Raises:
        ModelError: the difference does not fit the base encoder.
    """
    network = fresh_network(checkpoint.base, len(checkpoint.meta.causes))
    try:
        network.load_state_dict(apply_delta(network.state_dict(), checkpoint.delta))
    except (KeyError, RuntimeError) as error:
        raise misfit(checkpoint, error) from error
    return network


def base_weights(base: BaseFiles) -> dict[str, torch.Tensor]:
    """Return the base encoder's weights under the names that they have in a `CauseNetwork`; no head."""
    return {f"encoder.{name}": weight for name, weight in load_encoder(base.folder).state_dict().items()}


def load_encoder(folder: Path) -> PreTrainedModel:
    """Load a base encoder in float32 from a folder's config and safetensors; never pickle.

    Raises:
        ModelError: they cannot be read, or are not of one encoder.
    """
    from transformers import AutoConfig, AutoModel  # noqa: PLC0415 (seconds, for those who need it alone)
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # over 100 tensors that load in a blink
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # what goes wrong is raised
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        encoder, found = AutoModel.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,  # without it transformers asks on stdin, and runs what the folder names
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # they are told of below
            output_loading_info=True,
        )
    except (OSError, SafetensorError, ValueError) as error:
        raise unreadable(folder, error) from error
    if unfit := _unfit(found):
        raise ModelError(
            f"{folder}: model.safetensors is not of the encoder that config.json describes ({unfit})",
            "take both from one encoder",
        )
    if any(name.startswith("pooler.") for name in found["missing_keys"]):
        encoder.pooler = None  # nothing asks it, and one drawn at random would be another each time
    return cast("PreTrainedModel", encoder)


def _unfit(found: Mapping[str, Collection[Any]]) -> str:
    """Say which weights a config does not fit, that would be drawn at random or left out; "" for none."""
    if shapes := sorted(found["mismatched_keys"]):
        return f"weights of other shapes: {len(shapes)}, such as {shapes[0][0]}"
    # Poolers are often lacking, and nothing here asks them.
    if lacking := sorted(name for name in found["missing_keys"] if not name.startswith("pooler.")):
        return f"weights that are not there: {len(lacking)}, such as {lacking[0]}"
    # Heads are surplus in many an encoder; whole layers are not.
    if surplus := sorted(name for name in found["unexpected_keys"] if ".layer." in name):
        return f"weights too many: {len(surplus)}, such as {surplus[0]}"
    return ""
