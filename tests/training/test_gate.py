"""The gate lets nothing fall in silence; and the shipped checkpoint passes it."""

import json

import pytest

from errors import DataError
from model.base import sha256_of
from model.meta import SHIPPED, read_meta
from training.corpus import CORPUS, read_labelled
from training.gate import AVERAGE, FLOORS, Floor, Floors, failures, measure, measure_shipped, pin, read_floors

PINNED = Floors("digest", {AVERAGE: Floor(0.80, 0.01), "valuation": Floor(0.70, 0.03)})


def measured(macro, valuation):
    return {AVERAGE: Floor(macro, 0.01), "valuation": Floor(valuation, 0.03)}


def test_what_is_at_the_floor_or_within_the_noise_passes():
    assert failures(measured(0.80, 0.70), PINNED, "digest") == []
    assert failures(measured(0.795, 0.68), PINNED, "digest") == []


def test_what_is_below_by_more_than_the_noise_is_named():
    (line,) = failures(measured(0.81, 0.66), PINNED, "digest")
    assert line.startswith("valuation: F1 0.660 is below 0.700")


def test_another_corpus_fails_until_it_is_pinned_anew():
    assert "pin again" in failures(measured(0.99, 0.99), PINNED, "other")[0]


def test_a_floor_is_lowered_only_when_it_is_said():
    with pytest.raises(DataError, match="lower or drop the floor of all causes; say --lower"):
        pin(measured(0.79, 0.75), PINNED, "digest", lower=False)
    assert pin(measured(0.79, 0.75), PINNED, "digest", lower=True).floors[AVERAGE].f1 == 0.79


RENAMED = {AVERAGE: Floor(0.80, 0.01), "prices": Floor(0.70, 0.03)}  # valuation, by another name


def test_a_renamed_cause_fails_until_it_is_pinned_anew():
    assert failures(RENAMED, PINNED, "digest") == [
        "valuation: has a floor, and is not measured; pin again",
        "prices: is measured, and has no floor; pin again",
    ]


def test_a_floor_is_dropped_with_its_cause_only_when_it_is_said():
    with pytest.raises(DataError, match="lower or drop the floor of valuation; say --lower"):
        pin(RENAMED, PINNED, "digest", lower=False)
    assert pin(RENAMED, PINNED, "digest", lower=True).floors == RENAMED


def test_a_floor_is_raised_without_asking():
    assert pin(measured(0.85, 0.75), PINNED, "new", lower=False) == Floors("new", measured(0.85, 0.75))


def test_measuring_names_every_cause_and_the_macro_average(tiny_tagger):
    rows = read_labelled(CORPUS, tiny_tagger.causes)[:50]
    assert set(measure(tiny_tagger, rows, resamples=10)) == {AVERAGE, *tiny_tagger.causes}


def test_the_shipped_checkpoint_passes_on_the_test_slice_it_never_saw():
    meta, _ = read_meta(SHIPPED)
    assert meta.data_sha256 == sha256_of(CORPUS), "the checkpoint was trained on another corpus"
    assert failures(measure_shipped(), read_floors(FLOORS), sha256_of(CORPUS)) == []


def test_floors_are_json_that_people_can_read():
    assert set(json.loads(FLOORS.read_text())) == {"data_sha256", "floors"}
