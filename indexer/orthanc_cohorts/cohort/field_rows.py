"""Reads what rows state in one field, for facets: all of them, or again those of some studies.

A statement is a file of sql/facets with fixed text of the whitelist in `clauses` appended; nothing that a
user sent becomes part of it. Knows no units and no cohorts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.codes import expand
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.plan import Query, plan
from orthanc_cohorts.cohort.properties import (
    BodyPart,
    ChannelSource,
    Code,
    Day,
    Interval,
    Number,
    Property,
    TextList,
)
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.snapshot import Snapshot

_STATED = {"measurement": "f.value IS NOT NULL", "evaluation": "f.value_code IS NOT NULL"}
"""What a row must state to take part, as in a leaf that does not ask for it."""


class Asked(NamedTuple):
    """What is read. concept: canonical codes; rows of these only, of a measurement or evaluation.

    unit: canonical, of the value of a measurement.
    """

    op: str
    field: str
    concept: tuple[str, ...] = ()
    unit: str = DIMENSIONLESS

    @property
    def kind(self) -> Property:
        """The property that the field is."""
        return properties(LEAVES[self.op])[self.field]

    @property
    def is_measured(self) -> bool:
        """Whether it is the value of a measurement."""
        return self.op == "measurement" and isinstance(self.kind, Number)


class _Rows(NamedTuple):
    """The rows of a field. key: the column that tells their study."""

    source: str
    key: str
    conditions: tuple[str, ...]
    parameters: dict[str, Any]


def query(asked: Asked) -> Query:
    """Return the statement that reads a field: values with their studies, or numbers and days by row."""
    if asked.is_measured:
        # The rows that a leaf with any range is about.
        return plan({"op": asked.op, "concept": list(asked.concept), "value": {"unit": asked.unit}}).rows
    rows, kind = _rows(asked), asked.kind
    if isinstance(kind, Number | Day):
        low, high = ends(kind)
        columns, present, grouped = f"{rows.key}, {low} AS low, {high} AS high", low, ""
    else:
        present, meaning = value_and_meaning(kind)
        columns = f"list(DISTINCT {rows.key}) AS studies, {present} AS value, min({meaning}) AS meaning"
        grouped = f"\nGROUP BY {present}\nORDER BY {present}"
    where = " AND ".join([f"{present} IS NOT NULL", *rows.conditions])
    return Query(f"{rows.source}\nSELECT {columns}\nWHERE {where}{grouped}", rows.parameters)


class Again:
    """Reads what some studies state in the fields of one request: those of one table by one statement."""

    def __init__(self, snapshot: Snapshot, fields: Iterable[Asked]) -> None:
        self._snapshot = snapshot
        self._fields = list(fields)
        self._read: dict[tuple[Any, ...], Columns] = {}

    def read(self, asked: Asked, studies: list[int]) -> Columns:
        """Return the columns of `query`, of these studies only."""
        if asked.is_measured:
            whole = query(asked)
            return self._columns(
                f"SELECT r.* FROM ({whole.sql}) AS r", "r.study_key", whole.parameters, studies
            )
        rows = _rows(asked)
        alike = [one for one in self._fields if not one.is_measured and _rows(one) == rows]
        key = (rows.source, rows.conditions, repr(rows.parameters), tuple(studies))
        if key not in self._read:
            columns = [f"{rows.key}", *(part for n, one in enumerate(alike) for part in _parts(one.kind, n))]
            sql = f"{rows.source}\nSELECT {', '.join(columns)}"
            self._read[key] = self._columns(sql, rows.key, rows.parameters, studies, rows.conditions)
        return _of_one(self._read[key], alike.index(asked), asked.kind)

    def _columns(
        self,
        sql: str,
        key: str,
        parameters: dict[str, Any],
        studies: list[int],
        conditions: Iterable[str] = (),
    ) -> Columns:
        where = " AND ".join([f"{key} IN (SELECT unnest($studies::INTEGER[]))", *conditions])
        found: Columns = self._snapshot.cursor.execute(
            f"{sql}\nWHERE {where}", {**parameters, "studies": studies}
        ).fetchnumpy()
        return found


def _rows(asked: Asked) -> _Rows:
    op, kind = asked.op, asked.kind
    conditions = [_STATED[op]] if op in _STATED and asked.field not in ("value", "qualifier") else []
    parameters: dict[str, Any] = {}
    if asked.concept:
        condition = properties(LEAVES[op])["concept"].condition("concept", expand(asked.concept))
        conditions.append(condition.sql)
        parameters.update(condition.parameters)
    if isinstance(kind, Number | Day):
        row = kind.column.partition(".")[0]
    else:
        row = kind.column if isinstance(kind, BodyPart) else value_and_meaning(kind)[0].partition(".")[0]
    return _Rows(_source(op, kind), f"{row}.study_key", tuple(conditions), parameters)


def _parts(kind: Property, number: int) -> tuple[str, str]:
    """Return the columns of one field among others."""
    if isinstance(kind, Number | Day):
        low, high = ends(kind)
        return f"{low} AS low_{number}", f"{high} AS high_{number}"
    value, meaning = value_and_meaning(kind)
    return f"{value} AS value_{number}", f"{meaning} AS meaning_{number}"


def _of_one(rows: Columns, number: int, kind: Property) -> Columns:
    """Return the columns of one field, as `query` yields them."""
    if isinstance(kind, Number | Day):
        low, high = rows[f"low_{number}"], rows[f"high_{number}"]
        there = ~np.ma.getmaskarray(low)
        return {"study_key": rows["study_key"][there], "low": low[there], "high": high[there]}
    studies: dict[str, set[int]] = {}
    meanings: dict[str, str | None] = {}
    values, means = (rows[f"{name}_{number}"].tolist() for name in ("value", "meaning"))
    for study, value, meaning in zip(rows["study_key"].tolist(), values, means, strict=True):
        if value is not None:
            studies.setdefault(value, set()).add(study)
            meanings[value] = min(filter(None, (meanings.get(value), meaning)), default=None)
    ordered = sorted(studies)
    return {
        "studies": [sorted(studies[value]) for value in ordered],
        "value": np.array(ordered, dtype=object),
        "meaning": np.array([meanings[value] for value in ordered], dtype=object),
    }


def _source(op: str, kind: Property) -> str:
    if isinstance(kind, TextList):
        return load("facets/study_modality").rstrip()
    if isinstance(kind, ChannelSource):
        return load("facets/waveform_source").rstrip()
    return load(f"facets/{LEAVES[op].base}").rstrip()


def ends(kind: Property) -> tuple[str, str]:
    """Return the columns of the smallest and the largest that a row states; equal ones for single values."""
    if isinstance(kind, Interval):
        return f"{kind.column}_min::DOUBLE", f"{kind.column}_max::DOUBLE"
    if isinstance(kind, Day):
        return f"{kind.column}::DATE", f"{kind.last or kind.column}::DATE"
    return f"{kind.column}::DOUBLE", f"{kind.column}::DOUBLE"


def value_and_meaning(kind: Property) -> tuple[str, str]:
    """Return the column and the one that says what its codes mean."""
    if isinstance(kind, TextList):
        return "s.modality", "NULL::VARCHAR"
    if isinstance(kind, ChannelSource):
        return "c.source", "c.source_meaning"
    if isinstance(kind, BodyPart):
        text = f"{kind.column}.body_part_examined"
        meaning = f"CASE WHEN {text} IS NULL THEN {kind.column}.anatomic_region_meaning END"
        return f"coalesce({text}, {kind.column}.body_part)", meaning
    return kind.column, f"{kind.column}_meaning" if isinstance(kind, Code) else "NULL::VARCHAR"
