"""Long texts: what every sentence says where it stands, and the whole as the sum of that."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.passages import sentence_spans, tag_passage

STORY = (
    "Shares of chip makers fell for a third day. Desks spoke of a bubble at last.\n\n"
    "Mr. Ito of a bank in Osaka said capex was too high. Capex again, he said. It rained."
)


def test_each_sentence_carries_what_it_says(tiny_tagger):
    bubble, capex = "Desks spoke of a bubble at last.", "Mr. Ito of a bank in Osaka said capex was too high."
    passage = tag_passage(tiny_tagger, f"{bubble} It rained. It poured. {capex}")
    said = {s.text: s.causes for s in passage.sentences}
    assert said[bubble] == ("valuation",)
    assert said[capex] == ("infrastructure_cost",)
    assert said["It poured."] == ()


class Told:
    """A scorer of one cause that knows what texts it will be asked about."""

    causes, thresholds, version, languages = ("macro",), (0.5,), "told", ("en",)

    def __init__(self, answers):
        self.answers = answers

    def predict_proba(self, texts):
        return np.array([[self.answers[text]] for text in texts], dtype=np.float32).reshape(-1, 1)


def test_a_sentence_is_read_alone_and_behind_the_one_before_it():
    alone = {"Rates rose.": 0.9, "They hurt.": 0.2, "It rained.": 0.01}
    behind = {"Rates rose. They hurt.": 0.8, "They hurt. It rained.": 0.9}
    rates, they, rain = tag_passage(Told(alone | behind), "Rates rose. They hurt. It rained.").sentences
    assert rates.intensities["macro"] == pytest.approx(0.9)  # it leans on none
    assert they.intensities["macro"] == pytest.approx(0.5)  # odds of 1 to 4 and 4 to 1
    assert rain.causes == ()  # what stands before it says so, it does not


def test_a_headline_without_a_mark_ends_before_the_sentence_that_follows():
    told = Told({"Rates rose": 0.9, "They hurt.": 0.2, "Rates rose. They hurt.": 0.8})
    assert len(tag_passage(told, "Rates rose\n\nThey hurt.").sentences) == 2


def test_of_a_long_sentence_its_end_is_what_stands_before_the_next():
    asked = []

    class Asked(Told):
        def predict_proba(self, texts):
            asked.extend(texts)
            return np.zeros((len(texts), 1), dtype=np.float32)

    long = " ".join(f"word{n}" for n in range(64)) + "."
    tag_passage(Asked({}), f"{long} It rained. {long}")
    assert asked[3:] == [f"{long[long.index('word2 ') :]} It rained.", long]


def words(first, last):
    return " ".join(f"w{n}" for n in range(first, last + 1))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (words(1, 64), [words(1, 64)]),
        (words(1, 65), [words(1, 64), "w65"]),
        (f"{words(1, 150)}.", [words(1, 64), words(65, 128), f"{words(129, 150)}."]),
        (f"{words(1, 40)}, {words(41, 90)}.", [f"{words(1, 40)},", f"{words(41, 90)}."]),
        (f"{words(1, 20)}, {words(21, 90)}.", [f"{words(1, 20)}, {words(21, 64)}", f"{words(65, 90)}."]),
        (f"{words(1, 35)}\nw36, {words(37, 90)}", [words(1, 35), f"w36, {words(37, 90)}"]),
    ],
)
def test_a_sentence_too_long_to_be_read_at_once_is_given_in_parts(text, parts):
    assert [text[start:end] for start, end in sentence_spans(text)] == parts


def test_what_a_long_list_says_last_is_not_lost(tiny_tagger):
    rain = "It rained here\n" * 42
    assert tag_passage(tiny_tagger, f"{rain}Desks spoke of a bubble").sentences[-1].causes == ("valuation",)


def test_certainty_is_no_endless_logit():
    passage = tag_passage(Told({"Rates.": 1.0, "Rain.": 0.0, "Rates. Rain.": 1.0}), "Rates. Rain.")
    assert [s.intensities["macro"] for s in passage.sentences] == pytest.approx([1, 0.5], abs=0.01)


def test_the_cause_that_more_is_said_about_comes_first(tiny_tagger):
    assert tag_passage(tiny_tagger, STORY).causes == ("infrastructure_cost", "valuation")


def test_of_two_causes_said_once_the_earlier_comes_first(tiny_tagger):
    bubble, capex = "Desks spoke of a bubble at last.", "Capex again, he said."
    assert tag_passage(tiny_tagger, f"{bubble} {capex}").causes == ("valuation", "infrastructure_cost")
    assert tag_passage(tiny_tagger, f"{capex} {bubble}").causes == ("infrastructure_cost", "valuation")


def test_a_cause_named_but_once_far_down_is_background(tiny_tagger):
    rain = "It rained. " * 20
    story = tag_passage(tiny_tagger, f"Desks spoke of a bubble at last. {rain} Capex again, he said.")
    assert story.causes == ("valuation",)
    assert story.sentences[-1].causes == ("infrastructure_cost",)


def test_a_single_sentence_has_the_causes_that_it_is_tagged_with(tiny_tagger):
    sentence = "Desks spoke of a bubble at last."
    assert tag_passage(tiny_tagger, sentence).causes == tiny_tagger.predict([sentence])[0]


def test_a_story_without_causes_has_none(tiny_tagger):
    passage = tag_passage(tiny_tagger, "It rained. It rained again.")
    assert passage.causes == ()
    assert len(passage.sentences) == 2


def test_an_empty_text_has_no_sentences(tiny_tagger):
    passage = tag_passage(tiny_tagger, " \n ")
    assert passage.sentences == ()
    assert set(passage.intensities.values()) == {0.0}


def test_abbreviations_and_prices_do_not_end_a_sentence():
    assert len(sentence_spans("U.S. stocks fell 2.5% at 9.30 a.m. in New York, J.P. Morgan Inc. said.")) == 1


@given(st.text(alphabet="ab .!?\n\tü€𝄞", max_size=80))
def test_spans_are_in_order_within_the_text_and_lose_no_word(text):
    spans = sentence_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert "".join(text[start:end] for start, end in spans).split() or not text.strip()
    assert sum(not c.isspace() for s, e in spans for c in text[s:e]) == sum(not c.isspace() for c in text)
