"""`causewire summary`: one session of one market, as HTML, Markdown or JSON."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from commands.app import App, pass_app
from commands.dates import DAY, INSTANT


@click.command("summary")
@click.option("--market", required=True, help="A market of the settings, such as XNYS.")
@click.option("--date", "session", type=DAY, help="The session.  [default: the latest with headlines]")
@click.option("--format", "form", type=click.Choice(["html", "md", "json"]), default="md", show_default=True)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File to write.  [default: stdout]")
@click.option(
    "--as-of", type=INSTANT, help="See the ledger as it stood at an instant, such as 2026-07-29T18:00Z."
)
@click.option("--model", help="Model folder or hub id.")
@pass_app
def command(
    app: App,
    *,
    market: str,
    session: date | None,
    form: str,
    out: Path | None,
    as_of: datetime | None,
    model: str | None,
) -> None:
    """Sum up one session of one market.

    Its causes, the headlines that carry them, its returns. Nothing is fetched and nothing tagged.
    """
    from desk.loading import load_scoring
    from desk.writing import write_summary

    settings = app.settings()
    scoring = load_scoring(settings, model)
    text = write_summary(
        settings,
        scoring,
        market,
        session,
        form=form,
        as_of=as_of,
        now=app.now(),
        tell=lambda line: click.echo(f"causewire: {line}", err=True),
    )
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    from desk.files import write_text

    write_text(out, text, folders=True)
