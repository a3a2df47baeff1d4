"""Sets of points as all readers give them: named, in mm, towards left, posterior and superior.

Knows nothing of files, codes or content items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Position = tuple[float, float, float]
"""(x, y, z) in mm of a frame of reference: LPS, as DICOM has it (PS3.3 C.7.6.2.1.1)."""
Kind = Literal["Fiducial", "Line", "Angle", "Curve", "ClosedCurve", "Plane", "ROI"]
"""What a set is, in the words of 3D Slicer; points of a table are Fiducial."""
CoordinateSystem = Literal["LPS", "RAS"]
MM = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "um": Decimal("0.001")}
"""Units of length in mm."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that the input states of a set or of a point.

    name: as the input calls it. unit: as it writes it, None: it writes none. codes: what it says itself of
    the concept, the derivation and the method, as (value, scheme, meaning). place: row and column.
    """

    name: str
    value: Decimal
    unit: str | None = None
    quantity: tuple[str, str, str] | None = None
    derivation: tuple[str, str, str] | None = None
    method: tuple[str, str, str] | None = None
    place: tuple[int | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Point:
    """A point. label, description: "" for none. measures: of this point alone."""

    position: Position
    label: str = ""
    description: str = ""
    measures: Sequence[Measure] = ()
    place: tuple[int | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class PointSet:
    """Points that belong together. source: name of its file. corners: of the shape that a Plane or ROI is.

    corners: of a Plane its four, in order; of a ROI the eight of its box, those of the lower face first.
    """

    source: str
    name: str
    kind: Kind
    points: Sequence[Point]
    measures: Sequence[Measure] = ()
    corners: Sequence[Position] = ()
    place: tuple[int | None, str | None] = (None, None)


@dataclass(slots=True)
class Found:
    """What a reader found. notes: what it left out and why, one line each."""

    sets: list[PointSet] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def lps(position: Sequence[Decimal], system: CoordinateSystem, unit: str = "mm") -> Position:
    """Return a position in mm and LPS. Decimal until the end, so that nothing but the last step rounds."""
    factor = MM[unit]
    sign = -1 if system == "RAS" else 1
    x, y, z = position
    return float(sign * x * factor), float(sign * y * factor), float(z * factor)
