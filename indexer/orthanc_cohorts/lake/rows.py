"""The rows of a table as the lake shows them: which columns, under what covers, in which order.

Knows statements and one generation; no files.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Literal

import pyarrow as pa

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.lake.covering import Column, Covering, Covers
from orthanc_cohorts.lake.tables import KEYS, Shown

BATCH_ROWS = 65_536
_ORDINALS = (
    *("path", "ordinal", "value_index", "multiplex_group", "channel", "annotation_group", "segment_number"),
    *("roi_number", "subject", "kind", "role", "tag", "item", "rule", "sop_instance_uid"),
)
"""Columns that tell the rows of one object apart."""
DIGEST = 'sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(f."{}"))))'
"""HMAC-SHA256 of a text, with the blocks of `Pseudonyms.blocks`; in Python it took a third of all."""


def columns_of(snapshot: Snapshot, table: Shown, covering: Covering) -> list[Column]:
    """Return what is shown of a table, in its order; nothing where the policy hides it."""
    described = snapshot.cursor.execute(f'DESCRIBE "{table.source}"').fetchall()
    return covering.columns(table, [name for name, *_ in described])


def level_of(columns: Iterable[Column]) -> Literal["patient", "study"]:
    """Return by what the rows of a table are written: of one table by patient, of all others by study."""
    return "study" if any(column.name == "study_key" for column in columns) else "patient"


def rows(
    snapshot: Snapshot, table: Shown, columns: list[Column], covering: Covering, covers: Covers
) -> Iterator[pa.RecordBatch]:
    """Yield an empty batch, for its schema, and the rows of a part in their order."""
    # Found by DuckDB as the variables they are here.
    study_cover, series_cover, instance_cover, patient_cover = (
        covers.of.get(level) for level in ("study", "series", "instance", "patient")
    )
    chosen = covers.part.patients if level_of(columns) == "patient" else covers.part.studies
    blocks = covering.blocks if any(column.kind == "uid" for column in columns) else {}
    reader = snapshot.cursor.sql(_statement(table, columns), params=blocks).to_arrow_reader(BATCH_ROWS)
    del study_cover, series_cover, instance_cover, patient_cover, chosen
    yield covering.uids(pa.RecordBatch.from_pylist([], schema=reader.schema), columns)
    for batch in reader:
        yield covering.uids(batch, columns)


def order_of(table: Shown, names: Container[str]) -> list[str]:
    """Return the columns that the rows of a table are sorted by; names: of its columns."""
    return [name for name in (*table.order, *KEYS, *_ORDINALS) if name in names]


def _statement(table: Shown, columns: Iterable[Column]) -> str:
    """Return the statement that reads the rows of a table; all its text is that of `tables`."""
    columns = list(columns)
    names = {column.name for column in columns}
    chosen = level_of(columns)
    levels = [KEYS[column.name] for column in columns if column.kind == "key"]
    selected = ", ".join(_selected(column, chosen) for column in columns)
    joins = "".join(f' JOIN {level}_cover AS "{level}" ON "{level}".key = f.{level}_key' for level in levels)
    joins += f" SEMI JOIN chosen ON chosen.{chosen}_key = f.{chosen}_key"
    where = f" WHERE {table.where}" if table.where and levels else ""
    order = order_of(table, names)
    ordered = " ORDER BY " + ", ".join(f'"{name}"' for name in order) if order else ""
    return f'SELECT * FROM (SELECT {selected} FROM "{table.source}" AS f{joins}{where}) AS shown{ordered}'


def _selected(column: Column, dated: str) -> str:
    if column.kind == "key":
        return f'"{KEYS[column.name]}".cover AS "{column.name}"'
    if column.kind == "time":
        return f'f."{column.name}" + to_days("{dated}".days) AS "{column.name}"'
    if column.kind == "uid":
        return f'{DIGEST.format(column.name)} AS "{column.name}"'
    return f'f."{column.name}"'
