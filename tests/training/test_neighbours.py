"""No line of the corpus may be a neighbour of a gold line: what judges the model must be new to it."""

from pathlib import Path

import pytest

from model.base import locate
from model.causes import CAUSE_NAMES
from model.embedding import Embedder
from training.corpus import CORPUS, read_labelled

GOLD = Path(__file__).parents[3] / "shared" / "gold" / "dev.jsonl"
TOO_NEAR = 0.85  # cosine of the base encoder's vectors


@pytest.mark.slow  # some minutes: the encoder reads the whole corpus
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not GOLD.exists(), reason="../shared is not here: gold lines cannot be compared")
def test_no_line_of_ours_is_near_a_gold_title():
    ours, gold = read_labelled(CORPUS, CAUSE_NAMES), read_labelled(GOLD, CAUSE_NAMES)
    embed = Embedder(locate())
    likeness = embed([row.title for row in ours]) @ embed([row.title for row in gold]).T
    assert [row.id for row, near in zip(ours, likeness.max(axis=1), strict=True) if near > TOO_NEAR] == []
