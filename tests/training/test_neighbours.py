"""No line of the corpus may be a neighbour of a line that judges: what judges the model must be new to it."""

from pathlib import Path

import pytest

from model.base import locate
from model.causes import CAUSE_NAMES
from training.corpus import CORPUS, read_labelled
from training.embedding import Embedder
from training.recipe import HELD_BATCHES, NATURAL_TEST_BATCHES, TEST_BATCHES

GOLD = Path(__file__).parents[3] / "shared" / "gold" / "dev.jsonl"
# Cosines of the base encoder's vectors. Our own lines are held apart further: one writer's manner is alike.
TOO_NEAR_TO_GOLD, TOO_NEAR_TO_OURS = 0.85, 0.76
# Some minutes: the encoder reads the whole corpus.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def embed():
    return Embedder(locate())


@pytest.fixture(scope="module")
def ours():
    return read_labelled(CORPUS, CAUSE_NAMES)


@pytest.fixture(scope="module")
def vectors(embed, ours):
    return embed([row.title for row in ours])


@pytest.mark.skipif(not GOLD.exists(), reason="../shared is not here: gold lines cannot be compared")
def test_no_line_of_ours_is_near_a_gold_title(embed, ours, vectors):
    nearest = (vectors @ embed([row.title for row in read_labelled(GOLD, CAUSE_NAMES)]).T).max(axis=1)
    assert [row.id for row, near in zip(ours, nearest, strict=True) if near > TOO_NEAR_TO_GOLD] == []


def test_no_line_that_is_fitted_is_near_one_that_judges(ours, vectors):
    fitted = [row.batch not in HELD_BATCHES for row in ours]
    judging = [row.batch in TEST_BATCHES + NATURAL_TEST_BATCHES for row in ours]
    nearest = (vectors[fitted] @ vectors[judging].T).max(axis=1)
    rows = [row for row, is_fitted in zip(ours, fitted, strict=True) if is_fitted]
    assert [row.id for row, near in zip(rows, nearest, strict=True) if near > TOO_NEAR_TO_OURS] == []
