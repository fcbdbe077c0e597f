"""`causewire score`: an archive in, the same archive with its causes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.app import App, kernel_option, pass_app

if TYPE_CHECKING:  # heavy: only for the annotations
    from desk.settings import Settings
    from score.ray_engine import RayEngine


@click.command("score")
@click.argument("source", metavar="IN")
@click.option("--out", "-o", "target", required=True, help="File, or folder of shards.")
@click.option("--title", default="title", show_default=True, help="Column of the titles.")
@click.option("--summary", help="Column of the summaries.  [default: summary, if there is one]")
@click.option("--model", help="Model folder or hub id.")
@kernel_option
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="Threads to compute with; a folder goes on with its own.  [default: all cores]",
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True, help="Where."
)
@click.option("--address", help="Ray cluster: auto, HOST:6379.  [default: RAY_ADDRESS, else this machine]")
@click.option("--workers", type=click.IntRange(1), help="Ray processes that score.  [default: all cores]")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no report.")
@pass_app
def command(
    app: App,
    *,
    source: str,
    target: str,
    title: str,
    summary: str | None,
    model: str | None,
    kernel: str | None,
    threads: int | None,
    engine: str,
    address: str | None,
    workers: int | None,
    quiet: bool,
) -> None:
    """Score every headline of the archive IN.

    IN is .csv, .jsonl or .parquet, plain or with .gz or .zst. OUT with such an ending is one file; without
    one it is a folder of Parquet shards, which a later run goes on with if this one is interrupted. Both may
    be at s3:// or gs:// addresses. With --engine ray the shards are made on a cluster (docs/cluster.md).
    """
    if engine == "local" and (address or workers):
        raise click.UsageError("--address and --workers go with --engine ray")
    from commands.terminal import notices, progress
    from desk.loading import load_tagger
    from score.run import score_archive

    settings = app.settings(kernel)
    tagger = load_tagger(settings, model)
    if threads:
        import torch

        torch.set_num_threads(threads)
    cluster = _cluster(settings, model, tagger.kernel, address, workers) if engine == "ray" else None
    with progress("scoring", quiet=quiet) as advance:
        report = score_archive(
            source, target, tagger, title=title, summary=summary, progress=advance, engine=cluster
        )
    if quiet:
        return
    notices().print(f"{target}: {report.words()}", soft_wrap=True, markup=False)


def _cluster(
    settings: Settings, model: str | None, kernel: str, address: str | None, workers: int | None
) -> RayEngine:
    """Make the engine of a cluster, whose workers load the model that this process has loaded."""
    from dataclasses import replace
    from functools import partial
    from pathlib import Path

    from desk.loading import load_tagger
    from score.ray_engine import RayEngine

    named = model or settings.model.path
    if named is not None and Path(named).is_dir():
        named = str(Path(named).absolute())  # a worker begins in another folder
    fixed = replace(settings, model=replace(settings.model, path=named, kernel=kernel))
    return RayEngine(load=partial(load_tagger, fixed), address=address, workers=workers)
