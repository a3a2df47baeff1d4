"""Chunks of rows into the index: each object once, and none that holds back the others.

An object is its file's content here: equal bytes are one object, other bytes under the same identifiers
another one. Of two without an MD5 the first counts. Knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.offline.reading import Chunk, Object
from orthanc_cohorts.offline.report import Clash, Report, Trouble
from orthanc_cohorts.store import Batch, Index, Observed
from orthanc_cohorts.store.hashes import hash_of_id
from orthanc_cohorts.store.statements import column, run

_UNKNOWN = "unknown"
"""Where the MD5 of an object would stand that is not in the index."""


class Taker:
    """Takes chunks in and keeps count of them in a report."""

    def __init__(self, index: Index, report: Report) -> None:
        self._index = index
        self._report = report

    def take(self, chunk: Chunk) -> None:
        """Bring the objects of a chunk into the index, in one transaction unless one of them hinders it."""
        report = self._report
        report.files += chunk.files
        report.no_dicom += chunk.no_dicom
        report.troubles += chunk.troubles
        fresh = self._fresh(chunk.objects)
        report.duplicates += len(chunk.objects) - len(fresh)
        if fresh:
            tables = chunk.tables
            if len(fresh) < len(chunk.objects):
                tables = part(tables, list(fresh))
            tables["instance"]["orthanc_id"] = list(fresh.values())
            self._apply([chunk.objects[number] for number in fresh], tables)

    def _fresh(self, objects: Sequence[Object]) -> dict[int, str]:
        """Return number and identifier of the objects whose bytes are new; clashing ones get another one."""
        own = [_own_id(found) for found in objects]
        hashes = column(
            "orthanc_hash", map(hash_of_id, (*(o.orthanc_id for o in objects), *own)), pa.uint64()
        )
        with self._index.read() as snapshot:
            known: dict[str, str | None] = dict(
                run(snapshot.cursor, load("offline/known_objects"), incoming=hashes)
            )
        fresh: dict[int, str] = {}
        for number, (found, own_id) in enumerate(zip(objects, own, strict=True)):
            if found.md5 == known.get(found.orthanc_id, _UNKNOWN) or own_id in known:
                continue
            name = found.orthanc_id
            if name in known:
                name = own_id
                self._report.clashes.append(Clash(found.path, found.sop_instance_uid))
            fresh[number] = name
            known[name] = found.md5
        return fresh

    def _apply(self, objects: Sequence[Object], tables: dict[str, Columns]) -> None:
        ids = tables["instance"]["orthanc_id"]
        try:
            self._index.apply(Batch([Observed(name, 0) for name in ids], tables))
        except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException):
            raise  # a full disk is no object's fault
        except Exception as error:
            # Whatever the rows of one object do to Arrow or DuckDB, the others are to be had.
            if len(objects) == 1:
                reason = f"the index cannot take it: {type(error).__name__}"
                self._report.troubles.append(Trouble(objects[0].path, reason))
                return
            middle = len(objects) // 2
            for numbers in (range(middle), range(middle, len(objects))):
                self._apply([objects[number] for number in numbers], part(tables, numbers))
        else:
            self._report.objects += len(objects)


def part(tables: dict[str, Columns], numbers: Sequence[int]) -> dict[str, Columns]:
    """Return the rows of some objects only, which are numbered anew in the order given."""
    places = {number: place for place, number in enumerate(numbers)}
    result: dict[str, Columns] = {}
    for name, columns in tables.items():
        owners: list[Any] = columns["object"]
        if TABLES[name].shared:
            owners = [[places[number] for number in owner if number in places] for owner in owners]
            kept = [row for row, owner in enumerate(owners) if owner]
        else:
            owners = [places.get(owner) for owner in owners]
            kept = [row for row, owner in enumerate(owners) if owner is not None]
        if kept:
            result[name] = {
                key: [values[row] for row in kept] for key, values in {**columns, "object": owners}.items()
            }
    return result


def _own_id(found: Object) -> str:
    """Return an identifier for an object whose identifiers another one has: they and its content."""
    return orthanc_id(found.orthanc_id, found.md5 or "")
