"""Which units state which values of a field, for facets.

Knows the columns that `field_rows` reads, and units; neither statements nor cohorts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.recall import MOST_TOUCHED
from orthanc_cohorts.cohort.spread import Change, Spread, spread
from orthanc_cohorts.cohort.universe import Keys, Mask, Universe


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


def stated(universe: Universe, unit: str, rows: Columns) -> Stated:
    """Return what the rows of a statement say of the units of a generation."""
    said = _said(universe, unit, rows)
    count = sum(map(len, said.units))
    found = spread(said.units, len(said.values), len(universe.live[unit]), count)
    return Stated(said.values, said.meanings, found, said.left_out)


class Changed(NamedTuple):
    """The units that own or owned a study rebuilt since some generation, all studies that are theirs now, and
    the studies rebuilt."""

    units: Keys
    studies: Keys
    touched: NDArray[np.int32]


def renewed(
    known: Stated, unit: str, after: Universe, changed: Changed, read: Callable[[list[int]], Columns]
) -> Stated | None:
    """Return what is stated in a later generation, reading anew only the units that changed.

    changed: since what is known. read: runs the statement for some studies. None: reading all takes less.
    """
    units, studies, touched = changed
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


def changed(unit: str, before: Universe, after: Universe, touched: NDArray[np.int32]) -> Changed:
    """Return what changed between two generations. touched: keys of the studies rebuilt between them."""
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
    return Changed(units[units < len(after.live[unit])], studies, touched)


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
