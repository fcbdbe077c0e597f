"""Rows that contradict each other, or are too few, are refused before anything is trained."""

import pytest

from errors import DataError
from training.checks import check_agreement, check_enough, check_parts, withheld_note
from training.corpus import LabelledHeadline, read_labelled
from training.split import Split

CAUSES = ("weather", "strike")


def row(number, labels=(), judged=CAUSES, title=None, summary=""):
    return LabelledHeadline(f"m-{number}", title or f"Title {number}", summary, tuple(labels), tuple(judged))


def test_the_same_text_with_a_cause_and_without_it_is_a_contradiction():
    rows = [row(1, ["weather"], title="Rain"), row(2), row(3, ["strike"], title="Rain")]
    with pytest.raises(DataError, match=r"itself: m-1 has weather, .* without it \(and 1 more\)") as told:
        check_agreement("mine.jsonl", rows)
    assert told.value.details == (
        "m-1 has weather, m-3 is the same text without it",
        "m-3 has strike, m-1 is the same text without it",
    )


def test_capitals_make_no_other_text():
    with pytest.raises(DataError, match="contradicts itself"):
        check_agreement("mine.jsonl", [row(1, ["weather"], title="Rain"), row(2, title="RAIN")])


def test_rows_that_the_model_would_not_speak_for_are_told():
    german = [row(number, title="Der Streik legt den Hafen von Hamburg lahm") for number in range(3)]
    english = [row(number, title="The strike has shut the port of Hamburg") for number in range(5)]
    note = withheld_note(english + german, ("en",))
    assert note.startswith("3 of 8 rows are in another language than en, such as de: ")
    assert note.endswith("--language de")
    assert withheld_note(german, ("en", "de")) == ""
    assert withheld_note(english * 20 + german, ("en",)) == ""  # what is guessed so seldom may be wrong


def test_a_contradiction_is_told_by_file_and_line_whatever_the_ids(tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("id,title,labels\nx,Rain,weather\ny,Snow,\nx,Rain,\n")
    with pytest.raises(DataError, match=r"mine\.csv:2 has weather, \S*mine\.csv:4 is the same text"):
        check_agreement("mine.csv", read_labelled(mine, CAUSES))


def test_another_summary_or_another_cause_that_was_judged_is_no_contradiction():
    check_agreement(
        "mine.jsonl",
        [
            row(1, ["weather"], title="Rain"),
            row(2, ["weather"], title="Rain"),
            row(3, [], title="Rain", summary="It stopped."),
            row(4, ["strike"], title="Snow", judged=["strike"]),
            row(5, ["weather"], title="Snow", judged=["weather"]),
        ],
    )


def test_a_part_that_says_only_yes_to_a_cause_is_refused():
    both = [row(1, CAUSES), row(2)]
    check_parts(Split(both, both, both), CAUSES)
    with pytest.raises(DataError, match="none judged without strike is left for the calibration part"):
        check_parts(Split(both, [row(1, CAUSES), row(3, ["strike"])], both), CAUSES)


def test_rows_that_are_too_few_are_told_by_cause():
    rows = [row(n, ["weather"]) for n in range(9)] + [row(n, [], ["strike"]) for n in range(20, 30)]
    with pytest.raises(DataError) as told:
        check_enough("mine.jsonl", rows, CAUSES)
    assert (
        told.value.what
        == "mine.jsonl is too small: weather has 0 titles judged without it, strike has 0 titles with it"
    )


def test_the_same_title_over_and_over_is_one_title():
    rows = [row(n, CAUSES, title="Rain stops work") for n in range(20)] + [row(n) for n in range(50, 60)]
    with pytest.raises(DataError, match="weather has 1 titles with it"):
        check_enough("mine.jsonl", rows, CAUSES)
