"""How many compiled products the processor's kernels keep: a bound on memory, which costs nothing to import.

oneDNN, and torch above it, keep a product for every shape that they meet, up to 1,024 each, and attention has
as many shapes as there are numbers of texts of a length: over an archive in bfloat16 those came to 2 GB.
"""

from __future__ import annotations

import os

FOR_ARCHIVES = 64  # large batches: more saves no time
FOR_SERVERS = 256  # small batches of ever other shapes: an eighth of their time, and 0.3 GB
_CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")


def keep_compiled(products: int) -> None:
    """Let each cache keep so many, unless the environment or an earlier call says otherwise.

    The caches ask when a process computes its first product, so training, which comes before any scoring,
    keeps what it needs.
    """
    for cache in _CACHES:
        os.environ.setdefault(cache, str(products))
