"""Vectors for likeness."""

import numpy as np
import pytest

from model.base import locate
from training.embedding import Embedder


def test_vectors_have_unit_length_and_like_texts_are_near():
    texts = ["Fed raises interest rates", "A recipe for lemon cake", "The Fed lifts its rate"]
    alike, other, same = Embedder(locate())(texts)
    assert np.linalg.norm(alike) == pytest.approx(1, abs=1e-5)
    assert alike @ same > alike @ other + 0.3
