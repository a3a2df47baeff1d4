"""Headers of the live instances of studies, as series and study rows are derived from them.

Remembers those that the last transaction used: a study that is still arriving is then not read again.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.model import column as types
from orthanc_cohorts.model.objects import HEADER
from orthanc_cohorts.store.statements import column, fetch

KEPT_ROWS = 20_000
"""Rows remembered at most; 24 MB with every column stated (measured)."""

_KEYS = (("instance_key", pa.int64()), ("series_key", pa.int32()), ("study_key", pa.int32()))
_OF_INSTANCE = (
    *("orthanc_series_id", "orthanc_study_id", "orthanc_patient_id", "series_instance_uid"),
    *("study_instance_uid", "sop_class_uid", "transfer_syntax_uid", "acquisition_time", "size_bytes"),
)
"""What `store/headers` takes from `instance`, in its order."""
_ARROW = {
    types.TEXT: pa.string(),
    types.INTEGER: pa.int32(),
    types.DOUBLE: pa.float64(),
    types.DATE: pa.date32(),
    types.TIMESTAMP: pa.timestamp("us"),
}
_OTHERS = {"acquisition_time": pa.timestamp("us"), "size_bytes": pa.int64()}
_SCHEMA = pa.schema(
    [
        *_KEYS,
        *((column.name, _ARROW[column.type]) for column in HEADER.columns),
        ("body_part", pa.string()),
        *((name, _OTHERS.get(name, pa.string())) for name in _OF_INSTANCE),
    ]
)


class Headers:
    """Gives headers of studies; `forget` whenever rows may have died or a transaction was rolled back."""

    def __init__(self) -> None:
        self._studies: frozenset[int] = frozenset()
        self._rows = _SCHEMA.empty_table()

    def forget(self) -> None:
        """Read everything from the database next time."""
        self._studies = frozenset()
        self._rows = _SCHEMA.empty_table()

    def of(
        self, connection: duckdb.DuckDBPyConnection, studies: set[int], new: set[int], added: pa.Table
    ) -> pa.Table:
        """Return the headers of all live instances of the studies, and remember them.

        new: those of the studies that did not exist before this transaction. added: the headers that this
        transaction has inserted, as `joined` gives them.
        """
        unknown = studies - new - self._studies
        read = (
            fetch(connection, load("store/headers"), incoming=column("study_key", unknown, pa.int32()))
            if unknown
            else _SCHEMA.empty_table()
        )
        known = pa.array(studies & (self._studies | new), pa.int32())
        rows = pa.concat_tables(
            [_of(self._rows, known), _of(added, known), read.cast(_SCHEMA)]
        ).combine_chunks()
        if rows.num_rows <= KEPT_ROWS:
            self._studies, self._rows = frozenset(studies), rows
        else:
            self.forget()
        return rows


def nothing_added() -> pa.Table:
    """Return no headers, for transactions that only take away."""
    return _SCHEMA.empty_table()


def joined(headers: pa.Table, instances: pa.Table) -> pa.Table:
    """Return headers with what they need of the instances beside them, one row each in the same order.

    headers, instances: as they are inserted, columns without a value left out, times as text.
    Raises pyarrow.ArrowInvalid: a time that is none.
    """
    columns = []
    for field in _SCHEMA:
        source = instances if field.name in _OF_INSTANCE else headers
        if field.name in source.column_names:
            columns.append(source[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(headers.num_rows, field.type))
    return pa.table(columns, schema=_SCHEMA)


def _of(rows: pa.Table, studies: pa.Array) -> pa.Table:
    return rows.filter(pc.is_in(rows["study_key"], value_set=studies)) if rows.num_rows else rows
