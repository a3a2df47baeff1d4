"""The mapping of points: how a table is read, and what lists and labels of points are.

Knows names and codes; neither files nor content items.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.mapping import Code, Strict

Graphic = Literal["points", "multipoint", "polyline", "polygon", "ellipse", "ellipsoid"]
IMAGING_MEASUREMENT_REPORT = Coding("DCM", "126000", "Imaging Measurement Report")
IMAGING = Coding("SCT", "363679005", "Imaging")
ENGLISH = Coding("RFC5646", "en", "English")


class Columns(Strict):
    """Names of the columns of a table. label, list, description: None where there is none."""

    x: str = "x"
    y: str = "y"
    z: str = "z"
    label: str | None = "label"
    list: str | None = None
    description: str | None = None


class Measured(Strict):
    """What a measurement is that the input names. unit: UCUM; None: as the input states it."""

    concept: Code
    unit: str | None = None
    derivation: Code | None = None
    method: Code | None = None


class Table(Strict):
    """How a table (CSV) is read.

    coordinate_system: None: as the caller says. measurements: names of columns with measurements; what they
    are is said in `Mapping.measurements`.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    coordinate_system: Literal["LPS", "RAS"] | None = None
    unit: Literal["mm", "cm", "m", "um"] = "mm"
    columns: Columns = Columns()
    measurements: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Rule(Strict):
    """What sets of points are, by the name of their list and the label of their points.

    list, label: as `fnmatch` has it, upper and lower case apart. graphic: how the points of a list are drawn,
    None: each for itself, or as its kind says. volumetric: each is a place of a volume (TID 1411), not of a
    plane (TID 1410). track: how far the same label means the same thing.
    """

    list: str = "*"
    label: str = "*"
    finding: Code | None = None
    category: Code | None = None
    site: Code | None = None
    laterality: Code | None = None
    graphic: Graphic | None = None
    volumetric: bool = False
    track: Literal["study", "patient"] = "study"

    def is_for(self, name: str, label: str) -> bool:
        """Whether it speaks of points of this label in a list of this name."""
        return fnmatchcase(name, self.list) and fnmatchcase(label, self.label)


class Mapping(Strict):
    """What points are. measurements: None leaves one out. rules: the first that fits holds."""

    table: Table = Table()
    title: Code = IMAGING_MEASUREMENT_REPORT
    procedure: Code = IMAGING
    language: Code = ENGLISH
    measurements: dict[str, Measured | None] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def rule(self, name: str, label: str = "") -> Rule:
        """Return the rule for a point, or for a list as a whole where label is empty."""
        return next((one for one in self.rules if one.is_for(name, label)), _NOTHING)


_NOTHING = Rule()
