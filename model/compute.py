"""From token ids to logits, by the kernel of one's choice: what a tagger computes with.

compute = load_compute(checkpoint, "auto")
compute.kernel                        # its name
compute(rows)                         # logits (n, causes)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from model.checkpoint import Checkpoint
from model.kernels import AMX_BF16, AVX512_BF16, CUDA_BF16, EAGER, FP32, choose, this_machine
from model.merged import encoder_config, merged_weights, misfit
from model.packed import PackedNetwork, is_bert
from model.packing import Batch, pack
from model.padding import batches_by_length, pad
from model.products import keep_few_compiled
from model.scorer import TEXTS_A_CALL
from model.workers import Workers, one_thread, thread_count

_DTYPES = {
    FP32: torch.float32,
    AVX512_BF16: torch.bfloat16,
    AMX_BF16: torch.bfloat16,
    CUDA_BF16: torch.bfloat16,
}
# Tokens of a batch: AMX gains by many, a GPU wants to be filled, others by neither (docs/performance.md).
BATCH_TOKENS = {FP32: 1024, AVX512_BF16: 1024, AMX_BF16: 4096, CUDA_BF16: 65_536, EAGER: 4096}
_CUDA_TEXTS = 32_768  # more than `TEXTS_A_CALL`: each length of a call costs a GPU its launches


class Compute(Protocol):
    """Rows of token ids in, logits out; `kernel` names how, `texts_a_call` how many rows suit a call."""

    kernel: str
    texts_a_call: int

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return logits (n, causes) for the token ids of n texts."""


def load_compute(checkpoint: Checkpoint, kernel: str | None = None) -> Compute:
    """Merge a checkpoint and lay it out for a kernel (its name; None or `auto` is this machine's fastest).

    Raises:
        ModelError: this machine does not have that kernel, or the checkpoint does not fit its base encoder.
    """
    config = encoder_config(checkpoint.base.folder)
    name = choose(kernel, this_machine(), bert=is_bert(config))
    if name == EAGER:
        return _Eager(checkpoint)
    keep_few_compiled()
    with one_thread():  # a tenth of a second's work, of which starting more threads takes longer
        network = _packed_network(checkpoint, config, name)
    if name == CUDA_BF16:
        return _OnCuda(network, len(checkpoint.meta.causes))
    return _OnProcessor(name, network, len(checkpoint.meta.causes))


def _packed_network(checkpoint: Checkpoint, config: dict[str, Any], kernel: str) -> PackedNetwork:
    weights = merged_weights(checkpoint)
    device = "cuda" if kernel == CUDA_BF16 else "cpu"
    try:
        return PackedNetwork(
            weights, config, dtype=_DTYPES[kernel], device=device, tokens=BATCH_TOKENS[kernel]
        )
    except KeyError as error:
        raise misfit(checkpoint, error) from error


class _OnProcessor:
    """Packed batches, one a thread."""

    texts_a_call = TEXTS_A_CALL

    def __init__(self, kernel: str, network: PackedNetwork, n_causes: int) -> None:
        self.kernel = kernel
        self.network = network
        self._n_causes = n_causes
        self._workers = Workers()

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        batches = pack(rows, max_tokens=BATCH_TOKENS[self.kernel], parts=thread_count())
        return _scattered(batches, self._workers.map(self.network, batches), len(rows), self._n_causes)


class _OnCuda:
    """Packed batches, one after another; the GPU works on one while the next is sent."""

    texts_a_call = _CUDA_TEXTS

    def __init__(self, network: PackedNetwork, n_causes: int) -> None:
        self.kernel = CUDA_BF16
        self._network, self._n_causes = network, n_causes

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        batches = pack(rows, max_tokens=BATCH_TOKENS[CUDA_BF16])
        return _scattered(batches, [self._network(batch) for batch in batches], len(rows), self._n_causes)


def _scattered(
    batches: Sequence[Batch], found: Sequence[torch.Tensor], n: int, n_causes: int
) -> NDArray[np.float32]:
    logits = np.zeros((n, n_causes), dtype=np.float32)
    for batch, rows in zip(batches, found, strict=True):
        logits[batch.rows] = rows.cpu().numpy()
    return logits


class _Eager:
    """transformers, as training runs it: padded batches in float32 on the processor."""

    texts_a_call = TEXTS_A_CALL

    def __init__(self, checkpoint: Checkpoint) -> None:
        from model.network import merged_network  # noqa: PLC0415 (transformers takes seconds to load)

        self.kernel = EAGER
        self._network = merged_network(checkpoint).eval()
        self._n_causes = len(checkpoint.meta.causes)

    @torch.inference_mode()
    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        logits = np.zeros((len(rows), self._n_causes), dtype=np.float32)
        for batch in batches_by_length([len(row) for row in rows], max_tokens=BATCH_TOKENS[EAGER]):
            input_ids, mask = pad([rows[index] for index in batch])
            logits[batch] = self._network(input_ids, mask).numpy()
        return logits
