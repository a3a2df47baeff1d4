"""Which units state which values of a field, for facets.

Knows statements and columns, no cohorts. A statement is a file of sql/facets with fixed text of the whitelist
in `clauses` appended; nothing that a user sent becomes part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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
from orthanc_cohorts.cohort.recall import MOST_TOUCHED
from orthanc_cohorts.cohort.spread import Change, Spread, spread
from orthanc_cohorts.cohort.universe import Keys, Mask, Universe

Columns = dict[str, Any]
_STATED = {"measurement": "f.value IS NOT NULL", "evaluation": "f.value_code IS NOT NULL"}
"""What a row must state to take part, as in a leaf that does not ask for it."""
_OF_STUDIES = "{}.study_key IN (SELECT unnest($studies::INTEGER[]))"
"""That a row is of one of some studies; to be filled with its alias."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What units state in one field.

    values: distinct and ascending; text, or numbers. meanings: of codes, one of those sent, else None.
    spread: who states which. left_out: keys of the studies of rows left out for their dimension.
    """

    values: Sequence[str] | NDArray[np.float64]
    meanings: Sequence[str | None]
    spread: Spread
    left_out: Keys

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        texts = (
            0 if isinstance(self.values, np.ndarray) else sum(map(len, self.values)) + 100 * len(self.values)
        )
        return self.spread.nbytes + 8 * len(self.values) + texts


def query(
    op: str,
    field: str,
    concept: Sequence[str] = (),
    unit: str = DIMENSIONLESS,
    studies: Sequence[int] | None = None,
) -> Query:
    """Return the statement that reads a field: values with their studies, or numbers and days by row.

    concept: canonical codes; rows of these only, of a measurement or evaluation. unit: canonical, of the
    value of a measurement. studies: rows of these only, None for all.
    """
    kind = properties(LEAVES[op])[field]
    if op == "measurement" and isinstance(kind, Number):
        # The rows that a leaf with any range is about.
        rows = plan({"op": op, "concept": list(concept), "value": {"unit": unit}}).rows
        if studies is None:
            return rows
        sql = f"SELECT r.* FROM ({rows.sql}) AS r WHERE {_OF_STUDIES.format('r')}"
        return Query(sql, {**rows.parameters, "studies": studies})
    conditions = [_STATED[op]] if op in _STATED and field not in ("value", "qualifier") else []
    asked = properties(LEAVES[op])["concept"].condition("concept", expand(concept)) if concept else None
    if asked is not None:
        conditions.append(asked.sql)
    parameters = {} if asked is None else dict(asked.parameters)
    if studies is not None:
        conditions.append(_OF_STUDIES)
        parameters["studies"] = studies
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
    return Query(f"{_source(op, kind)}\n{sql.replace(_OF_STUDIES, _OF_STUDIES.format(row))}", parameters)


def stated(universe: Universe, unit: str, rows: Columns) -> Stated:
    """Return what the rows of a statement say of the units of a generation."""
    said = _said(universe, unit, rows)
    count = sum(map(len, said.units))
    found = spread(said.units, len(said.values), len(universe.live[unit]), count)
    return Stated(said.values, said.meanings, found, said.left_out)


def renewed(
    known: Stated,
    unit: str,
    before: Universe,
    after: Universe,
    touched: NDArray[np.int32],
    read: Callable[[list[int]], Columns],
) -> Stated | None:
    """Return what is stated in a later generation, reading anew only the units that changed.

    before: the universe of what is known. touched: keys of the studies rebuilt since. read: runs the
    statement for some studies. None: reading all takes less.
    """
    units, studies = _changed(unit, before, after, touched)
    if len(studies) > MOST_TOUCHED:
        return None
    said = _said(after, unit, read(studies.tolist()))
    values, at, now_at = _merged(known.values, said.values)
    change = Change(
        values=len(values),
        at=at,
        size=len(after.live[unit]),
        units=units,
        codes=np.repeat(now_at, [len(part) for part in said.units]),
        of=np.concatenate([np.empty(0, dtype=np.int64), *said.units]),
    )
    found = known.spread.renewed(change)
    if found is None:
        return None
    meanings: list[str | None] = [None] * len(values)
    for place, meaning in zip((*at, *now_at), (*known.meanings, *said.meanings), strict=True):
        meanings[place] = min(filter(None, (meanings[place], meaning)), default=None)
    gone = np.concatenate([studies, touched])
    left_out = np.concatenate([known.left_out[~np.isin(known.left_out, gone)], said.left_out])
    return Stated(values, meanings, found, left_out)


class _Said(NamedTuple):
    """As of `Stated`; units: keys of those that state each value, each once."""

    values: Any
    meanings: list[str | None]
    units: list[Keys]
    left_out: Keys


def _said(universe: Universe, unit: str, rows: Columns) -> _Said:
    left_out: Keys = np.empty(0, dtype=np.int64)
    if "studies" in rows:
        values, meanings = rows["value"].tolist(), rows["meaning"].tolist()
        parts = [np.asarray(one, dtype=np.int64) for one in rows["studies"]]
    else:
        live = universe.rows_of_units(rows)
        values, parts = _grouped(live)
        meanings = [None] * len(values)
        if "comparable" in live:
            left_out = live["study_key"][~_fits(live)].astype(np.int64)
    units = [
        np.unique(universe.units(unit, universe.rows_of_units({"study_key": one})["study_key"]))
        for one in parts
    ]
    return _Said(values, meanings, units, left_out)


def _changed(unit: str, before: Universe, after: Universe, touched: NDArray[np.int32]) -> tuple[Keys, Keys]:
    """Return the units that own or owned a study rebuilt since, and all studies that are theirs now."""
    studies: Keys = touched.astype(np.int64)
    if unit == "study":
        units = studies
    else:
        owners = [one.patient_of[studies[studies < len(one.patient_of)]] for one in (before, after)]
        units = np.unique(np.concatenate(owners))
        units = units[units >= 0]
        theirs: Mask = np.zeros(max(len(one.live[unit]) for one in (before, after)) + 1, dtype=np.bool_)
        theirs[units] = True
        # Where there is no such study, its patient is -1: the last place, which nobody has.
        studies = np.flatnonzero(theirs[after.patient_of])
    return units[units < len(after.live[unit])], studies


def _merged(known: Any, now: Any) -> tuple[Any, NDArray[np.intp], NDArray[np.intp]]:
    """Return the values of both, ascending, and the places of each among them."""
    if isinstance(known, np.ndarray) and isinstance(now, np.ndarray):
        both = np.union1d(known, now)
        return both, np.searchsorted(both, known), np.searchsorted(both, now)
    values = sorted({*known, *now})
    place = {value: number for number, value in enumerate(values)}
    first, second = (np.array([place[value] for value in one], dtype=np.intp) for one in (known, now))
    return values, first, second


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
