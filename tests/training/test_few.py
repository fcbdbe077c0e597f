"""A calibration on few rows stays gentle, and looks only at rows that were judged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibrate import calibrate, fit_platt
from training.corpus import LabelledHeadline
from training.few import FEW, fit_smoothed_platt


def row(labels, judged=("a", "b")):
    return LabelledHeadline("m-1", "x", "", tuple(labels), tuple(judged))


def test_rows_that_part_cleanly_give_no_endless_slope():
    logits = np.array([[-6.0], [-5.0], [-5.5], [4.0], [5.0]], dtype=np.float32)
    labels = np.array([[0], [0], [0], [1], [1]], dtype=np.int8)
    intensities = fit_smoothed_platt(logits, labels)(logits)[:, 0]
    assert 0.05 < intensities[:3].max() < 0.3  # 1 / (3 + 2) is what three of three are worth
    assert 0.6 < intensities[3:].min() < 0.9  # 3 / 4, two of two


@given(st.lists(st.tuples(st.floats(-30, 30, width=32), st.booleans()), min_size=2, max_size=40))
def test_any_few_rows_give_finite_intensities_that_keep_the_order(drawn):
    logits = np.array([[logit] for logit, _ in drawn], dtype=np.float32)
    labels = np.array([[int(label)] for _, label in drawn], dtype=np.int8)
    labels[0], labels[1] = 0, 1
    intensities = fit_smoothed_platt(logits, labels)(np.sort(logits, axis=0))[:, 0]
    assert np.isfinite(intensities).all()
    assert (np.diff(intensities) >= 0).all()


def test_each_cause_is_calibrated_on_the_rows_judged_for_it_alone():
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(400, 2)).astype(np.float32)
    carried = generator.uniform(size=(400, 2)) < 1 / (1 + np.exp(-2 * logits))
    rows = [
        row([name for name, yes in zip("ab", pair, strict=True) if yes and name in judged], judged)
        for pair, judged in zip(carried, ["a", "ab"] * 200, strict=True)
    ]
    calibration, thresholds = calibrate(logits, rows, ("a", "b"))
    labels = carried.astype(np.int8)
    whole, half = fit_platt(logits[:, :1], labels[:, :1]), fit_platt(logits[1::2, 1:], labels[1::2, 1:])
    assert calibration.slopes == pytest.approx((*whole.slopes, *half.slopes))
    assert calibration.offsets == pytest.approx((*whole.offsets, *half.offsets))
    assert all(0.2 <= threshold <= 0.6 for threshold in thresholds)


def test_with_rows_enough_it_is_the_plain_fit_and_with_fewer_the_smoothed_one():
    generator = np.random.default_rng(2)
    for count, plain in ((FEW, True), (FEW - 1, False)):
        logits = generator.normal(size=(count + 200, 1)).astype(np.float32)
        rows = [row(["a"] if i < count else [], ["a"]) for i in range(len(logits))]
        labels = np.array([[int(i < count)] for i in range(len(logits))], dtype=np.int8)
        fitted = calibrate(logits + 2 * labels, rows, ("a",))[0]
        assert (fitted == fit_platt(logits + 2 * labels, labels)) is plain
