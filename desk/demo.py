"""The whole way on the bundled sample: feeds, ledger, tagging, two finished pages.

    report = run_demo(Path("demo-output"), load=Tagger.from_pretrained, step=quiet)

Needs no internet. It may be run again: what was taken in is not taken in twice, and the pages come out the
same, since they are looked at from a fixed instant, a day after the sample ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from aggregate.records import SessionSummary
from desk.daily import daily_summary
from desk.files import write_text
from desk.progress import Advance, one_by_one
from desk.render import to_html, to_json, to_markdown
from desk.sample_feeds import sample_feeds
from desk.scoring import Scoring
from desk.settings import Settings, load_settings
from desk.surroundings import surroundings
from desk.tagging import TaggingReport, tag_ledger
from errors import FeedError, SettingsError
from ingest.client import FeedClient
from ingest.collect import CollectReport, collect
from ingest.ledger import Ledger
from model.scorer import Scorer
from sample.load import prices_path, sample_items

SESSIONS: tuple[tuple[str, date], ...] = (("XKRX", date(2026, 7, 28)), ("XNYS", date(2026, 7, 29)))
NOTICE = (
    "A sample: real market days, retold in our own words. "
    "It shows how causewire works, not what moved a market."
)
_MARK = "# Written by `causewire demo`"
SETTINGS = f"""\
{_MARK}: the ledger and the prices of the bundled sample. `make serve` reads it.
# The sample's feeds are served while the demo runs, and not afterwards.

notice = "{NOTICE}"

[ledger]
path = "causewire.db"

[prices]
path = "prices.csv"

[feeds]
default = false

[baseline]
# The sample has some 14 headlines a day of New York, and Seoul's close at 06:30 UTC cuts such a day in two.
# So Seoul's 13 July, where the sample goes on after a gap, has 7. With the usual 10 it would not count, and
# Seoul's 28 July would be held against 9 sessions, one fewer than a baseline needs.
min_headlines = 7
"""

_REMEDY = "name another folder with --out"

Step = Callable[[str], AbstractContextManager[Advance]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What the demo did.

    Args:
        collected: one outcome a feed.
        tagged: how many headlines were scored now.
        summaries: in the order of `SESSIONS`; the last is New York's.
        pages: the HTML pages, in the same order.
        config: the settings file that `make serve` reads.
    """

    collected: CollectReport
    tagged: TaggingReport
    summaries: tuple[SessionSummary, ...]
    pages: tuple[Path, ...]
    config: Path


def run_demo(out: Path, *, load: Callable[[], Scorer], step: Step) -> DemoReport:
    """Run every step on the sample.

    Args:
        out: folder for ledger, prices, settings and pages; made if missing.
        load: gives the tagger.
        step: is entered around each step, to show it.

    Raises:
        SettingsError: the folder is someone's own, or cannot be written.
        FeedError: a feed of the sample could not be taken in.
        CausewireError: the model or the ledger cannot be used.
    """
    now = max(item.published_at for item in sample_items()) + timedelta(days=1)
    config = _write_settings(out)
    settings = load_settings(config, {})
    with Ledger.open(settings.ledger.path) as ledger:
        with step("take in the sample's feeds") as advance, sample_feeds() as feeds:
            collected = collect(
                feeds,
                ledger,
                fetch=FeedClient().fetch,
                now=now,
                progress=one_by_one(advance, len(feeds)),
            )
        if collected.failed:
            raise FeedError(collected.explain()[0])
        with step("load the model"):
            tagger = load()
        with step("tag the headlines") as advance:
            tagged = tag_ledger(ledger, tagger, advance)
        with step("write the pages"):
            scoring = Scoring.of(tagger, settings)
            summaries = tuple(
                daily_summary(settings, ledger, market, session, scoring=scoring, now=now)
                for market, session in SESSIONS
            )
            pages = tuple(_write_page(settings, summary, scoring, out) for summary in summaries)
    return DemoReport(
        collected=collected,
        tagged=tagged,
        summaries=summaries,
        pages=pages,
        config=config,
    )


def _write_settings(out: Path) -> Path:
    config = out / "causewire.toml"
    _check_own(out, config)
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(prices_path(), out / "prices.csv")
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}", _REMEDY) from error
    write_text(config, SETTINGS, remedy=_REMEDY)
    return config


def _check_own(out: Path, config: Path) -> None:
    """Refuse a folder with settings, prices or a ledger that are not the demo's: it would write over them."""
    own = config.is_file() and config.read_bytes().startswith(_MARK.encode())
    kept = [name for name in (config.name, "prices.csv", "causewire.db") if (out / name).exists()]
    if kept and not own:
        raise SettingsError(f"{out / kept[0]} is there and is not the demo's own", _REMEDY)


def _write_page(settings: Settings, summary: SessionSummary, scoring: Scoring, out: Path) -> Path:
    names = {market: f"{market}-{session}" for market, session in SESSIONS}

    def address(market: str, session: date | None) -> str | None:
        return f"{names[market]}.html" if session is None and market in names else None

    around = surroundings(
        settings,
        summary.market,
        summary.session,
        now=summary.as_of,
        address=address,
        definitions=scoring.definitions,
    )
    stem = out / names[summary.market]
    write_text(stem.with_suffix(".md"), to_markdown(summary, around), remedy=_REMEDY)
    write_text(stem.with_suffix(".json"), to_json(summary) + "\n", remedy=_REMEDY)
    page = stem.with_suffix(".html")
    write_text(page, to_html(summary, around), remedy=_REMEDY)
    return page
