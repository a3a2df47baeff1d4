"""Reads the columns of a table for the members of a cohort, at one generation.

Every value is picked here, from rows that SQL yields in order; one statement per column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import together
from orthanc_cohorts.cohort.canonical import Tree
from orthanc_cohorts.cohort.engine import Engine, Warning_
from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.cohort.properties import Day, Interval
from orthanc_cohorts.cohort.reading import columns
from orthanc_cohorts.cohort.universe import Keys, Snapshot, Universe
from orthanc_cohorts.columns.picking import Groups, extreme, first, latest, means
from orthanc_cohorts.columns.source import source
from orthanc_cohorts.columns.wanted import COUNTING, DAYS, TIME, Flag, Layout, Per, Wanted
from orthanc_cohorts.harmonise import canonical_unit
from orthanc_cohorts.store.statements import fetch

Longs = NDArray[np.int64]
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of some members, in the order of their keys.

    columns: one Arrow array per column, NULL where no row states a value. meanings: by column, what its codes
    mean, one of those sent. warnings: rows of members that could not take part.
    """

    columns: dict[str, pa.Array]
    meanings: dict[str, dict[str, str]]
    warnings: tuple[Warning_, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one column: owner (row of the table), time (NaT unknown), and the table of what they state."""

    owner: Longs
    time: NDArray[np.datetime64]
    table: pa.Table

    def only(self, kept: NDArray[np.bool_]) -> _Rows:
        return (
            self
            if kept.all()
            else _Rows(self.owner[kept], self.time[kept], self.table.filter(pa.array(kept)))
        )

    @property
    def day(self) -> NDArray[np.datetime64]:
        return self.time.astype("datetime64[D]")


def read(snapshot: Snapshot, engine: Engine, keys: Keys, layout: Layout, check: Callable[[], None]) -> Table:
    """Return the columns of the members with these keys.

    keys: of `layout.per`, ascending. check: called before every statement; raises when time is over.
    """
    universe = engine.universe(snapshot)
    own, wide = (
        _owners(universe, layout.per, keys, wide=False),
        _owners(universe, layout.per, keys, wide=True),
    )
    reader = _Reader(snapshot, universe, check, own, wide, len(keys))
    anchors = None if layout.anchor is None else reader.anchors(layout.anchor)
    flags = [column for column in layout.columns if isinstance(column, Flag)]
    masks = engine.masks(snapshot, layout.per, [flag.clause for flag in flags], check)
    truth = {flag.name: pa.array(mask[keys]) for flag, mask in zip(flags, masks.each, strict=True)}
    columns = {
        column.name: truth[column.name] if isinstance(column, Flag) else reader.column(column, anchors)
        for column in layout.columns
    }
    return Table(columns, reader.meanings, (*masks.warnings, *reader.warnings))


def who(snapshot: Snapshot, universe: Universe, per: Per, keys: Keys) -> pa.Table:
    """Return who the rows of a table are, in the order of their keys.

    `patient_id` and `issuer_of_patient_id`: of several identities of a person the first by the alphabet, NULL
    where the PatientID is empty. `study_instance_uid`: in a table of patients of any study.
    """
    studies = np.flatnonzero(universe.patient_of >= 0)
    if per == "patient":
        _, at = np.unique(universe.patient_of[studies], return_index=True)
        first_study = np.full(len(universe.live["patient"]), -1, dtype=np.int64)
        first_study[universe.patient_of[studies[at]]] = studies[at]
        studies = first_study[keys]
    else:
        studies = keys
    incoming = pa.table({"row": np.arange(len(keys)), "study_key": studies.astype(np.int32)})
    return fetch(snapshot.cursor, load("columns/who"), incoming=incoming).drop(["row"])


def _owners(universe: Universe, per: Per, keys: Keys, wide: bool) -> pa.Table:
    """Return which rows of the table each study belongs to, as the table `incoming` of a statement."""
    studies = np.flatnonzero(universe.patient_of >= 0)
    if per == "study" and not wide:
        return pa.table({"study_key": keys.astype(np.int32), "row": np.arange(len(keys))})
    patients = universe.patient_of[studies]
    if per == "patient":
        place = np.searchsorted(keys, patients)
        known = np.isin(patients, keys)
        return pa.table({"study_key": studies[known].astype(np.int32), "row": place[known]})
    # Every study of the patient of every row: rows of one patient share them.
    of_rows = universe.patient_of[keys]
    order = np.argsort(patients, kind="stable")
    start, stop = (np.searchsorted(patients[order], of_rows, side) for side in ("left", "right"))
    rows = np.repeat(np.arange(len(keys)), stop - start)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(stop - start) - (stop - start), stop - start)
    found = studies[order][np.repeat(start, stop - start) + within]
    return pa.table({"study_key": found.astype(np.int32), "row": rows})


class _Reader:
    """Reads one column after the other; collects meanings and warnings."""

    def __init__(
        self,
        snapshot: Snapshot,
        universe: Universe,
        check: Callable[[], None],
        own: pa.Table,
        wide: pa.Table,
        size: int,
    ) -> None:
        self._snapshot, self._universe, self._check = snapshot, universe, check
        self._own, self._wide = own, wide
        self._size = size
        self.meanings: dict[str, dict[str, str]] = {}
        self.warnings: list[Warning_] = []

    def anchors(self, wanted: Wanted) -> NDArray[np.datetime64]:
        """Return the local day of the anchor of each row, NaT where there is none."""
        rows = self._rows(wanted)
        groups = Groups.of(rows.owner)
        picked = (first if wanted.pick == "first" else latest)(groups, ~np.isnat(rows.time))
        days = np.full(self._size, np.datetime64("NaT"), dtype="datetime64[D]")
        days[groups.owners] = rows.day[picked]
        return days

    def column(self, wanted: Wanted, anchors: NDArray[np.datetime64] | None) -> pa.Array:
        """Return one value per row of the table."""
        rows = _stating(wanted, self._rows(wanted))
        if "fits" in rows.table.column_names:
            rows = self._comparable(wanted, rows)
        if anchors is not None:
            rows = _in_window(wanted, rows, anchors)
        values = _values(wanted, rows, anchors)
        self._note_meanings(wanted, rows)
        return _picked(wanted, rows, values, anchors, self._size)

    def _rows(self, wanted: Wanted) -> _Rows:
        self._check()
        query = source(wanted)
        table = _asked(self._snapshot.cursor, query, self._wide if wanted.wide else self._own)
        owner = table["row"].to_numpy().astype(np.int64)
        time = table["time"].cast(pa.timestamp("us")).to_numpy().astype("datetime64[us]")
        rows = _Rows(owner, time, table)
        return self._in_pairs(wanted.around, wanted.side, rows) if wanted.side else rows

    def _in_pairs(self, around: Tree | None, side: str, rows: _Rows) -> _Rows:
        """Return the rows that make a pair with a match of the other side of a `temporal` clause."""
        assert around is not None
        self._check()
        other = together.days(around["second" if side == "first" else "first"])
        found = self._universe.rows_of_units(columns(self._snapshot, other))
        others = self._universe.units("patient", found["study_key"]), found["day"]
        timed = rows.only(~np.isnat(rows.time))
        mine = self._universe.patient_of[timed.table["study_key"].to_numpy()], timed.day.astype(np.int64)
        apart = around["days"]
        if side == "first":
            turned = {"ge": apart.get("le"), "le": apart.get("ge")}
            apart = {name: -days for name, days in turned.items() if days is not None}
        return timed.only(together.paired(others, mine, apart))

    def _comparable(self, wanted: Wanted, rows: _Rows) -> _Rows:
        fits = rows.table["fits"].fill_null(False).to_numpy(zero_copy_only=False)
        if not fits.all():
            concept = tuple(wanted.leaf.get("concept", ()))
            self.warnings.append(Warning_(concept, wanted.unit, int(np.count_nonzero(~fits))))
        return rows.only(fits)

    def _note_meanings(self, wanted: Wanted, rows: _Rows) -> None:
        if "meaning" not in rows.table.column_names or rows.table["meaning"].null_count == len(rows.owner):
            return
        pairs = rows.table.select(["value", "meaning"]).group_by("value").aggregate([("meaning", "min")])
        found = zip(pairs["value"].to_pylist(), pairs["meaning_min"].to_pylist(), strict=True)
        self.meanings[wanted.name] = {value: text for value, text in sorted(found) if text is not None}


def _asked(cursor: Any, query: Query, incoming: pa.Table) -> pa.Table:
    # DuckDB finds the table by the name of the argument.
    return cursor.sql(query.sql, params=query.parameters).to_arrow_table()


def _stating(wanted: Wanted, rows: _Rows) -> _Rows:
    """Return the rows that state one value: ranges whose ends are equal, or all where an end is picked."""
    if "low" not in rows.table.column_names or wanted.pick in ("min", "max", *COUNTING):
        return rows
    equal = pc.equal(rows.table["low"], rows.table["high"]).fill_null(False)
    return rows.only(equal.to_numpy(zero_copy_only=False))


def _in_window(wanted: Wanted, rows: _Rows, anchors: NDArray[np.datetime64]) -> _Rows:
    """Return the rows whose day lies in the window, and for `nearest` and `days` those with a day at all."""
    if wanted.window is None and wanted.pick != "nearest" and wanted.field != DAYS:
        return rows
    apart = (rows.day - anchors[rows.owner]) / _DAY
    kept = ~np.isnan(apart)
    bounds = wanted.window or {}
    with np.errstate(invalid="ignore"):
        kept &= (apart >= bounds.get("ge", -np.inf)) & (apart <= bounds.get("le", np.inf))
    return rows.only(kept)


def _values(wanted: Wanted, rows: _Rows, anchors: NDArray[np.datetime64] | None) -> pa.Array:
    """Return what each row states, in the type and unit of the column."""
    if wanted.field == DAYS:
        assert anchors is not None
        return pa.array(((rows.day - anchors[rows.owner]) / _DAY).astype(np.int64))
    if wanted.field == TIME:
        return pa.array(rows.time)
    name = "value" if "value" in rows.table.column_names else "high" if wanted.pick == "max" else "low"
    values = rows.table[name].combine_chunks()
    return _in_unit(values, wanted.unit) if wanted.unit else values


def _in_unit(values: pa.Array, unit: str) -> pa.Array:
    """Return canonical values in a unit, in decimal and rounded to 15 digits as all conversion is."""
    known = canonical_unit(unit)
    if known.factor == 1 and not known.offset:
        return values
    distinct = values.dictionary_encode()
    converted = [
        None if value is None else float(f"{(Decimal(repr(value)) - known.offset) / known.factor:.15g}")
        for value in distinct.dictionary.to_pylist()
    ]
    return pa.array(converted, pa.float64()).take(distinct.indices)


def _picked(
    wanted: Wanted,
    rows: _Rows,
    values: pa.Array,
    anchors: NDArray[np.datetime64] | None,
    size: int,
) -> pa.Array:
    groups = Groups.of(rows.owner)
    pick = wanted.pick
    if pick in ("count", "exists"):
        counts = np.bincount(rows.owner, minlength=size)
        return pa.array(counts if pick == "count" else counts > 0)
    if pick == "list":
        return _lists(rows, values, size)
    if pick == "mean":
        numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return _spread(groups, pa.array(means(groups, rows.owner, numbers)), size)
    timed = ~np.isnat(rows.time)
    if pick == "first":
        at = first(groups, timed)
    elif pick == "latest":
        at = latest(groups, timed)
    elif pick == "nearest":
        assert anchors is not None
        at = extreme(groups, rows.owner, np.abs((rows.day - anchors[rows.owner]) / _DAY), largest=False)
    else:
        at = extreme(groups, rows.owner, _numbers(values), largest=pick == "max")
    return _spread(groups, values.take(pa.array(at)), size)


def _numbers(values: pa.Array) -> NDArray[Any]:
    whole = {pa.date32(): pa.int32(), pa.timestamp("us"): pa.int64()}.get(values.type)
    numbers: NDArray[Any] = (values.cast(whole) if whole else values).to_numpy(zero_copy_only=False)
    return numbers


def _spread(groups: Groups, values: pa.Array, size: int) -> pa.Array:
    """Return the values of owners at the places of the owners, NULL elsewhere."""
    place = np.full(size, -1, dtype=np.int64)
    place[groups.owners] = np.arange(len(groups.owners))
    return values.take(pa.array(place, mask=place < 0))


def _lists(rows: _Rows, values: pa.Array, size: int) -> pa.Array:
    """Return all values of each row in order of time; an empty list where there are none."""
    ends = np.cumsum(np.bincount(rows.owner, minlength=size))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def type_of(wanted: Wanted | Flag) -> str:
    """Return what a column holds in words: flag, number, count, day, time, code, text or a list of these."""
    if isinstance(wanted, Flag) or wanted.pick == "exists":
        return "flag"
    if wanted.pick == "count":
        return "count"
    kind = wanted.property
    if wanted.field == TIME:
        one = "time"
    elif wanted.field == DAYS or wanted.unit or isinstance(kind, Interval):
        one = "number"
    else:
        one = "day" if isinstance(kind, Day) else "text"
    return f"list of {one}" if wanted.pick == "list" else one
