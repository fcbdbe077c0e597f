"""Evidence: the words that carry a tag are the words that the model knows."""

import pytest

from model.explain import explain


def words(text, explanation):
    return {text[span.start : span.end]: span.weight for span in explanation.evidence}


def test_the_keyword_carries_the_tag(tiny_tagger):
    text = "a b capex c d"
    (explanation,) = explain(tiny_tagger, [text])[0]
    assert explanation.cause == "infrastructure_cost"
    assert words(text, explanation)["capex"] > 0.9


def test_weights_are_shares_of_one(tiny_tagger):
    for explanation in explain(tiny_tagger, ["inflation and a bubble " + "x " * 30])[0]:
        weights = [span.weight for span in explanation.evidence]
        assert sum(weights) == pytest.approx(1)
        assert all(0 <= weight <= 1 for weight in weights)


def test_each_cause_is_carried_by_its_own_words(tiny_tagger):
    text = "inflation fears meet an ai bubble " + "x " * 30
    for explanation in explain(tiny_tagger, [text])[0]:
        carried = words(text, explanation)
        assert (
            max(carried, key=carried.get) == {"macro": "inflation", "valuation": "bubble"}[explanation.cause]
        )


def test_spans_are_characters_of_the_text(tiny_tagger):
    text = "  capex,  again"
    (explanation,) = explain(tiny_tagger, [text])[0]
    assert "capex," in words(text, explanation)


def test_a_text_without_causes_has_nothing_to_explain(tiny_tagger):
    assert explain(tiny_tagger, ["rain", "capex"])[0] == ()


def test_one_word_carries_all(tiny_tagger):
    (explanation,) = explain(tiny_tagger, ["capex"])[0]
    assert explanation.evidence[0].weight == pytest.approx(1)


def test_a_cause_below_its_threshold_is_explained_when_asked(tiny_tagger):
    (explanation,) = explain(tiny_tagger, ["capex"], [["macro"]])[0]
    assert explanation.cause == "macro"
    assert explanation.intensity < 0.5
