"""Tagging what waits in the ledger, for the commands that do so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from desk.settings import Settings
    from ingest.ledger import Ledger


def tag_new(settings: Settings, ledger: Ledger, model: str | None) -> None:
    """Tag what the ledger holds and the model has not seen."""
    from commands.terminal import progress
    from desk.formats import plural
    from desk.loading import load_tagger
    from desk.tagging import tag_ledger

    tagger = load_tagger(settings, model)
    with progress("tagging") as advance:
        report = tag_ledger(ledger, tagger, advance)
    withheld = f", {report.withheld:,} withheld for their language" if report.withheld else ""
    click.echo(f"tagged {plural(report.scored, 'headline')}{withheld} (model {tagger.version})", err=True)
