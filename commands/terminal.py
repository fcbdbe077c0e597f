"""What commands show: tables on stdout, progress and notices on stderr.

Progress shows only where stderr is a terminal, so that logs and pipes stay clean. rich is imported
inside, to keep `--help` instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from desk.progress import Advance
    from training.metrics import Report

_PIPED_WIDTH = 160  # characters: a pipe or a file has no width of its own, and 80 would fold URLs


def console() -> Console:
    """Return the console of stdout: for results."""
    from rich.console import Console

    wide = Console(highlight=False)
    return wide if wide.is_terminal else Console(highlight=False, width=_PIPED_WIDTH)


def notices() -> Console:
    """Return the console of stderr: for progress and what is said beside the result."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_report(report: Report, *, as_json: bool) -> None:
    """Print a report as a table for people, or as JSON."""
    import json

    from training.evaluate import report_json, report_table

    if as_json:
        click.echo(json.dumps(report_json(report), indent=2, allow_nan=False))
    else:
        console().print(report_table(report))


@contextmanager
def progress(description: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Show a bar on stderr with rate and time left; yields what is called with how much is done."""
    from rich import progress as rich_progress

    console = notices()
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.completed:,.0f}/{task.fields[of]}"),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("left"),
        rich_progress.TimeRemainingColumn(),
    )
    hidden = quiet or not console.is_terminal
    with rich_progress.Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(description, total=None, of="?", rate="")

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, of=f"{total:,}", rate=_rate(bar.tasks[task].speed))

        yield advance


def _rate(speed: float | None) -> str:
    """Say how many a second."""
    return "" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s"
