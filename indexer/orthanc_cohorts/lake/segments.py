"""The rows of a table as Parquet files: written from batches, and copied without some of them.

Knows files and rows; neither index nor policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orthanc_cohorts.lake.catalog import schema_of
from orthanc_cohorts.lake.snapshots import DataFile, Lake

SEGMENT_ROWS = 8_000_000
ROW_GROUP_ROWS = 524_288
"""Every question reads the footers of all files, as long as there are row groups (docs/architecture.md)."""
_HOW: dict[str, Any] = {"compression": "zstd", "write_page_index": True}
"""With an index of pages, a value or two of a concept are read without the rest of their row group."""
_ARROW_SCHEMA = b"ARROW:schema"
"""Key of a Parquet file's metadata under which Arrow keeps its types, and what columns mean."""


class Segments:
    """Writes the rows of one table into files of at most SEGMENT_ROWS and a row group."""

    def __init__(self, lake: Lake, table: str, schema: pa.Schema, first: int = 0) -> None:
        """schema: of the rows that will come; what they mean is added to it.

        first: number of the first file while it is half-written, where others write the same table.
        """
        self._lake, self._table, self._first = lake, table, first
        self._schema = schema_of(table, schema)
        self._writer: pq.ParquetWriter | None = None
        self._half: Path | None = None
        self._rows = 0
        self._waiting: list[pa.RecordBatch] = []
        self._kept: list[DataFile] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Take in rows. Raises OSError."""
        if not batch.num_rows:
            return
        self._waiting.append(batch.replace_schema_metadata(None).cast(self._schema))
        if sum(one.num_rows for one in self._waiting) >= ROW_GROUP_ROWS:
            self._flush()

    def end(self, is_one_wanted: bool) -> list[DataFile]:
        """Return the files that hold all rows; is_one_wanted: one without rows where there are none."""
        self._flush()
        if is_one_wanted and not self._kept:
            self._opened()
        self._close()
        return self._kept

    def _flush(self) -> None:
        """Write what is waiting as one row group: each call of the writer begins one."""
        if not self._waiting:
            return
        rows = pa.Table.from_batches(self._waiting)
        self._waiting = []
        self._opened().write_table(rows, row_group_size=rows.num_rows)
        self._rows += rows.num_rows
        if self._rows >= SEGMENT_ROWS:
            self._close()

    def _opened(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._half = self._lake.half_written(self._table, self._first + len(self._kept))
            self._writer = pq.ParquetWriter(self._half, self._schema, **_HOW)
            self._rows = 0
        return self._writer

    def _close(self) -> None:
        if self._writer is not None and self._half is not None:
            self._writer.close()
            self._kept.append(self._lake.keep(self._table, self._half, self._rows))
            self._writer = None


def without(
    lake: Lake, table: str, files: Iterable[DataFile], key: str, gone: pa.Array, check: Callable[[], None]
) -> list[DataFile]:
    """Return files that hold the rows of these files less those that have certain keys.

    A file without such rows is itself among them; one that holds nothing else is not. key: name of a column.
    check: called now and then; raises to give up. Raises OSError.
    """
    kept = []
    for number, file in enumerate(files):
        check()
        if not len(gone) or not _has_one(lake, file, key, gone):
            kept.append(file)
            continue
        half = lake.half_written(table, number)
        rows = _copied(lake, file, half, key, gone, check)
        if rows:
            kept.append(lake.keep(table, half, rows))
        else:
            half.unlink()
    return kept


def _has_one(lake: Lake, file: DataFile, key: str, gone: pa.Array) -> bool:
    with lake.open(file) as opened:
        wanted = gone.cast(opened.schema_arrow.field(key).type)
        batches = opened.iter_batches(ROW_GROUP_ROWS, columns=[key])
        return any(pc.any(pc.is_in(batch[key], value_set=wanted)).as_py() for batch in batches)


def _copied(
    lake: Lake, file: DataFile, half: Path, key: str, gone: pa.Array, check: Callable[[], None]
) -> int:
    """Write the other rows of a file; return how many.

    Texts are copied as numbers of words, as the file holds them: that takes a third of the time.
    """
    with lake.open(file) as opened:
        schema = opened.schema_arrow
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    written = 0
    with lake.open(file, read_dictionary=words) as opened:
        stated = opened.metadata.metadata[_ARROW_SCHEMA]
        wanted = gone.cast(schema.field(key).type)
        with pq.ParquetWriter(half, opened.schema_arrow, store_schema=False, **_HOW) as writer:
            for number in range(opened.num_row_groups):
                check()
                rows = opened.read_row_group(number, use_threads=False)
                others = rows.filter(pc.invert(pc.is_in(rows[key], value_set=wanted)))
                writer.write_table(others, row_group_size=max(1, others.num_rows))
                written += others.num_rows
            writer.add_key_value_metadata({_ARROW_SCHEMA: stated, **(schema.metadata or {})})
    return written
