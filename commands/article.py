"""`causewire tag --article`: one longer text, its causes, and which sentence says what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desk.settings import Settings
    from model.passages import TaggedPassage


def tag_article(settings: Settings, path: Path, model: str | None, *, as_json: bool) -> None:
    """Tag a file, or stdin where `path` is `-`, and print what it says.

    Raises:
        ArchiveError: it cannot be read.
    """
    from desk.loading import load_tagger
    from desk.passages import tag_articles
    from desk.scoring import Scoring

    text = _text(path)
    tagger = load_tagger(settings, model)
    scoring = Scoring.of(tagger, settings)
    (article,) = tag_articles(tagger, [text])
    if as_json:
        click.echo(json.dumps(article.to_dict(), ensure_ascii=False))
    elif article.passage is None:
        click.echo(f"withheld: {article.error}")
    else:
        _print(article.passage, scoring.titles)


def _text(path: Path) -> str:
    from errors import ArchiveError

    name = "stdin" if str(path) == "-" else f"{path}"
    try:
        with click.open_file(str(path), "rb") as file:  # as bytes: places count a file's own line ends
            text = str(file.read(), "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{name}: not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise ArchiveError(f"{name}: {error.strerror}", "name a file with one text") from error
    if not text.strip():
        raise ArchiveError(f"{name} holds no text", "give an article or a paragraph")
    return text


def _print(passage: TaggedPassage, titles: Mapping[str, str]) -> None:
    """Print the causes, the one that it leans on most first, then every sentence beside its own."""
    from rich.table import Table
    from rich.text import Text

    from commands.terminal import console

    said = ", ".join(f"{titles[cause]} {passage.intensities[cause]:.2f}" for cause in passage.causes)
    console().print(Text(said or "No cause", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("sentence", ratio=1, overflow="fold")
    table.add_column("causes", no_wrap=True)
    for sentence in passage.sentences:
        own = "\n".join(f"{titles[cause]} {sentence.intensities[cause]:.2f}" for cause in sentence.causes)
        text = " ".join(sentence.text.split())
        table.add_row(Text(text, style="" if sentence.causes else "dim"), Text(own))
    console().print(table)
