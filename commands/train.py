"""`causewire train`: a model folder from labelled headlines, ours or one's own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from model.causes import Cause
    from training.material import Material


@click.command("train")
@click.option(
    "--data", help="Own rows: a JSONL, CSV or Parquet file, or a data set's hub id.  [default: ours alone]"
)
@click.option("--split", default="train", show_default=True, help="Which split of a hub data set.")
@click.option(
    "--causes",
    "causes_path",
    type=click.Path(path_type=Path),
    help="TOML file of the causes that the own rows were judged for.  [default: ours]",
)
@click.option(
    "--add/--replace", default=True, show_default=True, help="Own rows beside ours, or in their place."
)
@click.option("--base", help="Base encoder: a folder or hub id.  [default: the packaged one]")
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=("en",),
    show_default=True,
    metavar="CODE",
    help="ISO 639-1 code of what the rows are written in, once for each; the model withholds other texts.",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="Model folder to write.  [default: without --data, the one that ships, which is written over]",
)
@click.option(
    "--epochs",
    type=click.FloatRange(min=0, min_open=True),
    help="Epochs, rounds over the rows.  [default: 2.4; more where rows are few]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of the head, the order and the dropout.",
)
@click.option("--resume", is_flag=True, help="Go on with the unfinished run in the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    *,
    data: str | None,
    split: str,
    causes_path: Path | None,
    add: bool,
    base: str | None,
    languages: tuple[str, ...],
    out: Path | None,
    epochs: float | None,
    seed: int,
    resume: bool,
    as_json: bool,
) -> None:
    """Fine-tune a model folder from labelled headlines.

    Without --data it makes the model that ships from our own corpus. All rows are checked before
    anything is trained; an interrupted run goes on with --resume.
    """
    if data is None and (causes_path or not add):
        raise click.UsageError("--causes and --replace go with --data")
    causes = _causes(causes_path)
    folder = _folder(data, out)
    if epochs is not None and not math.isfinite(epochs):
        raise click.UsageError(f"--epochs {epochs} is no number of epochs")
    unknown = [code for code in languages if not (len(code) == 2 and code.isascii() and code.islower())]
    if unknown:
        raise click.UsageError(f"--language {unknown[0]} is no ISO 639-1 code, such as en or ko")
    from training.work import WORK, refuse_foreign

    refuse_foreign(folder)
    material = _material(data, split, causes, add=add)
    _tell(material)
    from commands.terminal import print_report
    from model.base import PACKAGED
    from training.callbacks import last_state
    from training.checks import withheld_note
    from training.finetune import train
    from training.material import recipe_for
    from training.recipe import Recipe

    if note := withheld_note(material.own, languages):
        click.echo(f"causewire: {note}", err=True)
    recipe = recipe_for(Recipe(seed=seed), material, epochs=epochs)
    try:
        report = train(material, base or PACKAGED, folder, recipe, languages=languages, resume=resume)
    except KeyboardInterrupt:
        if last_state(folder / WORK):
            click.echo("causewire: the same command goes on from here with --resume", err=True)
        raise
    click.echo(f"causewire: {folder} is a model folder; use it with --model {folder}", err=True)
    print_report(report, as_json=as_json)


def _causes(path: Path | None) -> tuple[Cause, ...] | None:
    from desk.taxonomy import read_taxonomy

    return read_taxonomy(path) if path else None


def _folder(data: str | None, out: Path | None) -> Path:
    """Return the folder to write: the one that ships only for our own rows.

    Raises:
        DataError: own rows would write over the model that ships.
    """
    from errors import DataError
    from model.meta import SHIPPED

    if data is not None and (out is None or out.resolve() == SHIPPED.resolve()):
        raise DataError("--data would write over the model that ships", "name another folder with --out")
    return out or SHIPPED


def _material(data: str | None, split: str, causes: tuple[Cause, ...] | None, *, add: bool) -> Material:
    from training.material import our_material, own_material

    return our_material() if data is None else own_material(data, causes, add=add, hub_split=split)


def _tell(material: Material) -> None:
    """Say what is about to be trained, before it takes its time."""
    from training.material import counted, distinct

    held = material.split
    fitted = len(distinct(held.fit))
    sizes = f"{fitted:,} rows to fit, {len(held.calibration):,} to calibrate, {len(held.test):,} to test"
    click.echo(f"causewire: {sizes}", err=True)
    for cause, parts in counted(material).items():
        said = ", ".join(f"{part} {rows:,} of {judged:,}" for part, (rows, judged) in parts.items())
        click.echo(f"  {cause}: {said}", err=True)
