"""Small snapshots of a lake for tests of how they are kept: every table says which state it is of.

It knows a lake's public face; no index.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts.lake import DataFile, Lake, Manifest

TABLES = ("study", "measurement")
ROWS = 50


def shown(lake: Lake, state: int, same: Iterable[str] = ("study",)) -> Manifest:
    """Publish a state: two files of each table. same: tables whose first file is of state 0 each time."""
    lake.prepare()
    files = {
        table: [file(lake, table, 0, 0 if table in same else state), file(lake, table, 1, state)]
        for table in TABLES
    }
    return lake.show(files, {"dictionary.json": b"{}"}, {"generation": state, "seq": 10 * state})


def file(lake: Lake, table: str, number: int, state: int) -> DataFile:
    """Keep a file of a table, the number-th of its state."""
    half = lake.half_written(table, number)
    rows = range(number * ROWS, (number + 1) * ROWS)
    pq.write_table(pa.table({"row": rows, "state": pa.array([state] * ROWS, pa.int64())}), half)
    return lake.keep(table, half, ROWS)
