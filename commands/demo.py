"""`causewire demo`: the whole way on the bundled sample, without the internet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.app import App, pass_app
from commands.terminal import progress

if TYPE_CHECKING:
    from aggregate.records import SessionSummary
    from desk.demo import DemoReport
    from desk.progress import Advance


_MADE = Path("demo-output")  # where `make demo` writes and `make serve` reads


@click.command("demo")
@click.option("--out", "-o", type=click.Path(path_type=Path), default=_MADE, show_default=True)
@click.option("--model", help="Model folder or hub id.")
@pass_app
def command(app: App, *, out: Path, model: str | None) -> None:
    """Run the whole way on the bundled sample.

    Feeds, ledger, tagging, pages: needs no internet, and may be run again.
    """
    with _step("load the libraries"):
        from desk.demo import run_demo
        from desk.loading import load_tagger

    settings = app.settings()
    report = run_demo(out, load=lambda: load_tagger(settings, model), step=_step)
    _print(report, out)


@contextmanager
def _step(name: str) -> Iterator[Advance]:
    """Show a step while it runs, and one line with its time when it is done."""
    began = time.monotonic()
    with progress(name) as advance:
        yield advance
    click.echo(f"  {name:<28} {time.monotonic() - began:6.1f} s", err=True)


def _print(report: DemoReport, out: Path) -> None:
    from commands.terminal import console
    from desk.formats import plural

    new = sum(one.new for one in report.collected.outcomes)
    known = sum(one.unchanged for one in report.collected.outcomes)
    feeds, headlines = plural(len(report.collected.outcomes), "feed"), plural(new, "new headline")
    console().print(f"{feeds}: {headlines}, {known:,} known; {report.tagged.scored:,} tagged now\n")
    _print_summary(report.summaries[-1])
    click.echo("\nPages")
    for page in report.pages:
        click.echo(f"  {page.resolve().as_uri()}")
    by_make = "`make serve`, or " if out == _MADE else ""
    click.echo(f"\nServe them with {by_make}`causewire --config {out / 'causewire.toml'} serve`.")


def _print_summary(summary: SessionSummary) -> None:
    from rich.table import Table
    from rich.text import Text

    from commands.terminal import console
    from desk import formats
    from desk.page import build_page

    page = build_page(summary)
    heading = f"{summary.market}, {page.day} ({page.state.lower()})"
    causes = Table(title=heading, title_justify="left", title_style="bold", box=None, pad_edge=False)
    causes.add_column("cause", min_width=24)
    for name in ("intensity", "usual", "change", "tagged"):
        causes.add_column(name, justify="right")
    for row in page.causes:
        style = "bold" if row.stands_out else ""
        change = f"{row.change} ({row.sds})" if row.sds else row.change
        causes.add_row(row.title, row.intensity, row.usual, change, f"{row.count} ({row.share})", style=style)
    console().print(causes)
    console().print(Text(f"{page.lead}\n"))
    returns = Table(box=None, pad_edge=False)
    returns.add_column("symbol", min_width=24)
    returns.add_column("return", justify="right")
    returns.add_column("")
    for one in page.returns:
        colour = {"up": "green", "down": "red"}.get(one.direction, "")
        returns.add_row(one.title, Text(one.value, style=colour), one.flag)
    console().print(returns)
    console().print(formats.plural(summary.coverage.headlines, "headline") + f"; model {page.model}")
