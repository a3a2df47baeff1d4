"""Dates moved by days, times checked, ages clipped, as DICOM writes them (PS3.5 6.2).

Knows texts only; whose dates they are, and by how much they move, it is told.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

OLDEST_YEARS = 89
"""Ages above are rare enough to name somebody (45 CFR 164.514(b)(2)(i)(C)); they become 90."""

_DATE = re.compile(r"(\d{4})[.:]?(\d{2})[.:]?(\d{2})")
_DATETIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?")
_TIME = re.compile(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?")
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_MIDDLE_MONTH, _MIDDLE_DAY = 7, 15


def shifted_date(text: str, days: int) -> str | None:
    """Return a DA moved by days; None where it is none, or would leave the calendar."""
    found = _DATE.fullmatch(text.strip())
    return None if found is None else _moved(int(found[1]), int(found[2]), int(found[3]), days)


def shifted_datetime(text: str, days: int) -> str | None:
    """Return a DT moved by days, with the precision and the zone that it has.

    Where the day or the month is not known, the middle of the month or year is moved, and as much of it kept.
    None where it is none, or would leave the calendar.
    """
    found = _DATETIME.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, clock, zone = found.groups()
    moved = _moved(int(year), int(month or _MIDDLE_MONTH), int(day or _MIDDLE_DAY), days)
    if moved is None:
        return None
    precision = 4 + 2 * (month is not None) + 2 * (day is not None)
    return moved[:precision] + (clock or "") + (zone or "")


def checked_time(text: str) -> str | None:
    """Return a TM as it is, None where it is none."""
    stripped = text.strip()
    return stripped if _TIME.fullmatch(stripped) else None


def clipped_age(text: str) -> str | None:
    """Return an AS, 090Y where it is above 89 years; None where it is none."""
    found = _AGE.fullmatch(text.strip().upper())
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    per_year = {"Y": 1, "M": 12, "W": 52.18, "D": 365.25}[unit]
    return "090Y" if number >= (OLDEST_YEARS + 1) * per_year else f"{number:03d}{unit}"


def birth_year(born: str, examined: str, days: int) -> str:
    """Return 1 January of the year of birth, moved like all dates of the patient; empty where not known.

    examined: StudyDate, by which the age is clipped; empty: not known, and neither is the year then.
    """
    moved, at = shifted_date(born, days), shifted_date(examined, days)
    if moved is None or at is None:
        return ""
    return f"{max(int(moved[:4]), int(at[:4]) - OLDEST_YEARS - 1):04d}0101"


def _moved(year: int, month: int, day: int, days: int) -> str | None:
    try:
        moved = date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
