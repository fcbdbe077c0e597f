"""`causewire prices`: live closes of the settings' symbols into the file of prices."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from commands.app import App, pass_app
from commands.dates import DAY


@click.command("prices")
@click.option("--market", help="A market of the settings.  [default: all of them]")
@click.option("--start", type=DAY, help="First date.  [default: the last one held, else a year back]")
@click.option("--end", type=DAY, help="Last date.  [default: today]")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="CSV file.  [default: prices.path]")
@pass_app
def command(app: App, *, market: str | None, start: date | None, end: date | None, out: Path | None) -> None:
    """Fetch the symbols' daily closes into a file.

    Adjusted closes from Yahoo Finance, merged with what the file holds. Needs the internet and
    `pip install '.[prices]'`; the service is unofficial, so check what you rely on.
    """
    from desk.formats import plural
    from desk.pricing import update_prices

    report = update_prices(
        app.settings(), market, start=start, end=end, out=out, now=app.now(), download=app.download
    )
    for problem in report.problems:
        click.echo(f"causewire: {problem}", err=True)
    click.echo(
        f"{report.path}: {plural(report.symbols, 'symbol')} from {report.first} to {report.last}, "
        f"{plural(report.added, 'close')} added, {report.changed:,} changed",
        err=True,
    )
