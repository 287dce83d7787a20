"""Dates as cookies have them, in English whatever the locale."""

import re
from datetime import datetime, timezone

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DATE = re.compile(
    rf"(?:{'|'.join(_DAYS)}), (\d\d?)(?P<dash>[- ])({'|'.join(_MONTHS)})(?P=dash)(\d{{4}}) (\d\d?):(\d\d):(\d\d) GMT",
    re.ASCII | re.IGNORECASE,
)


def check(date: str) -> None:
    """ValueError for what is no date, with dashes or blanks between day, month and year."""
    found = _DATE.fullmatch(date)
    if found is None:
        raise ValueError(f"not a date 'Wdy, DD-Mon-YYYY HH:MM:SS GMT': {date!r}")
    day, _, month, year, hour, minute, second = found.groups()
    # Only to have it checked. A minute may have a leap second.
    datetime(int(year), _MONTHS.index(month.capitalize()) + 1, int(day), int(hour), int(minute), min(int(second), 59))


def text(when: float | datetime) -> str:
    """``Wdy, DD-Mon-YYYY HH:MM:SS GMT``. ValueError for a number that is no date."""
    if isinstance(when, datetime):
        utc = when.astimezone(timezone.utc) if when.tzinfo is not None else when
    else:
        try:
            utc = datetime.fromtimestamp(int(when), timezone.utc)
        except (OverflowError, OSError) as error:
            raise ValueError(f"not a date: {when!r}") from error
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02}-{month}-{utc.year:04} {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"
