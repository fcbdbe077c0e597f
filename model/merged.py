"""A checkpoint's network as plain weights and settings, read without transformers, which takes seconds.

`merged_weights` gives the base encoder's weights with the checkpoint's difference put in, by the names that
they have in a `model.network.CauseNetwork`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from errors import ModelError
from model.base import unreadable
from model.checkpoint import Checkpoint
from model.delta import apply_delta

_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def encoder_config(folder: Path) -> dict[str, Any]:
    """Read an encoder's `config.json`.

    Raises:
        ModelError: it is not there or no JSON object.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} is not an encoder's settings", "put the base encoder there again")
    return config


def merged_weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Return the merged weights, float32, by name.

    Raises:
        ModelError: the base encoder's weights cannot be read, or the difference does not fit them.
    """
    path = checkpoint.base.folder / "model.safetensors"
    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise unreadable(path, error) from error
    base = {_name(name): weight.float() for name, weight in stored.items() if weight.is_floating_point()}
    try:
        return apply_delta(base, checkpoint.delta)
    except (KeyError, RuntimeError) as error:
        raise misfit(checkpoint, error) from error


def misfit(checkpoint: Checkpoint, error: Exception) -> ModelError:
    """Return the error for a difference that does not fit its base encoder."""
    return ModelError(
        f"the difference does not fit the base encoder in {checkpoint.base.folder} ({error})",
        "train again, or copy the model folder again",
    )


def _name(stored: str) -> str:
    name = stored.removeprefix("bert.")
    for old, new in _OLD_NAMES.items():
        name = name.replace(old, new)
    return f"encoder.{name}"
