"""What commands show: tables on stdout, progress and notices on stderr.

Progress shows only where stderr is a terminal, so that logs and pipes stay clean. rich is imported
inside, to keep `--help` instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH = 160  # characters: a pipe or a file has no width of its own, and 80 would fold URLs

Advance = Callable[[int, int], None]  # done, total


def console() -> Console:
    """Return the console of stdout: for results."""
    from rich.console import Console

    wide = Console(highlight=False)
    return wide if wide.is_terminal else Console(highlight=False, width=_PIPED_WIDTH)


def notices() -> Console:
    """Return the console of stderr: for progress and what is said beside the result."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextmanager
def progress(description: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Show a bar on stderr while the block runs; yields what is called with how much of it is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = notices()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
