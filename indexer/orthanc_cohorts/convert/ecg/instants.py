"""Moments as HL7 and others write them: `20021122091000.000-0600`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(\.\d+)?)?([+-]\d{4})?")


def instant(text: str) -> datetime | date | None:
    """Return the moment that a time stamp of HL7 v3 names, local time as written; None where it names none.

    A stamp without a time of day is a date. The offset from UTC is left out: DICOM's attributes of study and
    series have none, and two moments of one file are told apart by their local time.
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()[:7]
    try:
        if hour is None:
            return date(int(year), int(month), int(day))
        whole = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
    except ValueError:
        return None
    return whole + timedelta(microseconds=round(float(fraction or 0) * 1e6))
