"""`causewire evaluate`: how good a model is on labelled headlines."""

from __future__ import annotations

from pathlib import Path

import click

from commands.app import App, pass_app


@click.command("evaluate")
@click.argument("source")
@click.option("--split", default="train", show_default=True, help="Which split of a hub data set.")
@click.option(
    "--judged",
    metavar="CAUSES",
    help="What rows without `judged` were judged for, by commas.  [default: all of the model's]",
)
@click.option("--model", help="Model folder or hub id.")
@click.option("--batches", metavar="NAMES", help="Only these batches of ids, by commas, such as r7,r12.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="OUT.svg",
    help="Draw how reliable the intensities are.",
)
@pass_app
def command(
    app: App,
    *,
    source: str,
    split: str,
    judged: str | None,
    model: str | None,
    batches: str | None,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Measure a model on labelled headlines.

    SOURCE is a JSONL, CSV or Parquet file with title, summary and labels, or a data set's hub id.
    """
    from commands.terminal import print_report
    from desk.loading import load_tagger
    from training.checks import withheld_note
    from training.corpus import read_labelled
    from training.evaluate import checked_judged, evaluate, in_batches, unjudged_note
    from training.reliability import draw_reliability

    tagger = load_tagger(app.settings(), model)
    looked_for = None if judged is None else checked_judged(_names(judged), tagger.causes)
    rows = read_labelled(source, tagger.causes, judged=looked_for, split=split)
    if judged is None and (note := unjudged_note(rows, tagger.causes)):
        click.echo(f"causewire: {note}", err=True)
    measured = rows if batches is None else in_batches(rows, _names(batches))
    if note := withheld_note(measured, tagger.languages):
        click.echo(f"causewire: {note}", err=True)
    report = evaluate(tagger, measured)
    print_report(report, as_json=as_json)
    if plot:
        draw_reliability(report, plot)


def _names(said: str) -> list[str]:
    return [name.strip() for name in said.split(",")]
