"""From settings and ledger to a summary: what counts, what is withheld, what is not there."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from desk.daily import daily_summary, latest_session
from desk.linking import link_market
from desk.markets import Market
from desk.scoring import Scoring, guess
from desk.settings import BaselineSettings, HeadlinesSettings, ModelSettings, PricesSettings, Settings
from desk.tagging import TaggingReport, tag_ledger
from desk.texts import tag_texts
from errors import SessionError, SettingsError
from ingest.ledger import Ledger
from ingest.records import Headline
from ingest.selection import Selection

DAY = date(2026, 7, 29)
NOW = datetime(2026, 8, 3, tzinfo=UTC)
GERMAN = "Die Notenbank hat den Leitzins nicht gesenkt und wird ihn auch im Herbst nicht senken"


class Words:
    """A tagger whose intensity for macro is 0.9 where the text says inflation."""

    causes = ("valuation", "macro")
    thresholds = (0.5, 0.5)
    languages = ("en",)
    version = "words-1"

    def predict_proba(self, texts):
        assert all(isinstance(text, str) for text in texts)
        return np.array([[0.1, 0.9 if "inflation" in text else 0.1] for text in texts], dtype=np.float32)


def headline(at: datetime | None, title: str, **fields: object) -> Headline:
    values = {
        "id": f"{title}{at}".encode().hex(),
        "title": title,
        "summary": "",
        "link": None,
        "source": "s",
        "market": "US",
        "published_at": at,
        "published_quality": "exact" if at else "missing",
        "first_seen_at": NOW,
        "language": "en",
    }
    return Headline(**(values | fields))


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "l.db") as ledger:
        at = datetime(2026, 7, 29, 15, tzinfo=UTC)
        rows = [headline(at + timedelta(minutes=n), f"A plain story {n} about inflation") for n in range(4)]
        rows += [
            headline(at, GERMAN),
            headline(at, "A story from Seoul", market="KR"),
            headline(datetime(2026, 7, 28, tzinfo=UTC), "A day alone", published_quality="day_only"),
            headline(None, "No time at all", first_seen_at=at),
        ]
        ledger.add(rows, seen_at=at)
        yield ledger


@pytest.fixture
def scoring():
    return Scoring.of(Words(), Settings())


def test_what_is_scored_counts_and_what_is_not_is_told(ledger, scoring):
    report = tag_ledger(ledger, Words())
    assert (report.scored, report.withheld) == (7, 1)
    summary = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW)
    held = summary.coverage
    assert (held.headlines, held.exact, held.day_only, held.missing) == (6, 5, 1, 1)
    assert (held.withheld, held.withheld_languages, held.waiting) == (1, {"de": 1}, 0)
    assert [cause.name for cause in summary.causes] == ["valuation", "macro"]
    assert summary.causes[1].count == 4


def test_before_tagging_every_headline_waits_in_whatever_language(ledger, scoring):
    held = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW).coverage
    assert (held.headlines, held.waiting, held.withheld) == (0, 7, 0)


def test_a_setting_leaves_headlines_without_a_time_out(ledger, scoring):
    tag_ledger(ledger, Words())
    settings = Settings(headlines=HeadlinesSettings(day_only=False))
    held = daily_summary(settings, ledger, "XNYS", DAY, scoring=scoring, now=NOW).coverage
    assert (held.headlines, held.day_only, held.left_out) == (5, 0, 1)


def test_a_market_counts_the_headlines_of_the_feeds_that_it_names(ledger, scoring):
    tag_ledger(ledger, Words())
    settings = Settings(markets={"XNYS": Market(title="N", calendar="XNYS", headlines_from=("KR",))})
    summary = daily_summary(settings, ledger, "XNYS", DAY, scoring=scoring, now=NOW)
    assert summary.coverage.headlines == 1
    assert summary.returns == ()


def test_a_market_by_another_name_uses_its_calendar(ledger, scoring):
    settings = Settings(markets={"NY": Market(title="New York", calendar="XNYS")})
    assert daily_summary(settings, ledger, "NY", DAY, scoring=scoring, now=NOW).session == DAY


def test_prices_of_other_symbols_or_dates_are_no_error(ledger, scoring, tmp_path):
    (tmp_path / "p.csv").write_text("date,symbol,close\n2001-01-02,SPY,1\n2026-07-29,XXX,1\n")
    settings = Settings(prices=PricesSettings(path=tmp_path / "p.csv"))
    summary = daily_summary(settings, ledger, "XNYS", DAY, scoring=scoring, now=NOW)
    assert {row.flag for row in summary.returns} == {"no price"}


def seoul_with(tmp_path, exchanges):
    (tmp_path / "p.csv").write_text(
        "date,symbol,close\n2026-07-27,SPY,100\n2026-07-28,SPY,101\n2026-07-27,^KS11,10\n2026-07-28,^KS11,9\n"
    )
    symbols = {"^KS11": "KOSPI", "SPY": "S&P 500"}
    market = Market(title="Seoul", calendar="XKRX", symbols=symbols, exchanges=exchanges)
    return Settings(prices=PricesSettings(path=tmp_path / "p.csv"), markets={"XKRX": market})


def test_a_symbol_of_an_exchange_that_closes_later_has_no_return_on_the_page(ledger, scoring, tmp_path):
    settings = seoul_with(tmp_path, {"SPY": "XNYS"})
    ledger.add([headline(datetime(2026, 7, 28, 1, tzinfo=UTC), "Early inflation")], seen_at=NOW)
    at = datetime(2026, 7, 28, 6, 31, tzinfo=UTC)  # a minute after Seoul's close
    rows = daily_summary(settings, ledger, "XKRX", date(2026, 7, 28), scoring=scoring, now=at).returns
    assert [(row.symbol, row.value, row.flag, row.exchange) for row in rows] == [
        ("^KS11", pytest.approx(-0.1), "", ""),
        ("SPY", None, "XNYS closes later, if at all", "XNYS"),
    ]


def test_a_symbol_of_another_exchange_is_not_held_against_the_markets_intensities(ledger, scoring, tmp_path):
    tag_ledger(ledger, Words())
    rows = link_market(seoul_with(tmp_path, {"SPY": "XNYS"}), ledger, "XKRX", scoring=scoring, now=NOW).rows
    assert {row.reason for row in rows if row.symbol == "SPY"} == {"trades on XNYS, not on XKRX"}
    assert not any("trades on" in row.reason for row in rows if row.symbol == "^KS11")


def test_an_exchange_that_nobody_knows_is_told_of(ledger, scoring, tmp_path):
    with pytest.raises(SessionError, match="no exchange calendar is called 'NYSEX'"):
        daily_summary(seoul_with(tmp_path, {"SPY": "NYSEX"}), ledger, "XKRX", DAY, scoring=scoring, now=NOW)


def test_a_price_file_that_changes_is_read_again(ledger, scoring, tmp_path):
    path = tmp_path / "p.csv"
    settings = Settings(prices=PricesSettings(path=path))

    def value_with(close):
        path.write_text(f"date,symbol,close\n2026-07-28,SPY,100\n2026-07-29,SPY,{close}\n")
        return daily_summary(settings, ledger, "XNYS", DAY, scoring=scoring, now=NOW).returns[0].value

    assert value_with(101) == pytest.approx(0.01)
    assert value_with(98.5) == pytest.approx(-0.015)


def test_the_latest_session_has_opened_even_when_news_has_come_after_the_close(ledger, scoring):
    ledger.add([headline(datetime(2026, 7, 29, 21, tzinfo=UTC), "Late inflation")], seen_at=NOW)
    tag_ledger(ledger, Words())
    night = datetime(2026, 7, 29, 23, tzinfo=UTC)
    assert latest_session(Settings(), ledger, "XNYS", scoring=scoring, now=night) == DAY
    morning = datetime(2026, 7, 30, 14, tzinfo=UTC)
    assert latest_session(Settings(), ledger, "XNYS", scoring=scoring, now=morning) == date(2026, 7, 30)


def test_the_latest_session_has_opened_even_where_a_day_alone_waits_for_one_further_on(ledger, scoring):
    monday = datetime(2026, 8, 3, tzinfo=UTC)  # a day that counts to Tuesday's session
    ledger.add([headline(monday, "Inflation on a day", published_quality="day_only")], seen_at=monday)
    tag_ledger(ledger, Words())
    early = datetime(2026, 8, 3, 9, tzinfo=UTC)
    latest = latest_session(Settings(), ledger, "XNYS", scoring=scoring, now=early)
    assert latest == date(2026, 7, 31)
    assert daily_summary(Settings(), ledger, "XNYS", latest, scoring=scoring, now=early).state == "final"


def test_the_latest_session_as_of_an_instant_is_that_of_the_ledger_as_it_stood(ledger, scoring):
    late = headline(datetime(2026, 7, 30, 15, tzinfo=UTC), "Inflation taken in a day later")
    ledger.add([late], seen_at=datetime(2026, 7, 31, tzinfo=UTC))
    tag_ledger(ledger, Words())

    def latest(as_of):
        return latest_session(Settings(), ledger, "XNYS", scoring=scoring, now=NOW, as_of=as_of)

    assert latest(datetime(2026, 7, 30, 16, tzinfo=UTC)) == DAY
    assert latest(None) == latest(datetime(2026, 7, 31, tzinfo=UTC)) == date(2026, 7, 30)
    with pytest.raises(SessionError, match="XNYS as of 2026-07-29 14:00 UTC; take a later instant"):
        latest(datetime(2026, 7, 29, 14, tzinfo=UTC))


@pytest.mark.parametrize("market", ["XNYS", "XHKG"])
def test_the_calendar_reaches_as_far_back_as_the_baseline_looks(ledger, scoring, market):
    settings = Settings(baseline=BaselineSettings(sessions=20, within=250))
    held = daily_summary(settings, ledger, market, DAY, scoring=scoring, now=NOW)
    assert held.baseline_rule.within == 250


def test_a_market_is_guessed_in_whatever_case(ledger, scoring):
    with pytest.raises(SettingsError, match=r"no market xnys in the settings; did you mean XNYS\?"):
        daily_summary(Settings(), ledger, "xnys", DAY, scoring=scoring, now=NOW)


@pytest.mark.parametrize(
    ("known", "said"),
    [((), "the settings name none"), (("XNYS",), "take XNYS"), (("XNYS", "XKRX"), "take XNYS or XKRX")],
)
def test_for_a_name_like_no_other_the_remedy_names_those_there_are(known, said):
    assert guess("nonsense", known) == said


def test_without_a_tagged_headline_there_is_no_latest_session(ledger, scoring):
    with pytest.raises(SessionError, match="causewire tag --waiting"):
        latest_session(Settings(), ledger, "XNYS", scoring=scoring, now=NOW)


def test_a_headline_that_is_revised_waits_to_be_tagged_again(ledger, scoring):
    tag_ledger(ledger, Words())
    first = ledger.headlines(Selection(limit=2))[1]
    ledger.add([dataclasses.replace(first, title="Another title altogether")], seen_at=NOW)
    assert daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW).coverage.waiting == 1
    assert tag_ledger(ledger, Words()).scored == 1


def test_a_headline_revised_before_it_was_tagged_counts_on_the_page_as_it_stood_before(ledger, scoring):
    first = ledger.headlines(Selection(limit=2))[1]
    ledger.add([dataclasses.replace(first, title="Another title altogether")], seen_at=NOW)
    told = []
    report = tag_ledger(ledger, Words(), lambda done, total: told.append((done, total)))
    assert (report, told) == (TaggingReport(scored=7, withheld=1), [(8, 8), (9, 9)])
    before = daily_summary(
        Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW, as_of=datetime(2026, 7, 30, tzinfo=UTC)
    )
    assert (before.coverage.headlines, before.coverage.waiting, before.causes[1].count) == (6, 0, 4)
    now = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW)
    assert (now.coverage.headlines, now.coverage.waiting, now.causes[1].count) == (6, 0, 3)


class Detector:
    """Counts what it is asked; a text with `Notenbank` in it is German."""

    def __init__(self):
        self.asked = []

    def __call__(self, text, known):
        self.asked.append(text)
        return "de" if "Notenbank" in text and "de" not in known else None


def test_a_model_judges_each_headlines_language_once_even_when_it_comes_again(ledger, scoring):
    detector = Detector()
    held = ledger.headlines()
    assert tag_ledger(ledger, Words(), detect=detector) == TaggingReport(scored=7, withheld=1)
    assert (len(detector.asked), detector.asked.count(GERMAN)) == (8, 1)
    again = ledger.add(held, seen_at=NOW)
    assert (again.new, again.revised, again.unchanged) == (0, 0, 8)
    assert tag_ledger(ledger, Words(), detect=detector) == TaggingReport(scored=0, withheld=0)
    assert len(detector.asked) == 8
    summary = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW)
    assert (summary.coverage.withheld_languages, summary.coverage.waiting) == ({"de": 1}, 0)


def test_a_withheld_headline_with_a_new_title_is_judged_again(ledger, scoring):
    detector = Detector()
    tag_ledger(ledger, Words(), detect=detector)
    (german,) = (one for one in ledger.headlines() if one.title == GERMAN)
    ledger.add([dataclasses.replace(german, title="The central bank fights inflation")], seen_at=NOW)
    held = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW).coverage
    assert (held.withheld, held.waiting) == (0, 1)
    assert tag_ledger(ledger, Words(), detect=detector) == TaggingReport(scored=1, withheld=0)
    assert detector.asked[8:] == ["The central bank fights inflation"]
    held = daily_summary(Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW).coverage
    assert (held.headlines, held.withheld, held.waiting) == (7, 0, 0)
    before = daily_summary(
        Settings(), ledger, "XNYS", DAY, scoring=scoring, now=NOW, as_of=datetime(2026, 7, 30, tzinfo=UTC)
    ).coverage
    assert (before.headlines, before.withheld, before.waiting) == (6, 1, 0)


def test_another_model_judges_for_itself(ledger):
    class BothWords(Words):
        languages = ("en", "de")
        version = "words-2"

    tag_ledger(ledger, Words(), detect=Detector())
    assert tag_ledger(ledger, BothWords(), detect=Detector()) == TaggingReport(scored=8, withheld=0)


def test_progress_is_told_up_to_the_end_and_nothing_waits_afterwards(ledger):
    told = []
    tag_ledger(ledger, Words(), lambda done, total: told.append((done, total)))
    assert told == [(8, 8)]
    assert tag_ledger(ledger, Words()).scored == 0


def test_thresholds_of_the_settings_replace_the_models_one_by_one():
    scoring = Scoring.of(Words(), Settings(model=ModelSettings(thresholds={"macro": 0.95})))
    assert scoring.thresholds == {"valuation": 0.5, "macro": 0.95}
    with pytest.raises(SettingsError, match="no such cause"):
        Scoring.of(Words(), Settings(model=ModelSettings(thresholds={"macr": 0.95})))


def test_texts_keep_their_order_around_those_that_are_withheld():
    rows = tag_texts(Words(), [GERMAN, "inflation again and again", "  ", "a plain story"])
    assert [row.causes for row in rows] == [(), ("macro",), (), ()]
    assert [bool(row.error) for row in rows] == [True, False, True, False]
    assert rows[2].error == "no text"
    assert tag_texts(Words(), []) == []


def test_half_a_character_is_replaced_and_a_pair_of_halves_is_one():
    rows = tag_texts(Words(), ["\ud800 inflation and more of it", "\ud83d\ude00 a plain story"])
    assert [row.text for row in rows] == ["\ufffd inflation and more of it", "\U0001f600 a plain story"]
    assert rows[0].causes == ("macro",)


def test_linkage_uses_only_sessions_that_have_closed(ledger, scoring, tmp_path):
    tag_ledger(ledger, Words())
    (tmp_path / "p.csv").write_text("date,symbol,close\n2026-07-28,SPY,100\n2026-07-29,SPY,101\n")
    settings = Settings(prices=PricesSettings(path=tmp_path / "p.csv"))
    before_close = datetime(2026, 7, 29, 19, 59, tzinfo=UTC)
    early = link_market(settings, ledger, "XNYS", scoring=scoring, now=before_close)
    late = link_market(settings, ledger, "XNYS", scoring=scoring, now=NOW)
    assert (early.first, early.last) == (date(2026, 7, 28), date(2026, 7, 28))
    assert (late.first, late.last) == (date(2026, 7, 28), DAY)
