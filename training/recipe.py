"""The recipe: how to fine-tune, in one frozen record, and which batches are held out for what.

Chosen on batches of the corpus that were left out, never on the test slice; the trials are in docs/log.md.
"""

from __future__ import annotations

from dataclasses import dataclass

TEST_BATCHES = ("r7", "r12")  # never trained on, never calibrated on: the test slice
CALIBRATION_BATCHES = ("r5", "r20", "r65", "n1")  # calibration and thresholds come from these
NATURAL_BATCHES = ("n1",)  # of these, what was drawn as feeds come: how often feeds name a cause
NATURAL_TEST_BATCHES = ("n2",)  # drawn in the same way, and nothing is fitted to it
HELD_BATCHES = TEST_BATCHES + CALIBRATION_BATCHES + NATURAL_TEST_BATCHES  # not fitted


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to fine-tune.

    Args:
        epochs: rounds over the training rows, two forward passes of each.
        batch_size: rows a step.
        learning_rate: peak of the encoder's rate; linear warm-up, then linear decay to zero. The word
            embeddings stay as they are: half of all weights, and hardly worth training (docs/log.md).
        head_learning_rate: the same for the head, which starts from nothing.
        weight_decay: on matrices only.
        warmup_share: share of the steps that warm up.
        disagreement_weight: of how far the two passes are apart, beside the cross-entropy; at least 0.
        average_decay: share that the weights' running average keeps at each step, in (0, 1).
        average_from_share: share of the steps after which the average begins.
        max_tokens: texts are cut after so many tokens.
        seed: of the head, the order of rows and the dropout.
    """

    epochs: float = 2.4
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_share: float = 0.06
    disagreement_weight: float = 1.0
    average_decay: float = 0.995
    average_from_share: float = 0.2
    max_tokens: int = 96
    seed: int = 0
