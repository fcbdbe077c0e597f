"""The tagger's contract: shapes, ranges, order of causes, independence of batching."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calibration import Calibration
from model.causes import CAUSE_NAMES
from model.meta import SHIPPED
from model.scorer import tagged
from model.tagger import Tagger
from model.text import headline_text
from model.tokens import TokenRows

KEYWORDS = {
    "infrastructure_cost": "capex",
    "valuation": "bubble",
    "regulation": "antitrust",
    "macro": "inflation",
}


def test_the_four_causes_stand_in_the_codebook_s_order():
    assert CAUSE_NAMES == ("infrastructure_cost", "valuation", "regulation", "macro")


def test_probabilities_are_float32_one_column_a_cause(tiny_tagger):
    intensities = tiny_tagger.predict_proba(["capex", "bubble", "rain"])
    assert intensities.shape == (3, 4)
    assert intensities.dtype == np.float32
    assert ((intensities >= 0) & (intensities <= 1)).all()


@pytest.mark.parametrize("cause", CAUSE_NAMES)
def test_each_column_belongs_to_its_cause(tiny_tagger, cause):
    row = tiny_tagger.predict_proba([f"talk of {KEYWORDS[cause]} again"])[0]
    assert tiny_tagger.causes[int(row.argmax())] == cause
    assert tiny_tagger.predict([f"talk of {KEYWORDS[cause]} again"]) == [(cause,)]


def test_several_causes_come_strongest_first(tiny_tagger):
    causes = tiny_tagger.predict(["inflation inflation bubble" + " x" * 100])[0]
    assert causes == ("macro", "valuation")


def test_none_is_a_full_answer(tiny_tagger):
    assert tiny_tagger.predict(["rain in spain"]) == [()]


def test_no_texts_give_no_rows(tiny_tagger):
    assert tiny_tagger.predict_proba([]).shape == (0, 4)


def test_a_text_scores_alike_alone_and_among_others(tiny_tagger):
    texts = [f"{'x ' * length}capex" for length in range(60)]
    together = tiny_tagger.predict_proba(texts)
    alone = np.vstack([tiny_tagger.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_text_longer_than_the_model_reads_is_cut_not_refused(tiny_tagger):
    assert tiny_tagger.predict_proba(["bubble " + "x " * 5000]).shape == (1, 4)


def test_the_threshold_itself_counts_as_tagged(tiny_tagger):
    intensities = tiny_tagger.predict_proba(["bubble"])
    exact = dataclasses.replace(tiny_tagger.meta, thresholds=tuple(map(float, intensities[0])))
    tagger = Tagger(tiny_tagger.compute, tiny_tagger.tokenizer, exact, "exact")
    assert set(tagged(tagger, intensities[0])) == set(CAUSE_NAMES)


def test_calibration_is_applied_per_cause():
    logits = np.array([[0.0, 2.0]], dtype=np.float32)
    calibrated = Calibration(slopes=(1.0, 2.0), offsets=(0.0, -4.0))(logits)
    np.testing.assert_allclose(calibrated, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("title", "summary", "text"),
    [
        ("Fed holds", "", "Fed holds"),
        ("Fed holds", "No change", "Fed holds. No change"),
        ("Is it a bubble?", "Some say so.", "Is it a bubble? Some say so."),
        (" Fed holds ", "  ", "Fed holds"),
    ],
)
def test_title_and_summary_become_one_text(title, summary, text):
    assert headline_text(title, summary) == text


def test_the_shipped_model_is_small_complete_and_carries_its_card():
    files = {path.name: path.stat().st_size for path in SHIPPED.iterdir()}
    assert set(files) == {"README.md", "delta.safetensors", "tagger.json"}
    assert sum(files.values()) < 16_000_000
    assert Tagger.from_pretrained().version in (SHIPPED / "README.md").read_text(encoding="utf-8")


@given(st.lists(st.lists(st.integers(0, 30_000), min_size=1, max_size=9), max_size=9))
def test_token_rows_are_the_rows_that_they_were_made_of(rows):
    kept = pickle.loads(pickle.dumps(TokenRows.of(rows)))
    assert list(kept) == rows
    assert kept[1:4] == rows[1:4]
