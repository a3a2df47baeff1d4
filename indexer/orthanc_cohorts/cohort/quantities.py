"""Bounds with units: into the canonical unit of their dimension, or into the unit of a column.

Knows no rows. Conversion is decimal and rounded to 15 digits, the same that made the rows canonical.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Any

from orthanc_cohorts.cohort.bounds import Range
from orthanc_cohorts.harmonise import convert

DIMENSIONLESS = "1"
PERCENT = "%"
"""Unit of a change in parts of the first value."""


def canonical_bounds(asked: Range) -> dict[str, Any]:
    """Return the bounds in the canonical unit of their dimension, with that unit; `1` where none is stated.

    Raises UnknownUnit: a unit that cannot be parsed.
    """
    tree: dict[str, Any] = {}
    unit = asked.unit or DIMENSIONLESS
    for name, value in asked.given().items():
        converted, tree["unit"] = convert(value, unit)
        tree[name] = number(converted)
    return tree


def column_bounds(asked: Range, unit: str) -> dict[str, Any]:
    """Return the bounds in the unit of a column, with that unit; a bound without unit is in it already.

    unit: UCUM of the column, "" where it is a mere count or ratio.
    Raises UnknownUnit: a unit that cannot be parsed. ValueError: a unit of another dimension.
    """
    column = unit or DIMENSIONLESS
    tree: dict[str, Any] = {"unit": unit} if unit else {}
    for name, value in asked.given().items():
        if asked.unit is None or asked.unit == column:
            tree[name] = number(value)
            continue
        converted, dimension = convert(value, asked.unit)
        one, expected = convert(1.0, column)
        if dimension != expected:
            takes = f"a unit like {unit}" if unit else "no unit"
            raise ValueError(f"{asked.unit} does not fit: this field takes {takes}")
        tree[name] = number(float(f"{Decimal(repr(converted)) / Decimal(repr(one)):.15g}"))
    return tree


def number(value: float) -> int | float:
    """Return a whole number as int, so that 60 and 60.0 are written alike; others as they are.

    Raises ValueError: beyond what a double holds.
    """
    whole = float(value)
    if not isfinite(whole):
        raise ValueError("this bound is too large once converted; give it in another unit")
    return int(whole) if whole.is_integer() and abs(whole) < 2**53 else whole
