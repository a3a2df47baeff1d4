"""Ranges of numbers, counts and days as they stand in a definition.

Knows no columns and converts no unit.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Bounds(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _has_consistent_bounds(self) -> Self:
        given = self.given()
        if not given:
            raise ValueError("a range takes at least one of ge, gt, le, lt, eq")
        for one, other in (("ge", "gt"), ("le", "lt")):
            if one in given and other in given:
                raise ValueError(f"a range takes {one} or {other}, not both")
        if "eq" in given and len(given) > 1:
            raise ValueError("a range takes eq alone, or other bounds")
        return self

    def given(self) -> dict[str, Any]:
        """Return the bounds that are stated, by name."""
        names = ("ge", "gt", "le", "lt", "eq")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class Range(_Bounds):
    """A range of numbers; all stated bounds hold.

    unit: UCUM; none means dimensionless, or the field's own unit.
    """

    ge: Finite | None = None
    gt: Finite | None = None
    le: Finite | None = None
    lt: Finite | None = None
    eq: Finite | None = None
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class CountRange(_Bounds):
    """A range of whole numbers from 0 on."""

    ge: Annotated[int, Field(ge=0, le=2**53)] | None = None
    gt: Annotated[int, Field(ge=0, le=2**53)] | None = None
    le: Annotated[int, Field(ge=0, le=2**53)] | None = None
    lt: Annotated[int, Field(ge=1, le=2**53)] | None = None
    eq: Annotated[int, Field(ge=0, le=2**53)] | None = None


class DayRange(_Bounds):
    """A range of local calendar days, each as YYYY-MM-DD."""

    ge: date | None = None
    gt: date | None = None
    le: date | None = None
    lt: date | None = None
    eq: date | None = None
