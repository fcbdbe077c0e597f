"""`causewire evaluate`: the evaluation, its arguments passed on as they are."""

from __future__ import annotations

import click

from commands.passing import PASS_ON


@click.command("evaluate", context_settings=PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Measure a model on labelled headlines."""
    from training.evaluate import main

    return main(arguments)
