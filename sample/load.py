"""The bundled sample as records: headlines by `sample_items()`, prices as a file under `prices_path()`.

    for item in sample_items():
        item.published_at, item.desk, item.title, item.summary, item.session

`headlines.txt` holds one headline a line, `PUBLISHED_UTC|DESK|TITLE|SUMMARY` (the summary may be empty),
under heads `## YYYY-MM-DD` that name the New York session. A desk is served as a feed of its own. This
folder knows nothing of the project but `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

from errors import DataError

_HEAD = "## "


@dataclass(frozen=True, slots=True)
class SampleItem:
    """A headline of the sample.

    Args:
        published_at: aware UTC.
        desk: the section whose feed carries it, such as `markets`.
        title: plain text, never empty.
        summary: plain text, may be empty.
        session: the New York session under whose head it stands.
    """

    published_at: datetime
    desk: str
    title: str
    summary: str
    session: date


def headlines_path() -> Path:
    """Give the path of the sample's headlines."""
    return Path(str(files("sample") / "headlines.txt"))


def prices_path() -> Path:
    """Give the path of the sample's prices: tidy `date,symbol,close,return,flag`, returns as fractions."""
    return Path(str(files("sample") / "prices.csv"))


def sample_items(path: Path | None = None) -> list[SampleItem]:
    """Read the headlines in the order of the file; the bundled file by default.

    Raises:
        DataError: the file cannot be read, or a line is wrong; it names file and line.
    """
    path = path or headlines_path()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error})", "install causewire again") from error
    items: list[SampleItem] = []
    session: date | None = None
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        if line.startswith(_HEAD):
            session = _session(line.removeprefix(_HEAD).strip(), where)
        elif line.strip():
            items.append(_item(line, session, where))
    if not items:
        raise DataError(f"{path} holds no headline", "install causewire again")
    return items


def _session(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{where}: {text!r} is no date", "write heads as '## YYYY-MM-DD'") from error


def _item(line: str, session: date | None, where: str) -> SampleItem:
    if session is None:
        raise DataError(f"{where}: a headline stands before any head", "put '## YYYY-MM-DD' above it")
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 4:
        raise DataError(f"{where}: {len(fields)} fields, not 4", "write PUBLISHED_UTC|DESK|TITLE|SUMMARY")
    stamp, desk, title, summary = fields
    if not desk or not title:
        raise DataError(f"{where}: the desk or the title is empty", "fill it in")
    try:
        published_at = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise DataError(f"{where}: {stamp!r} is no time", "write it as YYYY-MM-DDTHH:MM:SSZ") from error
    if published_at.tzinfo is None:
        raise DataError(f"{where}: {stamp!r} has no zone", "end it with Z for UTC")
    return SampleItem(published_at.astimezone(UTC), desk, title, summary, session)
