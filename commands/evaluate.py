"""`causewire evaluate`: all its arguments, `--help` with them, go to the evaluation's own parser."""

from __future__ import annotations

from typing import Any

import click

_PASS_ON: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": []}


@click.command("evaluate", context_settings=_PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Measure a model on labelled headlines."""
    from training.evaluate import main

    return main(arguments)
