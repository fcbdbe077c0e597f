"""What these tests and the programs that they start have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from ingest.places import place

CAUSES = ("infrastructure_cost", "valuation", "regulation", "macro")


@dataclass
class FakeScorer:
    """Its intensities are bytes of a text's digest: any text has its own, the same in every process."""

    version: str = "fake-1"
    causes: tuple[str, ...] = CAUSES
    thresholds: tuple[float, ...] = (0.5,) * 4
    languages: tuple[str, ...] = ("en",)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        digests = [sha256(text.encode()).digest()[:4] for text in texts]
        return np.array([[byte / 256 for byte in digest] for digest in digests], dtype=np.float32)


def contents(folder: str | Path, prefix: str = "") -> dict[str, bytes]:
    """Return the bytes of every file in a folder whose name begins so."""
    return {path.name: path.read_bytes() for path in place(folder).iterdir() if path.name.startswith(prefix)}
