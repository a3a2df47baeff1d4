"""Statements that came after those that are arranged, in memory with the same columns.

Whatever a study states that is not arranged is read anew when the study is rebuilt, and not otherwise. Knows
the tables of facts and numbers of codes; no clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.numbering import Numbering
from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.cohort.reading import Columns, table
from orthanc_cohorts.cohort.snapshot import Snapshot

_STATEMENTS = {op: load(f"cohort/recent/{op}").rstrip() for op in ("measurement", "evaluation")}
_EMPTY = {
    "study_key": np.empty(0, dtype=np.int32),
    "unit": np.empty(0, dtype=np.int32),
    "value": np.empty(0, dtype=np.float64),
}
"""The columns that can be had, without rows."""
_OF_STUDIES = " AND f.study_key IN (SELECT unnest($studies::INTEGER[]))"


class _Block(NamedTuple):
    """Some rows. low, high: their smallest and largest study key."""

    low: int
    high: int
    columns: Columns


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in blocks, each at most half as long as the one before, so that adding rows copies few."""

    blocks: tuple[_Block, ...] = ()

    def renewed(self, studies: NDArray[np.int32], rows: Columns) -> Table:
        """Return the table with these rows in the place of all rows of some studies."""
        blocks = [kept for block in self.blocks for kept in _without(block, studies)]
        if len(rows["study_key"]):
            blocks.append(_block(rows))
        while len(blocks) > 1 and 2 * _length(blocks[-1]) > _length(blocks[-2]):
            last, before = blocks.pop().columns, blocks.pop().columns
            blocks.append(_block({name: np.concatenate([before[name], last[name]]) for name in last}))
        return Table(tuple(blocks))

    def rows(self, numbers: Mapping[str, Sequence[int]], names: Iterable[str]) -> Columns:
        """Return some columns of the rows that have, in each column of `numbers`, one of these."""
        parts = [_selected(block.columns, numbers) for block in self.blocks]
        chosen = list(zip(self.blocks, parts, strict=True))
        return {
            name: np.concatenate([_EMPTY[name], *(block.columns[name][at] for block, at in chosen)])
            for name in names
        }


@dataclass(frozen=True, slots=True)
class Recent:
    """Live rows of one generation, of instances whose key is not smaller than `below`."""

    below: int
    numbering: Numbering
    measurement: Table
    evaluation: Table

    @classmethod
    def of(cls, snapshot: Snapshot, below: int) -> Self:
        """Read all that came."""
        numbering, nobody = Numbering(), np.empty(0, dtype=np.int32)
        tables = {
            op: Table().renewed(nobody, _read(snapshot, sql, {"below": below}, numbering))
            for op, sql in _STATEMENTS.items()
        }
        return cls(below, numbering, **tables)

    def renewed(self, snapshot: Snapshot, touched: NDArray[np.int32]) -> Recent:
        """Return what came by a later generation. touched: keys of studies rebuilt since."""
        if not len(touched):
            return self
        values = {"below": self.below, "studies": touched.tolist()}
        tables = {
            op: getattr(self, op).renewed(touched, _read(snapshot, sql + _OF_STUDIES, values, self.numbering))
            for op, sql in _STATEMENTS.items()
        }
        return Recent(self.below, self.numbering, **tables)


def _read(snapshot: Snapshot, sql: str, values: Mapping[str, object], numbering: Numbering) -> Columns:
    found = table(snapshot, Query(sql, dict(values)))
    return {
        name: _numbered(column, numbering) if pa.types.is_string(column.type) else column.to_numpy()
        for name, column in zip(found.column_names, found.columns, strict=True)
    }


def _numbered(column: pa.ChunkedArray, numbering: Numbering) -> NDArray[np.int32]:
    coded = column.combine_chunks().dictionary_encode("encode")
    numbers: NDArray[np.int32] = numbering.add(coded.dictionary.to_pylist())[coded.indices.to_numpy()]
    return numbers


def _block(columns: Columns) -> _Block:
    studies = columns["study_key"]
    return _Block(int(studies.min()), int(studies.max()), columns)


def _length(block: _Block) -> int:
    return len(block.columns["study_key"])


def _without(block: _Block, studies: NDArray[np.int32]) -> list[_Block]:
    """Return a block without the rows of some studies; none where no row is left."""
    inside = studies[(studies >= block.low) & (studies <= block.high)]
    kept = ~np.isin(block.columns["study_key"], inside) if len(inside) else None
    if kept is None or kept.all():
        return [block]
    return [_block({name: column[kept] for name, column in block.columns.items()})] if kept.any() else []


def _selected(columns: Columns, numbers: Mapping[str, Sequence[int]]) -> NDArray[np.int64]:
    """Return the places of the rows that have one of the numbers in each column named."""
    found: NDArray[np.int64] | None = None
    for name, wanted in numbers.items():
        column = columns[name] if found is None else columns[name][found]
        at = np.flatnonzero(column == wanted[0] if len(wanted) == 1 else np.isin(column, wanted))
        found = at if found is None else found[at]
    return np.arange(len(columns["study_key"])) if found is None else found
