"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import formats
from desk.formats import MINUS


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.123, "+0.12"), (-0.036, f"{MINUS}0.04"), (0.0, "0.00"), (-0.001, "0.00"), (None, "—")],
)
def test_a_difference_has_a_sign_unless_it_rounds_to_nothing(value, said):
    assert formats.signed(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.49, "+0.5 sd"), (-1.16, f"{MINUS}1.2 sd"), (0.01, "0.0 sd"), (None, "")]
)
def test_a_change_in_standard_deviations_is_rounded_and_not_cut(value, said):
    assert formats.sds(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(-0.0124, f"{MINUS}1.24%"), (0.1, "+10.00%"), (0.00001, "0.00%"), (None, "—")]
)
def test_a_return_is_in_per_cent_with_its_sign(value, said):
    assert formats.signed_percent(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.0099, "<0.01"), (0.0, "<0.01"), (0.01, "0.010"), (0.2136, "0.214"), (None, "—")]
)
def test_a_p_value_has_three_digits_or_is_below_a_hundredth(value, said):
    assert formats.probability(value) == said


@given(st.floats(-1, 1))
def test_a_signed_number_reads_back_to_its_rounding(value):
    assert float(formats.signed(value).replace(MINUS, "-")) == pytest.approx(value, abs=0.0051)


def test_dates_and_times_name_their_zone():
    at = datetime(2026, 7, 29, 20, tzinfo=UTC)
    assert formats.long_date(date(2026, 7, 29)) == "Wednesday 29 July 2026"
    assert formats.clock(at, "America/New_York") == "16:00 EDT"
    assert formats.clock(at, "Asia/Seoul") == "05:00 KST"
    assert formats.moment(at, "UTC") == "29 Jul 2026, 20:00 UTC"


def test_a_zone_without_an_abbreviation_shows_its_offset():
    assert formats.clock(datetime(2026, 7, 29, 20, tzinfo=UTC), "America/Sao_Paulo") == "17:00 UTC-03:00"


def test_words_are_counted_and_listed():
    assert formats.plural(1, "headline") == "1 headline"
    assert formats.plural(1204, "headline") == "1,204 headlines"
    assert [formats.listed(list(words)) for words in ("a", "ab", "abc", "")] == [
        "a",
        "a and b",
        "a, b and c",
        "",
    ]
