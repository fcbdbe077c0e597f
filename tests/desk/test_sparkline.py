"""Sparklines: gaps stay gaps, and the same numbers give the same drawing."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from desk.sparkline import sparkline

SVG = "{http://www.w3.org/2000/svg}"
values = st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=20)


def line_of(svg: str) -> str:
    root = ET.fromstring(svg)
    return next(
        one.get("d")
        for one in root.iter(f"{SVG}path")
        if one.get("class") == "spark-line" and one.get("id") is None
    )


def test_a_gap_breaks_the_line():
    whole = line_of(sparkline([0.1, 0.2, 0.3, 0.2]))
    broken = line_of(sparkline([0.1, 0.2, None, 0.3, 0.2]))
    assert (whole.count("M"), broken.count("M")) == (1, 2)


def test_a_session_between_two_gaps_is_a_dot():
    assert (
        sparkline([0.1, 0.2, None, 0.3, None, 0.2, 0.2]).count("<use") == 2
    )  # the dot, and the last session
    assert sparkline([0.1, 0.2, 0.3, 0.2, 0.2]).count("<use") == 1


def test_a_last_session_without_enough_headlines_has_no_mark():
    assert "spark-now" not in sparkline([0.1, 0.2, None])


def test_nothing_known_draws_nothing():
    assert sparkline([None, None]) == ""
    assert sparkline([]) == ""


@given(values, st.none() | st.floats(0, 1), st.none() | st.floats(0, 0.5))
def test_any_numbers_give_one_element_without_style_text_or_colour(numbers, usual, spread):
    svg = sparkline(numbers, usual=usual, spread=spread, prefix="p")
    assert svg == sparkline(numbers, usual=usual, spread=spread, prefix="p")
    if svg:
        root = ET.fromstring(svg)
        assert root.get("aria-hidden") == "true"
        assert not [one for one in root.iter() if one.get("style") or one.tag == f"{SVG}text"]
        assert all((one.get("id") or "p-").startswith("p-") for one in root.iter())
        assert "#0" not in svg.replace('href="#', "")


def test_two_drawings_in_one_page_share_no_id():
    first, second = (sparkline([0.1, None, 0.2], prefix=prefix) for prefix in ("a", "b"))
    ids = [[one.get("id") for one in ET.fromstring(svg).iter() if one.get("id")] for svg in (first, second)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])
