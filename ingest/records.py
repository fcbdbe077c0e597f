"""The records of ingest by stage: a `Feed` is fetched, a `Headline` is clean, a `ScoredHeadline` is tagged.

All times are aware UTC. Nothing of a third-party parser leaves ingest: these records do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PublishedQuality = Literal["exact", "day_only", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed to fetch.

    Args:
        name: unique among the feeds; becomes the `source` of its headlines.
        url: http or https.
        market: where the publisher sits, an ISO country code, `EU` or `GLOBAL`.
        desk: the publisher's section, such as `markets`, `policy`, `technology`.
        language: ISO 639-1 code that headlines get when the feed declares none.
        timezone: IANA zone in which a date without a time is meant.
        checked: ISO date on which someone saw the feed answer, or `never`.
    """

    name: str
    url: str
    market: str
    desk: str
    language: str = "en"
    timezone: str = "UTC"
    checked: str = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A headline as first seen or as last revised.

    Args:
        id: stable over runs and over feeds that carry the same link; hexadecimal.
        title: plain text, never empty.
        summary: plain text, may be empty.
        link: http or https, or None.
        source: the feed's name, or an archive's own source column.
        market: the feed's market.
        published_at: aware UTC; midnight in `timezone` for `day_only`; None for `missing`.
        published_quality: how far `published_at` can be trusted.
        first_seen_at: aware UTC; set once, never overwritten.
        language: ISO 639-1 code, or `und`.
        timezone: IANA zone of the publisher, `UTC` if unknown.
    """

    id: str
    title: str
    summary: str
    link: str | None
    source: str
    market: str
    published_at: datetime | None
    published_quality: PublishedQuality
    first_seen_at: datetime
    language: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredHeadline:
    """A headline with its intensities.

    Args:
        headline: what was scored.
        intensities: cause name to calibrated probability in [0, 1], in the model's order.
        model_version: which model gave them.
    """

    headline: Headline
    intensities: Mapping[str, float]
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the last fetches of one feed left behind, so that the next one can be conditional.

    Args:
        url: the feed's URL, as in the list of feeds.
        etag: the server's ETag of the last body whose headlines were committed, or None.
        last_modified: the server's Last-Modified of that body, word for word, or None.
        last_success: aware UTC of the last fetch that brought headlines or said 'not modified'.
        last_error: the last error's words; None after a success.
        failures: failed fetches in a row, 0 after a success.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    last_success: datetime | None = None
    last_error: str | None = None
    failures: int = 0
