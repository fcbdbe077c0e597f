"""The lead says what stands out and what the market did, and nothing that it does not know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from aggregate.returns import Returns, SessionReturn
from desk.formats import MINUS
from desk.lead import lead

CLOSE = datetime(2026, 7, 29, 20, tzinfo=UTC)


@pytest.fixture
def spike(make_scored):
    """Return headlines that lift a cause: `spike(macro=0.99)`."""

    def make(count: int = 12, **intensities: float):
        at = CLOSE - timedelta(hours=2)
        return [make_scored(at - timedelta(minutes=n), f"Spike {n}", **intensities) for n in range(count)]

    return make


def text_of(summary) -> str:
    return lead(summary).replace("\u00a0", " ")


def test_one_cause_that_stands_out_is_told_with_its_usual(make_summary, spike):
    assert text_of(make_summary(spike(macro=0.99))).startswith(
        "Macro stands out, at 0.65 against a usual 0.34. "
    )


def test_two_causes_that_stand_out_are_told_furthest_first(make_summary, spike):
    said = text_of(make_summary(spike(macro=0.99, regulation=0.9)))
    assert "regulation at" in said
    assert "macro at" in said
    assert said.split(":")[0].endswith("stand out")


def test_where_none_stands_out_the_nearest_is_told(make_summary, spike):
    said = text_of(make_summary(spike(2, macro=0.6)))
    assert said.startswith("No cause stands out; macro comes nearest, at 0.36 against a usual 0.34. ")


def test_the_market_is_told_by_its_first_symbol_and_its_widest_move(make_summary):
    said = text_of(make_summary())
    assert said.endswith(f"S&P 500 lost 1.24%, and Technology moved most, by {MINUS}4.10% (unconfirmed).")


@pytest.mark.parametrize(("other", "told"), [(0.0123, False), (-0.0124, False), (-0.0125, True)])
def test_another_symbol_is_said_to_have_moved_most_only_if_it_did(make_summary, calendar, other, told):
    day = date(2026, 7, 29)
    values = {"SPY": 0.0124, "XLK": other, "XLE": 0.001}
    table = {(symbol, day): SessionReturn(symbol, day, value) for symbol, value in values.items()}
    said = text_of(make_summary(returns=Returns(dict.fromkeys(values, calendar), table)))
    assert "S&P 500 gained 1.24%" in said
    assert ("Technology moved most" in said) is told
    assert ("moved most" in said) is told


def test_an_open_session_says_that_returns_are_not_known_yet(make_summary):
    said = text_of(make_summary(now=CLOSE - timedelta(hours=1)))
    assert said.endswith("Returns are not known yet.")
    assert "so far" in said


def test_a_closed_session_without_prices_promises_none(make_summary):
    assert text_of(make_summary(returns=Returns())).endswith("No return is known.")


def test_a_market_without_symbols_tells_of_causes_alone(make_summary):
    assert text_of(make_summary(returns=Returns(), symbols={})) == text_of(make_summary(symbols={}))
    assert text_of(make_summary(symbols={})).count(".") == text_of(make_summary(symbols={})).count("0.") + 1
