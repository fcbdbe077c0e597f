"""The default list of feeds, and what a feed must be.

The list is data: `ingest/feeds.toml`, in the package. Nobody has promised that its addresses last; `checked`
says on which day one was seen to answer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.records import Feed


def default_feeds() -> tuple[Feed, ...]:
    """About forty public finance feeds: the press of seven markets, central banks, regulators."""
    text = files("ingest").joinpath("feeds.toml").read_text(encoding="utf-8")
    return tuple(feed_of(item) for item in tomllib.loads(text)["feed"])


def feed_of(item: Mapping[str, Any]) -> Feed:
    """A feed from a table of TOML or the attributes of an outline.

    Raises:
        ValueError: a field is missing, unknown, not text, or cannot be used; the words say which.
    """
    known = set(Feed.__slots__)
    for field, value in item.items():
        if field not in known:
            raise ValueError(f"unknown field '{field}' (known: {', '.join(sorted(known))})")
        if not isinstance(value, str | date):
            raise ValueError(f"field '{field}' is not text")  # noqa: TRY004 - one kind for all that is wrong
    for field in ("name", "url", "market", "desk"):
        if not str(item.get(field, "")).strip():
            raise ValueError(f"field '{field}' is missing")
    feed = Feed(**{field: str(value).strip() for field, value in item.items()})
    _check_url(feed.url)
    zone_of(feed.timezone)
    _check_day(feed.checked)
    return feed


def unique_names(feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """The same feeds.

    Raises:
        ValueError: two have one name or one URL.
    """
    for field in ("name", "url"):
        seen: set[str] = set()
        for value in (getattr(feed, field) for feed in feeds):
            if value in seen:
                raise ValueError(f"two feeds have the {field} '{value}'")
            seen.add(value)
    return feeds


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of that name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown timezone '{name}'") from error


def _check_day(checked: str) -> None:
    try:
        if checked != "never":
            date.fromisoformat(checked)
    except ValueError as error:
        raise ValueError(f"checked is '{checked}', neither never nor a date such as 2026-07-29") from error


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:  # a port above 65,535, half an IPv6 address
        raise ValueError(f"the url '{url}' is no address ({error})") from error
    if not usable:
        raise ValueError(f"the url '{url}' is not http or https")
