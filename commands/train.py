"""`causewire train`: the trainer, its arguments passed on as they are."""

from __future__ import annotations

import click

from commands.passing import PASS_ON


@click.command("train", context_settings=PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Fine-tune a model folder from labelled headlines."""
    from training.finetune import main

    return main(arguments)
