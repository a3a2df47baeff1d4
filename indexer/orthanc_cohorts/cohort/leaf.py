"""What every leaf of the cohort language is made of: words, names, counts, and the properties it declares.

Knows no leaf in particular, no values and no statements.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from orthanc_cohorts.cohort.bounds import CountRange
from orthanc_cohorts.cohort.properties import Property

MAX_VALUES = 1000


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Word = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Words = Annotated[
    list[Word],
    BeforeValidator(_as_list, json_schema_input_type=list[Word] | Word),
    Field(min_length=1, max_length=MAX_VALUES),
]
Codes = Annotated[Words, Field(description="Codes as SCHEME|code, or a DICOM context group as CID|number")]


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class Leaf(BaseModel):
    """What every leaf takes.

    count: how many rows must match, at least one unless stated. missing: fields that have no value.
    as: a name for what the leaf matched.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    base: ClassVar[str] = ""
    """Name of the base statement in sql/cohort."""
    if TYPE_CHECKING:
        op: str  # every leaf has one, each a Literal of its own

    count: CountRange | None = None
    missing: Annotated[list[Word], Field(min_length=1, max_length=MAX_VALUES)] | None = None
    as_: Annotated[Name | None, Field(alias="as")] = None

    @model_validator(mode="after")
    def _missing_names_fields(self) -> Self:
        for name in self.missing or ():
            if name not in properties(type(self)):
                raise ValueError(f"missing names {name!r}, which is no field of `{self.op}`")
            if getattr(self, name) is not None:
                raise ValueError(f"{name!r} is both asked for and missing")
        return self


@cache
def properties(leaf: type[Leaf]) -> dict[str, Property]:
    """Return the properties that a leaf may ask about, by name, in the order of declaration."""
    found = {}
    for name, info in leaf.model_fields.items():
        for extra in info.metadata:
            if isinstance(extra, Property):
                found[name] = extra
    return found
