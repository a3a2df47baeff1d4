"""Columns of studies, series and documents, held in memory as numbers for the clauses that compare them.

A scan of a text column of four million series took 20 ms, whoever asked before. What is held is of one
generation; it holds for every study that was not rebuilt since. Knows properties and rows; no units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.field_rows import ends
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.marking import mark, mark_owners
from orthanc_cohorts.cohort.plan import Query, Tree
from orthanc_cohorts.cohort.properties import Day, Interval, Number, Property, Text
from orthanc_cohorts.cohort.reading import columns, table
from orthanc_cohorts.cohort.recall import Dated, Known
from orthanc_cohorts.cohort.snapshot import Snapshot
from orthanc_cohorts.cohort.universe import Mask

MOST_WORDS = 100_000
"""A text column with more distinct values is not held: they would take more memory than the column."""
MOST_TOUCHED = 5_000
"""Once so many studies were rebuilt, asking them again for each clause costs more than reading all anew."""
_TABLES = ("study", "series", "document")
_DAY = "event_time::DATE"
"""The day of a row, as inside `temporal`."""
_DATED = {"study": "study_key", "series": "series_key"}
"""The key of the rows whose day changes only where their study is rebuilt; that of a document may without."""
_ROW_BYTES, _VALUE_BYTES = 16, 8
_FEW = 16
_MOST_BITMAPS = 32
"""Words of a text for which it pays to know the studies of each."""
Places = slice | NDArray[np.int64]
"""Numbers of rows, or all of them."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "ge": np.greater_equal,
    "gt": np.greater,
    "le": np.less_equal,
    "lt": np.less,
    "eq": np.equal,
}


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a table in one generation. keys: ascending. studies: of each, all below `size`.

    each: whether each study below `size` has one row, in their order.
    """

    generation: int
    keys: NDArray[np.int64]
    studies: NDArray[np.int64]
    size: int
    each: bool

    def studies_of(self, rows: Mask | NDArray[np.int64]) -> Mask:
        """Return which studies some of the rows are of, by study key; rows: a mask or their numbers."""
        if rows.dtype == np.bool_ and self.each:
            fits: Mask = rows.astype(np.bool_, copy=False)
            return fits
        found: Mask = np.zeros(self.size, dtype=np.bool_)
        if rows.dtype == np.bool_:
            mark_owners(found, self.studies, rows.astype(np.bool_, copy=False))
        else:
            mark(found, self.studies[rows])
        return found


@dataclass(frozen=True, slots=True)
class _Column:
    """What the rows stated in some generation, in their order: NaN, NaT or -1 for nothing.

    words: of a text, the number that stands for each. bitmaps: of few words, which studies have a row with
    each: a bit per study, first the highest of an octet.
    """

    generation: int
    values: NDArray[Any]
    words: Mapping[str, int]
    bitmaps: NDArray[np.uint8] | None = None

    def studies_of(self, words: Iterable[str], size: int) -> Mask | None:
        """Return which studies have a row with one of some words; None where rows have to tell."""
        if self.bitmaps is None:
            return None
        numbers = [self.words[word] for word in words if word in self.words]
        either = np.bitwise_or.reduce(self.bitmaps[numbers], axis=0)
        found: Mask = np.unpackbits(either, count=size).view(np.bool_)
        return found


@dataclass(frozen=True, slots=True)
class _Table:
    """refused: columns that were looked at, and are not to be held."""

    rows: _Rows
    columns: dict[str, _Column] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


class Tables:
    """Columns by table, as many as there is room for. Safe among threads; `renew` is for one of them."""

    def __init__(self, changes: Changes, limit_bytes: int) -> None:
        self._changes = changes
        self._limit = limit_bytes
        self._tables: dict[str, _Table] = {}
        self._asked: Counter[tuple[str, str]] = Counter()

    @property
    def nbytes(self) -> int:
        """Bytes of memory, words left out."""
        held = list(self._tables.values())
        return sum(
            _bytes_of(table.rows) + sum(map(_bytes_of, list(table.columns.values()))) for table in held
        )

    def studies(self, snapshot: Snapshot, leaf: Tree) -> Known | None:
        """Return which studies have a row that a leaf matches, in some generation up to the snapshot's.

        None: the leaf asks what is not held. Of studies rebuilt since, nothing is said.
        """
        asked = _asked(leaf)
        table = None if asked is None else self._of(snapshot, LEAVES[leaf["op"]].base, _all_columns(asked))
        if asked is None or table is None:
            return None
        return Known(table.rows.generation, _studies(asked, table))

    def days(self, snapshot: Snapshot, leaf: Tree) -> Dated | None:
        """Return the studies and days of the rows that a leaf matches, as `studies` does."""
        name, asked = LEAVES[leaf["op"]].base, _asked(leaf)
        if asked is None or name not in _DATED:
            return None
        table = self._of(snapshot, name, {*_all_columns(asked), _DAY})
        if table is None:
            return None
        places = _numbers_of(_matching(asked, table))
        days = table.columns[_DAY].values[places]
        known = ~np.isnat(days)
        studies = table.rows.studies[places[known]]
        return Dated(table.rows.generation, {"study_key": studies, "day": days[known].astype(np.int64)})

    def _of(self, snapshot: Snapshot, name: str, needed: set[str]) -> _Table | None:
        """Return a table whose columns tell of some generation up to the snapshot's, None without one."""
        if name not in _TABLES:
            return None
        self._asked.update((name, column) for column in needed)
        table = self._tables.get(name)
        if table is None or not self._is_fresh(snapshot, table.rows):
            return None
        held = [table.columns[column] for column in needed if column in table.columns]
        late = any(column.generation > snapshot.generation for column in held)
        return None if late or len(held) < len(needed) else table

    def renew(self, snapshot: Snapshot, stopped: Callable[[], bool]) -> None:
        """Read what was asked and is not held yet or holds no more, what is asked most first.

        stopped: asked before each; tells to leave off.
        """
        for (name, column), _ in self._asked.most_common():
            if stopped():
                return
            table = self._tables.get(name)
            if table is None or not self._is_fresh(snapshot, table.rows):
                self._tables.pop(name, None)
                table = self._read(snapshot, name)
            if table is None or column in table.columns or column in table.refused:
                continue
            # Whether words take fewer bytes is known once they are read.
            if _VALUE_BYTES * len(table.rows.keys) <= self._limit - self.nbytes:
                found = _column(snapshot, name, table.rows, column)
                if len(found.words) <= MOST_WORDS:
                    table.columns[column] = found
                else:
                    table.refused.add(column)

    def _read(self, snapshot: Snapshot, name: str) -> _Table | None:
        """Read the rows of a table, None where there is no room for them."""
        [(count,)] = snapshot.cursor.execute(f'SELECT count(*) FROM "{name}"').fetchall()
        if _ROW_BYTES * count > self._limit - self.nbytes:
            return None
        found = self._tables[name] = _Table(_rows(snapshot, name))
        return found

    def _is_fresh(self, snapshot: Snapshot, rows: _Rows) -> bool:
        """Tell whether what is held tells most of a snapshot."""
        if rows.generation > snapshot.generation:
            return False
        touched = self._changes.since(snapshot, rows.generation)
        return touched is not None and len(touched) <= MOST_TOUCHED


def _bytes_of(held: _Rows | _Column) -> int:
    if isinstance(held, _Rows):
        return held.keys.nbytes + held.studies.nbytes
    return held.values.nbytes + (0 if held.bitmaps is None else held.bitmaps.nbytes)


def _rows(snapshot: Snapshot, name: str) -> _Rows:
    sql = f"SELECT key, study_key FROM ({load(f'cohort/held/{name}')}) AS r ORDER BY key"
    found = columns(snapshot, Query(sql, {}))
    # Wider than need be: numpy widens other indices piecemeal, which takes three times as long.
    keys, studies = (found[column].astype(np.int64) for column in ("key", "study_key"))
    size = int(studies.max(initial=-1)) + 1
    each = len(studies) == size and bool((studies == np.arange(size)).all())
    return _Rows(snapshot.generation, keys, studies, size, each)


def _column(snapshot: Snapshot, name: str, rows: _Rows, column: str) -> _Column:
    """Read a column in the order of the rows; what is not among them belongs to studies rebuilt since."""
    if column == _DAY:
        key, alias, source = _DATED[name], "r", load(f"cohort/placed/{name}")
    else:
        key, alias, source = "key", column.partition(".")[0], load(f"cohort/held/{name}")
    sql = f"SELECT {alias}.{key} AS key, {column} AS value FROM ({source}) AS {alias} ORDER BY {alias}.{key}"
    read = table(snapshot, Query(sql, {}))
    values, nothing, words = _numbers(read["value"].combine_chunks())
    keys = read["key"].to_numpy()
    if not np.array_equal(keys, rows.keys):
        at = np.searchsorted(rows.keys, keys)
        known = at < len(rows.keys)
        known[known] = rows.keys[at[known]] == keys[known]
        placed = np.full(len(rows.keys), nothing, dtype=values.dtype)
        placed[at[known]] = values[known]
        values = placed
    few = 0 < len(words) <= _MOST_BITMAPS and not rows.each
    return _Column(snapshot.generation, values, words, _bitmaps(values, len(words), rows) if few else None)


def _bitmaps(values: NDArray[Any], words: int, rows: _Rows) -> NDArray[np.uint8]:
    return np.stack([np.packbits(rows.studies_of(values == number)) for number in range(words)])


def _numbers(stated: pa.Array) -> tuple[NDArray[Any], Any, dict[str, int]]:
    """Return values as numbers, what stands for nothing, and the words that they stand for."""
    if pa.types.is_string(stated.type):
        coded = stated.dictionary_encode()
        words = {word: number for number, word in enumerate(coded.dictionary.to_pylist())}
        small = np.int8 if len(words) < 2**7 else np.int32
        return coded.indices.fill_null(-1).to_numpy().astype(small), -1, words
    values = stated.to_numpy(zero_copy_only=False)
    if pa.types.is_date(stated.type):
        return values.astype("datetime64[D]"), np.datetime64("NaT"), {}
    return values.astype(np.float64), np.nan, {}


def _studies(asked: list[tuple[Property, Any]], table: _Table) -> Mask:
    """Return which studies have a row with what is asked."""
    [(kind, wanted), *others] = asked
    found = None
    if not others and not isinstance(kind, Number | Day):
        found = table.columns[kind.column].studies_of(wanted, table.rows.size)
    return table.rows.studies_of(_matching(asked, table)) if found is None else found


def _numbers_of(rows: Mask | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of rows: picked by a mask, half of them would take three times as long."""
    return np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64, copy=False)


def _matching(asked: list[tuple[Property, Any]], table: _Table) -> Mask | NDArray[np.int64]:
    """Return the rows that have what is asked: a mask, or their numbers where there are few."""
    held, count = table.columns, len(table.rows.keys)
    fits, few = np.ones(count, dtype=np.bool_), None
    for kind, wanted in asked:
        if few is None:
            fits &= _fits(kind, wanted, held, slice(None))
            # Picking few values takes less than comparing all.
            few = np.flatnonzero(fits) if _FEW * np.count_nonzero(fits) < count else None
        else:
            few = few[_fits(kind, wanted, held, few)]
    return fits if few is None else few


def _asked(leaf: Tree) -> list[tuple[Property, Any]] | None:
    """Return the properties that a leaf asks, and what of each; None where one of them cannot be held."""
    known = properties(LEAVES[leaf["op"]])
    asked = [(known[name], wanted) for name, wanted in leaf.items() if name in known]
    if len(asked) + 1 < len(leaf) or not all(_is_held(kind) for kind, _ in asked):
        return None
    # What leaves few comes first: words do more often than ranges.
    return sorted(asked, key=lambda one: not isinstance(one[0], Text)) or None


def _is_held(kind: Property) -> bool:
    # A text that is not listed names things rather than telling kinds.
    return type(kind) in (Number, Interval, Day) or (type(kind) is Text and kind.listed)


def _all_columns(asked: list[tuple[Property, Any]]) -> set[str]:
    return {column for kind, wanted in asked for column in _columns(kind, wanted)}


def _columns(kind: Property, wanted: Any) -> list[str]:
    """Return the columns that are compared with what is asked of a property."""
    if not isinstance(kind, Number | Day):
        return [kind.column]
    low, high = ends(kind)
    sides = {"ge": [low], "gt": [low], "le": [high], "lt": [high], "eq": [low, high]}
    return [column for bound in wanted if bound != "unit" for column in sides[bound]]


def _fits(kind: Property, wanted: Any, held: Mapping[str, _Column], places: Places) -> NDArray[np.bool_]:
    """Return which of some rows have what is asked of one property."""
    if not isinstance(kind, Number | Day):
        column = held[kind.column]
        numbers = [column.words[word] for word in wanted if word in column.words]
        stated = column.values[places]
        return stated == numbers[0] if len(numbers) == 1 else np.isin(stated, numbers)
    parts = [
        _COMPARE[bound](held[name].values[places], _limit(kind, limit))
        for bound, limit in wanted.items()
        if bound != "unit"
        for name in _columns(kind, {bound: limit})
    ]
    return reduce(np.logical_and, parts)


def _limit(kind: Property, limit: Any) -> Any:
    return np.datetime64(limit, "D") if isinstance(kind, Day) else float(limit)
