"""How many compiled products the processor's kernels keep: a bound on memory, which costs nothing to import.

oneDNN, and torch above it, keep a product for every shape that they meet, up to 1,024 each. The linear layers
have some three hundred, one for each width of a batch, which came to 0.6 GB in bfloat16 and 1.2 in float32.
"""

from __future__ import annotations

import os

_KEPT = 32  # those of the last eight widths: more saves no time (docs/log.md)
_CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")


def keep_few_compiled() -> None:
    """Let each cache keep so many, unless the environment says otherwise.

    The caches ask when a process computes its first product, so training, which comes before any scoring,
    keeps what it needs.
    """
    for cache in _CACHES:
        os.environ.setdefault(cache, str(_KEPT))
