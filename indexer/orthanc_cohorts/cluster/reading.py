"""The first pass: a file to a row with what it gave, and what the other passes must know of it.

Knows one file at a time, and Arrow; nothing of Spark.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from orthanc_cohorts.cluster.packing import packed
from orthanc_cohorts.cluster.places import opened_ahead
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.offline.reading import Read, read_object
from orthanc_cohorts.store.hashes import hash_of_id, hash_of_text

FILES = pa.schema({"path": pa.binary(), "named": pa.bool_()})
"""A file to be read; path: bytes, since a name of a file need not be text."""
READ = pa.schema(
    {
        "path": pa.binary(),
        "passed_over": pa.bool_(),
        "trouble": pa.string(),
        "orthanc_id": pa.string(),
        "md5": pa.string(),
        "person": pa.int64(),
        "sop_instance_uid": pa.string(),
        "uid_hash": pa.int64(),
        "acquisition_time": pa.string(),
        "acquisition_time_precision": pa.string(),
        "target_hashes": pa.list_(pa.int64()),
        "predecessors": pa.list_(pa.string()),
        "size_bytes": pa.int64(),
        "rows": pa.binary(),
    }
)
"""What a file gave, one row each. NULL from `orthanc_id` on: no object.

passed_over: it was met in a folder and shows no sign of DICOM, or is a DICOMDIR. person: hash of the
PatientID, of the study where there is none: what a person has, has the same. uid_hash: of the SOPInstanceUID.
target_hashes, predecessors: what the object refers to. size_bytes: of `rows`, which `packing` reads.
"""
BATCH_BYTES = 4_000_000
BATCH_FILES = 400
_NOBODY = orthanc_id("")
"""Orthanc's identifier of all patients without a PatientID."""
_INSTANCE, _REFERENCE = (
    {name: place for place, name in enumerate(TABLES[table].names)} for table in ("instance", "reference")
)


def reading(with_md5: bool) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that makes batches of READ of batches of FILES. with_md5: as for `read_object`."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        found: list[dict[str, Any]] = []
        size = 0
        for path, one in _read_all(batches, with_md5):
            found.append({"path": path, **_row(one)})
            size += found[-1].get("size_bytes") or 0
            if size >= BATCH_BYTES or len(found) >= BATCH_FILES:
                yield pa.RecordBatch.from_pylist(found, READ)
                found, size = [], 0
        if found:
            yield pa.RecordBatch.from_pylist(found, READ)

    return read


def hash_63(hash_: int) -> int:
    """Return a hash of 64 bits as one of 63, which fits the signed integers of Spark."""
    return hash_ >> 1


def _read_all(batches: Iterable[pa.RecordBatch], with_md5: bool) -> Iterator[tuple[bytes, Read]]:
    named: dict[str, bool] = {}

    def places() -> Iterator[str]:
        for batch in batches:
            for path, is_named in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                place = os.fsdecode(path)
                named[place] = is_named
                yield place

    for place, open_ in opened_ahead(places()):
        yield os.fsencode(place), read_object(place, named.pop(place), open_, with_md5)


def _row(read: Read) -> dict[str, Any]:
    """Return the values of READ but for the path; what is left out is NULL."""
    trouble = read.trouble and read.trouble.reason
    if read.found is None or read.rows is None:
        return {"passed_over": read.trouble is None, "trouble": trouble}
    [instance] = read.rows["instance"]
    references = read.rows["reference"]
    target, kind = _REFERENCE["target_sop_instance_uid"], _REFERENCE["kind"]
    rows = packed(read.rows)
    return {
        "passed_over": False,
        "trouble": trouble,
        "orthanc_id": read.found.orthanc_id,
        "md5": read.found.md5,
        "person": _person(read.rows),
        "sop_instance_uid": read.found.sop_instance_uid,
        "uid_hash": hash_63(hash_of_text(read.found.sop_instance_uid or "")),
        "acquisition_time": instance[_INSTANCE["acquisition_time"]],
        "acquisition_time_precision": instance[_INSTANCE["acquisition_time_precision"]],
        "target_hashes": [hash_63(hash_of_text(uid)) for uid in {row[target] for row in references} if uid],
        "predecessors": sorted(
            {row[target] for row in references if row[target] and row[kind] == "predecessor"}
        ),
        "size_bytes": len(rows),
        "rows": rows,
    }


def _person(rows: Rows) -> int:
    [instance] = rows["instance"]
    patient, study = (instance[_INSTANCE[f"orthanc_{level}_id"]] for level in ("patient", "study"))
    return hash_63(hash_of_id(study if patient == _NOBODY else patient))
