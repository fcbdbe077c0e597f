"""`causewire link`: intensity against return, per cause and symbol."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import click

from commands.app import App, pass_app

if TYPE_CHECKING:
    from aggregate.linkage import Linkage, LinkRow


@click.command("link")
@click.option("--market", default="XNYS", show_default=True, help="A market of the settings.")
@click.option("--model", help="Model folder or hub id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_app
def command(app: App, *, market: str, model: str | None, as_json: bool) -> None:
    """Show how intensities and returns move together.

    Over all sessions of the ledger that have closed; association is not cause.
    """
    from desk.formats import plural
    from desk.linking import link_market
    from desk.loading import load_scoring
    from ingest.ledger import Ledger

    settings = app.settings()
    scoring = load_scoring(settings, model)
    with Ledger.open(settings.ledger.path, create=False) as ledger:
        linkage = link_market(settings, ledger, market, scoring=scoring, now=app.now())
    if linkage.problems:
        rows = plural(len(linkage.problems), "row")
        click.echo(f"causewire: {rows} of the prices left out; the first: {linkage.problems[0]}", err=True)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(linkage), default=str, indent=2))
        return
    _print(linkage, dict(settings.markets[market].symbols))


def _print(linkage: Linkage, titles: dict[str, str]) -> None:
    from rich.table import Table

    from commands.terminal import console

    table = Table(
        title=f"{linkage.market}, {linkage.first} to {linkage.last}", title_justify="left", box=None
    )
    table.add_column("cause")
    table.add_column("symbol")
    for name in ("sessions", "flagged", "slope", "se", "t", "df", "p", "q", "lags"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in linkage.rows:
        table.add_row(row.cause, titles.get(row.symbol, row.symbol), *_cells(row))
    console().print(table)
    console().print(
        "slope: percentage points of return for one standard deviation of intensity; se: Newey-West; "
        "df: degrees of freedom of t, few where few sessions decide the slope; "
        f"q: p corrected for {linkage.tests} tests; lags: {linkage.lag_rule}; flagged: sessions whose return "
        f"carries a flag, used all the same. {linkage.caveat}",
        soft_wrap=True,
    )


def _cells(row: LinkRow) -> list[str]:
    from desk import formats

    counts = [f"{row.sessions:,}", f"{row.flagged:,}"]
    if row.reason:
        return [*counts, *([""] * 7), row.reason]
    return [
        *counts,
        formats.signed(row.slope),
        formats.intensity(row.se),
        formats.signed(row.t),
        formats.degrees(row.df),
        formats.probability(row.p),
        formats.probability(row.q),
        f"{row.lags}",
        "",
    ]
