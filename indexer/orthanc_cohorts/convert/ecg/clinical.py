"""The clinical header of a record: its statements by name, and numbers, dates and pressures in them.

Written to the rule of PTB's diagnostic ECG database, whose records carry some fifty named statements; what a
record of another source states is kept as well. Knows no codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from orthanc_cohorts.convert.ecg.recording import Statement

_UNKNOWN = frozenset({"", "-", "?", "n/a", "na", "nan", "none", "unknown", "not available", "unbekannt"})
_SPELLING = {"laod": "load", "enddiastolic": "end-diastolic", "diagnosis": "diagnose"}
_HEADINGS = frozenset({"diagnose", "hemodynamics", "therapy"})
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_QUANTITY = re.compile(rf"{_NUMBER}(?:\s*/\s*{_NUMBER})?\s*([A-Za-z%][A-Za-z0-9%/*²\[\]]*)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov",
            "dec dez",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[-/. ](\d{1,2}|[A-Za-zä]{3,9})[-/. ](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Quantity(NamedTuple):
    """One or two numbers with a unit as written, "" for none: `5.4 l/min`, `140/80 mmHg`."""

    first: Decimal
    second: Decimal | None
    unit: str


class ClinicalHeader:
    """The statements of one header; a statement is taken once, so that what is left over can be told."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._left = list(statements)

    def take(self, name: str) -> str | None:
        """Return what the statements of a name say, None where they say that it is not known.

        name: in small letters, without brackets. Where several differ, the last one that is known.
        """
        values = [one.value.strip() for one in self._left if _named(one.name) == name]
        self._left = [one for one in self._left if _named(one.name) != name]
        known = [value for value in values if is_known(value)]
        return known[-1] if known else None

    @property
    def rest(self) -> list[Statement]:
        """What nobody took, without what says nothing."""
        return [one for one in self._left if is_known(one.value)]


def statements_of(lines: Sequence[str]) -> list[Statement]:
    """Return the statements of comment lines: `name: value` below headings, or text alone."""
    found, heading = [], ""
    for line in lines:
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            found.append(Statement(heading, "", line.strip()))
        elif not value and _named(name) in _HEADINGS:
            heading = name
        else:
            found.append(Statement(heading, name, value))
    return found


def is_known(value: str) -> bool:
    """Return whether a value says anything."""
    return value.strip().lower() not in _UNKNOWN


def quantity(value: str) -> Quantity | None:
    """Return the numbers that a value is, None where it is anything else."""
    match = _QUANTITY.fullmatch(value.strip())
    if match is None:
        return None
    first, second, unit = match.groups()
    return Quantity(_decimal(first), None if second is None else _decimal(second), unit or "")


def day(value: str, near: date | None = None) -> date | None:
    """Return the day that a value names, None where it names none: `01/10/1990`, `29-Sep-90`, `1990-10-01`.

    The day comes before the month. near: a day of about that time; a year of two digits is of the century
    that is nearest to it, and no day is named where nothing is near.
    """
    text = value.strip()
    if (match := _ISO.fullmatch(text)) is not None:
        return _date(*map(int, match.groups()))
    if (match := _DAY_MONTH_YEAR.fullmatch(text)) is None:
        return None
    month = int(match[2]) if match[2].isdigit() else _MONTHS.get(match[2][:3].lower(), 0)
    year = int(match[3])
    if len(match[3]) == 2:
        if near is None:
            return None
        year = min(
            (century + year for century in (1800, 1900, 2000, 2100)), key=lambda one: abs(one - near.year)
        )
    return _date(year, month, int(match[1]))


def _named(name: str) -> str:
    words = re.sub(r"[()\[\]]", " ", name.lower()).split()
    return " ".join(_SPELLING.get(word, word) for word in words)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _date(year: int, month: int, of_month: int) -> date | None:
    try:
        return date(year, month, of_month)
    except ValueError:
        return None
