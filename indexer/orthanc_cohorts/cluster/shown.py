"""What the lake shows of an index that is one of many: keys that mean the same in all of them.

Knows `lake`, of which this is the only user here that knows policies.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from orthanc_cohorts.cluster.settings import PUBLIC, Settings
from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.lake.covering import Column, Covering, Part
from orthanc_cohorts.lake.rows import columns_of, rows
from orthanc_cohorts.lake.tables import KEYS, TABLES, Shown
from orthanc_cohorts.store import Index


def shown(
    snapshot: Snapshot, part: Part, settings: Settings
) -> Iterator[tuple[Shown, Iterator[pa.RecordBatch]]]:
    """Yield each table of the lake with its rows, first an empty batch for its schema.

    Under `keep` too a key is a number that follows from what it names. Raises CohortsError: two keys have
    got the same number.
    """
    covering = Covering.of(settings.policy, settings.key)
    named = Covering.of("pseudonymise", PUBLIC) if settings.policy == "keep" else covering
    covers = named.covers(snapshot, part)
    for table in TABLES:
        columns = columns_of(snapshot, table, covering)
        if settings.policy == "keep":
            columns = [_keyed(column) for column in columns]
            # What is hidden elsewhere is not hidden here.
            table = replace(table, where=None)
        if columns:
            yield table, rows(snapshot, table, columns, covering, covers)


def schemas(settings: Settings) -> dict[Shown, pa.Schema]:
    """Return the tables of the lake with their columns, without any rows."""
    with tempfile.TemporaryDirectory(prefix="cohorts-") as folder:
        index = Index.open(Path(folder), threads=1)
        try:
            with index.read() as snapshot:
                nothing = Part(*(pa.table(columns) for columns in _NOTHING))
                return {table: next(batches).schema for table, batches in shown(snapshot, nothing, settings)}
        finally:
            index.close()


_NOTHING = (
    {
        "study_key": pa.array([], pa.int32()),
        "patient_key": pa.array([], pa.int32()),
        "orthanc_id": pa.array([], pa.string()),
    },
    {"patient_key": pa.array([], pa.int32())},
)


def _keyed(column: Column) -> Column:
    return Column(column.name, "key") if column.name in KEYS else column
