"""Metrics against figures worked out by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from training.calibrate import fit_platt, fit_thresholds
from training.metrics import (
    bootstrap,
    brier_skill,
    cause_metrics,
    evaluate_intensities,
    expected_calibration_error,
    macro_ap,
    macro_f1,
)

RANDOM = np.random.default_rng(3)


def sample(n=2000, causes=3):
    intensities = RANDOM.uniform(size=(n, causes)).astype(np.float32)
    labels = (RANDOM.uniform(size=(n, causes)) < intensities).astype(np.int8)
    return labels, intensities


def test_ece_of_a_constant_is_its_distance_to_the_base_rate():
    labels = np.array([1, 0, 0, 0] * 15, dtype=np.int8)
    assert expected_calibration_error(labels, np.full(60, 0.75, np.float32), bins=1) == pytest.approx(0.5)


def test_ece_is_small_when_labels_are_drawn_from_the_intensities():
    labels, intensities = sample(n=20_000, causes=1)
    assert expected_calibration_error(labels[:, 0], intensities[:, 0]) < 0.02
    assert expected_calibration_error(labels[:, 0], intensities[:, 0] ** 3) > 0.1


def test_ece_stands_with_fewer_rows_than_bins():
    assert expected_calibration_error(np.array([1], np.int8), np.array([0.9], np.float32)) == pytest.approx(
        0.1
    )


def test_brier_skill_is_one_for_perfect_zero_for_the_base_rate_negative_for_worse():
    labels = np.array([1, 0, 0, 0], dtype=np.int8)
    assert brier_skill(labels, labels.astype(np.float32)) == pytest.approx(1)
    assert brier_skill(labels, np.full(4, 0.25, np.float32)) == pytest.approx(0)
    assert brier_skill(labels, 1 - labels.astype(np.float32)) < 0


def test_macro_f1_agrees_with_scikit_learn():
    labels, intensities = sample()
    expected = f1_score(labels, intensities >= 0.5, average="macro")
    assert macro_f1(labels, intensities, (0.5, 0.5, 0.5)) == pytest.approx(expected)


def test_an_intensity_at_its_threshold_is_tagged_for_the_macro_as_for_the_cause():
    labels, intensities = np.ones((1, 1), np.int8), np.full((1, 1), 0.7, np.float32)  # a little below 0.7
    assert (
        macro_f1(labels, intensities, (0.7,)) == cause_metrics(labels[:, 0], intensities[:, 0], 0.7).f1 == 1
    )


def test_a_cause_without_positives_has_no_average_precision_and_does_not_lower_the_macro():
    labels, intensities = sample()
    labels[:, 1] = 0
    assert np.isnan(cause_metrics(labels[:, 1], intensities[:, 1], 0.5).ap)
    assert macro_ap(labels, intensities) == pytest.approx(macro_ap(labels[:, [0, 2]], intensities[:, [0, 2]]))


def test_the_bootstrap_interval_holds_the_value_and_is_the_same_each_time():
    labels, intensities = sample(n=300)
    first = bootstrap(macro_ap, labels, intensities, resamples=200)
    assert first.low < first.value < first.high
    assert first == bootstrap(macro_ap, labels, intensities, resamples=200)


def test_a_swapped_column_shows_in_the_report():
    labels, intensities = sample(causes=2)
    right = evaluate_intensities(labels, intensities, ("a", "b"), (0.5, 0.5), model_version="v")
    wrong = evaluate_intensities(labels, intensities[:, ::-1], ("a", "b"), (0.5, 0.5), model_version="v")
    assert right.macro_f1.value > wrong.macro_f1.value + 0.1


def test_platt_scaling_recovers_a_known_slope_and_offset():
    logits = RANDOM.normal(0, 3, size=(40_000, 1)).astype(np.float32)
    labels = (RANDOM.uniform(size=logits.shape) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.int8)
    calibration = fit_platt(logits, labels)
    assert calibration.slopes[0] == pytest.approx(0.5, abs=0.03)
    assert calibration.offsets[0] == pytest.approx(-1, abs=0.06)


def test_a_cause_that_never_occurs_is_left_uncalibrated():
    assert fit_platt(np.zeros((5, 1), np.float32), np.zeros((5, 1), np.int8)).slopes == (1.0,)


def test_thresholds_come_near_the_best_f1_on_calibrated_intensities():
    labels, intensities = sample(n=20_000, causes=1)
    intensities = intensities**2  # rarer tags, and still calibrated against labels drawn anew
    labels = (RANDOM.uniform(size=intensities.shape) < intensities).astype(np.int8)
    chosen = macro_f1(labels, intensities, fit_thresholds(intensities))
    best = max(macro_f1(labels, intensities, (threshold,)) for threshold in np.linspace(0.05, 0.95, 91))
    assert chosen > best - 0.005


def test_a_threshold_tags_the_row_that_set_it():
    intensities = np.array([[0.31267], [0.01], [0.01]], dtype=np.float32)
    (threshold,) = fit_thresholds(intensities)
    assert 0.31 < threshold <= intensities[0, 0]
