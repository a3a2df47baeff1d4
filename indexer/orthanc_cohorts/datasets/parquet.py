"""The Parquet files of a dataset: equal tables give equal bytes, and who reads them can end.

Knows no columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts import __version__


def written(table: pa.Table) -> bytes:
    """Return a table as a Parquet file; equal tables give equal bytes."""
    sink = BytesIO()
    metadata = {**(table.schema.metadata or {}), b"orthanc-cohorts": __version__.encode()}
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd")
    return sink.getvalue()


def read(source: Path | bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table of a file or of its bytes; columns: only these.

    In this thread alone: with the pools of Arrow 26.0, that of reading files among them, a process that ends
    soon after aborts now and then, 38 of 150 times on two busy cores. Raises pyarrow.ArrowInvalid: no
    Parquet; OSError: the file cannot be read.
    """
    where = pa.BufferReader(source) if isinstance(source, bytes) else source
    with pq.ParquetFile(where, pre_buffer=False) as file:
        if columns is None:
            return file.read(use_threads=False)
        return file.read(list(columns), use_threads=False).select(list(columns))
