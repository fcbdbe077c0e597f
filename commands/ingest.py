"""`causewire ingest`: feeds, or archives of headlines, into the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.app import App, pass_app
from commands.tagging import tag_new

if TYPE_CHECKING:
    from ingest.collect import CollectReport


@click.group("ingest", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome of each feed as JSON.")
@click.option("--no-tag", is_flag=True, help="Do not tag what is new.")
@click.option("--model", help="Model folder or hub id.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, no_tag: bool, model: str | None) -> int:
    """Take all feeds in and tag what is new; needs the internet.

    Exit code: 0 when all feeds succeed, 1 when some do, 3 when none does. `ingest archive FILE...` takes
    files of headlines in instead.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_unused(as_json=as_json, no_tag=no_tag, model=model)
        return 0
    app = ctx.find_object(App)
    assert app is not None
    return _ingest_feeds(app, as_json=as_json, no_tag=no_tag, model=model)


def _refuse_unused(*, as_json: bool, no_tag: bool, model: str | None) -> None:
    """Refuse options of the feeds' that stand before `archive`, where they would count for nothing."""
    if as_json:
        raise click.UsageError("`ingest archive` has no --json; leave it out")
    if no_tag or model is not None:
        option = "--no-tag" if no_tag else "--model"
        raise click.UsageError(f"{option} before `archive` would not count; put it after `archive`")


def _ingest_feeds(app: App, *, as_json: bool, no_tag: bool, model: str | None) -> int:
    from commands.terminal import progress
    from desk.feeds import chosen_feeds, fetch_limits
    from desk.progress import one_by_one
    from ingest.client import FeedClient
    from ingest.collect import collect
    from ingest.ledger import Ledger

    settings = app.settings()
    feeds = chosen_feeds(settings.feeds)
    with Ledger.open(settings.ledger.path) as ledger:
        with progress("fetching") as advance:
            report = collect(
                feeds,
                ledger,
                fetch=FeedClient(fetch_limits(settings.client)).fetch,
                now=app.now(),
                clock=app.now,
                progress=one_by_one(advance, len(feeds)),
            )
        _tell(report, as_json=as_json)
        if not no_tag and report.exit_code != 3:
            tag_new(settings, ledger, model)
    return report.exit_code


@command.command("archive")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--title", default="title", show_default=True, help="Column of the titles.")
@click.option("--summary", help="Column of the summaries.  [default: summary, if there is one]")
@click.option("--published", help="Column of the publication times.  [default: published, if there is one]")
@click.option("--source", help="Column of the publishers.  [default: source, if there is one]")
@click.option("--link", help="Column of the links.  [default: link, if there is one]")
@click.option("--market", default="GLOBAL", show_default=True, help="Market of the publishers.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone of times without one.")
@click.option("--no-tag", is_flag=True, help="Do not tag what is new.")
@click.option("--model", help="Model folder or hub id.")
@pass_app
def archive(
    app: App,
    *,
    files: tuple[Path, ...],
    title: str,
    summary: str | None,
    published: str | None,
    source: str | None,
    link: str | None,
    market: str,
    timezone: str,
    no_tag: bool,
    model: str | None,
) -> None:
    """Take headlines in from files.

    FILES are .csv, .jsonl or .parquet, plain or with .gz or .zst.
    """
    from desk.archives import take_in
    from ingest.archive_headlines import ArchiveDefaults
    from ingest.ledger import Ledger

    settings = app.settings()
    columns = {"summary": summary, "published": published, "source": source, "link": link}
    defaults = ArchiveDefaults(market=market, timezone=timezone)
    with Ledger.open(settings.ledger.path) as ledger:
        for path in files:
            outcome = take_in(path, ledger, now=app.now(), title=title, columns=columns, defaults=defaults)
            for error in outcome.first_errors:
                click.echo(f"{path}: {error}", err=True)
            click.echo(f"{path}: {outcome.words()}", err=True)
        if not no_tag:
            tag_new(settings, ledger, model)


def _tell(report: CollectReport, *, as_json: bool) -> None:
    from desk.formats import plural

    for line in report.explain():
        click.echo(line, err=True)
    outcomes = report.outcomes
    if as_json:
        rows = [
            {
                "feed": one.feed.name,
                "url": one.feed.url,
                "new": one.new,
                "revised": one.revised,
                "unchanged": one.unchanged,
                "skipped": one.skipped,
                "not_modified": one.not_modified,
                "notes": list(one.notes),
                "error": one.error,
            }
            for one in outcomes
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    new, revised = sum(one.new for one in outcomes), sum(one.revised for one in outcomes)
    answered = len(outcomes) - len(report.failed)
    feeds, headlines = plural(len(outcomes), "feed"), plural(new, "new headline")
    click.echo(f"{answered} of {feeds}: {headlines}, {revised:,} revised", err=True)
