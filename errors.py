"""Every error that causewire raises on purpose.

    CausewireError            what went wrong, where, and the remedy, in one line
    ├── SettingsError         causewire.toml, a file of causes or an environment variable
    ├── FeedError             one feed: down, slow, too large, not a feed
    ├── OpmlError             a list of feeds that cannot be read
    ├── ArchiveError          a file of headlines: missing, empty, a column or row that is wrong
    ├── LedgerError           the database of headlines
    ├── ModelError            a model folder, the base encoder, a hash that does not match
    ├── DataError             training or evaluation data: file, line, what
    ├── SessionError          a date outside the calendar, or one that is no session
    ├── PricesError           a price file or source
    └── BusyError             the server has as much to do as it takes on

The faces print `str(error)`, then `details`, and leave with exit code 2; nothing below them prints.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class CausewireError(Exception):
    """An error with a remedy.

    Args:
        what: what went wrong, naming the URL, path, row or field.
        remedy: what the reader can do about it, as an imperative; may be empty.
        details: what else there is to tell, a line each, such as every bad row of a file.
    """

    def __init__(self, what: str, remedy: str = "", details: Sequence[str] = ()) -> None:
        self.what = what
        self.remedy = remedy
        self.details = tuple(details)
        super().__init__(f"{what}; {remedy}" if remedy else what)


def closest(name: str, known: Iterable[str], *, alike: float = 0.6) -> str:
    """Return which of the `known` names may have been meant, in whatever case; '' for none.

    Args:
        name: what was said.
        known: what could have been said.
        alike: how near it must come, in [0, 1]; see `difflib.get_close_matches`.
    """
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=alike)
    return by_lower[close[0]] if close else ""


class SettingsError(CausewireError):
    """causewire.toml, a file of causes or an environment variable says something that cannot be used."""


class FeedError(CausewireError):
    """One feed could not be taken in."""


class OpmlError(CausewireError):
    """An OPML file could not be read."""


class ArchiveError(CausewireError):
    """A file of headlines could not be read or written."""


class LedgerError(CausewireError):
    """The database of headlines could not be opened or used."""


class ModelError(CausewireError):
    """A model folder or the base encoder is missing, incomplete or not what it says."""


class DataError(CausewireError):
    """Training or evaluation data is wrong."""


class SessionError(CausewireError):
    """A date is outside the calendar or is no session."""


class PricesError(CausewireError):
    """A price file or source is wrong."""


class BusyError(CausewireError):
    """The server has as much to do as it takes on; `retry_after_s` is when to ask again, in whole seconds."""

    def __init__(self, what: str, remedy: str, *, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(what, remedy)
