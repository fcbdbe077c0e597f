"""The correction for how often feeds name a cause: it follows many rows and distrusts few."""

import numpy as np
import pytest

from model.calibration import identity_calibration
from model.causes import Cause
from training.calibrate import calibrate, correct_prior
from training.corpus import LabelledHeadline
from training.material import own_material
from training.metrics import expected_calibration_error
from training.recipe import CALIBRATION_BATCHES, NATURAL_BATCHES, NATURAL_TEST_BATCHES, TEST_BATCHES


def _feed(rows: int, *, seed: int, shift: float):
    """Return logits and the labels that they would have where the odds are `exp(shift)` times as high."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(-2, 2, size=(rows, 1)).astype(np.float32)
    labels = (generator.random((rows, 1)) < 1 / (1 + np.exp(-logits - shift))).astype(np.int8)
    return logits, labels


def test_many_natural_rows_bring_the_mean_intensity_to_their_rate():
    logits, labels = _feed(20_000, seed=1, shift=-1.2)
    before = identity_calibration(1)
    after = correct_prior(before, logits, labels)
    assert after.slopes == before.slopes
    assert after.offsets[0] == pytest.approx(-1.2, abs=0.1)
    new_logits, new_labels = _feed(20_000, seed=2, shift=-1.2)
    said, was = after(new_logits)[:, 0], new_labels[:, 0]
    assert expected_calibration_error(was, said) < 0.015
    assert expected_calibration_error(was, before(new_logits)[:, 0]) > 0.05


def test_a_few_rows_without_the_cause_do_not_move_it_far():
    logits = np.full((40, 1), -3.0, dtype=np.float32)
    after = correct_prior(identity_calibration(1), logits, np.zeros((40, 1), dtype=np.int8))
    assert -0.1 < after.offsets[0] < 0


def test_only_rows_drawn_as_feeds_come_move_the_offsets():
    logits, labels = _feed(600, seed=3, shift=-1.0)
    rows = [
        LabelledHeadline(f"r5-{i}", f"t{i}", "", ("a",) if y else (), ("a",)) for i, y in enumerate(labels)
    ]
    drawn = [LabelledHeadline(f"n1-{i}", f"n{i}", "", (), ("a",)) for i in range(200)]
    both = np.concatenate([logits, np.full((200, 1), -1.0, dtype=np.float32)])
    unmoved, _ = calibrate(both, rows + drawn, ("a",))
    moved, _ = calibrate(both, rows + drawn, ("a",), natural=drawn)
    assert moved.slopes == unmoved.slopes
    assert moved.offsets[0] < unmoved.offsets[0]


def test_a_users_ids_are_never_taken_for_our_natural_draw(tmp_path):
    said = "".join(f"n1-{i},Rates {i},{'macro' if i % 2 else ''}\n" for i in range(60))
    (tmp_path / "mine.csv").write_text(f"id,title,labels\n{said}")
    material = own_material(tmp_path / "mine.csv", [Cause("macro", "Macro", "Rates.")], add=False)
    assert material.split.calibration
    assert not material.natural


def test_natural_rows_calibrate_and_others_of_their_kind_show_it():
    assert set(NATURAL_BATCHES) <= set(CALIBRATION_BATCHES)
    assert not set(NATURAL_TEST_BATCHES) & {*CALIBRATION_BATCHES, *TEST_BATCHES}
