"""What a table of a cohort may ask: columns, each read from rows of a leaf, or a clause as a flag.

Knows the shape only; fields, codes and units are settled by `wanted`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from orthanc_cohorts.cohort.bounds import DaysApart
from orthanc_cohorts.cohort.definition import Clause, RowLeaf, check_shape
from orthanc_cohorts.cohort.leaf import Name, Word

Pick: TypeAlias = Literal["latest", "first", "nearest", "min", "max", "mean", "count", "exists", "list"]
MAX_COLUMNS = 200


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _kind_of_rows(value: Any) -> str:
    return "name" if isinstance(value, str) else "leaf"


Rows: TypeAlias = Annotated[
    Annotated[RowLeaf, Tag("leaf")] | Annotated[Name, Tag("name")], Discriminator(_kind_of_rows)
]
"""A leaf, or the name (`as`) of a leaf of the cohort: what it matched."""


class Anchor(_Node):
    """The moment that windows of days are measured from: one match of `of` per row of the table."""

    of: Rows
    pick: Literal["first", "latest"] = "first"


class RowsColumn(_Node):
    """A column read from the rows that `of` matches, one value per row of the table.

    field: what of them; `value` of a measurement or evaluation and `text` of a text where it is left out.
    Beside the properties of the clause: `time`, `days` (after the anchor), `study_instance_uid`,
    `series_instance_uid`, `sop_instance_uid`. pick: which row where there are several; rows that do not
    state the field take no part. unit: UCUM, of the value of a measurement; dimensionless unless stated.
    days: only rows whose local day lies so many days after the anchor's. scope: where rows of a table of
    studies are looked for: in the study, or in all studies of its patient.
    """

    name: Name
    of: Rows
    field: Word | None = None
    pick: Pick = "latest"
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    days: DaysApart | None = None
    scope: Literal["study", "patient"] | None = None


class ClauseColumn(_Node):
    """A flag: whether a clause of the cohort language is true for the unit of the table's row."""

    name: Name
    where: Clause


def _kind_of_column(value: Any) -> str:
    named = value.get("where") if isinstance(value, dict) else getattr(value, "where", None)
    return "rows" if named is None else "clause"


Column: TypeAlias = Annotated[
    Annotated[RowsColumn, Tag("rows")] | Annotated[ClauseColumn, Tag("clause")],
    Discriminator(_kind_of_column),
]


RESERVED = ("patient", "patient_id", "issuer_of_patient_id", "study", "study_instance_uid", "split")
"""Names of what every table says of its rows."""


class Columns(_Node):
    """The columns of a table. per: what a row of it is; the unit of the cohort unless stated."""

    per: Literal["patient", "study"] | None = None
    anchor: Anchor | None = None
    columns: Annotated[list[Column], Field(min_length=1, max_length=MAX_COLUMNS)]

    @model_validator(mode="after")
    def _names_differ(self) -> Columns:
        names = [column.name for column in self.columns]
        taken = [name for name in names if name in RESERVED]
        if taken:
            raise ValueError(f"{taken[0]!r} is what a table calls its rows; choose another name")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two columns are named {twice[0]!r}; every column has a name of its own")
        return self


def check_columns(value: Any) -> None:
    """Refuse clauses of columns that are too deep or too large. Raises BadDefinition."""
    columns = value.get("columns") if isinstance(value, Mapping) else None
    for number, column in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(column, Mapping):
            check_shape(column.get("where"), f"/columns/{number}/where")
