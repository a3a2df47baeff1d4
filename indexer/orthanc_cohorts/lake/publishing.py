"""Publishing: one generation of the index as a snapshot of Parquet files, under a policy for identifiers.

The same generation under the same policy gives the same files, byte by byte. Knows no schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts import __version__
from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake.catalog import describe, schema_of
from orthanc_cohorts.lake.covering import Column, Covering
from orthanc_cohorts.lake.snapshots import Lake
from orthanc_cohorts.lake.tables import KEYS, TABLES, Shown
from orthanc_cohorts.store.statements import run

SEGMENT_ROWS = 8_000_000
ROW_GROUP_ROWS = 262_144
BATCH_ROWS = 65_536
_ORDINALS = (
    *("path", "ordinal", "value_index", "multiplex_group", "channel", "annotation_group", "segment_number"),
    *("roi_number", "subject", "kind", "role", "tag", "item", "rule", "sop_instance_uid"),
)
"""Columns that tell the rows of one object apart."""


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot. seq: of Orthanc's log, up to which all tables are. rows, files: by table. bytes: in all."""

    folder: Path
    generation: int
    seq: int
    policy: Policy
    rows: dict[str, int]
    files: dict[str, int]
    bytes: int


def publish(
    snapshot: Snapshot, lake: Lake, policy: Policy, key: Pseudonyms, check: Callable[[], None]
) -> Published:
    """Publish one generation of the index, and make it the current snapshot.

    check: called now and then; raises to give up, which leaves the lake as it was. Raises OSError;
    CohortsError: two keys have got the same number.
    """
    lake.prepare()
    covering = Covering.of(snapshot, policy, key)
    files: dict[str, list[Path]] = {}
    rows: dict[str, int] = {}
    for table in TABLES:
        columns = covering.columns(table, _columns_of(snapshot, table))
        if columns:
            files[table.name], rows[table.name] = _written(snapshot, lake, table, columns, covering, check)
    [(seq,)] = run(snapshot.cursor, "SELECT cursor_seq FROM state")
    said = {
        "generation": snapshot.generation,
        "seq": seq,
        "policy": policy,
        "software": __version__,
        "rows": rows,
    }
    schemas = {name: pq.read_schema(kept[0]) for name, kept in files.items()}
    folder = lake.show(files, lambda folder: describe(folder, schemas), orjson.dumps(said))
    return Published(
        folder,
        snapshot.generation,
        int(seq),
        policy,
        rows,
        {name: len(kept) for name, kept in files.items()},
        sum(file.stat().st_size for kept in files.values() for file in kept),
    )


def _columns_of(snapshot: Snapshot, table: Shown) -> list[str]:
    described = snapshot.cursor.execute(f'DESCRIBE "{table.source}"').fetchall()
    return [name for name, *_ in described]


def _written(
    snapshot: Snapshot,
    lake: Lake,
    table: Shown,
    columns: list[Column],
    covering: Covering,
    check: Callable[[], None],
) -> tuple[list[Path], int]:
    """Write the rows of a table as files of at most SEGMENT_ROWS; one file where there are none."""
    kept: list[Path] = []
    total = 0
    batches = _rows(snapshot, table, columns, covering)
    schema = schema_of(table.name, next(batches).schema)
    half = lake.half_written(table.name, 0)
    writer, written = pq.ParquetWriter(half, schema, compression="zstd"), 0
    for batch in batches:
        check()
        writer.write_batch(batch.replace_schema_metadata(None).cast(schema), row_group_size=ROW_GROUP_ROWS)
        written += batch.num_rows
        if written >= SEGMENT_ROWS:
            writer.close()
            kept.append(lake.keep(half))
            total += written
            half = lake.half_written(table.name, len(kept))
            writer, written = pq.ParquetWriter(half, schema, compression="zstd"), 0
    writer.close()
    if written or not kept:
        kept.append(lake.keep(half))
    else:
        half.unlink()
    return kept, total + written


def _rows(
    snapshot: Snapshot, table: Shown, columns: list[Column], covering: Covering
) -> Iterator[pa.RecordBatch]:
    """Yield an empty batch, for its schema, and the rows of a table in their order."""
    # Found by DuckDB as the variables they are here.
    study_cover, series_cover, instance_cover, patient_cover = (
        covering.covers.get(level) for level in ("study", "series", "instance", "patient")
    )
    reader = snapshot.cursor.sql(_statement(table, columns)).to_arrow_reader(BATCH_ROWS)
    del study_cover, series_cover, instance_cover, patient_cover
    yield covering.uids(pa.RecordBatch.from_pylist([], schema=reader.schema), columns)
    for batch in reader:
        yield covering.uids(batch, columns)


def _statement(table: Shown, columns: Iterable[Column]) -> str:
    """Return the statement that reads the rows of a table; all its text is that of `tables`."""
    columns = list(columns)
    levels = [KEYS[column.name] for column in columns if column.kind == "key"]
    dated = "study" if "study" in levels else "patient"
    selected = ", ".join(_selected(column, dated) for column in columns)
    joins = "".join(f' JOIN {level}_cover AS "{level}" ON "{level}".key = f.{level}_key' for level in levels)
    where = f" WHERE {table.where}" if table.where and levels else ""
    names = {column.name for column in columns}
    order = [name for name in (*table.order, *KEYS, *_ORDINALS) if name in names]
    ordered = " ORDER BY " + ", ".join(f'"{name}"' for name in order) if order else ""
    return f'SELECT * FROM (SELECT {selected} FROM "{table.source}" AS f{joins}{where}) AS shown{ordered}'


def _selected(column: Column, dated: str) -> str:
    if column.kind == "key":
        return f'"{KEYS[column.name]}".cover AS "{column.name}"'
    if column.kind == "time":
        return f'f."{column.name}" + to_days("{dated}".days) AS "{column.name}"'
    return f'f."{column.name}"'
