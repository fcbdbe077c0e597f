"""`causewire feeds`: the list of feeds, whether they answer, and OPML in and out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.app import App, pass_app

if TYPE_CHECKING:
    from ingest.check import FeedCheck
    from ingest.records import Feed


@click.group("feeds")
def command() -> None:
    """List, check, import and export feeds."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_app
def list_feeds(app: App, *, as_json: bool) -> None:
    """List the feeds that the settings choose."""
    from desk.feeds import chosen_feeds

    feeds = chosen_feeds(app.settings().feeds)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(feed) for feed in feeds], ensure_ascii=False, indent=2))
        return
    from rich.table import Table

    from commands.terminal import console

    table = Table(box=None, pad_edge=False)
    for name in ("name", "market", "desk", "language", "checked", "url"):
        table.add_column(name, overflow="fold")
    for feed in feeds:
        table.add_row(feed.name, feed.market, feed.desk, feed.language, feed.checked, feed.url)
    console().print(table)


@command.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--opml", type=click.Path(path_type=Path), help="Write the feeds, with the day they answered, here."
)
@pass_app
def check(app: App, *, as_json: bool, opml: Path | None) -> int:
    """Fetch each feed once and say whether it answers; keeps nothing; needs the internet.

    Exit code: 0 when all answer, 1 when some do, 3 when none does.
    """
    from commands.terminal import progress
    from desk.feeds import chosen_feeds, fetch_limits
    from desk.progress import one_by_one
    from ingest.check import check_feeds, with_checked
    from ingest.client import FeedClient
    from ingest.collect import exit_code

    settings, now = app.settings(), app.now()
    feeds = chosen_feeds(settings.feeds)
    with progress("checking") as advance:
        checks = check_feeds(
            feeds,
            fetch=FeedClient(fetch_limits(settings.client)).fetch,
            now=now,
            progress=one_by_one(advance, len(feeds)),
        )
    if opml:
        _write_opml(with_checked(feeds, checks, now.date()), opml)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in checks], default=str, indent=2))
    else:
        _print_checks(checks)
    return exit_code(sum(one.error is not None for one in checks), len(checks))


@command.command("import-opml")
@click.argument("path", type=click.Path(path_type=Path))
def import_opml(path: Path) -> None:
    """Read an OPML file and print its feeds as [[feeds.own]] tables for causewire.toml."""
    from desk.feeds import as_toml
    from ingest.opml import read_opml

    click.echo(as_toml(read_opml(path)), nl=False)


@command.command("export-opml")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@pass_app
def export_opml(app: App, path: Path | None) -> None:
    """Write the feeds that the settings choose as OPML, to PATH or stdout."""
    from desk.feeds import chosen_feeds

    _write_opml(chosen_feeds(app.settings().feeds), path)


def _write_opml(feeds: tuple[Feed, ...], path: Path | None) -> None:
    from desk.files import write_text
    from ingest.opml import write_opml

    if path is None:
        click.echo(write_opml(feeds), nl=False)
    else:
        write_text(path, write_opml(feeds))


def _print_checks(checks: tuple[FeedCheck, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from commands.terminal import console

    table = Table(box=None, pad_edge=False)
    table.add_column("feed")
    table.add_column("items", justify="right")
    table.add_column("newest")
    table.add_column("error", overflow="fold")
    for one in checks:
        newest = f"{one.newest:%Y-%m-%d %H:%M} UTC" if one.newest else ""
        table.add_row(one.feed.name, f"{one.items}", newest, Text(one.error or "", style="red"))
    console().print(table)
