"""The second pass: the objects of a bucket through an index of its own, and its rows into files.

Knows a bucket as rows of `routing.INCOMING`; nothing of Spark. May run again where a task has failed: a file
has its name when it is whole, and the same name again.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from orthanc_cohorts_sql import load

from orthanc_cohorts.cluster.guests import Guest, Guests
from orthanc_cohorts.cluster.packing import unpacked
from orthanc_cohorts.cluster.places import opened
from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.cluster.shown import shown
from orthanc_cohorts.model.rows import Rows, to_columns
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.offline.reading import Chunk, Object, md5
from orthanc_cohorts.offline.report import Report, Trouble
from orthanc_cohorts.offline.taking import Taker
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.statements import run

TOLD = pa.schema(
    {"bucket": pa.int64(), "what": pa.string(), "name": pa.string(), "path": pa.binary(), "count": pa.int64()}
)
"""What a bucket tells of itself: `rows` of a table, `problems` of a rule, `objects`, `duplicates`, and each
`clash` (name: its UID) and `trouble` (name: the reason) with its path."""
CHUNK_BYTES = 8_000_000
"""Of packed rows, which take some times as much in memory."""
CHUNK_OBJECTS = 400
CHUNK_GUESTS = 5_000
ROW_GROUP_ROWS = 65_536


class _Incoming(NamedTuple):
    """A row of INCOMING."""

    bucket: int
    is_guest: bool
    path: bytes | None
    orthanc_id: str | None
    md5: str | None
    is_repeated: bool
    sop_instance_uid: str | None
    acquisition_time: str | None
    acquisition_time_precision: str | None
    supersedes: str | None
    rows: bytes | None


def taking(settings: Settings, folder: str) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that makes batches of TOLD of batches of INCOMING, which come bucket by bucket.

    folder: for the files, `<table>/<bucket>.parquet`; all machines share it.
    """

    def take(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        incoming = (
            _Incoming(*row)
            for batch in batches
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        for bucket, rows in groupby(incoming, key=lambda row: row.bucket):
            told = _taken(bucket, rows, settings, Path(folder))
            yield pa.RecordBatch.from_pylist([{"bucket": bucket, **one} for one in told], TOLD)

    return take


def _taken(
    bucket: int, rows: Iterable[_Incoming], settings: Settings, folder: Path
) -> Iterator[dict[str, Any]]:
    """Take a bucket in, write its rows and yield what there is to tell."""
    report, guests = Report(), Guests()
    with tempfile.TemporaryDirectory(prefix="cohorts-") as name:
        index = Index.open(
            Path(name), threads=1, memory_limit=settings.memory_limit, default_issuer=settings.default_issuer
        )
        try:
            taker = Taker(index, report)
            for is_guest, some in groupby(rows, key=lambda row: row.is_guest):
                if is_guest:
                    _invite(index, guests, some)
                else:
                    for chunk in _chunks(some):
                        taker.take(chunk)
            with index.read() as snapshot:
                for table, batches in shown(snapshot, guests.others(snapshot), settings):
                    count = _write(batches, folder / table.name, f"{bucket}.parquet")
                    yield {"what": "rows", "name": table.name, "count": count}
                for rule, count in run(snapshot.cursor, load("offline/problems")):
                    yield {"what": "problems", "name": rule, "count": count}
        finally:
            index.close()
    yield {"what": "objects", "count": report.objects}
    yield {"what": "duplicates", "count": report.duplicates}
    for clash in report.clashes:
        yield {"what": "clash", "name": clash.sop_instance_uid, "path": os.fsencode(clash.path)}
    for trouble in report.troubles:
        yield {"what": "trouble", "name": trouble.reason, "path": os.fsencode(trouble.path)}


def _invite(index: Index, guests: Guests, rows: Iterable[_Incoming]) -> None:
    waiting: list[Guest] = []
    for row in rows:
        waiting.append(
            Guest(row.sop_instance_uid, row.acquisition_time, row.acquisition_time_precision, row.supersedes)
        )
        if len(waiting) == CHUNK_GUESTS:
            index.apply(guests.batch(waiting))
            waiting = []
    if waiting:
        index.apply(guests.batch(waiting))


def _chunks(incoming: Iterable[_Incoming]) -> Iterator[Chunk]:
    """Yield objects in chunks as they would be read: of CHUNK_OBJECTS or some more bytes than CHUNK_BYTES."""
    chunk, size = Chunk(), 0
    rows: list[Rows] = []
    for one in incoming:
        path = os.fsdecode(one.path or b"")
        digest, trouble = one.md5, None
        if digest is None and one.is_repeated:
            digest, trouble = _md5(path)
        if trouble is not None:
            chunk.troubles.append(trouble)
            continue
        chunk.objects.append(Object(path, one.orthanc_id or "", digest, one.sop_instance_uid))
        rows.append(_with_md5(unpacked(one.rows or b""), digest))
        size += len(one.rows or b"")
        if size >= CHUNK_BYTES or len(rows) == CHUNK_OBJECTS:
            chunk.tables = to_columns(rows)
            yield chunk
            chunk, rows, size = Chunk(), [], 0
    chunk.tables = to_columns(rows)
    yield chunk


def _md5(path: str) -> tuple[str | None, Trouble | None]:
    """Read a file as a whole for its MD5, since another one has its identifiers."""
    try:
        file = opened(path)
        try:
            return md5(file.file), None
        finally:
            file.close()
    except OSError as error:
        return None, Trouble(path, f"cannot be read again: {error.strerror or type(error).__name__}")


_MD5 = TABLES["instance"].names.index("md5")


def _with_md5(rows: Rows, digest: str | None) -> Rows:
    [row] = rows["instance"]
    rows.tables["instance"] = [(*row[:_MD5], digest, *row[_MD5 + 1 :])]
    return rows


def _write(batches: Iterator[pa.RecordBatch], folder: Path, name: str) -> int:
    """Write rows to a file that is there only once it is whole, none without rows; return how many."""
    schema = next(batches).schema
    folder.mkdir(exist_ok=True)
    half = folder / f".{secrets.token_hex(8)}"
    count = 0
    with pq.ParquetWriter(half, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)
            count += batch.num_rows
    if count:
        half.replace(folder / name)
    else:
        half.unlink()
    return count
