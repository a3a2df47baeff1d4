"""DA, TM, DT and AS values to local times, dates and years (PS3.5 table 6.2-1).

Pure. Times are text `YYYY-MM-DD HH:MM:SS.ffffff`, which sorts and which the index casts.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

_DATE = re.compile(r"^(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})$", re.ASCII)
_TIME = re.compile(r"^(\d{2}):?(?:(\d{2}):?(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?$", re.ASCII)
_DATETIME = re.compile(
    r"^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?([+-]\d{4})?$",
    re.ASCII,
)
_AGE = re.compile(r"^\s*(\d{1,4})\s*([DWMY])\s*$", re.ASCII)
_YEARS = {"D": 1 / 365.2425, "W": 7 / 365.2425, "M": 1 / 12, "Y": 1.0}
_PRECISIONS = ("year", "month", "day", "hour", "minute", "second")
EPOCH_DAY = "1970-01-01"
_REMEMBERED = 256
"""One object states the same day and hour many times over, and so do its neighbours."""


class Moment(NamedTuple):
    """A local time; precision names the smallest part stated; offset is `+ZZXX` as sent, else None."""

    time: str
    precision: str
    offset: str | None = None


@lru_cache(_REMEMBERED)
def parse_date(text: str | None) -> str | None:
    """Return `YYYY-MM-DD`, or None for what is no day of the calendar."""
    match = _DATE.match(text.strip()) if text else None
    if match is None:
        return None
    return _day(int(match[1]), int(match[2]), int(match[3]))


@lru_cache(_REMEMBERED)
def parse_time(text: str | None) -> tuple[str, str] | None:
    """Return (`HH:MM:SS.ffffff`, precision), or None for what is no time of day."""
    match = _TIME.match(text.strip()) if text else None
    return None if match is None else _clock(match[1], match[2], match[3], match[4])


@lru_cache(_REMEMBERED)
def combine(date_text: str | None, time_text: str | None) -> Moment | None:
    """Return the moment of a DA and a TM value; a missing or bad time leaves the day alone."""
    day = parse_date(date_text)
    if day is None:
        return None
    clock = parse_time(time_text)
    return Moment(f"{day} 00:00:00", "day") if clock is None else Moment(f"{day} {clock[0]}", clock[1])


@lru_cache(_REMEMBERED)
def parse_datetime(text: str | None) -> Moment | None:
    """Return the moment of a DT value, its offset kept apart, or None for what is none."""
    match = _DATETIME.match(text.strip()) if text else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    date_part = _day(int(year), int(month or 1), int(day or 1))
    if date_part is None:
        return None
    if hour is None:
        precision = _PRECISIONS[(month is not None) + (day is not None)]
        return Moment(f"{date_part} 00:00:00", precision, offset)
    clock = _clock(hour, minute, second, fraction)
    return None if clock is None else Moment(f"{date_part} {clock[0]}", clock[1], offset)


def parse_age(text: str | None) -> float | None:
    """Return an AS value in years, or None for what is none."""
    match = _AGE.match(text) if text else None
    return None if match is None else round(int(match[1]) * _YEARS[match[2]], 4)


def age_at(birth_date: str, day: str) -> float | None:
    """Return completed years between two dates `YYYY-MM-DD...`, None when the order is wrong."""
    born, then = date.fromisoformat(birth_date), date.fromisoformat(day[:10])
    years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    return float(years) if years >= 0 else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if year >= 1000 else None
    except ValueError:
        return None


def _clock(hour: str, minute: str | None, second: str | None, fraction: str | None) -> tuple[str, str] | None:
    # A leap second (60) becomes 59: no library here can hold it.
    whole = min(int(second), 59) if second is not None and int(second) <= 60 else 0
    if int(hour) > 23 or int(minute or 0) > 59 or (second is not None and int(second) > 60):
        return None
    precision = "second" if second is not None else "minute" if minute is not None else "hour"
    tail = f".{fraction.ljust(6, '0')}" if fraction and int(fraction) else ""
    return f"{hour}:{minute or '00'}:{whole:02d}{tail}", precision
