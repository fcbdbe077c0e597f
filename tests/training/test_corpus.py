"""Labelled data is checked line by line, and ours keeps its promises."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from errors import DataError
from model.causes import CAUSE_NAMES
from training.corpus import CORPUS, judged_matrix, label_matrix, read_labelled, split_batches
from training.recipe import CALIBRATION_BATCHES, NATURAL_TEST_BATCHES, TEST_BATCHES
from training.split import split_by_batch

GOLD = Path(__file__).parents[3] / "shared" / "gold" / "dev.jsonl"


@pytest.fixture(scope="module")
def corpus():
    return read_labelled(CORPUS, CAUSE_NAMES)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"labels": []}', "title is missing"),
        ('{"title": "x", "summary": 3, "labels": []}', "summary is no text"),
        ('{"title": "x", "labels": 3}', "labels is no list"),
        ('{"title": "x"}', "labels is no list"),
        ('{"title": "x", "labels": "macro, valuation"}', "unknown 'macro, valuation'; put ; between"),
        ('{"title": "x\\ud800", "labels": []}', "title has half a character"),
        ('{"title": "x", "summary": "\\udc00", "labels": []}', "summary has half a character"),
        ('{"title": "x", "labels": ["\\ud800"]}', "labels has half a character"),
        ('{"title": "x", "labels": ["macro"], "judged": ["valuation"]}', "macro, for which the row was not"),
        ('{"title": "x", "labels": [], "judged": []}', "judged names no cause"),
        (
            '{"title": "x", "labels": [], "judged": ["macros"]}',
            "judged has unknown 'macros'; did you mean macro",
        ),
        ('{"title": "x", "labels": ["macros"]}', "unknown 'macros'; did you mean macro"),
        ('{"title": "x", "labels": ["weather"]}', "unknown 'weather'; use infrastructure_cost.* --causes"),
        ('{"title": "x", "labels": "None"}', "unknown 'None'; leave it empty"),
        ('{"title": "x", "labels": [], "Judged": ["macro"]}', "Judged is not read; write judged"),
        ('{"title": "x", "labels": [], "sumary": "y"}', "sumary is not read; write summary"),
        ('{"title": "x", "labels": ["macro", "macro"]}', "names a cause twice"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path, line, words):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"title": "fine", "labels": []}\n' + line + "\n")
    with pytest.raises(DataError, match=rf"mine\.jsonl:2: .*{words}"):
        read_labelled(path, CAUSE_NAMES)


def test_every_bad_line_is_listed_up_to_twenty(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"title": "fine", "labels": []}\n' + '{"title": "", "labels": []}\n' * 23)
    with pytest.raises(DataError, match=r"23 of 24 rows are wrong; mend .*:2: title") as told:
        read_labelled(path, CAUSE_NAMES)
    assert len(told.value.details) == 21
    assert told.value.details[19].startswith(f"{path}:21: title is missing")
    assert told.value.details[20] == "and 3 more"


def test_a_row_says_nothing_of_causes_that_it_was_not_judged_for(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '{"title": "x", "labels": ["macro"]}\n{"title": "y", "labels": [], "judged": ["valuation"]}\n'
    )
    rows = read_labelled(path, CAUSE_NAMES, judged=("macro", "regulation"))
    np.testing.assert_array_equal(
        judged_matrix(rows, CAUSE_NAMES), [[False, False, True, True], [False, True, False, False]]
    )


def test_a_text_may_hold_any_line_separator_but_a_newline(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"title": "one\u2028two\x85three", "labels": []}, ensure_ascii=False) + "\n")
    assert read_labelled(path, CAUSE_NAMES)[0].title == "one\u2028two\x85three"


def test_an_empty_file_is_an_error(tmp_path):
    (tmp_path / "mine.jsonl").write_text("\n")
    with pytest.raises(DataError, match="holds no labelled headline"):
        read_labelled(tmp_path / "mine.jsonl", CAUSE_NAMES)


def test_columns_follow_the_order_asked_for(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"title": "x", "labels": ["macro", "valuation"]}))
    rows = read_labelled(path, CAUSE_NAMES)
    np.testing.assert_array_equal(label_matrix(rows, CAUSE_NAMES), [[0, 1, 0, 1]])
    np.testing.assert_array_equal(label_matrix(rows, CAUSE_NAMES[::-1]), [[1, 0, 1, 0]])


def test_ids_are_unique(corpus):
    assert len({row.id for row in corpus}) == len(corpus)


def test_no_text_stands_twice_and_a_title_only_in_pairs_that_differ_by_their_summaries(corpus):
    texts = [" ".join(row.text.lower().split()) for row in corpus]
    assert len(set(texts)) == len(texts)
    titles = Counter(" ".join(row.title.lower().split()) for row in corpus)
    twins = {title for title, count in titles.items() if count > 1}
    assert {row.batch for row in corpus if " ".join(row.title.lower().split()) in twins} <= {"a12"}


def test_the_test_slice_is_never_fitted_nor_calibrated_on(corpus):
    split = split_by_batch(corpus)
    assert {row.batch for row in split.test} == set(TEST_BATCHES)
    assert len(split.test) == 719
    assert {row.batch for row in split.calibration} == set(CALIBRATION_BATCHES)
    held = {*TEST_BATCHES, *CALIBRATION_BATCHES, *NATURAL_TEST_BATCHES}
    assert {row.id for row in split.fit} == {row.id for row in corpus if row.batch not in held}


def test_splitting_by_batch_keeps_the_order(corpus):
    rest, held = split_batches(corpus[:1000], {"a2"})
    assert [row.id for row in held] == [row.id for row in corpus[:1000] if row.batch == "a2"]
    assert len(rest) + len(held) == 1000


@pytest.mark.skipif(not GOLD.exists(), reason="../shared is not here: gold lines cannot be compared")
def test_no_title_of_ours_is_a_gold_title(corpus):
    gold = {row.title.lower() for row in read_labelled(GOLD, CAUSE_NAMES)}
    assert not gold & {row.title.lower() for row in corpus}
