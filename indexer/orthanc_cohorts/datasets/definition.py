"""What a dataset is asked to hold: a cohort, columns, series, a label and a split.

Knows shape and canonical form; reads nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import isclose
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from orthanc_cohorts.cohort import BadDefinition, Canonical, Definition, Detail, canonical
from orthanc_cohorts.cohort.bounds import DaysApart
from orthanc_cohorts.cohort.canonical import Tree, dumps
from orthanc_cohorts.cohort.definition import check_clauses, check_shape, validated
from orthanc_cohorts.cohort.inline import Library, inline
from orthanc_cohorts.cohort.leaf import Name
from orthanc_cohorts.columns import Columns, Layout, Wanted, check_columns, layout
from orthanc_cohorts.columns.request import Rows, RowsColumn
from orthanc_cohorts.columns.wanted import selection

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Line = Annotated[str, StringConstraints(max_length=4096)]
_SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class SeriesSpec(BaseModel):
    """Series to fetch: those of the rows that `of` matches.

    pick: of several in one row of the table. days: only rows so many days after the anchor.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Name
    of: Rows
    pick: Literal["all", "first", "latest", "nearest"] = "all"
    days: DaysApart | None = None
    scope: Literal["study", "patient"] | None = None

    def column(self) -> RowsColumn:
        """Return the column of the keys of these series."""
        pick = "list" if self.pick == "all" else self.pick
        return RowsColumn(name=self.name, of=self.of, pick=pick, days=self.days, scope=self.scope)


class Split(BaseModel):
    """Parts of the patients by share. salt: another one gives another split of the same patients."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shares: Annotated[dict[Slug, Share], Field(min_length=1, max_length=16)] = Field(
        default_factory=lambda: dict(_SHARES)
    )
    salt: Annotated[str, StringConstraints(max_length=256)] = ""

    @model_validator(mode="after")
    def _shares_are_everything(self) -> Self:
        if not isclose(sum(self.shares.values()), 1.0, abs_tol=1e-9):
            raise ValueError("the shares of a split add up to 1")
        return self


class Dataset(Columns):
    """A dataset. cohort: whose rows. label: the name of the column to be learnt. split: of patients.

    title, description, creator, license (SPDX or URL), date (YYYY-MM-DD): for its metadata, not in its hash.
    """

    version: Literal[1]
    name: Slug
    cohort: Definition
    series: Annotated[list[SeriesSpec], Field(max_length=64)] = Field(default_factory=list)
    label: Name | None = None
    split: Split | None = None
    title: Line | None = None
    description: Line | None = None
    creator: Line | None = None
    license: Line | None = None
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [series.name for series in self.series]
        if len(set(names)) < len(names):
            raise ValueError("two series have one name; every one has a name of its own")
        if self.label is not None and self.label not in [column.name for column in self.columns]:
            raise ValueError(f"the label {self.label!r} is no column of this dataset")
        return self


@dataclass(frozen=True)
class Planned:
    """A dataset that can be frozen. series: columns of series keys, one for each of those asked."""

    asked: Dataset
    cohort: Canonical
    layout: Layout
    series: tuple[Wanted, ...]

    @cached_property
    def tree(self) -> Tree:
        """The canonical JSON of what it holds; equal for datasets that mean the same."""
        asked, found = self.asked, {"version": 1, "cohort": cohort_tree(self.cohort), **self.layout.tree()}
        if asked.series:
            found["series"] = [
                {"name": one.name, "of": one.leaf, "pick": spec.pick}
                | ({} if one.window is None else {"days": one.window})
                | ({"scope": "patient"} if one.wide else {})
                for one, spec in zip(self.series, asked.series, strict=True)
            ]
        more = {"label": asked.label, "split": None if asked.split is None else asked.split.model_dump()}
        return found | {name: value for name, value in more.items() if value is not None}

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal: the dataset's name at every site."""
        return sha256(dumps(self.tree)).hexdigest()


def cohort_tree(cohort: Canonical) -> Tree:
    """Return a cohort as the JSON object of its canonical form."""
    tree: Tree = {"version": 1, "unit": cohort.unit}
    return tree if cohort.where is None else tree | {"where": cohort.where}


def parse_dataset(value: Any, library: Library | None = None) -> Planned:
    """Return the dataset that a JSON value states.

    library: where clauses `cohort` find saved ones.
    Raises BadDefinition: every fault that was found, each with a JSON pointer.
    """
    if not isinstance(value, Mapping):
        raise BadDefinition([Detail("", "a dataset is a JSON object with version, name, cohort and columns")])
    cohort = value.get("cohort")
    check_shape(cohort.get("where") if isinstance(cohort, Mapping) else None, "/cohort/where")
    check_columns(value)
    asked = validated(value, Dataset)
    check_clauses(asked.cohort.where, "/cohort/where")
    try:
        known = canonical(inline(asked.cohort, library))
    except BadDefinition as error:
        raise BadDefinition([Detail(f"/cohort{one.pointer}", one.message) for one in error.details]) from None
    wanted = layout(asked, known, library)
    series = selection([spec.column() for spec in asked.series], known, wanted)
    return Planned(asked, known, wanted, series)
