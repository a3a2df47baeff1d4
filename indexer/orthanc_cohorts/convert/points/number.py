"""Numbers of the input: from text to Decimal, and what single precision makes of a coordinate.

Knows nothing of where they stand.
"""

from __future__ import annotations

import struct
from decimal import Decimal, InvalidOperation

from orthanc_cohorts.convert.points.pointset import Position

MOVED_MM = 0.0005
"""How far writing may move a coordinate: GraphicData is FL. Less than this is lost below 8 m."""


def number(text: str, decimal: str = ".") -> Decimal:
    """Return the number of a text. Raises ValueError: it is none, or not a finite one."""
    plain = text.strip()
    if decimal == ",":
        if "." in plain:
            raise ValueError(f"{plain!r} has a point, but the decimal sign is a comma")
        plain = plain.replace(",", ".")
    if not plain:
        raise ValueError("is empty; a number is needed")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{text.strip()!r} is no number") from None
    if not found.is_finite() or "_" in plain:
        raise ValueError(f"{text.strip()!r} is no number")
    return found


def single(value: float) -> float:
    """Return the single-precision number (FL) next to a coordinate. Raises OverflowError: there is none."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found


def moved(position: Position) -> float:
    """Return how far single precision moves a position along an axis, in mm; infinite: out of it."""
    try:
        return max(abs(single(value) - value) for value in position)
    except OverflowError:
        return float("inf")
