"""`causewire tag`: causes of texts from arguments, a file or stdin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from commands.app import App, pass_app


@click.command("tag")
@click.argument("texts", nargs=-1)
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), help="One text a line; - is stdin.")
@click.option(
    "--waiting", is_flag=True, help="Tag the ledger's headlines that wait for it, instead of texts."
)
@click.option("--model", help="Model folder or hub id.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_app
def command(
    app: App, *, texts: tuple[str, ...], path: Path | None, waiting: bool, model: str | None, as_json: bool
) -> None:
    """Tag texts, a file's lines or stdin's.

    A text is a headline, or a headline and its summary. One that is in a language the model does not
    know is withheld, with that reason.
    """
    if waiting:
        if texts or path:
            raise click.UsageError("give texts or --waiting, not both")
        _tag_waiting(app, model)
        return
    from desk.loading import load_tagger
    from desk.scoring import Scoring
    from desk.texts import tag_texts

    lines = list(_lines(texts, path))
    settings = app.settings()
    tagger = load_tagger(settings, model)
    thresholds = Scoring.of(tagger, settings).thresholds
    rows = [row.to_dict() for row in tag_texts(tagger, lines, thresholds)]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    _print(rows, tagger.causes)


def _tag_waiting(app: App, model: str | None) -> None:
    from commands.tagging import tag_new
    from ingest.ledger import Ledger

    settings = app.settings()
    with Ledger.open(settings.ledger.path, create=False) as ledger:
        tag_new(settings, ledger, model)


def _lines(texts: tuple[str, ...], path: Path | None) -> Iterator[str]:
    from errors import ArchiveError

    if texts and path:
        raise click.UsageError("give texts or --file, not both")
    if texts:
        yield from texts
        return
    found = False
    try:
        with click.open_file(str(path or "-"), encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    found = True
                    yield line.strip()
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{path or 'stdin'}: not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror}", "name a file with one text a line") from error
    if not found:
        raise ArchiveError(f"{path or 'stdin'} holds no text", "give texts as arguments, or one a line")


def _print(rows: list[dict[str, Any]], causes: tuple[str, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from commands.terminal import console

    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("text", ratio=1, overflow="fold")
    for cause in causes:
        table.add_column(cause.replace("_", " "), justify="right")
    for row in rows:
        if row["error"]:
            table.add_row(Text(row["text"]).append(f"\nwithheld: {row['error']}", style="yellow"))
            continue
        cells = [
            Text(f"{row['intensities'][cause]:.2f}", style="bold" if cause in row["causes"] else "dim")
            for cause in causes
        ]
        table.add_row(Text(row["text"]), *cells)
    console().print(table)
