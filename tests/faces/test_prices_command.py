"""`causewire prices` with a download function that answers as yfinance does."""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime, timedelta

import click
import pandas as pd
import pytest

from commands.app import App
from desk.markets import Market
from desk.pricing import update_prices
from desk.settings import Settings
from errors import PricesError, SettingsError

NOW = datetime(2026, 7, 29, 18, tzinfo=UTC)  # New York is open
SETTINGS = Settings(
    markets={
        "XKRX": Market(
            title="S", calendar="XKRX", symbols={"^KS11": "K", "SPY": "S"}, exchanges={"SPY": "XNYS"}
        ),
        "XNYS": Market(title="N", calendar="XNYS", symbols={"SPY": "S"}),
    }
)  # fmt: skip


class Source:
    """Gives 100 plus the day of the month for every weekday; knows no symbol in `without`."""

    def __init__(self, without=()):
        self.asked, self.without = [], without

    def __call__(self, symbols, start, end):
        self.asked.append((tuple(symbols), start, end))
        days = pd.bdate_range(start, end - timedelta(days=1))
        columns = pd.MultiIndex.from_tuples([("Close", symbol) for symbol in symbols])
        values = [[None if one in self.without else 100.0 + day.day for one in symbols] for day in days]
        return pd.DataFrame(values, index=days, columns=columns, dtype=float)


def update(path, source, *, now=NOW, market=None, **rest):
    values = {"start": None, "end": None, "out": path} | rest
    return update_prices(SETTINGS, market, now=now, download=source, **values)


def test_closes_of_closed_sessions_alone_are_written(tmp_path):
    path = tmp_path / "p.csv"
    report = update(path, Source(), start=datetime(2026, 7, 28, tzinfo=UTC).date())
    lines = path.read_text().splitlines()
    assert "2026-07-29,^KS11,129" in lines  # Seoul closed twelve hours ago
    assert "2026-07-28,SPY,128" in lines
    assert not any(line.startswith("2026-07-29,SPY") for line in lines)
    assert (report.symbols, report.changed, report.added) == (2, 0, len(lines) - 1)
    assert report.last == NOW.date()


def test_the_next_time_it_goes_on_where_the_file_ends(tmp_path):
    path, source = tmp_path / "p.csv", Source()
    update(path, source)
    before = path.read_text().splitlines()
    report = update(path, source, now=NOW + timedelta(days=1))
    assert source.asked[0][1] < datetime(2025, 8, 1, tzinfo=UTC).date()  # a year, and some days before it
    assert source.asked[1][1] == datetime(2026, 7, 14, tzinfo=UTC).date()  # two weeks before the last of all
    assert set(before) < set(path.read_text().splitlines())
    assert (report.added, report.changed) == (2, 0)


def test_a_market_alone_and_a_symbol_that_the_service_does_not_know(tmp_path):
    source = Source(without=("^KS11",))
    update(tmp_path / "p.csv", source, market="XNYS")
    assert source.asked[0][0] == ("SPY",)
    problems = update(tmp_path / "q.csv", source).problems
    assert [f"{one}".partition(" from")[0] for one in problems] == ["Yahoo Finance: ^KS11 has no bar"]


def test_nothing_that_comes_or_no_file_named_is_an_error_with_the_remedy(tmp_path):
    with pytest.raises(PricesError, match=r"has no bar of .*; check the names"):
        update(tmp_path / "p.csv", Source(without=("^KS11", "SPY")))
    assert not (tmp_path / "p.csv").exists()
    with pytest.raises(PricesError, match="no price file is set; name one with -o"):
        update(None, Source())
    with pytest.raises(PricesError, match="has closed"):
        update(tmp_path / "p.csv", Source(), now=NOW, start=(NOW + timedelta(days=14)).date(),
               end=(NOW + timedelta(days=14)).date(), market="XNYS")  # fmt: skip
    for wrong in ({"start": date.min}, {"end": date.max}, {"start": NOW.date(), "end": date(2026, 7, 1)}):
        with pytest.raises(PricesError, match=r"fetched from .*; take dates from 1900-01-01 to 2026-08-12"):
            update(tmp_path / "p.csv", Source(), **wrong)
    with pytest.raises(SettingsError, match="no market XTKS"):
        update(tmp_path / "p.csv", Source(), market="XTKS")


def test_the_command_writes_the_settings_file_and_says_so_in_one_line(tmp_path, monkeypatch, capsys):
    from commands.prices import command

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CAUSEWIRE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "causewire.toml").write_text(
        '[prices]\npath = "p.csv"\n[markets.XNYS]\ntitle = "N"\nsymbols = { SPY = "S" }\n'
    )
    app = App(config=None, ledger_path=None, download=Source())
    arguments = ["--start", "2026-07-14", "--end", "2026-07-15"]
    with click.Context(command, obj=app):
        command.main(arguments, obj=app, standalone_mode=False)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "p.csv: 1 symbol from 2026-06-30 to 2026-07-15, 12 closes added, 0 changed\n")
    assert (tmp_path / "p.csv").read_text().startswith("date,symbol,close\n2026-06-30,SPY,130\n")


def test_without_yfinance_it_says_how_to_get_it(say, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)
    code, out, err = say("prices", "-o", tmp_path / "p.csv")
    assert (code, out) == (2, "")
    assert err == "causewire: yfinance is not installed; pip install '.[prices]'\n"
    assert "no price file is set" in say("prices", folder=tmp_path)[2]
