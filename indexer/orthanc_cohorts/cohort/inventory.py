"""What the index holds that can be asked for: properties with their values and ranges, concepts, units.

Knows nothing of HTTP. Counts are of patients and exact; properties that identify list no values.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from orthanc_cohorts_sql import load, names
from pydantic import BaseModel

from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.properties import (
    BodyPart,
    ChannelSource,
    Code,
    Contained,
    Current,
    Day,
    Number,
    Property,
    Tag,
)
from orthanc_cohorts.cohort.universe import Snapshot

Row = tuple[Any, ...]


class Value(BaseModel):
    """A value that occurs. meaning: of a code, one of those sent. rows: of the table of the clause."""

    value: str
    meaning: str | None = None
    rows: int
    patients: int


class Field(BaseModel):
    """A property of a clause. kind: text, code, number, day, flag, tag or words.

    unit: UCUM of a number's column. low, high: range of what occurs, in `unit`. values: most patients first,
    at most as many as asked; `distinct` says how many there are.
    """

    op: str
    name: str
    kind: str
    unit: str | None = None
    rows: int | None = None
    patients: int | None = None
    low: float | str | None = None
    high: float | str | None = None
    distinct: int | None = None
    values: list[Value] | None = None


class UnitSeen(BaseModel):
    """A unit in which a concept is measured, with the range of its values; NULL where none is stated."""

    unit: str | None
    low: float
    high: float
    rows: int
    patients: int


class Measured(BaseModel):
    """A concept that is measured, in each unit of its own dimension."""

    concept: str
    meaning: str | None
    units: list[UnitSeen]


class Evaluated(BaseModel):
    """A question that is answered in codes, with its answers."""

    concept: str
    meaning: str | None
    distinct: int
    values: list[Value]


class Inventory(BaseModel):
    """Everything that can be asked for, at one generation."""

    generation: int
    fields: list[Field]
    measurements: list[Measured]
    evaluations: list[Evaluated]


def inventory(snapshot: Snapshot, check: Callable[[], None]) -> Inventory:
    """Return what occurs in a snapshot, all of it.

    check: called before every statement; raises when the request is out of time.
    """

    def rows(name: str) -> list[Row]:
        check()
        return list(snapshot.cursor.execute(load(name)).fetchall())

    fields = [field for op in LEAVES for field in _fields(op, rows)]
    return Inventory(
        generation=snapshot.generation,
        fields=fields,
        measurements=_measurements(rows("api/measurements")),
        evaluations=_evaluations(rows("api/evaluations")),
    )


def shortened(full: Inventory, op: str | None, values: int) -> Inventory:
    """Return an inventory of one clause or all, with at most `values` values of each field."""
    fields = [
        field if field.values is None else field.model_copy(update={"values": field.values[:values]})
        for field in full.fields
        if op in (None, field.op)
    ]
    evaluations = [one.model_copy(update={"values": one.values[:values]}) for one in full.evaluations]
    return Inventory(
        generation=full.generation,
        fields=fields,
        measurements=full.measurements if op in (None, "measurement") else [],
        evaluations=evaluations if op in (None, "evaluation") else [],
    )


@cache
def _statements() -> frozenset[str]:
    return frozenset(names("api"))


def _fields(op: str, rows: Callable[[str], list[Row]]) -> list[Field]:
    found = {
        name: Field(
            op=op, name=name, kind=kind_of(p), unit=(p.unit or None) if isinstance(p, Number) else None
        )
        for name, p in properties(LEAVES[op]).items()
    }
    if f"api/values_{op}" in _statements():
        for name, value, meaning, n, patients in rows(f"api/values_{op}"):
            field = found[name]
            if field.values is None:
                field.values = []
            field.values.append(Value(value=value, meaning=meaning, rows=n, patients=patients))
            field.distinct = len(field.values)
            field.rows = (field.rows or 0) + n
    for statement in (f"api/ranges_{op}", f"api/days_{op}"):
        if statement in _statements():
            for name, low, high, n, patients in rows(statement):
                field = found[name]
                numeric = isinstance(low, int | float)
                field.low, field.high = (float(low), float(high)) if numeric else (str(low), str(high))
                field.rows, field.patients = n, patients
    return list(found.values())


def kind_of(kind: Property) -> str:
    """Return the word for a kind of property: text, code, number, day or flag."""
    if isinstance(kind, Code | ChannelSource):
        return "code"
    if isinstance(kind, Day):
        return "day"
    if isinstance(kind, Number):
        return "number"
    if isinstance(kind, Current):
        return "flag"
    if isinstance(kind, Tag | Contained):
        return "tag" if isinstance(kind, Tag) else "words"
    return "text or code" if isinstance(kind, BodyPart) else "text"


def _measurements(rows: list[Row]) -> list[Measured]:
    found: dict[str, Measured] = {}
    for concept, meaning, unit, low, high, n, patients in rows:
        one = found.setdefault(concept, Measured(concept=concept, meaning=meaning, units=[]))
        one.units.append(UnitSeen(unit=unit, low=low, high=high, rows=n, patients=patients))
    return list(found.values())


def _evaluations(rows: list[Row]) -> list[Evaluated]:
    found: dict[str, Evaluated] = {}
    for concept, meaning, value, value_meaning, n, patients in rows:
        one = found.setdefault(concept, Evaluated(concept=concept, meaning=meaning, distinct=0, values=[]))
        one.values.append(Value(value=value, meaning=value_meaning, rows=n, patients=patients))
        one.distinct += 1
    return list(found.values())
