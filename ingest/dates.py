"""Publication times as feeds and archives write them, to aware UTC and how far each can be trusted.

Read are RFC 822 ('Mon, 02 Mar 2026 09:30:00 EST'), ISO 8601 and W3CDTF ('2026-03-02T09:30+09:00'), plain
'2026-03-02 09:30', 'March 2, 2026', '2026年3月2日 9時30分' and '2026년 3월 2일 오후 3:05'. Orders that differ
between countries ('03/02/2026') are not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from ingest.records import PublishedQuality

MAX_AHEAD = timedelta(days=1)  # clocks and zones go wrong by hours; more than this is no publication
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# Hours east of UTC. Where two countries share a name (CST, IST, BST), the feed's own zone decides first.
_ZONES: dict[str, float] = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2,
    "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "GST": 4, "PKT": 5, "IST": 5.5, "ICT": 7, "WIB": 7,
    "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "KST": 9, "JST": 9, "ACST": 9.5, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "NST": -3.5, "NDT": -2.5, "BRT": -3, "ART": -3, "AST": -4,
    "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
_REGIONS = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
_AFTERNOON = ("오후", "午後", "下午")
_MONTH_NAMES = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)} | {
    # German, French, Italian, Spanish and Portuguese, where the first three letters differ and are plain.
    "gen": 1, "ene": 1, "fev": 2, "abr": 4, "avr": 4, "mai": 5, "mag": 5, "giu": 6, "lug": 7, "ago": 8,
    "aou": 8, "set": 9, "okt": 10, "out": 10, "ott": 10, "dez": 12, "dic": 12,
}  # fmt: skip
_CLOCK = (
    r"(?:[T,\s]\s*(?:at\s+)?(?P<half>오전|오후|午前|午後|上午|下午)?\s*(?P<hour>\d{1,2})(?:[:時时시]\s*(?P<minute>\d{1,2})[分분]?)"
    r"(?:[:\s]?(?P<second>\d{1,2})[秒초]?(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<meridiem>[ap]\.?m\.?)?"
    r"\s*(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?\s*[+-]\d{1,2}:?(?:\d{2})?)?(?:\s*\([^)]*\))?)?"
)
_FORMS = tuple(
    re.compile(rf"{day}Z?\s*{_CLOCK}\s*$", re.IGNORECASE)
    for day in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\.\s?(?P<month>\d{1,2})\.\s?(?P<day>\d{1,2})\.?",
        r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?:[a-z]{3,9}\.?,?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s\-](?P<name>[a-z]{3,9})\.?,?[\s\-](?P<year>\d{4}|\d{2})",
        r"(?:[a-z]{3,9}\.?,?\s+)?(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
    )
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})?(Z)?$")
# C's asctime puts the year last: 'Mon Mar  2 09:30:00 2026'.
_ASCTIME = re.compile(
    r"[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}:\d{2}:\d{2})\s+(?:([A-Z]{1,5})\s+)?(\d{4})$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Published:
    """When something was published.

    Args:
        at: aware UTC; midnight in the publisher's zone for `day_only`; None for `missing`.
        quality: `exact`, `day_only` or `missing`.
        note: why a time that was there is missing; empty otherwise.
        midnight_of: the day, if the time was given as 00:00 of it.
    """

    at: datetime | None
    quality: PublishedQuality
    note: str = ""
    midnight_of: date | None = None


MISSING = Published(None, "missing")


def read_published(value: object, zone: ZoneInfo, now: datetime) -> Published:
    """A publication time from text, from seconds or milliseconds since 1970, or from a date or datetime.

    Args:
        value: as the feed or archive has it; None and empty text are `missing` without a note.
        zone: the publisher's zone, for days and for times that name no zone.
        now: aware; a time more than a day after it is `missing`, with a note.
    """
    if value is None or (isinstance(value, str) and not value.strip()) or value != value:  # noqa: PLR0124 - NaN
        return MISSING
    try:
        if (stated := _stated(value, zone)) is not None:
            return _checked(stated, zone, now)
    except (ValueError, OverflowError):
        pass  # the 30th of February, an hour 25, the year 1 minus a zone
    return Published(None, "missing", f"cannot read the time '{str(value)[:60]}'")


def as_day(published: Published, zone: ZoneInfo) -> Published:
    """The same, when a midnight turns out to mean the day and no time of it."""
    if published.midnight_of is None:
        return published
    return Published(_midnight(published.midnight_of, zone), "day_only")


def seen_by(published: Published, now: datetime) -> Published:
    """The same, but no later than the instant at which it was seen: a publisher's clock may be fast."""
    if published.at is None or published.quality != "exact":
        return published
    return replace(published, at=min(published.at, now))


def _stated(value: object, zone: ZoneInfo) -> datetime | date | None:
    """What the value says: an aware datetime, or a date when it names only the day."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_1970(float(value))
    return _text(str(value), zone)


def _since_1970(number: float) -> datetime | None:
    for unit in (1.0, 1e3, 1e6, 1e9):  # seconds, milliseconds, microseconds, nanoseconds
        if 1e8 <= number / unit < 1e10:
            return datetime.fromtimestamp(number / unit, UTC)
    return None


def _text(text: str, zone: ZoneInfo) -> datetime | date | None:
    text = " ".join(text[:100].replace("\N{MINUS SIGN}", "-").split())
    if compact := _COMPACT.match(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups()[:6])
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if compact[7] else zone)
    if re.fullmatch(r"\d{10}|\d{13}|\d{16}|\d{19}", text):
        return _since_1970(float(text))
    if asctime := _ASCTIME.match(text):
        text = f"{asctime[2]} {asctime[1]} {asctime[5]} {asctime[3]} {asctime[4] or ''}".strip()
    for form in _FORMS:
        if (match := form.match(text)) and (number := _month(match)):
            stated = date(_year(match["year"]), number, int(match["day"]))
            return stated if match["hour"] is None else _at(stated, match, zone)
    return None


def _at(day: date, match: re.Match[str], zone: ZoneInfo) -> datetime:
    hour, minute, second = int(match["hour"]), int(match["minute"]), min(int(match["second"] or 0), 59)
    if hour > 24:
        raise ValueError(f"no day has an hour {hour}")
    half = (match["meridiem"] or match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half[0] == "p" or half in _AFTERNOON else 0)
    fraction = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    # '24:00' is how some write the end of a day.
    naive = datetime.combine(day, time(hour % 24, minute, second, fraction)) + timedelta(days=hour // 24)
    return naive.replace(tzinfo=_zone(match["zone"], zone, naive))


def _zone(name: str | None, own: ZoneInfo, at: datetime) -> tzinfo:
    """The zone that a time names; the publisher's own when it names none that is known."""
    if not name:
        return own
    name = name.upper()
    if offset := re.search(r"([+-])(\d{1,2}):?(\d{2})?$", name):
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    if name in _own_names(own, at.year):
        return _fixed_own(own, name, at)
    if name in _REGIONS:
        return ZoneInfo(_REGIONS[name])
    return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else own


def _own_names(own: ZoneInfo, year: int) -> set[str]:
    return {datetime(year, month, 1, tzinfo=own).tzname() or "" for month in (1, 7)}


def _fixed_own(own: ZoneInfo, name: str, at: datetime) -> tzinfo:
    """'EST' is winter time even when a publisher writes it in summer, so it is a fixed offset."""
    for month in (1, 7):
        instant = datetime(at.year, month, 1, tzinfo=own)
        if instant.tzname() == name:
            return timezone(instant.utcoffset() or timedelta())
    return own


def _checked(stated: datetime | date, zone: ZoneInfo, now: datetime) -> Published:
    exact = isinstance(stated, datetime)
    at = stated.astimezone(UTC) if isinstance(stated, datetime) else _midnight(stated, zone)
    if at > now + MAX_AHEAD:
        return Published(None, "missing", f"the time {at.isoformat()} lies in the future")
    if at < EARLIEST:
        return Published(None, "missing", f"the time {at.isoformat()} lies before {EARLIEST.year}")
    midnight_of = stated.date() if isinstance(stated, datetime) and stated.time() == time(0) else None
    return Published(at, "exact" if exact else "day_only", midnight_of=midnight_of)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def _month(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    return int(groups["month"]) if groups.get("month") else _MONTHS.get(groups["name"][:3].lower())


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) - (100 if int(text) >= 70 else 0)
