"""Ranges of numbers, counts and days as they stand in a definition.

Knows no columns and converts no unit.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written_out(value: Any) -> Any:
    # pydantic also takes seconds since 1970 for a date; a definition never means that.
    if not isinstance(value, date) and not (isinstance(value, str) and _WRITTEN.fullmatch(value)):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Positive = Annotated[int, Field(strict=True, ge=1, le=2**53)]
Days = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
Day = Annotated[date, BeforeValidator(_written_out)]


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

    ge: Whole | None = None
    gt: Whole | None = None
    le: Whole | None = None
    lt: Positive | None = None
    eq: Whole | None = None

    @property
    def admits_none(self) -> bool:
        """Whether no occurrence at all satisfies the range."""
        return not any((self.ge, self.gt is not None, self.eq))


class DaysApart(_Bounds):
    """A range of whole days between two, negative where the second comes first."""

    ge: Days | None = None
    gt: Days | None = None
    le: Days | None = None
    lt: Days | None = None
    eq: Days | None = None


class DayRange(_Bounds):
    """A range of local calendar days, each as YYYY-MM-DD."""

    ge: Day | None = None
    gt: Day | None = None
    le: Day | None = None
    lt: Day | None = None
    eq: Day | None = None
