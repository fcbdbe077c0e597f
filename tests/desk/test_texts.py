"""Texts that stand in no ledger are tagged by the rule that archives are tagged by."""

from __future__ import annotations

import numpy as np

from desk.texts import tag_texts


class Sure:
    """A model with an answer of its own for every text."""

    causes = ("macro", "valuation")
    thresholds = (0.7, 0.3)
    languages = ("en",)
    version = "sure-1"

    def predict_proba(self, texts):
        return np.array([[0.7, 0.9]] * len(texts), dtype=np.float32)


def test_an_intensity_that_is_its_threshold_in_float32_is_tagged_and_the_strongest_comes_first():
    (tagged,) = tag_texts(Sure(), ["Rates weigh on rich valuations"])
    assert tagged.causes == ("valuation", "macro")


def test_a_text_that_cannot_be_read_has_no_causes_and_says_why():
    blank, foreign = tag_texts(Sure(), [" ", "Die Bundesbank senkt ihre Prognose für das Wachstum deutlich"])
    assert (blank.causes, blank.error, blank.intensities) == ((), "no text", {})
    assert foreign.causes == ()
    assert foreign.error
