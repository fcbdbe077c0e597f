"""The reliability plot: bins counted right, drawn, and refused clearly."""

import numpy as np
import pytest

from errors import DataError
from training.metrics import evaluate_intensities, reliability
from training.reliability import draw_reliability


def _report():
    generator = np.random.default_rng(0)
    intensities = generator.random((300, 2), dtype=np.float32)
    labels = (generator.random((300, 2)) < intensities).astype(np.int8)
    return evaluate_intensities(labels, intensities, ("cost", "rules"), (0.5, 0.5), model_version="v")


def test_bins_hold_every_row_once_and_rise_with_the_intensity():
    labels = np.array([0, 1, 0, 1, 1, 0, 1], dtype=np.int8)
    intensities = np.array([0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.6], dtype=np.float32)
    bins = reliability(labels, intensities, bins=3)
    assert sum(part.rows for part in bins) == 7
    assert [round(part.positive_share, 2) for part in bins] == [0.0, 1.0, 1.0]
    assert bins[0].intensity == pytest.approx(0.2)


def test_a_plot_names_every_cause_and_is_the_same_twice(tmp_path):
    report = _report()
    for name in ("a.svg", "b.svg"):
        draw_reliability(report, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    drawn = (tmp_path / "a.svg").read_text()
    assert "<!-- cost -->" in drawn
    assert "<!-- rules -->" in drawn


def test_an_unknown_ending_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match=r"out\.xyz"):
        draw_reliability(_report(), tmp_path / "out.xyz")
