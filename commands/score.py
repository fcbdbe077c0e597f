"""`causewire score`: an archive in, the same archive with its causes out."""

from __future__ import annotations

from pathlib import Path

import click

from commands.app import App, kernel_option, pass_app


@click.command("score")
@click.argument("source", type=click.Path(path_type=Path), metavar="IN")
@click.option(
    "--out", "-o", "target", required=True, type=click.Path(path_type=Path), help="File, or folder of shards."
)
@click.option("--title", default="title", show_default=True, help="Column of the titles.")
@click.option("--summary", help="Column of the summaries.  [default: summary, if there is one]")
@click.option("--model", help="Model folder or hub id.")
@kernel_option
@click.option("--quiet", "-q", is_flag=True, help="No progress, no report.")
@pass_app
def command(
    app: App,
    *,
    source: Path,
    target: Path,
    title: str,
    summary: str | None,
    model: str | None,
    kernel: str | None,
    quiet: bool,
) -> None:
    """Score every headline of the archive IN.

    IN is .csv, .jsonl or .parquet, plain or with .gz or .zst. OUT with such an ending is one file; without
    one it is a folder of Parquet shards, which a later run goes on with if this one is interrupted.
    """
    from commands.terminal import notices, progress
    from desk.loading import load_tagger
    from score.run import score_archive

    tagger = load_tagger(app.settings(kernel), model)
    with progress("scoring", quiet=quiet) as advance:
        report = score_archive(source, target, tagger, title=title, summary=summary, progress=advance)
    if quiet:
        return
    notices().print(f"{target}: {report.words()}", soft_wrap=True, markup=False)
