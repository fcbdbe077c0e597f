"""Links: made absolute, http or https only, and a form in which the same story's links are equal."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"(utm_|at_|ns_|mc_|_hs|guce_|pk_|mtm_|hsa_|vero_|oly_|wt\.|s_cid|sr_share|soc_)"
    r"|(fbclid|gclid|dclid|msclkid|yclid|twclid|igshid|igsh|cmp|cmpid|ncid|ocid|icid|ftag|guccounter|taid|ito|mkt_tok"
    r"|feature|spm|trk|echobox|smid|smtyp|__twitter_impression|xtor|wt_mc|__source|feedtype)$",
    re.IGNORECASE,
)
# Whatever these say, a value such as `rss` only tells where the reader came from.
_ORIGIN = (
    "cid", "emc", "feed", "from", "mod", "partner", "ref", "referrer", "rss", "s", "siteid", "source",
    "src", "via",
)  # fmt: skip
_FROM_FEED = re.compile(r"(rss|feed|atom|newsfeed)", re.IGNORECASE)


def absolute_link(link: str | None, base: str) -> str | None:
    """`link` resolved against `base`, or None unless it is http or https with a host."""
    if not link or not link.strip():
        return None
    try:
        # Spaces and line ends inside a link come from hard-wrapped feeds.
        link = re.sub(r"[\s\x00-\x1f]+", "", link)
        given = urlsplit(link)
        if given.scheme and not given.netloc:
            return None
        joined = urljoin(base, link)
        parts = urlsplit(joined)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return joined


def normalised_link(link: str) -> str:
    """A form equal for all links to one story: no scheme, tracking marks, fragment or default port."""
    parts = urlsplit(link)
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").rstrip("/")
    query = urlencode(
        sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(*pair))
    )
    return f"{host}{port}{path}" + (f"?{query}" if query else "")


def story_fragment(link: str) -> str:
    """What stands after `#`, as live pages name their items; empty if it only tells of the reader's way."""
    fragment = urlsplit(link).fragment
    pairs = parse_qsl(fragment, keep_blank_values=True) if "=" in fragment else []
    return "" if pairs and all(_tracks(*pair) for pair in pairs) else fragment


def is_home_page(link: str) -> bool:
    """True if the link names a site and no page of it, as feeds do whose items have no pages."""
    parts = urlsplit(link)
    return parts.path in ("", "/") and not parts.query


def _tracks(key: str, value: str) -> bool:
    return bool(_TRACKING.match(key)) or (key.lower() in _ORIGIN and bool(_FROM_FEED.match(value)))
