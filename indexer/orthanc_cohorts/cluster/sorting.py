"""The third pass: the rows of all buckets, sorted, into the files of the lake.

Knows files of rows by table, and the lake; nothing of Spark. May run again where a task has failed: files are
named by their content, and those of a failed task are in no snapshot.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.lake import lake_at
from orthanc_cohorts.lake.rows import BATCH_ROWS
from orthanc_cohorts.lake.segments import Segments

KEPT = pa.schema({"table": pa.string(), "name": pa.string(), "size": pa.int64(), "rows": pa.int64()})
"""A file of the lake, as `lake.DataFile`."""


class Sorted(NamedTuple):
    """A table of the lake: its name, columns, columns that it is sorted by, and the files of its rows."""

    table: str
    schema: pa.Schema
    order: list[str]
    files: list[str]


def of_one_task(
    wanted: Sequence[Sequence[Sorted]], lake: str, settings: Settings
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that makes batches of KEPT of batches of numbers, of the groups in `wanted`.

    lake: where it is, as `lake.lake_at` takes it.
    """

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for one in wanted[number]:
                    yield _kept(lake, one, _sorted(one, settings))

    return write


def of_many_tasks(
    wanted: Sorted, lake: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that makes a batch of KEPT of rows of one table, which come sorted."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield _kept(lake, wanted, batches)

    return write


def _kept(place: str, wanted: Sorted, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    with tempfile.TemporaryDirectory(prefix="cohorts-") as scratch:
        lake = lake_at(place, Path(scratch))
        # A number that nobody else draws, whatever task of whatever machine it is.
        segments = Segments(lake, wanted.table, wanted.schema, secrets.randbits(60))
        for batch in batches:
            segments.write(batch)
        kept = segments.end(is_one_wanted=False)
    return pa.RecordBatch.from_pylist([file._asdict() for file in kept], KEPT)


def _sorted(wanted: Sorted, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table in their order."""
    incoming = pa.RecordBatchReader.from_batches(wanted.schema, _batches(wanted.files))
    # Names of columns are our own, from the schema.
    order = ", ".join(f'"{name}"' for name in wanted.order)
    statement = "SELECT * FROM incoming" + (f" ORDER BY {order}" if order else "")
    with tempfile.TemporaryDirectory(prefix="cohorts-") as folder:
        options: dict[str, Any] = {
            "threads": 1, "memory_limit": settings.memory_limit, "temp_directory": folder,
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        }  # fmt: skip
        with duckdb.connect(config=options) as connection:
            yield from connection.sql(statement).to_arrow_reader(BATCH_ROWS)
    del incoming


def _batches(files: Iterable[str]) -> Iterator[pa.RecordBatch]:
    for path in files:
        with pq.ParquetFile(path) as opened:
            yield from opened.iter_batches(BATCH_ROWS, use_threads=False)
