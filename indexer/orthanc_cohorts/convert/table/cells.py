"""What a cell states: a number, a code, a text or a moment; or what is wrong with it.

Knows one cell at a time; no DICOM objects.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from orthanc_cohorts.convert.problem import shown
from orthanc_cohorts.convert.table.mapping import Age, Cell, Moment
from orthanc_cohorts.convert.table.reading import Row

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOST_KNOWN = 8
T = TypeVar("T")
AGES: Final = {"a": "Y", "mo": "M", "wk": "W", "d": "D"}
"""Units of UCUM as AS writes them (PS3.5 6.2)."""


class Wrong(ValueError):
    """A cell does not say what it should; the message is for a `Problem`."""


class Markers:
    """Values that stand for nothing. Numbers are compared as numbers: 0 is 0.0 too."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = {plain(value) for value in values} | {""}

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and plain(text) in self._values


def plain(text: str) -> str:
    """Return a text as it is compared: a number without needless digits, anything else as it is."""
    if _NUMBER.fullmatch(text) is None:
        return text
    found = Decimal(text).normalize()
    return "0" if not found else str(found)


def number(text: str, decimal: str = ".") -> Decimal:
    """Return the number that a cell states. Raises Wrong."""
    written = text.replace(",", ".") if decimal == "," else text
    if _NUMBER.fullmatch(written) is None:
        raise Wrong(f"{shown(text)} is no number")
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise Wrong(f"{shown(text)} is no number that can be written") from error


def chosen(text: str, values: Mapping[str, T]) -> T:
    """Return what a value stands for; values: by their `plain` text. Raises Wrong."""
    found = plain(text)
    if found not in values:
        known = ", ".join(list(values)[:_MOST_KNOWN]) + (", …" if len(values) > _MOST_KNOWN else "")
        raise Wrong(f"{shown(text)} is none of its values ({known}); add it, or say that it is missing")
    return values[found]


def moment(text: str, form: str | None) -> datetime | date:
    """Return the date or moment that a cell states; form: as `strptime` takes it, None for ISO 8601.

    A time zone is left out: DICOM's dates and times of a study are those of its place. Raises Wrong.
    """
    try:
        if form is None:
            if len(text) <= len("YYYY-MM-DD"):
                return date.fromisoformat(text)
            return datetime.fromisoformat(text).replace(tzinfo=None)
        found = datetime.strptime(text, form)
    except ValueError as error:
        raise Wrong(f"{shown(text)} is no date as {form or 'YYYY-MM-DD'}") from error
    return found if any(mark in form for mark in ("%H", "%I", "%X", "%c", "%T")) else found.date()


def age(text: str, rule: Age) -> str:
    """Return an age as AS, whole units as they are counted: 63.9 years are 63. Raises Wrong."""
    found = number(text)
    if not 0 <= found < 1000:
        raise Wrong(f"{shown(text)} is no age from 0 to 999")
    return f"{int(found):03d}{AGES[rule.unit]}"


def said(row: Row, cell: Cell, missing: Markers) -> str | None:
    """Return the text that a cell of a mapping stands for in a row, None where it is missing."""
    if cell.value is not None:
        return cell.value
    if cell.column is not None:
        text = row.cells[cell.column]
        return None if text in missing else text
    assert cell.template is not None
    return string.Formatter().vformat(cell.template, (), {**row.cells, "row": row.number})


def columns_of(cell: Cell | None) -> list[str]:
    """Return the columns that a cell of a mapping reads."""
    if cell is None:
        return []
    if cell.column is not None:
        return [cell.column]
    fields = string.Formatter().parse(cell.template or "")
    return [name for _, name, _, _ in fields if name is not None and name != "row"]


def moment_of(row: Row, rule: Moment | None, missing: Markers) -> datetime | date | None:
    """Return the moment that a rule finds in a row. Raises Wrong."""
    text = None if rule is None else said(row, rule, missing)
    return None if text is None or rule is None else moment(text, rule.format)
