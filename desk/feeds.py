"""Which feeds the settings choose: the default list or a part of it, an OPML file, the user's own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from desk.scoring import guess
from desk.settings import ClientSettings, FeedsSettings, OwnFeed
from errors import SettingsError
from ingest.client import FetchLimits
from ingest.feeds import default_feeds, feed_of, unique_names
from ingest.opml import read_opml
from ingest.records import Feed


def chosen_feeds(settings: FeedsSettings) -> tuple[Feed, ...]:
    """Return the feeds to take in, those of the default list first.

    Raises:
        SettingsError: a name that the default list does not have, a feed that cannot be used, two feeds of
            one name or URL, or no feed at all.
        OpmlError: the OPML file cannot be read.
    """
    feeds = [*_from_default_list(settings)]
    feeds += read_opml(settings.opml) if settings.opml else ()
    feeds += [_own(index, settings) for index in range(len(settings.own))]
    if not feeds:
        raise SettingsError("the settings choose no feed", "set feeds.default to true, or add [[feeds.own]]")
    try:
        return unique_names(tuple(feeds))
    except ValueError as error:
        raise SettingsError(f"feeds: {error}", "rename one, or take one out") from error


def fetch_limits(settings: ClientSettings) -> FetchLimits:
    """Return the settings' [client] as ingest's limits."""
    return FetchLimits(**dataclasses.asdict(settings))


def _from_default_list(settings: FeedsSettings) -> Sequence[Feed]:
    if not settings.default:
        return ()
    known = {feed.name: feed for feed in default_feeds()}
    for key, names in (("include", settings.include), ("exclude", settings.exclude)):
        for name in names:
            if name not in known:
                raise SettingsError(f"feeds.{key}: the default list has no {name!r}", _remedy(name, known))
    wanted = settings.include or tuple(known)
    return [known[name] for name in wanted if name not in settings.exclude]


def _remedy(name: str, known: dict[str, Feed]) -> str:
    meant = guess(name, known)
    return meant if meant.startswith("did") else "see `causewire feeds list`"


def _own(index: int, settings: FeedsSettings) -> Feed:
    try:
        return feed_of(dataclasses.asdict(settings.own[index]))
    except ValueError as error:
        raise SettingsError(f"feeds.own[{index}]: {error}", "correct it in the settings") from error


def as_toml(feeds: Sequence[Feed]) -> str:
    """Write feeds as `[[feeds.own]]` tables; the settings read them back as they are."""
    fields = [field.name for field in dataclasses.fields(OwnFeed)]
    tables = (
        "\n".join(["[[feeds.own]]", *(f"{name} = {_quoted(getattr(feed, name))}" for name in fields)])
        for feed in feeds
    )
    return "\n\n".join(tables) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, save for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
