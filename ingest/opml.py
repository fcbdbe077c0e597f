"""Lists of feeds as OPML: other readers' lists in, ours out, with market, desk, language and timezone kept.

    feeds = read_opml("subscriptions.opml")
    Path("feeds.opml").write_text(write_opml(feeds), encoding="utf-8")

Parsed with expat directly: it knows the line of each outline. Documents that declare entities are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from errors import OpmlError
from ingest.feeds import feed_of
from ingest.languages import language_code
from ingest.records import Feed

MAX_BYTES = 10_000_000
_OWN = ("market", "desk", "language", "timezone", "checked")


def read_opml(path: str | Path) -> tuple[Feed, ...]:
    """The feeds of an OPML file, in its order, folders flattened.

    An outline without our attributes gets the market `GLOBAL` and its folder's name for a desk. A URL that
    comes twice counts once; a name that comes twice gets a number.

    Raises:
        OpmlError: the file is missing, not OPML, holds no feed, or an outline cannot be used; names the line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OpmlError(f"cannot read {path}: {error.strerror}", "check the path") from error
    if len(data) > MAX_BYTES:
        raise OpmlError(f"{path} is larger than {MAX_BYTES:,} bytes", "check that it is a list of feeds")
    return parse_opml(data, str(path))


def parse_opml(data: bytes, name: str) -> tuple[Feed, ...]:
    """Like `read_opml`, from bytes; `name` stands in errors.

    Raises:
        OpmlError: see `read_opml`.
    """
    outlines = _Outlines(name)
    try:
        outlines.parser.Parse(data, True)  # noqa: FBT003 - expat's own 'this is all'
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        raise OpmlError(
            f"{name}, line {error.lineno}: {words}", "mend it, or export the list again"
        ) from error
    if not outlines.is_opml:
        raise OpmlError(f"{name} is XML but not OPML", "export the list as OPML")
    if not outlines.feeds:
        raise OpmlError(f"{name} has no outline with an xmlUrl", "export a list that holds feeds")
    return tuple(outlines.feeds.values())


def write_opml(feeds: Iterable[Feed], title: str = "causewire feeds") -> str:
    """The feeds as an OPML 2.0 document, one outline each, our own attributes beside the usual ones."""
    outlines = "\n".join(f"    <outline {_attributes(feed)}/>" for feed in feeds)
    heading = quoteattr(title)[1:-1]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<opml version="2.0">\n  <head>\n    <title>{heading}</title>\n  </head>\n'
        f"  <body>\n{outlines}\n  </body>\n</opml>\n"
    )


def _attributes(feed: Feed) -> str:
    pairs = [("type", "rss"), ("text", feed.name), ("title", feed.name), ("xmlUrl", feed.url)]
    pairs += [(field, getattr(feed, field)) for field in _OWN]
    return " ".join(f"{key}={quoteattr(value)}" for key, value in pairs)


class _Outlines:
    """Collects feeds while expat walks the document."""

    def __init__(self, name: str) -> None:
        self.feeds: dict[str, Feed] = {}  # by URL
        self.is_opml = False
        self._name = name
        self._folders: list[str] = []
        self._names: set[str] = set()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.lower() == "opml":
            self.is_opml = True
        if tag.lower() != "outline":
            return
        given = {key.lower(): value.strip() for key, value in attributes.items()}
        self._folders.append(given.get("text") or given.get("title") or "")
        if url := given.get("xmlurl"):
            self._add(url, given)

    def _end(self, tag: str) -> None:
        if tag.lower() == "outline":
            self._folders.pop()

    def _add(self, url: str, given: dict[str, str]) -> None:
        folder = next((folder for folder in reversed(self._folders[:-1]) if folder), "")
        item = {
            "name": self._free_name(given.get("title") or given.get("text") or url),
            "url": url,
            "market": given.get("market") or "GLOBAL",
            "desk": given.get("desk") or folder or "news",
            "language": language_code(given.get("language")) or "en",
            "timezone": given.get("timezone") or "UTC",
            "checked": given.get("checked") or "never",
        }
        if url in self.feeds:
            return
        try:
            self.feeds[url] = feed_of(item)
        except ValueError as error:
            line = self.parser.CurrentLineNumber
            raise OpmlError(
                f"{self._name}, line {line}: outline '{item['name']}': {error}", "correct that outline"
            ) from error
        self._names.add(item["name"])

    def _free_name(self, name: str) -> str:
        free, number = name, 1
        while free in self._names:
            number += 1
            free = f"{name} ({number})"
        return free

    def _refuse_entity(self, entity: str, *_rest: object) -> None:
        line = self.parser.CurrentLineNumber
        raise OpmlError(f"{self._name}, line {line}: declares the entity '{entity}'", "remove its DOCTYPE")
