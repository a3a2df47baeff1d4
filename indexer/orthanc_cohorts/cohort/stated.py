"""Which units state which values of a field, for facets.

Knows statements and columns, no cohorts. A statement is a file of sql/facets with fixed text of the whitelist
in `clauses` appended; nothing that a user sent becomes part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
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
from orthanc_cohorts.cohort.spread import Spread, spread
from orthanc_cohorts.cohort.universe import Keys, Mask, Universe

Columns = dict[str, Any]
_STATED = {"measurement": "f.value IS NOT NULL", "evaluation": "f.value_code IS NOT NULL"}
"""What a row must state to take part, as in a leaf that does not ask for it."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What units state in one field.

    values: distinct and ascending; text, or numbers. meanings: of codes, one of those sent, else None.
    spread: who states which. others: rows left out for their dimension.
    """

    values: Sequence[str] | NDArray[np.float64]
    meanings: Sequence[str | None]
    spread: Spread
    others: int = 0

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        texts = (
            0 if isinstance(self.values, np.ndarray) else sum(map(len, self.values)) + 100 * len(self.values)
        )
        return self.spread.nbytes + 8 * len(self.values) + texts


def query(op: str, field: str, concept: Sequence[str] = (), unit: str = DIMENSIONLESS) -> Query:
    """Return the statement that reads a field: values with their studies, or numbers and days by row.

    concept: canonical codes; rows of these only, of a measurement or evaluation. unit: canonical, of the
    value of a measurement.
    """
    kind = properties(LEAVES[op])[field]
    if op == "measurement" and isinstance(kind, Number):
        # The rows that a leaf with any range is about.
        return plan({"op": op, "concept": list(concept), "value": {"unit": unit}}).rows
    conditions = [_STATED[op]] if op in _STATED and field not in ("value", "qualifier") else []
    asked = properties(LEAVES[op])["concept"].condition("concept", expand(concept)) if concept else None
    if asked is not None:
        conditions.append(asked.sql)
    if isinstance(kind, Number | Day):
        low, high = ends(kind)
        row = kind.column.partition(".")[0]
        sql = f"SELECT {row}.study_key, {low} AS low, {high} AS high\nWHERE "
        sql += " AND ".join([f"{low} IS NOT NULL", *conditions])
    else:
        value, meaning = value_and_meaning(kind)
        row = kind.column if isinstance(kind, BodyPart) else value.partition(".")[0]
        sql = f"SELECT list(DISTINCT {row}.study_key) AS studies, {value} AS value, min({meaning}) AS meaning"
        sql += "\nWHERE " + " AND ".join([f"{value} IS NOT NULL", *conditions])
        sql += f"\nGROUP BY {value}\nORDER BY {value}"
    return Query(f"{_source(op, kind)}\n{sql}", {} if asked is None else asked.parameters)


def stated(universe: Universe, unit: str, rows: Columns) -> Stated:
    """Return what the rows of a statement say of the units of a generation."""
    others = 0
    if "studies" in rows:
        values, meanings = rows["value"].tolist(), rows["meaning"].tolist()
        parts = [np.asarray(one, dtype=np.int64) for one in rows["studies"]]
    else:
        live = universe.rows_of_units(rows)
        values, parts = _grouped(live)
        meanings = [None] * len(values)
        others = int(np.count_nonzero(~_fits(live))) if "comparable" in live else 0
    of_each = (universe.units(unit, universe.rows_of_units({"study_key": one})["study_key"]) for one in parts)
    count = sum(map(len, parts))
    return Stated(values, meanings, spread(of_each, len(values), len(universe.live[unit]), count), others)


def _grouped(rows: Columns) -> tuple[Any, list[Keys]]:
    """Return the distinct values of rows, ascending, and the studies that state each."""
    ends = [rows["low"], rows["high"]] if "low" in rows else [_comparable(rows)]
    both = np.concatenate([_filled(end) for end in ends])
    studies = np.concatenate([rows["study_key"] for _ in ends])
    usable = ~np.isnat(both) if both.dtype.kind == "M" else np.isfinite(both)
    values, codes = np.unique(both[usable], return_inverse=True)
    # Sixteen bits are sorted by counting, which is much faster than by comparing.
    codes = codes.astype(np.int16 if len(values) < 2**15 else np.int64)
    order = np.argsort(codes, kind="stable")
    edges = np.cumsum(np.bincount(codes, minlength=len(values)))[:-1]
    parts = np.split(studies[usable][order].astype(np.int64), edges) if len(values) else []
    days = both.dtype.kind == "M"
    return (np.datetime_as_string(values, unit="D").tolist() if days else values), parts


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


def _fits(rows: Columns) -> Mask:
    fits: Mask = np.ma.filled(rows["comparable"], False).astype(np.bool_)
    return fits


def _comparable(rows: Columns) -> Any:
    return np.where(_fits(rows), np.ma.filled(rows["value"], np.nan), np.nan)


def _filled(column: Any) -> NDArray[Any]:
    """Return a column of DuckDB with NaN or NaT for NULL."""
    if column.dtype.kind == "M":
        return np.ma.filled(column.astype("datetime64[D]"), np.datetime64("NaT"))
    return np.ma.filled(column.astype(np.float64), np.nan)
