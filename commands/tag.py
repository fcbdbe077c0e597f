"""`causewire tag`: causes of texts from arguments, a file or stdin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.app import App, kernel_option, pass_app

if TYPE_CHECKING:
    from desk.settings import Settings
    from model.tagger import Tagger

_WORDS_SHOWN = 4  # of each cause, in the terminal; --json has all


@click.command("tag")
@click.argument("texts", nargs=-1)
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), help="One text a line; - is stdin.")
@click.option(
    "--article",
    type=click.Path(path_type=Path),
    help="Tag one longer text, sentence by sentence; - is stdin.",
)
@click.option(
    "--waiting", is_flag=True, help="Tag the ledger's headlines that wait for it, instead of texts."
)
@click.option("--explain", is_flag=True, help="Say which words carry each cause.")
@click.option("--model", help="Model folder or hub id.")
@kernel_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_app
def command(
    app: App,
    *,
    texts: tuple[str, ...],
    path: Path | None,
    article: Path | None,
    waiting: bool,
    explain: bool,
    model: str | None,
    kernel: str | None,
    as_json: bool,
) -> None:
    """Tag texts, a file's lines or stdin's.

    A text is a headline, or a headline and its summary. One that is in a language the model does not
    know is withheld, with that reason.
    """
    if waiting:
        if texts or path or explain or article:
            raise click.UsageError("--waiting takes no texts and explains none")
        if as_json:
            raise click.UsageError("--waiting has no --json; leave it out")
        _tag_waiting(app.settings(kernel), model)
        return
    if article:
        if texts or path or explain:
            raise click.UsageError("--article takes no other texts; its sentences say which words count")
        from commands.article import tag_article

        tag_article(app.settings(kernel), article, model, as_json=as_json)
        return
    from desk.loading import load_tagger
    from desk.texts import tag_texts

    lines = list(_lines(texts, path))
    settings = app.settings(kernel)
    tagger = load_tagger(settings, model)
    rows = [row.to_dict() for row in tag_texts(tagger, lines)]
    if explain:
        _add_evidence(tagger, rows)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    _print(rows, tagger.causes)


def _tag_waiting(settings: Settings, model: str | None) -> None:
    from commands.tagging import tag_new
    from ingest.ledger import Ledger

    with Ledger.open(settings.ledger.path, create=False) as ledger:
        tag_new(settings, ledger, model)


def _add_evidence(tagger: Tagger, rows: list[dict[str, Any]]) -> None:
    """Give every row `evidence`: cause to its words with their places in the text and their weights."""
    tagged = [row for row in rows if row["causes"]]
    texts, causes = [row["text"] for row in tagged], [row["causes"] for row in tagged]
    for row, explanations in zip(tagged, tagger.explain(texts, causes), strict=True):
        row["evidence"] = {
            explanation.cause: [
                {
                    "start": word.start,
                    "end": word.end,
                    "text": row["text"][word.start : word.end],
                    "weight": round(word.weight, 4),
                }
                for word in explanation.evidence
            ]
            for explanation in explanations
        }


def _lines(texts: tuple[str, ...], path: Path | None) -> Iterator[str]:
    from errors import ArchiveError

    if texts and path:
        raise click.UsageError("give texts or --file, not both")
    if texts:
        yield from texts
        return
    found = False
    try:
        with click.open_file(str(path or "-"), encoding="utf-8-sig") as file:
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


def _evidence_lines(row: dict[str, Any]) -> str:
    """Return a line a cause with the words that carry most of it."""
    lines = []
    for cause, words in row.get("evidence", {}).items():
        heaviest = sorted(words, key=lambda word: -word["weight"])[:_WORDS_SHOWN]
        said = ", ".join(f"{word['text']} {word['weight']:.2f}" for word in heaviest)
        lines.append(f"\n  {cause.replace('_', ' ')}: {said}")
    return "".join(lines)


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
        table.add_row(Text(row["text"]).append(_evidence_lines(row), style="dim"), *cells)
    console().print(table)
